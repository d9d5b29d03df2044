"""What runs beside a node ends with it, and with the netdsl that has started it, also where that is killed.

A container in a node's network keeps that network after the node has ended, with its interfaces and their MAC addresses,
and no event there says so: as long as it is there the node cannot be started again (`address already in use`). So one
program for each project, in a session of its own, hears the engine's events, and waits for the end of its input.
"""

import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from threading import Lock

from netdsl.dataclass import dataclass

from .engine import PROJECT, SERVICE
from .model import NODE
from .own import KEPT, NEXT_TO

_PROGRAM = f"""\
session=$1
gone() {{
    found=$(docker ps --all --quiet --filter "label={KEPT}=$session" "$@")
    [ -z "$found" ] || docker rm --force --volumes $found >/dev/null
}}
docker events --filter type=container --filter event=die --filter "label={NODE}" --filter "label={PROJECT}=$2" \\
    --format '{{{{index .Actor.Attributes "{SERVICE}"}}}}' |
while read -r node; do
    printf '%s\\n' "$node"
    gone --filter "label={NEXT_TO}=$node"
done &
cat >/dev/null
trap '' TERM
kill 0  # the client that hears events: all of this session are of this group
gone
sleep 5  # a client that was left may just have asked for one more
gone
"""
"""sh -c … sh SESSION PROJECT: says the name of a node that has ended, before what is beside it is removed."""


@dataclass(eq=False, slots=True)
class Keeper:
    """`session`: the mark of what is removed with it; `users`: contexts that need it."""

    session: str
    process: "subprocess.Popen[bytes]"
    said: bytearray = field(default_factory=bytearray)
    users: int = 0

    def words(self, node: str) -> tuple[str, ...]:
        """What `docker run` is told of a container beside the node."""
        return "--label", f"{KEPT}={self.session}", "--label", f"{NEXT_TO}={node}"

    def ending_of(self, node: str) -> str:
        """That the node has ended since this began, in words; it may have been started again. Else nothing."""
        assert self.process.stdout is not None, "a pipe"
        with suppress(BlockingIOError):
            while chunk := os.read(self.process.stdout.fileno(), 4096):
                self.said += chunk
        return f"the node `{node}` has ended" if node.encode() in self.said.split(b"\n") else ""

    def end(self) -> None:
        """At once: what it was for has been removed."""
        with self.process, suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


@dataclass(eq=False, slots=True)
class Keepers:
    """Thread-safe. Those that run, by project."""

    running: dict[str, Keeper] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    @contextmanager
    def keeping(self, project: str) -> Iterator[Keeper]:
        """While the block runs, which removes what it has started."""
        with self.lock:
            keeper = self.running.get(project)
            if keeper is None:
                keeper = self.running[project] = _begun(project)
            keeper.users += 1
        try:
            yield keeper
        finally:
            with self.lock:
                keeper.users -= 1
                if not keeper.users:
                    del self.running[project]
                    keeper.end()


def _begun(project: str) -> Keeper:
    session = secrets.token_hex(8)
    process = subprocess.Popen(
        ["sh", "-c", _PROGRAM, "sh", session, project],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None, "a pipe"
    os.set_blocking(process.stdout.fileno(), False)
    return Keeper(session, process)
