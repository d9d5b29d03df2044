"""Fifty of the kills of `make fuzz-kill`, three of them where a random moment seldom is."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest

from tests.kills.compiling import Compiling
from tests.kills.running import WAYS, Running

pytestmark = pytest.mark.live

COMPILATIONS = 44
OTHERS = {3: "down", 6: "measure", 11: "test --up"}
"""Seeds, and the verbs that they kill."""


def test_a_compilation_that_is_killed_is_finished_or_begun_anew_by_the_next_verb(tmp_path: Path) -> None:
    compiling = Compiling(tmp_path)
    found = {seed: compiling.killed(seed) for seed in range(COMPILATIONS)}
    assert [(seed, shown, wrong) for seed, (shown, wrong) in found.items() if wrong] == []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    lab = Running(tmp_path_factory.mktemp("running"), f"kills-{token_hex(3)}")
    try:
        lab.begin()
        yield lab
    finally:
        if lab.has_begun:
            lab.end()


@pytest.mark.parametrize("seed", OTHERS, ids=OTHERS.values())
def test_what_a_killed_verb_has_left_goes_with_the_next_down_and_the_next_up_works(running: Running, seed: int) -> None:
    found = running.killed(seed)
    assert found is None or found[1] == [], found


@pytest.mark.parametrize("number", [0, 1], ids=["alone", "with-its-group"])
def test_a_recording_goes_with_the_next_down(running: Running, number: int) -> None:
    """Its container is not a node's, and its client is in a session of its own."""
    assert running.killed_where("test", WAYS[number], lambda: running.has_container("-listens-")) == []


def test_what_goes_on_after_up_is_waited_for(running: Running) -> None:
    assert running.killed_where("up", WAYS[0], lambda: running.has_container("")) == []
