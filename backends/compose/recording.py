"""Captures in a container beside a node, in its network: the node itself has no right to capture."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from netdsl.runtime.recording import FileRecording, Tcpdump, recorded


def container_words(container: str, image: str) -> list[str]:
    """`docker run …` of a tcpdump in the network of a container, up to where its own options begin."""
    words = ["run", "--rm", "--network", f"container:{container}", "--cap-drop", "ALL", "--cap-add", "NET_RAW"]
    words += ["--label", "com.docker.compose.project="]  # not that of the project that built the image
    return [*words, "--entrypoint", "tcpdump", image, "-p", "-Z", "root", "--immediate-mode"]


@contextmanager
def record(words: list[str], name: str) -> Iterator[FileRecording]:
    """Run the words of `container_words` (with an interface) until the block ends. The container goes with it."""
    own = f"{name}-listens-{secrets.token_hex(4)}"

    def remove(_: Tcpdump) -> None:
        command = ["docker", "rm", "--force", own]
        subprocess.run(command, capture_output=True, timeout=60, check=False, start_new_session=True)

    with recorded(["docker", "run", "--name", own, *words[1:], "-s", "0", "-U", "-w", "-"], remove) as recording:
        yield recording
