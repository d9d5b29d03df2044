"""`esp-probe.batch`: a state of each kind that the tunnels use, to see whether the kernel has it.

The kernel's names of the algorithms and the lengths (key with salt, truncated check value): RFC 4106, RFC 7634, RFC 4868
and the tables of strongSwan's kernel-netlink plugin.
"""

from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.ir.node import Node
from netdsl.kinds.ipsec.ir import child_inside, ends_of

_REQID = 4242


@dataclass(frozen=True, slots=True)
class _Aead:
    kernel: str
    key_bytes: int
    icv_bits: int


@dataclass(frozen=True, slots=True)
class _Cipher:
    kernel: str
    key_bytes: int


@dataclass(frozen=True, slots=True)
class _Integrity:
    kernel: str
    key_bytes: int
    truncated_bits: int


_AEADS = {
    f"aes{bits}gcm{octets}": _Aead("rfc4106(gcm(aes))", bits // 8 + 4, octets * 8)
    for bits in (128, 192, 256)
    for octets in (8, 12, 16)
} | {"chacha20poly1305": _Aead("rfc7539esp(chacha20,poly1305)", 36, 128)}
_CIPHERS = {f"aes{bits}": _Cipher("cbc(aes)", bits // 8) for bits in (128, 192, 256)} | {
    f"aes{bits}ctr": _Cipher("rfc3686(ctr(aes))", bits // 8 + 4) for bits in (128, 192, 256)
}
_INTEGRITIES = {
    "sha1": _Integrity("hmac(sha1)", 20, 96),
    "sha256": _Integrity("hmac(sha256)", 32, 128),
    "sha384": _Integrity("hmac(sha384)", 48, 192),
    "sha512": _Integrity("hmac(sha512)", 64, 256),
}


def probe_lines(node: Node) -> tuple[str, ...]:
    """One `ip xfrm state add` for each different proposal that the node's children have."""
    wanted = dict.fromkeys(
        (inside.protocol, child.mode.value, proposal)
        for end in ends_of(node.tunnels)
        for child in end.children
        for inside in (child_inside(child),)
        for proposal in inside.proposals
    )
    lines = []
    for spi, (protocol, mode, proposal) in enumerate(wanted, start=0x101):
        algorithms = " ".join(_algorithms(proposal))
        if algorithms:
            state = f"proto {protocol} spi {spi:#x} reqid {_REQID} mode {mode}"
            lines.append(f"xfrm state add src 127.0.0.1 dst 127.0.0.2 {state} {algorithms}")
    return tuple(lines)


def _algorithms(proposal: str) -> Iterator[str]:
    for token in proposal.split("-"):
        if token in _AEADS:
            aead = _AEADS[token]
            yield f"aead {aead.kernel} {_key(aead.key_bytes)} {aead.icv_bits}"
        elif token in _CIPHERS:
            yield f"enc {_CIPHERS[token].kernel} {_key(_CIPHERS[token].key_bytes)}"
        elif token in _INTEGRITIES:
            integrity = _INTEGRITIES[token]
            yield f"auth-trunc {integrity.kernel} {_key(integrity.key_bytes)} {integrity.truncated_bits}"


def _key(length: int) -> str:
    return "0x" + "00" * length
