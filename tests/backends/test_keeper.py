"""What ends with a node, and with netdsl: the program that hears the engine, with a `docker` that pretends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from netdsl.backends.compose.keeper import Keepers
from netdsl.backends.compose.own import KEPT

_DOCKER = """#!/bin/sh
case $1 in
    events) while read -r node; do printf '%s\\n' "$node"; done <"$PRETENDING/events"; exec sleep 600 ;;
    ps) printf '%s\\n' "$*" >>"$PRETENDING/asked"; printf 'beside\\n' ;;
    rm) printf '%s\\n' "$*" >>"$PRETENDING/removed" ;;
esac
"""
_HELD = """
import time
from netdsl.backends.compose.keeper import Keepers
with Keepers().keeping("lab") as keeper:
    print(keeper.session, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its folder: `events` is a pipe for names of nodes that end; `asked`, `removed`: words that it has got."""
    (tmp_path / "docker").write_text(_DOCKER)
    (tmp_path / "docker").chmod(0o755)
    os.mkfifo(tmp_path / "events")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("PRETENDING", str(tmp_path))
    return tmp_path


def _wait(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


def test_of_a_node_that_ends_all_beside_it_is_removed_and_it_is_known(engine: Path) -> None:
    keepers = Keepers()
    with keepers.keeping("lab") as keeper, keepers.keeping("lab") as again:
        assert keeper is again
        assert keeper.ending_of("fw") == ""
        (engine / "events").write_text("fw\n")
        _wait((engine / "removed").exists)
        assert keeper.ending_of("fw") == "the node `fw` has ended"
        assert keeper.ending_of("f") == ""
        asked = f"ps --all --quiet --filter label={KEPT}={keeper.session} --filter label=netdsl.beside=fw\n"
        assert (engine / "asked").read_text() == asked
        assert (engine / "removed").read_text() == "rm --force --volumes beside\n"
    assert keepers.running == {}
    assert keeper.process.returncode is not None


def test_where_netdsl_is_killed_all_that_it_has_started_is_removed(engine: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _HELD], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        session = process.stdout.readline().strip()
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    _wait((engine / "removed").exists)
    assert (engine / "asked").read_text().splitlines()[0] == f"ps --all --quiet --filter label={KEPT}={session}"
