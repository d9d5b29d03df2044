"""What can be measured of an emitted output folder: the contract of a runtime's meter, beside that of its driver."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from netdsl.runtime.driver import Answer, Deployment, Progress

TOO_LONG = (124, 137)
"""The statuses by which `timeout -k` says that it ended a tool, or had to kill it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about what a figure was measured on: `engine` is `Docker Engine 26.1.5`, `accelerator` is `none (QEMU
    emulates the processor)`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class NodeUsage:
    """What one node takes now. Bytes: `cgroup` as the kernel accounts it to the node's control group (page cache of its
    own files included), `pss` the proportional set size of its processes (a VM: of its hypervisor's). None where the
    runtime has no such figure. `cpu`: seconds of processor since it was started, by the same group or process."""

    node: str
    cgroup: int | None
    pss: int | None
    cpu: float


@dataclass(frozen=True, slots=True)
class Usage:
    """All nodes that run. `helpers`: bytes (PSS) of the runtime's processes that are there for these nodes alone and are
    in no node's figure (a container's shim); what the runtime takes anyway (its daemon) is nobody's."""

    nodes: tuple[NodeUsage, ...]
    helpers: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """Bytes on disk of one node alone."""

    node: str
    size: int


@dataclass(frozen=True, slots=True)
class Base:
    """What nodes share on disk: an image or a box, in bytes, once for all nodes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Disk:
    """`bases` once, and what each node adds by having run."""

    bases: tuple[Base, ...]
    nodes: tuple[Share, ...]


class Tools(Protocol):
    """Measuring tools (iperf3, ping, nft) with the network of one node: the same interfaces, addresses, routes, filters.

    What they take is in no figure of the node where the runtime can keep it apart (containers), and told where it cannot.
    """

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        """Run a command to its end, without input. DriverError where it does not end in `timeout` seconds. Nothing of it is
        left after the block, daemons that it began included."""
        ...


class Meter(Protocol):
    """Every method raises DriverError. Nodes are named by their host name."""

    def facts(self, deployment: Deployment) -> tuple[Fact, ...]:
        """What runs the lab: engine or provider with versions, accelerator, driver of networks, the nodes' kernel, image or
        box. Asked while it runs."""
        ...

    def methods(self) -> tuple[Fact, ...]:
        """How its figures are taken, for people: `memory`, `cpu`, `disk`, `fresh boot`, `warm boot`, a sentence each."""
        ...

    def rebuild(self, deployment: Deployment, progress: Progress) -> None:
        """Make a fresh boot of the next `up`: what it needs beside this folder is built anew (images, without a cache of
        layers), or taken away so that `up` has to import it (the provider's copy of a box). Nothing of the lab runs.
        Harms no other lab: what another one uses stays, and then the DriverError says so."""
        ...

    def park(self, deployment: Deployment, progress: Progress) -> None:
        """Put a running lab away so that the next `up` is a warm boot, as people do between two lessons: containers are
        removed and their images stay, machines are halted and their disks stay."""
        ...

    def usage(self, deployment: Deployment) -> Usage:
        """Of the nodes that run at this moment, also while others are being started. Quick; from any thread."""
        ...

    def disk(self, deployment: Deployment) -> Disk: ...

    def tools(self, deployment: Deployment, node: str) -> AbstractContextManager[Tools]:
        """While the block runs. DriverError where this runtime has no such tools for the node, with the remedy."""
        ...
