"""Captures that run while a block runs: a tcpdump that writes pcap to its standard output, wherever it runs."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from netdsl.runtime.driver import DriverError

Tcpdump = subprocess.Popen[bytes]
_PATIENCE = (
    60.0  # seconds until tcpdump listens: it is the first command in a node that is emulated, or the engine is busy
)
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class FileRecording:
    """What tcpdump writes, while it writes."""

    file: Path

    def read(self) -> bytes:
        return self.file.read_bytes()


@contextmanager
def recorded(command: Sequence[str], end: Callable[[Tcpdump], None]) -> Iterator[FileRecording]:
    """Run the command until the block ends; `end` then ends it, where it runs. It listens when the block begins.

    Raises DriverError where it does not.
    """
    with TemporaryDirectory(prefix="netdsl-") as folder:
        file, said = Path(folder) / "pcap", Path(folder) / "said"
        with (
            file.open("wb") as out,
            said.open("wb") as errors,
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=out, stderr=errors, start_new_session=True
            ) as process,
        ):
            try:
                _wait(process, said)
                yield FileRecording(file)
            finally:
                end(process)
                process.terminate()


def _wait(process: Tcpdump, said: Path) -> None:
    """Until tcpdump says that it listens. DriverError where it does not."""
    deadline = time.monotonic() + _PATIENCE
    while b"listening on" not in said.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = said.read_text(errors="replace")
            raise DriverError("the capture does not start", command="tcpdump", status=process.poll(), tail=tail)
        time.sleep(_PAUSE)
