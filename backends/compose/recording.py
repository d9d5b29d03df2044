"""Captures in a container beside a node, in its network: the node itself has no right to capture."""

import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from netdsl.runtime.driver import DriverError

_PATIENCE = 30.0  # seconds until tcpdump listens
_PAUSE = 0.05


def container_words(container: str, image: str) -> list[str]:
    """`docker run …` of a tcpdump in the network of a container, up to where its own options begin."""
    words = ["run", "--rm", "--network", f"container:{container}", "--cap-drop", "ALL", "--cap-add", "NET_RAW"]
    words += ["--label", "com.docker.compose.project="]  # not that of the project that built the image
    return [*words, "--entrypoint", "tcpdump", image, "-p", "-Z", "root", "--immediate-mode"]


@dataclass(frozen=True, slots=True)
class FileRecording:
    """What tcpdump writes, while it writes."""

    file: Path

    def read(self) -> bytes:
        return self.file.read_bytes()


@contextmanager
def record(words: list[str], name: str) -> Iterator[FileRecording]:
    """Run the words of `container_words` (with an interface) until the block ends. The container goes with it."""
    own = f"{name}-listens-{secrets.token_hex(4)}"
    command = ["docker", "run", "--name", own, *words[1:], "-s", "0", "-U", "-w", "-"]
    with TemporaryDirectory(prefix="netdsl-") as folder:
        file, said = Path(folder) / "pcap", Path(folder) / "said"
        with (
            file.open("wb") as out,
            said.open("wb") as errors,
            subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True
            ) as process,
        ):
            try:
                _wait(process, said)
                yield FileRecording(file)
            finally:
                remove = ["docker", "rm", "--force", own]
                subprocess.run(remove, capture_output=True, timeout=60, check=False, start_new_session=True)
                process.terminate()


def _wait(process: "subprocess.Popen[bytes]", said: Path) -> None:
    """Until tcpdump says that it listens. DriverError where it does not."""
    deadline = time.monotonic() + _PATIENCE
    while b"listening on" not in said.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = said.read_text(errors="replace")
            raise DriverError("the capture does not start", command="tcpdump", status=process.poll(), tail=tail)
        time.sleep(_PAUSE)
