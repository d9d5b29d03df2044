"""A lab in namespaces: the result of all decisions."""

from netdsl.codegen.limits import Limits
from netdsl.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Root:
    """A root file system. `name` depends on what is in it alone, so that labs share theirs."""

    name: str
    packages: tuple[str, ...]
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plug:
    """An interface of a node, by the lab's name for it."""

    name: str
    network: str
    mac: str


@dataclass(frozen=True, slots=True)
class NodeSpaces:
    """A node. `payload`, `resolvers`: relative to the output; `credentials`: below the folder of the credentials; `writes`:
    None where its root can be written; `digest`: of its inside."""

    name: str
    root: str
    payload: str
    resolvers: str
    credentials: str | None
    capabilities: tuple[str, ...]
    devices: tuple[str, ...]
    writes: tuple[str, ...] | None
    sysctls: tuple[tuple[str, str], ...]
    plugs: tuple[Plug, ...]
    limits: Limits
    digest: str


@dataclass(frozen=True, slots=True)
class Project:
    """`payload`: the folder of what all nodes share; `beside`: the root of programs beside a node."""

    name: str
    lab: str
    payload: str
    credentials: str
    roots: tuple[Root, ...]
    beside: str
    networks: tuple[str, ...]
    nodes: tuple[NodeSpaces, ...]
