"""Labs of namespaces that run, by the runner's notes."""

import json
from pathlib import Path

import pytest

from netdsl.backends.namespaces import driver as namespaces
from netdsl.backends.namespaces.runner import state
from netdsl.backends.namespaces.runner.kernel import Process
from netdsl.runtime.driver import Deployment, DriverError, FoundLab


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`exam` runs with the nodes `a` and `b`; of `half` there is nothing yet."""
    run = tmp_path / "run"
    for module in (state, namespaces):
        monkeypatch.setattr(module, "RUN", run)
    (run / "exam").mkdir(parents=True)
    (run / "half").mkdir()
    exam = state.State("exam")
    exam.made("/labs/exam/namespaces")
    for name in ("a", "b"):
        exam.keep_node(name, state.Record(Process(1, "2"), "3", "4", ()))
    (run / "exam/nodes/.part-1-a").touch()
    return run


def test_labs_are_found_by_their_notes() -> None:
    assert namespaces.driver.found() == (FoundLab("exam", "exam", Path("/labs/exam/namespaces")),)


def test_a_node_that_the_lab_has_no_more_is_foretold(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, "exam")
    (tmp_path / "lab.json").write_text(json.dumps({"nodes": {"a": {}, "b": {}}}))
    assert namespaces.driver.surplus(deployment, {}) == ()
    new = {"lab.json": json.dumps({"nodes": {"a": {}}}).encode()}
    assert namespaces.driver.surplus(deployment, new) == ("the node b, which the lab has no more",)
    with pytest.raises(DriverError, match="cannot be read"):
        namespaces.driver.surplus(deployment, {"lab.json": b"[]"})


def test_what_has_no_folder_is_taken_away_by_the_folder_in_its_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[tuple[object, ...]] = []
    monkeypatch.setattr(namespaces, "run_verb", lambda deployment, _, verb: run.append((deployment, verb)))
    namespaces.driver.take_away("exam", lambda _: None)
    assert run == [(Deployment(Path("/labs/exam/namespaces"), "exam"), "down")]
