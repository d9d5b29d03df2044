"""What has to come out of a tunnel by a node's policies, and what its policies say of a packet that comes."""

from netdsl.packets.passage import Passage
from netdsl.packets.steering import Policy
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.source import Place


def policy_fault(passage: Passage, what: str, *, is_user_space: bool) -> tuple[str, Place | None] | None:
    """What has to come encrypted, and from which tunnel: why this packet is not taken, and the tunnel's statement.

    The packet is judged as it came, before translation (nf_nat_decode_session). Policies in user space look only at what
    came out of their own tunnels. A tunnel that has a device has no policy.
    """
    view, came, packet = passage.view, passage.came, passage.original
    if came is not None and not came.is_selected:
        came = None
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


def error_fault(view: View, packet: Packet, policy: Policy) -> str | None:
    """Why it cannot be known whether an ICMP error arrives that the kernel's ESP puts into UDP over IPv6.

    Translation verifies the error's checksum and marks the packet as verified by software (net/netfilter/utils.c,
    nf_ip_checksum and nf_ip6_checksum; net/core/skbuff.c, __skb_checksum_complete). The mark stays on the outer packet,
    whose sum is another one: the other end takes it for a bad one where the packet comes by veth, as between containers
    (net/ipv6/ip6_checksum.c, udp6_csum_init; seen on Linux 6.1), and not where it comes by a wire. Docker's resolver
    translates IPv4 in every container.
    """
    association, nat = policy.association, view.node.nat
    if not (packet.is_error and policy.is_selected and association is not None and association.is_in_udp):
        return None
    is_translating = packet.destination.version == 4 or nat.source or nat.destination
    if association.remote.version == 4 or not is_translating:
        return None
    return (
        f"whether an ICMP error passes tunnel `{policy.end.tunnel}` (ESP in UDP over IPv6) from `{view.id}`, which "
        "translates addresses, depends on the wire: between containers Linux takes its checksum for a bad one"
    )
