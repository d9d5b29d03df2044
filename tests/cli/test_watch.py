"""`netdsl watch`: a process that says what each save changed. Each step waits for what it prints."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from netdsl.cli.watching import Stamps, wait_for_save
from tests.cli.calling import COMMAND
from tests.diff.test_diff import LAB

_LONGEST = 300.0
"""Seconds until a process that says something else is killed."""
ALLOWED = LAB.replace("accept forward tcp/443", "accept forward tcp/22 from dmz to lan ; accept forward tcp/443")


class Watch:
    """The verb as a shell runs it."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "watch", *words],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "COLUMNS": "80"},
        )
        self.timer = threading.Timer(_LONGEST, self.process.kill)
        self.timer.start()

    def until(self, text: str) -> list[str]:
        """The lines to the one with this text. The end of the process ends it."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if text in line:
                return lines
        raise AssertionError(lines)

    def kill(self) -> None:
        self.timer.cancel()
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lab.net").write_text(LAB)
    return tmp_path


@pytest.fixture
def watch(folder: Path) -> Iterator[Watch]:
    started = Watch(folder, "lab.net")
    yield started
    started.kill()


def test_each_save_says_what_it_changed(folder: Path, watch: Watch) -> None:
    assert watch.until("waiting for a save") == [
        "shop: 5 nodes, 2 networks; no expectations",
        "lab.net: waiting for a save; Ctrl-C ends",
    ]
    (folder / "lab.net").write_text(ALLOWED)
    assert watch.until("filter line") == [
        "save 2: shop: 5 nodes, 2 networks; no expectations",
        "who reaches whom",
        "  now open: tcp/22 from dmz to lan; nothing listens there",
        "",
        "what the labs are made of",
        "  ~ node gw",
        "      + filter line: accept forward tcp/22 from dmz to lan",
    ]
    assert watch.end() == 0


@pytest.mark.slow
def test_a_save_that_does_not_compile_shows_its_findings_and_the_last_good_one_stays(
    folder: Path, watch: Watch
) -> None:
    watch.until("waiting for a save")
    (folder / "lab.net").write_text(LAB.replace("on dmz", "on dnz"))
    lines = watch.until("is compared with")
    assert any("error[unknown-name]" in line for line in lines)
    assert "save 2: 3 errors" in lines
    assert lines[-1] == "the next one is compared with the lab as it was at first"
    (folder / "lab.net").write_text(ALLOWED)
    assert "  now open: tcp/22 from dmz to lan; nothing listens there" in watch.until("compared with")
    assert watch.end() == 0


@pytest.mark.slow
def test_a_file_that_the_lab_reads_is_watched_before_it_is_there(folder: Path) -> None:
    (folder / "lab.net").write_text(LAB.replace("host pc-1 {", 'host pc-1 { file /root/note from "note" ; '))
    watch = Watch(folder, "lab.net")
    try:
        assert any("there is no file `note`" in line for line in watch.until("1 file more: waiting"))
        (folder / "note").write_text("one")
        watch.until("save 2: shop: 5 nodes")
        (folder / "note").write_text("another")
        assert watch.until("content of")[-1] == "      ~ content of /root/note"
        assert watch.end() == 0
    finally:
        watch.kill()


@pytest.mark.slow
def test_a_file_that_is_replaced_or_gone_for_a_while(folder: Path, watch: Watch) -> None:
    watch.until("waiting for a save")
    (folder / "lab.net").unlink()
    watch.until("lab.net cannot be read: there is no file lab.net")
    (folder / "new").write_text(ALLOWED)
    (folder / "new").rename(folder / "lab.net")
    watch.until("now open: tcp/22")
    assert watch.end() == 0


def test_a_save_is_taken_when_nothing_is_written_any_more() -> None:
    path = Path("lab.net")
    looks: list[Stamps] = [{path: (number, 0, 0)} for number in (1, 1, 2, 3, 4, 4, 5)]
    left = iter(looks)
    pauses: list[int] = []
    found = wait_for_save({path: (1, 0, 0)}, lambda _: next(left), lambda: pauses.append(1))
    assert found == {path: (4, 0, 0)}
    assert next(left) == {path: (5, 0, 0)}
