"""Recording packets in a context: a tcpdump in a node that writes pcap to its standard output."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from netdsl.dataclass import dataclass
from netdsl.disk.named import read_named, written
from netdsl.disk.scratch import scratch_folder
from netdsl.runtime.driver import DriverError

Tcpdump = subprocess.Popen[bytes]
_PATIENCE = 60.0  # seconds until tcpdump listens: emulated nodes and busy engines are slow
_PAUSE = 0.05

SNAPPED = ("-s", "4096", "-B", "8192")
"""tcpdump's options of a recording, so that a burst of packets fits: in immediate mode libpcap cuts its buffer into slots
as long as the longest packet that is kept (pcap-linux.c, create_ring: TPACKET_V2), and of the usual 2 MiB and 256 KiB
these are 8. Here they are 2,048, in 8 MiB."""


@dataclass(frozen=True, slots=True)
class FileRecording:
    """The file into which tcpdump writes."""

    file: Path

    def read(self) -> bytes:
        return read_named(self.file)


@contextmanager
def recorded(command: Sequence[str], end: Callable[[Tcpdump], None]) -> Iterator[FileRecording]:
    """A context in which the command runs and records. `end`: ends the process in the node.

    Raises DriverError if tcpdump does not listen in time.
    """
    with scratch_folder() as folder:
        file, errors = Path(folder) / "pcap", Path(folder) / "errors"
        with (
            written(file) as out,
            written(errors) as error_stream,
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=out, stderr=error_stream, start_new_session=True
            ) as process,
        ):
            try:
                _wait(process, errors)
                yield FileRecording(file)
            finally:
                end(process)
                process.terminate()


def _wait(process: Tcpdump, errors: Path) -> None:
    """Wait until tcpdump reports that it listens. Raises DriverError if it does not."""
    deadline = time.monotonic() + _PATIENCE
    while b"listening on" not in read_named(errors):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = read_named(errors).decode(errors="replace")
            raise DriverError("the capture does not start", command="tcpdump", status=process.poll(), tail=tail)
        time.sleep(_PAUSE)
