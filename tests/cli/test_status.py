"""`netdsl status`: what a runtime says of its nodes, for eyes and for machines."""

import json

import pytest
from click.testing import CliRunner

from netdsl.cli import deployment, status_verb
from netdsl.runtime.driver import NodeState

_STATES = (NodeState("a", "running", "ready", ("t: established", "http: listening")), NodeState("gw", "absent", "-"))


@pytest.fixture(autouse=True)
def _running(monkeypatch: pytest.MonkeyPatch) -> None:
    class Runtime:
        def status(self, _: object) -> tuple[NodeState, ...]:
            return _STATES

    monkeypatch.setattr(deployment, "find_deployment", lambda *_, **__: (Runtime(), object()))


def test_each_node_and_each_detail_of_it_has_a_line() -> None:
    done = CliRunner().invoke(status_verb.command, [])
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "a   running    ready",
        "    t: established",
        "    http: listening",
        "gw  absent     -",
    ]


def test_json_has_all_nodes() -> None:
    done = CliRunner().invoke(status_verb.command, ["--format", "json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout) == [
        {"node": "a", "state": "running", "health": "ready", "detail": ["t: established", "http: listening"]},
        {"node": "gw", "state": "absent", "health": "-", "detail": []},
    ]
