"""What a tunnel costs: how much a packet grows, and how large one may be inside.

    ESP, tunnel mode:     IP + UDP + 8 + IV + pad(packet + 2) + ICV            (RFC 4303 §2, RFC 3948 §2.1)
    ESP, transport mode:  IP stays outside: only what follows it is padded
    AH:                   IP (tunnel mode) + 12 + ICV                          (RFC 4302 §2)

UDP is counted always: user-space ESP sends nothing else, and a lab has the same MTU in every runtime. AH cannot be
carried in UDP. Padding is to the cipher's block, four bytes at least. Several proposals: the costliest.
"""

from dataclasses import dataclass

from netdsl.ir.tunnel import Child, Mode
from netdsl.lower.defaults import (
    AH_HEADER,
    CIPHERS,
    ESP_HEADER,
    ESP_TRAILER,
    INTEGRITY_ICV,
    IP_HEADER,
    UDP_HEADER,
    UNKNOWN_CIPHER,
    UNKNOWN_ICV,
    Cipher,
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Bytes. `fixed`: headers, IV and ICV; `kept`: the packet's own IP header, where it stays outside of the padding;
    `block`, `trailer`: the rest of the packet with the trailer is padded to a multiple of the block."""

    fixed: int
    kept: int
    block: int
    trailer: int

    @property
    def most(self) -> int:
        """What a packet grows by, at most."""
        return self.fixed + self.trailer + self.block - 1

    def inside(self, link_mtu: int) -> int:
        """The largest packet that still leaves as one of `link_mtu` bytes."""
        room = link_mtu - self.fixed - self.kept
        return room // self.block * self.block - self.trailer + self.kept


def child_cost(mode: Mode, protocol: str, proposals: tuple[str, ...], family: int) -> Cost:
    """The cost of the costliest of the proposals, over an outer path of this family."""
    costs = [_cost(mode, protocol, proposal, family) for proposal in proposals or ("",)]
    return max(costs, key=lambda cost: cost.most)


def tunnel_overhead(children: tuple[Child, ...], family: int) -> int:
    """What a packet grows by in any of the children, at most."""
    return max(
        (child_cost(child.mode, child.protocol, child.proposals, family).most for child in children),
        default=0,
    )


def _cost(mode: Mode, protocol: str, proposal: str, family: int) -> Cost:
    words = proposal.split("-")
    header = IP_HEADER[family]
    outer = header if mode is Mode.TUNNEL else 0
    icv = next((INTEGRITY_ICV[word] for word in words if word in INTEGRITY_ICV), None)
    if protocol == "ah":
        authentication = UNKNOWN_ICV if icv is None else icv
        unit = 4 if family == 4 else 8  # RFC 4302 §3.3.3.2.1: 32 bits, 64 in IPv6
        return Cost(outer + (AH_HEADER + authentication + unit - 1) // unit * unit, 0, 1, 0)
    cipher = next((CIPHERS[word] for word in words if word in CIPHERS), UNKNOWN_CIPHER)
    fixed = outer + UDP_HEADER + ESP_HEADER + cipher.iv + _icv(cipher, icv)
    return Cost(fixed, 0 if outer else header, cipher.block, ESP_TRAILER)


def _icv(cipher: Cipher, separate: int | None) -> int:
    if cipher.icv:
        return cipher.icv
    return UNKNOWN_ICV if separate is None else separate
