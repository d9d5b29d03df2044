"""What a packet looks like inside a tunnel's packet, how large it may be, and what has to come in one."""

from netdsl.ir.service import Protocol
from netdsl.lower.mtu import child_cost
from netdsl.source import Place
from netdsl.verify.passage import Passage
from netdsl.verify.types import Packet
from netdsl.verify.view import Policy

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


def policy_fault(passage: Passage, what: str, *, is_user_space: bool) -> tuple[str, Place | None] | None:
    """What has to come encrypted, and from which tunnel: why this packet is not taken, and the tunnel's statement.

    The packet is judged as it came, before translation (nf_nat_decode_session). User-space ESP looks only at what it
    decrypted itself.
    """
    view, came, packet = passage.view, passage.came, passage.original
    if not view.policies and came is None:
        return None
    policy = view.policy_in(packet)
    if came is None:
        if policy is None or is_user_space:
            return None
        tunnel = policy.end.tunnel
        return (
            f"tunnel `{tunnel}` at `{view.id}` ({what}) wants {packet} encrypted, and it comes in clear",
            policy.end.origin,
        )
    if policy is None and not came.is_tunnel:
        return None
    if policy is None or (policy.end.tunnel, policy.child.name) != (came.end.tunnel, came.child.name):
        text = f"{packet} comes out of tunnel `{came.end.tunnel}` at `{view.id}`, whose selectors there do not fit it"
        return text, came.end.origin
    return None


def _saved(policy: Policy) -> int:
    association = policy.association
    is_plain = association is not None and not association.is_in_udp
    return _UDP if is_plain and policy.child.protocol != "ah" else 0
