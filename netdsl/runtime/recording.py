"""Recording packets in a context: a tcpdump in a node that writes pcap to its standard output."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from threading import Thread
from typing import IO

from netdsl.dataclass import dataclass
from netdsl.disk.folder import write_all
from netdsl.disk.scratch import scratch_content, scratch_file
from netdsl.runtime.driver import DriverError

Tcpdump = subprocess.Popen[bytes]
_PATIENCE = 60.0  # seconds until tcpdump listens: emulated nodes and busy engines are slow
_PAUSE = 0.05
_CHUNK = 1 << 16
_MOST_ERRORS = 1 << 16

LARGEST = 64 << 20
"""Bytes of a recording: a node may send as much as it likes, and where it is a machine, record what it likes."""

SNAPPED = ("-s", "4096", "-B", "8192")
"""tcpdump's options of a recording, so that a burst of packets fits: in immediate mode libpcap cuts its buffer into slots
as long as the longest packet that is kept (pcap-linux.c, create_ring: TPACKET_V2), and of the usual 2 MiB and 256 KiB
these are 8. Here they are 2,048, in 8 MiB."""


@dataclass(eq=False, slots=True)
class FileRecording:
    """The file into which a tcpdump writes, what it has said beside, and why it is of no use any more. `ending`: why it may
    have ended, where the runtime knows.

    The file has no name: nothing of it stays where this process is killed.
    """

    file: IO[bytes]
    said: bytearray = field(default_factory=bytearray)
    fault: str = ""
    ending: Callable[[], str] = str

    def read(self) -> bytes:
        if self.fault:
            raise DriverError(self.ending() or self.fault, command="tcpdump", tail=self.said.decode(errors="replace"))
        return scratch_content(self.file)


@contextmanager
def recorded(command: Sequence[str], end: Callable[[Tcpdump], None]) -> Iterator[FileRecording]:
    """A context in which the command runs and records. `end`: ends the process in the node.

    Raises DriverError if tcpdump does not listen in time; reading does, if it has ended or recorded too much.
    """
    pipe = subprocess.PIPE
    with (
        scratch_file() as file,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True) as process,
    ):
        recording = FileRecording(file)
        threads = [
            Thread(target=_copy, args=(process, file.fileno(), recording), daemon=True),
            Thread(target=_keep, args=(process, recording.said), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            _wait(process, recording.said, threads[1])
            yield recording
        finally:
            end(process)
            process.terminate()
            for thread in threads:
                thread.join(_PATIENCE)


def _copy(process: Tcpdump, out: int, recording: FileRecording) -> None:
    """What tcpdump records, until it ends or a recording can hold no more; then it is killed."""
    assert process.stdout is not None, "a pipe"
    total = 0
    while chunk := os.read(process.stdout.fileno(), _CHUNK):
        total += len(chunk)
        if total > LARGEST:
            recording.fault = f"more passes than a recording holds ({LARGEST >> 20} MiB)"
            process.kill()
            return
        try:
            write_all(out, chunk)
        except OSError as error:
            recording.fault = f"the recording cannot be kept ({error.strerror})"
            process.kill()
            return
    recording.fault = "the recording has ended by itself"


def _keep(process: Tcpdump, said: bytearray) -> None:
    assert process.stderr is not None, "a pipe"
    while chunk := os.read(process.stderr.fileno(), _CHUNK):
        said += chunk[: max(_MOST_ERRORS - len(said), 0)]


def _wait(process: Tcpdump, said: bytearray, keeping: Thread) -> None:
    """Wait until tcpdump reports that it listens. Raises DriverError if it does not. `keeping` reads what it reports."""
    deadline = time.monotonic() + _PATIENCE
    while b"listening on" not in said:
        has_ended = process.poll() is not None
        if has_ended:
            keeping.join(_PATIENCE)  # what it wrote before it ended may not be read yet
        if (has_ended and b"listening on" not in said) or time.monotonic() > deadline:
            tail = said.decode(errors="replace")
            raise DriverError("the capture does not start", command="tcpdump", status=process.poll(), tail=tail)
        time.sleep(_PAUSE)
