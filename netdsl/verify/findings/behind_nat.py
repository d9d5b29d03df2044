"""What to do about two ends of a tunnel that are both behind source NAT: no packet of one gets to the other's address."""

from collections.abc import Iterator
from itertools import islice

from netdsl.ir.filter import Chain
from netdsl.ir.ids import Address, NodeId
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import TunnelEnd
from netdsl.packets.passage import Delivered
from netdsl.packets.tracking import Tracker
from netdsl.packets.types import Packet
from netdsl.packets.walk import Walk
from netdsl.packets.world import World

_MOST_TRIED = 8
_OVERRULED = frozenset({Chain.INPUT, Chain.OUTPUT})
_PORT = 33434
"""Any that no rule of translation is likely to mean."""


def advice_behind_nat(world: World, sender: TunnelEnd, target: TunnelEnd) -> str | None:
    """None where one of the two is not."""
    own, other = _translator(world, sender), _translator(world, target)
    if own is None or other is None:
        return None
    return (
        f"both ends are behind source NAT, of `{own}` and of `{other}`: a `gateway` that both reach, or a `dnat` to "
        f"`{target.node}` in `{other}` with `at ADDRESS for {target.node}`"
    )


def _translator(world: World, end: TunnelEnd) -> NodeId | None:
    """The node that gives packets of the end a source of its own, on the way to another one that translates."""
    view = world.view(end.node)
    version = None if end.local is None else end.local.version
    for address in islice(_outside(world, end.node), _MOST_TRIED):
        source = view.source_towards(address)
        if source is None or version not in (None, address.version):
            continue
        packet = Packet(source, address, Protocol.UDP, _PORT, _PORT)
        walk = Walk(world.fabric, Tracker({}), overrules=_OVERRULED)
        arrived = walk.run(view, packet)
        if isinstance(arrived, Delivered) and arrived.packet.source != source:
            seen = arrived.packet.source
            return next((hop.node for hop in walk.hops if _has(world, hop.node, seen)), None)
    return None


def _outside(world: World, node: NodeId) -> Iterator[Address]:
    """Addresses of other nodes that translate sources."""
    for view in world.fabric.views.values():
        if view.node.nat.source and view.id != node:
            yield from (given.ip for interface in view.node.interfaces for given in interface.addresses)


def _has(world: World, node: NodeId, address: Address) -> bool:
    interfaces = world.view(node).node.interfaces
    return any(given.ip == address for interface in interfaces for given in interface.addresses)
