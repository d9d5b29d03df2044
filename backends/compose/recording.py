"""Captures by a container in a node's network namespace: the node itself lacks the capability."""

import secrets
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from netdsl.runtime.recording import SNAPPED, FileRecording, Tcpdump, recorded

from .own import BESIDE, CONFINED, owned


def container_words(container: str, project: str, marks: Sequence[str] = ()) -> list[str]:
    """The command `docker run … tcpdump` in the network of a project's container, without tcpdump's further options. The
    program is netdsl's: what lies in the node's image is not run. `marks`: by which a Keeper knows it."""
    words = [
        "run",
        "--rm",
        "--network",
        f"container:{container}",
        *CONFINED,
        "--cap-add",
        "NET_RAW",
        *owned(project),
        *marks,
    ]
    return [*words, "--entrypoint", "tcpdump", BESIDE.name, "-p", "-Z", "root", "--immediate-mode"]


@contextmanager
def record(words: list[str], name: str, ending: Callable[[], str]) -> Iterator[FileRecording]:
    """A context in which the command of `container_words` (with an interface) records. The container is removed at the
    end, or with its node, which `ending` says."""
    container_name = f"{name}-listens-{secrets.token_hex(4)}"

    def remove(_: Tcpdump) -> None:
        command = ["docker", "rm", "--force", container_name]
        subprocess.run(command, capture_output=True, timeout=60, check=False, start_new_session=True)

    with recorded(
        ["docker", "run", "--name", container_name, *words[1:], *SNAPPED, "-U", "-w", "-"], remove
    ) as recording:
        recording.ending = ending
        yield recording
