"""The contract of a meter: measuring the lab of an output folder, beside the driver that runs it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Answer, Deployment, Progress

TOO_LONG = (124, 137)
"""The exit statuses of `timeout -k` for a tool that it ended or killed."""

SPACES = ("sh", "-c", "cd /run/netdsl/space && grep -H . * 2>/dev/null || :")
"""The command by which a node says, for each of its parts with tunnels, `PART:kernel` or `PART:user`."""
_WORDS = {"kernel": "kernel", "user": "user space"}


@dataclass(frozen=True, slots=True)
class Fact:
    """A property of the runtime during a measurement: `engine` is `Docker Engine 26.1.5`, `accelerator` is `none (QEMU
    emulates the processor)`."""

    name: str
    value: str


def per_node(values: Mapping[str, str]) -> str:
    """The value if all nodes have the same; otherwise each value with its nodes."""
    nodes: dict[str, list[str]] = {}
    for node, value in values.items():
        nodes.setdefault(value, []).append(node)
    if len(nodes) == 1:
        return next(iter(nodes))
    return "; ".join(f"{value} ({', '.join(names)})" for value, names in nodes.items())


def tunnel_spaces(answers: Mapping[str, str]) -> str:
    """Where the tunnels of each part run, by the outputs of `SPACES`: `gre: user space, vxlan: kernel`. Empty without."""
    found: dict[str, dict[str, str]] = {}
    for node, output in answers.items():
        for line in output.splitlines():
            part, _, space = line.partition(":")
            if space in _WORDS:
                found.setdefault(part, {})[node] = _WORDS[space]
    return ", ".join(f"{part}: {per_node(spaces)}" for part, spaces in sorted(found.items()))


@dataclass(frozen=True, slots=True)
class NodeUsage:
    """The current usage of a node. `cgroup`: bytes accounted to its control group (page cache included); `pss`: bytes
    of proportional set size of its processes (of a VM: of its hypervisor); None if the runtime lacks the figure. `cpu`:
    seconds of processor time since its start, by the same group or process."""

    node: str
    cgroup: int | None
    pss: int | None
    cpu: float


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of all running nodes. `helpers`: bytes (PSS) of the runtime's processes that exist for these nodes only
    and are not part of a node's figure (a container's shim). The runtime's own daemon is not included."""

    nodes: tuple[NodeUsage, ...]
    helpers: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """Bytes on disk that belong to one node."""

    node: str
    size: int


@dataclass(frozen=True, slots=True)
class Base:
    """An image or a box that nodes share, in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Disk:
    """`bases`: shared images or boxes; `nodes`: what each node added while running."""

    bases: tuple[Base, ...]
    nodes: tuple[Share, ...]


class Tools(Protocol):
    """Measuring tools (iperf3, ping, nft) in the network of one node: its interfaces, addresses, routes and filters.

    Their usage is not part of the node's figures if the runtime can separate it (containers); otherwise `methods` says
    so.
    """

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        """Run a command to its end, without input. Raises DriverError if it does not end in `timeout` seconds. After
        the block none of its processes is left, daemons included."""
        ...


class Meter(Protocol):
    """Every method raises DriverError. Nodes are identified by their host names."""

    def facts(self, deployment: Deployment) -> tuple[Fact, ...]:
        """The properties of the runtime of a running lab: engine or provider with versions, accelerator, driver of
        networks, the nodes' kernel, image or box."""
        ...

    def methods(self) -> tuple[Fact, ...]:
        """How its figures are measured, a sentence each for `memory`, `cpu`, `disk`, `fresh boot`, `warm boot`."""
        ...

    def rebuild(self, deployment: Deployment, progress: Progress) -> None:
        """Prepare the next `up` to be a fresh boot: build images without a layer cache, or remove the provider's copy
        of a box so that `up` imports it. The lab must not run. What another lab uses is not removed: raises
        DriverError."""
        ...

    def park(self, deployment: Deployment, progress: Progress) -> None:
        """Stop a running lab so that the next `up` is a warm boot: containers are removed and their images stay,
        machines are halted and their disks stay."""
        ...

    def usage(self, deployment: Deployment) -> Usage:
        """The usage of the nodes that run at this moment, also while others are starting. Fast and thread-safe."""
        ...

    def disk(self, deployment: Deployment) -> Disk: ...

    def tools(self, deployment: Deployment, node: str) -> AbstractContextManager[Tools]:
        """A context with tools in the network of a node. Raises DriverError with a remedy if the runtime has none for
        it."""
        ...
