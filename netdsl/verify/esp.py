"""What a packet looks like inside a tunnel's packet, and how large it may be."""

from netdsl.ir.service import Protocol
from netdsl.lower.mtu import child_cost
from netdsl.verify.fabric import Policy
from netdsl.verify.types import Packet

USER_SPACE_MTU = 1400  # bytes: kernel-libipsec's device (kernel_libipsec_router.c, TUN_DEFAULT_MTU)
_UDP = 8  # bytes; child_cost counts them always, the kernel's ESP has them behind NAT only


def outer_packet(packet: Packet, policy: Policy) -> Packet:
    """The encapsulated packet. AssertionError: a trap, which encapsulates nothing."""
    association, child = policy.association, policy.child
    assert association is not None, "a trap encapsulates nothing"
    source, destination = packet.source, packet.destination
    if policy.is_tunnel:
        source, destination = association.local, association.remote
    cost = child_cost(child.mode, child.protocol, child.proposals, destination.version)
    padded = -(-(packet.size - cost.kept + cost.trailer) // cost.block) * cost.block
    size = padded + cost.kept + cost.fixed - _saved(policy)
    if association.is_in_udp:
        ports = (association.local_port, association.remote_port)
        return Packet(source, destination, Protocol.UDP, *ports, None, size, False, packet, policy.end.tunnel)
    protocol = Protocol.AH if child.protocol == "ah" else Protocol.ESP
    return Packet(source, destination, protocol, 0, 0, None, size, False, packet, policy.end.tunnel)


def room_inside(policy: Policy, link_mtu: int) -> int:
    """The largest packet that still leaves as one of `link_mtu` bytes, with the kernel's ESP."""
    child, association = policy.child, policy.association
    assert association is not None, "a trap encapsulates nothing"
    cost = child_cost(child.mode, child.protocol, child.proposals, association.remote.version)
    return cost.inside(link_mtu + _saved(policy))


def _saved(policy: Policy) -> int:
    association = policy.association
    is_plain = association is not None and not association.is_in_udp
    return _UDP if is_plain and policy.child.protocol != "ah" else 0
