"""Algorithms of ESP and IKE: lengths of check values, and what the kernel has and charon has not.

charon does IKE, and ESP in user space.
Source: `swanctl --list-algs` with the plugins that nodes have (Debian 13: openssl, no xcbc, cmac, ccm), and the keywords of
strongSwan's proposal_keywords_static.txt. User space has tunnel mode alone, one device for all tunnels, no extended
sequence numbers and no IPComp (libipsec, ipsec_sa.c), and knows the ports of TCP and UDP alone (libipsec, ip_packet.c:
parse_transport_header): all ICMP has port 0 there, and no selector with a type fits it but that of echo replies, which
fits all (ipsec_policy.c: match_port). Its outer packets are charon's own, whatever the DSCP inside
(kernel_libipsec_ipsec.c, add_sa).
"""

from collections.abc import Iterable, Iterator

from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Child, Device, Mode, TunnelEnd
from netdsl.kinds.ipsec.ir import DscpCopy, child_inside

KERNEL_ONLY = frozenset(("aes128gmac", "aes192gmac", "aes256gmac", "aesxcbc", "aescmac", "sha256_96", "sha2_256_96"))
NOT_IN_IKE = KERNEL_ONLY | {"prfaesxcbc", "prfaescmac"}
IN_CLEAR = frozenset(("null", "aes128gmac", "aes192gmac", "aes256gmac"))
"""ESP with these proves who sent a packet, and does not encrypt it (RFC 2410, RFC 4543)."""
_EXTENDED = "esn"

ICV_OCTETS = {"": 16, "8": 8, "64": 8, "12": 12, "96": 12, "16": 16, "128": 16}
"""Of a cipher's own check value, by what its keyword ends in (`aes256gcm16`, `aes256gcm128`): octets, or bits."""


def hides(protocol: str, algorithms: Iterable[str]) -> bool:
    """Whether who listens on the wire cannot read the content."""
    return protocol == "esp" and IN_CLEAR.isdisjoint(algorithms)


def kernel_need(end: TunnelEnd, child: Child) -> str | None:
    """What the child of an end asks for that ESP in user space has not; None where it will do."""
    return next(_needs(end, child), None)


def _needs(end: TunnelEnd, child: Child) -> Iterator[str]:
    inside = child_inside(child)
    if isinstance(end.steering, Device):
        yield "a device for each tunnel"
    if child.mode is Mode.TRANSPORT:
        yield "transport mode"
    if inside.protocol == "ah":
        yield "AH"
    for one in (*child.only_local, *child.only_remote):
        if one.icmp_type is not None:
            yield "types of ICMP"
        if one.first is not None and one.protocol not in (Protocol.TCP, Protocol.UDP):
            yield f"ports of {one.protocol}"
    if inside.handling.is_compressed:
        yield "IPComp"
    if inside.handling.copy_dscp not in (None, DscpCopy.NONE):
        yield "copies of DSCP"
    words = [word for proposal in inside.proposals for word in proposal.split("-")]
    yield from (f"`{word}`" for word in words if word in KERNEL_ONLY)
    if _EXTENDED in words:
        yield "extended sequence numbers"
