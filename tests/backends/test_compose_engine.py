"""What is asked of the engine before a lab is started."""

from pathlib import Path

import pytest

from netdsl.backends.compose import engine
from netdsl.runtime.driver import Deployment, DriverError


def _running_from(patch: pytest.MonkeyPatch, *folders: str) -> None:
    patch.setattr(engine, "said", lambda _: "".join(f"{folder}\n" for folder in folders))


def test_a_name_that_runs_from_another_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "an other"
    other.mkdir()
    _running_from(monkeypatch, str(other), str(other))
    with pytest.raises(DriverError, match=f"the lab `exam` that is there is another one, of {other}") as refusal:
        engine.refuse_other_folder(Deployment(tmp_path, "exam"))
    assert refusal.value.remedy == (
        f"netdsl down '{other}' --project exam; or give this one a name of its own (--project NAME)"
    )


def test_one_whose_folder_was_moved_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _running_from(monkeypatch, str(tmp_path / "before"))
    engine.refuse_other_folder(Deployment(tmp_path, "exam"))


def test_one_that_runs_from_this_folder_by_any_of_its_names_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    _running_from(monkeypatch, str(tmp_path / "link"), str(tmp_path / "real"), "")
    engine.refuse_other_folder(Deployment(tmp_path / "real", "exam"))


def test_compose_is_always_told_its_file(tmp_path: Path) -> None:
    """Where none is named it would look for one in the folders around."""
    assert list(engine.files_of(Deployment(tmp_path, "exam"))) == [tmp_path / "compose.yaml"]
