"""The names of things: paths as in the source (`a.gw`), one type each so that they cannot be mixed up."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import NewType

NodeId = NewType("NodeId", str)
NetworkId = NewType("NetworkId", str)
TunnelId = NewType("TunnelId", str)
PkiId = NewType("PkiId", str)
ImageId = NewType("ImageId", str)

Address = IPv4Address | IPv6Address
Prefix = IPv4Network | IPv6Network
AddressWithPrefix = IPv4Interface | IPv6Interface


def host_name(path: str) -> str:
    """The host name of a node's path: `a.client-1` is `a-client-1`."""
    return path.replace(".", "-")


def end_name(tunnel: TunnelId, node: NodeId) -> str:
    """`tunnel.node` as it is written where the lab's root is looked up: the node by its name in the tunnel's scope."""
    scope = tunnel.rpartition(".")[0]
    return f"{tunnel}.{node.removeprefix(f'{scope}.') if scope else node}"
