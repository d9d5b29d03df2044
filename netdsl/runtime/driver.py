"""The contract of a driver: running the lab of an output folder."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from netdsl.dataclass import dataclass


class DriverError(Exception):
    """The runtime failed. `command`: what was run (without secrets); `status`: its exit status; `tail`: its last lines;
    `remedy`: what the user can do, if known."""

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
    """The state of a node. `state`: the runtime's word (running, exited, shutoff, absent); `health`: ready, starting,
    not ready or `-`; `detail`: the lines of the payload's `status`, none where the node was not asked; `reason`: why it is
    not ready, one line; `last`: the last lines of what has ended."""

    node: str
    state: str
    health: str
    detail: tuple[str, ...] = ()
    reason: str = ""
    last: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running (or startable) output folder. `project`: distinguishes copies of a lab."""

    folder: Path
    project: str


@dataclass(frozen=True, slots=True)
class NodeChange:
    """What `up` does to a node that runs. `is_inside`: it goes on meanwhile; else it is made anew. `why`: in a few words,
    what changes in it (`routes, packet filter`); of one that is made anew, the first reason (`its interfaces`)."""

    node: str
    is_inside: bool
    why: str


@dataclass(frozen=True, slots=True)
class FoundLab:
    """A lab that the runtime has something of, by netdsl's marks there. `lab`: its name in the source; `project`: of the
    deployment; `folder`: the output folder that it was started from, which may be gone, None where no mark says it."""

    lab: str
    project: str
    folder: Path | None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `doctor`: what was checked, the result, what was found, and the remedy."""

    what: str
    is_ok: bool
    found: str
    remedy: str = ""
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a command in a node: exit status, standard output, standard error."""

    status: int
    output: str
    errors: str = ""


class Recording(Protocol):
    """A running capture."""

    def read(self) -> bytes:
        """The pcap file (classic format) so far; its last packet may be incomplete."""
        ...


class Probe(Protocol):
    """Programs in the network of one node: its interfaces, addresses, routes, filters, and its files for names."""

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        """As `Driver.ask`, by a program of the probe. Thread-safe."""
        ...


Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Out:
    """Where lines go that nodes and their tools say: results and remarks. A driver itself prints nothing, as no text of a
    node may reach a terminal as it is."""

    say: Progress
    note: Progress


class Driver(Protocol):
    """Nodes are identified by their host names. Every method raises DriverError."""

    @property
    def slowness(self) -> float:
        """The factor for all time limits, relative to containers."""
        ...

    @property
    def has_own_probes(self) -> bool:
        """Whether the programs of `probe` and `listen` are netdsl's own, so that a node's image replaces none of them."""
        ...

    def up(self, deployment: Deployment, progress: Progress, *, timeout: int | None) -> None:
        """Make the runtime equal to the folder, and wait until every node is ready. Nodes and networks of the project that
        the folder has no more are taken away first, which is said. A node that runs is changed as it runs where the runtime
        can do that; where it fails, the node is as it was, and nothing is made anew. `timeout`: seconds; None: the
        runtime's own limit."""
        ...

    def surplus(self, deployment: Deployment, files: Mapping[str, bytes | None]) -> tuple[str, ...]:
        """What `up` would take away, in words, were these files (by their paths) new in the folder, or (None) gone. Changes
        nothing."""
        ...

    def changes(self, deployment: Deployment, files: Mapping[str, bytes | None]) -> tuple[NodeChange, ...]:
        """What `up` would do to nodes that run and stay, `files` as above. Changes nothing."""
        ...

    def down(self, deployment: Deployment, progress: Progress) -> None: ...

    def found(self) -> tuple[FoundLab, ...]:
        """The labs that the runtime has something of."""
        ...

    def take_away(self, project: str, progress: Progress) -> None:
        """As `down`, where the folder is not at hand: by netdsl's marks alone."""
        ...

    def status(
        self, deployment: Deployment, nodes: Sequence[str] = (), *, is_full: bool = False
    ) -> tuple[NodeState, ...]:
        """The nodes that the lab has, in its order (without names: all). A node that the lab has not is left out.

        A node is asked for its `detail` where something of its own can have ended, or it is not ready; with `is_full`,
        whenever it runs.
        """
        ...

    def present(self, deployment: Deployment) -> tuple[str, ...]:
        """The nodes that are there, in whatever state. None of them is asked."""
        ...

    def execute(self, deployment: Deployment, node: str, command: Sequence[str], *, is_admin: bool) -> int:
        """Run a command in a node with this terminal's input and output. Returns its exit status. `is_admin`: with the
        rights by which the node is configured; else with those of its own processes, by the script's `exec`."""
        ...

    def shell(self, deployment: Deployment, node: str, *, is_admin: bool) -> int: ...

    def logs(self, deployment: Deployment, nodes: Sequence[str], out: Out, *, follow: bool) -> int:
        """What nodes (without names: all) say is said, line by line. Returns an exit status."""
        ...

    def capture(
        self, deployment: Deployment, node: str, interface: str, file: Path | None, count: int | None, out: Out
    ) -> int:
        """Run tcpdump on an interface. `file`: the pcap file, `-` for standard output, None for text, which is said."""
        ...

    def ask(self, deployment: Deployment, node: str, command: Sequence[str], *, timeout: float) -> Answer:
        """Run a command in a node without input and wait for its end.

        A nonzero exit status is no error. Raises DriverError if the command does not end within `timeout` seconds or
        the node does not exist. Must be fast and thread-safe; a Ctrl-C of this process does not end the command.
        """
        ...

    def prepare_probes(self, progress: Progress) -> None:
        """Afterwards this machine has what `probe` and `listen` need; the first time may take minutes."""
        ...

    def probe(self, deployment: Deployment, node: str) -> AbstractContextManager[Probe]:
        """A context with a probe in a node's network: Debian's `perl-base`, busybox, `getent`, `ip`, `nft`. After the block
        nothing of it is left. Thread-safe."""
        ...

    def listen(self, deployment: Deployment, node: str, interface: str) -> AbstractContextManager[Recording]:
        """A context in which whole packets on an interface of a node (`any`: on all) are recorded.

        The recording has started when the block begins. After the block nothing of it is left. Thread-safe.
        """
        ...

    def doctor(self) -> tuple[Check, ...]: ...
