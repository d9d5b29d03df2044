"""What a tunnel costs: how much a packet grows, and how large one may be inside.

    ESP, tunnel mode:     IP + UDP + 8 + IV + pad(packet + 2) + ICV            (RFC 4303 §2, RFC 3948 §2.1)
    ESP, transport mode:  IP stays outside: only what follows it is padded
    AH:                   IP (tunnel mode) + 12 + ICV                          (RFC 4302 §2)

UDP is counted always: user-space ESP sends nothing else, and a lab has the same MTU in every runtime. AH cannot be
carried in UDP. Padding is to the cipher's block, four bytes at least. Several proposals: the costliest.
"""

from netdsl.dataclass import dataclass
from netdsl.ir.tunnel import Child, Mode
from netdsl.kinds.ipsec.algorithms import ICV_OCTETS
from netdsl.kinds.ipsec.ir import child_inside
from netdsl.lower.defaults import IP_HEADER


@dataclass(frozen=True, slots=True)
class Cipher:
    """Bytes: the initialisation vector in each packet, what the padded payload is a multiple of, the ICV of a
    combined mode."""

    iv: int
    block: int
    icv: int = 0


# AES-GCM: RFC 4106 §3.1, §4; AES-CCM: RFC 4309; ChaCha20-Poly1305: RFC 7634 §2; CBC: RFC 3602, RFC 2451; CTR: RFC 3686;
# GMAC: RFC 4543; NULL: RFC 2410. The payload is padded to 4 bytes at least: RFC 4303 §2.4.
CIPHERS: dict[str, Cipher] = {
    **{
        f"aes{bits}{mode}{icv}": Cipher(8, 4, octets)
        for bits in ("", "128", "192", "256")
        for mode in ("gcm", "ccm")
        for icv, octets in ICV_OCTETS.items()
    },
    **{f"aes{bits}gmac": Cipher(8, 4, 16) for bits in ("", "128", "192", "256")},
    **{f"aes{bits}ctr": Cipher(8, 4) for bits in ("", "128", "192", "256")},
    **{f"aes{bits}": Cipher(16, 16) for bits in ("", "128", "192", "256")},
    **{f"camellia{bits}": Cipher(16, 16) for bits in ("", "128", "192", "256")},
    **{f"camellia{bits}ctr": Cipher(8, 4) for bits in ("128", "192", "256")},
    "chacha20poly1305": Cipher(8, 4, 16),
    "3des": Cipher(8, 8),
    "des": Cipher(8, 8),
    "null": Cipher(0, 4),
}
# Of an unknown algorithm: at least as much as any known one.
UNKNOWN_CIPHER = Cipher(16, 16)

# Truncated ICVs: RFC 2403, 2404 (96 bits), RFC 4868 §2.6 (half the hash), RFC 3566, RFC 4494; strongSwan's own with `_`.
INTEGRITY_ICV: dict[str, int] = {
    "md5": 12,
    "md5_128": 16,
    "sha": 12,
    "sha1": 12,
    "sha1_160": 20,
    "sha256": 16,
    "sha2_256": 16,
    "sha256_96": 12,
    "sha2_256_96": 12,
    "sha384": 24,
    "sha2_384": 24,
    "sha512": 32,
    "sha2_512": 32,
    "aesxcbc": 12,
    "aescmac": 12,
}
UNKNOWN_ICV = 32
UDP_HEADER = 8  # RFC 3948: ESP in UDP
ESP_HEADER = 8  # RFC 4303: SPI and sequence number
ESP_TRAILER = 2  # RFC 4303: pad length and next header
AH_HEADER = 12  # RFC 4302, before the ICV


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


def cost_of(child: Child, family: int) -> Cost:
    """The cost of a child over an outer path of this family."""
    inside = child_inside(child)
    return child_cost(child.mode, inside.protocol, inside.proposals, family)


def tunnel_overhead(children: tuple[Child, ...], family: int) -> int:
    """What a packet grows by in any of the children, at most."""
    return max((cost_of(child, family).most for child in children), default=0)


def room(children: tuple[Child, ...], family: int, link_mtu: int) -> int:
    """The largest packet (bytes) that any of the children carries in one of `link_mtu`."""
    return min((cost_of(child, family).inside(link_mtu) for child in children), default=link_mtu)


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
