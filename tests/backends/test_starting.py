"""What is told while Compose starts a project."""

from netdsl.backends.compose.starting import Ending, starting
from netdsl.diagnostics.visible import Passing, Summary

_CONFIG = {"networks": {"lan": None, "way": {"external": True}}, "services": {"a": {}, "b": {}}}


def _told(*lines: str) -> list[str]:
    told: list[str] = []
    hear = starting(_CONFIG, told.append).hear
    for line in lines:
        hear(line)
    return told


def test_each_step_is_a_summary_and_the_end_of_each_part_a_line() -> None:
    told = _told(
        " Network x_lan  Creating", " Network x_lan  Created",
        " Container x-a-1  Creating", " Container x-b-1  Creating",
        " Container x-a-1  Created", " Container x-b-1  Created",
        " Container x-a-1  Starting", " Container x-a-1  Started",
        " Container x-b-1  Starting", " Container x-b-1  Started",
    )  # fmt: skip
    of = "1 of 1 networks are made"
    assert [text for text in told if isinstance(text, Summary)] == [
        f"{of}\n0 of 2 containers are made, 0 started",
        f"{of}\n1 of 2 containers are made, 0 started",
        f"{of}\n2 of 2 containers are made, 0 started",
        f"{of}\n2 of 2 containers are made, 1 started",
        f"{of}\n2 of 2 containers are made, 2 started",
    ]
    lines = [text for text in told if not isinstance(text, Summary)]
    assert lines == ["networks made: 1", "containers made: 2", "containers started: 2"]
    assert all(isinstance(text, Passing) for text in lines)


def test_containers_that_run_already_count_as_started() -> None:
    told = _told(" Container x-a-1  Running", " Container x-b-1  Recreate", " Container x-b-1  Recreated", "x-b-1 x: a")
    assert told[-1] == "containers made: 2"
    assert told[0] == "1 of 2 containers are made, 1 started"


def test_how_it_fails_is_not_progress() -> None:
    assert _told("Error response from daemon: no", " Container x-a-1  Error", " Network x_lan  Error") == []


def test_of_an_end_it_is_said_how_many_have_gone() -> None:
    told: list[str] = []
    ending = Ending(told.append)
    for line in (
        " Container x-a-1  Stopping",
        " Container x-a-1  Stopped",
        " Container x-a-1  Removed",
        " Network x_lan  Removed",
    ):
        ending.hear(line)
    ending.finish()
    assert told == [
        "1 containers are stopped, 0 removed",
        "1 containers are stopped, 1 removed",
        "1 containers are stopped, 1 removed\n1 networks are removed",
        "containers removed: 1",
        "networks removed: 1",
    ]
    assert [isinstance(text, Summary) for text in told] == [True, True, True, False, False]
