"""An output that was not written to the end is finished by the verb that meets it, or refused."""

import os
from pathlib import Path

import pytest

from netdsl.cli.deployment import find_deployment
from netdsl.codegen.contract import Artifact, Emission
from netdsl.codegen.manifest import MANIFEST, manifest_artifact
from netdsl.codegen.write import commit, plan, recover
from netdsl.disk.refused import PathRefused
from tests.cli.calling import status_of, tree

_LAB = "lab x\nnetwork lan 10.0.0.0/24\nhost a { interface on lan }\nhost b { interface on lan }\n"
_OUT = Path("build/x/compose")


class _Killed(BaseException):
    """The process ends here."""


def _kill_at(patch: pytest.MonkeyPatch, number: int) -> None:
    """At this rename, counted from the journal's."""
    really, count = os.rename, [-1]

    def rename(*words: object, **others: object) -> None:
        if words[1] == ".netdsl-journal.json":
            count[0] = 0
        elif count[0] >= 0:
            count[0] += 1
            if count[0] == number:
                raise _Killed
        really(*words, **others)  # type: ignore[arg-type]

    patch.setattr(os, "rename", rename)


def _artifacts(texts: dict[str, str]) -> tuple[Artifact, ...]:
    plain = tuple(Artifact(name, text.encode()) for name, text in sorted(texts.items()))
    return (*plain, manifest_artifact(Emission("compose", plain), "lab", {}))


@pytest.mark.parametrize("number", range(1, 5))
def test_wherever_it_is_killed_the_next_write_finds_it_whole(tmp_path: Path, number: int) -> None:
    commit(plan(_artifacts({"a": "1", "b": "1", "old": "1"}), tmp_path / "out"))
    with pytest.MonkeyPatch.context() as patch:
        _kill_at(patch, number)
        with pytest.raises(_Killed):
            commit(plan(_artifacts({"a": "2", "b": "2", "c": "2"}), tmp_path / "out"))
    assert recover(tmp_path / "out")
    found = tree(tmp_path / "out")
    assert {path: text for path, text in found.items() if path != MANIFEST} == {"a": b"2", "b": b"2", "c": b"2"}
    assert plan(_artifacts({"a": "2", "b": "2", "c": "2"}), tmp_path / "out").is_safe


@pytest.fixture
def unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A lab whose second compilation was killed; what it would have written."""
    monkeypatch.chdir(tmp_path)
    Path("lab.net").write_text(_LAB.replace("host b", "host c"))
    assert status_of("compile", "lab.net", "-o", "whole/x/compose", "--credentials", "build/x/credentials") == 0
    Path("lab.net").write_text(_LAB)
    assert status_of("compile", "lab.net") == 0
    Path("lab.net").write_text(_LAB.replace("host b", "host c"))
    with pytest.MonkeyPatch.context() as patch:
        _kill_at(patch, 7)
        with pytest.raises(_Killed):
            status_of("compile", "lab.net")
    assert (_OUT / ".netdsl-journal.json").exists()
    return tree(Path("whole/x/compose"))


@pytest.mark.parametrize(
    "words", [("lab.net", None), ("x", None), ("build/x/compose", None), (None, "build/x/compose")]
)
def test_a_verb_on_a_running_lab_finishes_it_first(
    unfinished: dict[str, bytes], words: tuple[str | None, str | None]
) -> None:
    _, deployment = find_deployment(words[0], "compose", words[1], None)
    assert tree(deployment.folder) == unfinished


@pytest.mark.parametrize("flag", ["--diff", "--dry-run"])
def test_looking_refuses_the_mixture(
    unfinished: dict[str, bytes], flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(Path())
    assert status_of("compile", "lab.net", flag) == 3
    assert "build/x/compose: has an output that was not written to the end" in capsys.readouterr().err
    assert tree(Path()) == before


def test_a_journal_of_another_user_is_refused(unfinished: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 12345)
    (_OUT / ".netdsl-journal.json").chmod(0o644)
    if os.getuid() == 0:
        os.chown(_OUT / ".netdsl-journal.json", 54321, 54321)
    with pytest.raises(PathRefused, match="another user"):
        find_deployment("x", "compose", None, None)
