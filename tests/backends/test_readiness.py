"""When the containers of a project are taken for ready."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from netdsl.backends.compose import readiness
from netdsl.backends.compose.ended import CommandFailed
from netdsl.backends.compose.readiness import await_ready
from netdsl.diagnostics.visible import Elsewhere, Passing, Summary
from netdsl.runtime.driver import Deployment

HERE = Deployment(Path("/nowhere"), "x")


def _row(name: str, status: str, *, is_node: bool = True, service: str = "") -> str:
    state = "exited" if status.startswith("Exited") else "created" if status == "Created" else "running"
    return "\t".join((f"x-{name}-1", state, status, name if is_node else "", service or name)) + "\n"


class _Engine:
    """Says one answer after the other, the last again and again; a second passes with each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
        self.answers, self.asked, self.time = list(answers), 0, 0.0
        self.told: list[str] = []
        monkeypatch.setattr(readiness, "said", self._said)

    def _said(self, words: list[str]) -> str:
        assert words[:4] == ["ps", "--all", "--filter", "label=com.docker.compose.project=x"]
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def wait(self, timeout: float = 100) -> None:
        await_ready(HERE, timeout, self.told.append, self._reasons, lambda: self.time, self._sleep)

    def _reasons(self, services: Sequence[str]) -> list[str]:
        return [f"{service}: tunnel t is down" for service in services]

    def _sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.time += 1


def test_all_containers_are_asked_about_at_once_until_each_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    well, starting = _row("a", "Up 2 seconds (healthy)"), _row("b", "Up 1 second (health: starting)")
    ready = _row("b", "Up 3 seconds (healthy)")
    engine = _Engine(monkeypatch, _row("a", "Created") + starting, well + starting, well + starting, well + ready)
    engine.wait()
    assert engine.asked == 4
    assert engine.told == [
        "0 of 2 containers are ready\nwaiting for a (created), b (starting)",
        "1 of 2 containers are ready\nwaiting for b (starting)",
        "2 of 2 containers are ready",
    ]
    assert [type(text) for text in engine.told] == [Summary, Summary, Passing]


def test_of_those_that_keep_one_waiting_it_is_asked_why(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = "".join(_row(name, "Up 3 seconds (healthy)") for name in "abcdefg")
    starting = ready.replace("healthy", "health: starting")
    engine = _Engine(monkeypatch, *[starting] * 13, ready)
    engine.wait()
    names = "a, b, c, d, e …"
    whys = "".join(f"\n  {name}: tunnel t is down" for name in "abcde")
    assert engine.told[1:] == [
        f"0 of 7 containers are ready\nwaiting for {names}{whys}",
        f"0 of 7 containers are ready; waiting for {names}",
        "7 of 7 containers are ready",
    ]
    assert [type(text) for text in engine.told[1:]] == [Summary, Elsewhere, Passing]


def test_of_the_users_own_services_one_without_a_check_runs_and_one_may_have_ended_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = _row("db", "Up 2 seconds", is_node=False) + _row("once", "Exited (0) 1 second ago", is_node=False)
    _Engine(monkeypatch, _row("a", "Up 2 seconds (healthy)") + others).wait()


def test_what_runs_beside_nodes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = _row("probe", "Exited (1) 1 second ago", is_node=False, service="netdsl.beside")
    _Engine(monkeypatch, _row("a", "Up 2 seconds (healthy)") + beside).wait()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (_row("b", "Up 1 second (unhealthy)"), "container x-b-1 is unhealthy"),
        (_row("b", "Exited (0) 1 second ago"), r"container x-b-1 ended: Exited \(0\)"),
        (_row("b", "Exited (3) 1 second ago", is_node=False), r"container x-b-1 ended: Exited \(3\)"),
    ],
)
def test_one_that_is_not_well_ends_the_waiting(monkeypatch: pytest.MonkeyPatch, row: str, said: str) -> None:
    with pytest.raises(CommandFailed, match=said):
        _Engine(monkeypatch, _row("a", "Up 2 seconds (health: starting)") + row).wait()


def test_after_the_time_it_is_said_which_are_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _row("a", "Up 2 seconds (healthy)") + _row("b", "Up 2 seconds (health: starting)")
    engine = _Engine(monkeypatch, rows)
    with pytest.raises(CommandFailed, match="not ready within 5 s: x-b-1"):
        engine.wait(5)
    assert engine.time == 6
