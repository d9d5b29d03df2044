"""Recordings for tests: both runtimes keep a burst of packets."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

import pytest

from netdsl.backends.compose import recording
from netdsl.backends.vagrant.inside import recording_command
from netdsl.runtime.recording import SNAPPED, FileRecording, Tcpdump


def test_the_buffer_has_room_for_a_burst() -> None:
    """In immediate mode each slot is as long as the longest packet that is kept."""
    options = dict(zip(SNAPPED[::2], map(int, SNAPPED[1::2]), strict=True))
    assert options["-B"] * 1024 // options["-s"] >= 1000


def test_both_runtimes_record_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[Sequence[str]] = [recording_command("wan")]

    @contextmanager
    def noted(command: Sequence[str], _: Callable[[Tcpdump], None]) -> Iterator[FileRecording]:
        commands.append(command)
        yield FileRecording(BytesIO())

    monkeypatch.setattr(recording, "recorded", noted)
    with recording.record([*recording.container_words("one", "lab"), "-i", "any"], "lab", str):
        pass
    assert [" ".join(SNAPPED) in " ".join(command) for command in commands] == [True, True]
