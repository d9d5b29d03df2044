"""What a payload is: the inside of every node, the same bytes in every runtime (`README.md` here: what each file holds)."""

from collections.abc import Mapping
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId

OWN_RIGHTS = ("sh", "/netdsl/lab/node.sh", "exec")
"""Before a command: with the rights of the node's own processes."""

HOSTS, RESOLVERS = "hosts", "resolv.conf"
"""Files for `/etc`: the first is one for all nodes; the second is the node's own where it has one, else the one for all,
which is empty."""


@dataclass(frozen=True, slots=True)
class PayloadFile:
    """A file of the payload: its path below its folder, its bytes, its mode."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Needs:
    """What a node asks of its envelope: Debian packages, capabilities (`NET_ADMIN`), devices (`/dev/net/tun`), sysctls.

    The envelope applies the sysctls, the payload verifies them. Of a node all are sorted. `writes`: the folders that its
    programs write to besides `/run` and `/tmp`, empty at each start; None: others, or what outlives a restart. `parent`:
    the folder of `backends/` whose `image/` the node's image is made from, where packages are not enough.
    """

    packages: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    sysctls: tuple[tuple[str, str], ...] = ()
    writes: tuple[str, ...] | None = ()
    parent: str = ""


@dataclass(frozen=True, slots=True)
class NodePayload:
    """`digest` covers all that this node's inside is made of (files, scripts, credentials), not the lab-wide hosts file."""

    files: tuple[PayloadFile, ...]
    needs: Needs
    has_credentials: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Payload:
    shared: tuple[PayloadFile, ...]
    nodes: Mapping[NodeId, NodePayload]
