"""What can be done with an emitted output folder: the contract of a runtime's driver."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class DriverError(Exception):
    """The runtime said no. `command` is what was run (no secrets), `status` its exit status, `tail` its last lines.

    `help` is the remedy where one is known.
    """

    def __init__(
        self, message: str, *, command: str = "", status: int | None = None, tail: str = "", remedy: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.command = command
        self.status = status
        self.tail = tail
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class NodeState:
    """One node as the runtime sees it: `state` in its words (running, exited, shutoff, absent), `health` (ready,
    starting, not ready, -), `detail` the payload's own lines."""

    node: str
    state: str
    health: str
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deployment:
    """An output folder as one running thing; `project` tells two copies of a lab apart."""

    folder: Path
    project: str


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `doctor`: what was looked at, whether it is as it must be, what was found, what to do."""

    what: str
    is_ok: bool
    found: str
    remedy: str = ""
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command in a node said: its exit status, its standard output, its standard error."""

    status: int
    output: str
    errors: str = ""


class Recording(Protocol):
    """A capture that runs."""

    def read(self) -> bytes:
        """All that was recorded so far: a pcap file (the classic format), whose last packet may be incomplete."""
        ...


Progress = Callable[[str], None]


class Driver(Protocol):
    """Nodes are named by their host name. Every method raises DriverError."""

    @property
    def slowness(self) -> float:
        """How many times longer than containers its nodes may take for something: who waits is as much more patient."""
        ...

    def up(self, deployment: Deployment, progress: Progress, *, timeout: int | None) -> None:
        """Start it and wait until every node is ready: `timeout` seconds, None for as long as this runtime may need."""
        ...

    def down(self, deployment: Deployment, progress: Progress) -> None: ...

    def status(self, deployment: Deployment) -> tuple[NodeState, ...]: ...

    def execute(self, deployment: Deployment, node: str, command: Sequence[str]) -> int:
        """Run a command in a node with this terminal's input and output; its exit status."""
        ...

    def shell(self, deployment: Deployment, node: str) -> int: ...

    def logs(self, deployment: Deployment, nodes: Sequence[str], *, follow: bool) -> int: ...

    def capture(self, deployment: Deployment, node: str, interface: str, file: Path | None, count: int | None) -> int:
        """tcpdump on an interface: to a file in pcap format, `-` for standard output, or as text (None)."""
        ...

    def ask(self, deployment: Deployment, node: str, command: Sequence[str], *, timeout: float) -> Answer:
        """Run a command in a node, with no input, and wait for its end.

        Its exit status is part of the answer, whatever it is. DriverError where it does not end within `timeout`
        seconds, or where there is no such node. Quick, called from several threads at once, and not ended by a Ctrl-C
        that this process gets.
        """
        ...

    def listen(self, deployment: Deployment, node: str, interface: str) -> AbstractContextManager[Recording]:
        """Record whole packets on an interface of a node (`any`: on all of them) while the block runs.

        It is recording when the block begins, and nothing is left in the node or beside it after the block. Called from
        several threads at once.
        """
        ...

    def doctor(self) -> tuple[Check, ...]: ...
