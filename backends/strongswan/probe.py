"""`esp-probe.batch`: a state for each algorithm that the tunnels may agree on, to see whether the kernel has it.

Names and lengths are those of charon's own requests (strongSwan, kernel_netlink_ipsec.c: `encryption_algs`,
`integrity_algs`, `add_sa`; keymat.c: key lengths), which the kernel looks up in its lists (Linux, net/xfrm/xfrm_algo.c).
Keys of ciphers include the salt: 4 bytes in GCM, GMAC, CTR and ChaCha20-Poly1305 (RFC 4106, 4543, 3686, 7634), 3 in CCM
(RFC 4309).
"""

from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.ir.node import Node
from netdsl.ir.tunnel import device_of
from netdsl.kinds.ipsec.algorithms import ICV_OCTETS
from netdsl.kinds.ipsec.ir import child_inside, ends_of

_REQID = 4242
_DEVICE = f"link add name netdsl-esp type xfrm if_id {_REQID}"
_SIZES = (128, 192, 256)


@dataclass(frozen=True, slots=True)
class _Algorithm:
    """`bits`: of the check value, None where the kernel's own length is meant."""

    attribute: str  # ip-xfrm(8): enc, aead, auth, auth-trunc
    kernel: str
    key_bytes: int
    bits: int | None = None

    def __str__(self) -> str:
        key = "0x" + "00" * self.key_bytes
        return f"{self.attribute} {self.kernel} {key}" + ("" if self.bits is None else f" {self.bits}")


def _combined() -> dict[str, _Algorithm]:
    table = {"chacha20poly1305": _Algorithm("aead", "rfc7539esp(chacha20,poly1305)", 36, 128)}
    for size in _SIZES:
        for mode, name, salt in (("gcm", "rfc4106(gcm(aes))", 4), ("ccm", "rfc4309(ccm(aes))", 3)):
            for check, octets in ICV_OCTETS.items():
                table[f"aes{size}{mode}{check}"] = _Algorithm("aead", name, size // 8 + salt, octets * 8)
        table[f"aes{size}gmac"] = _Algorithm("aead", "rfc4543(gcm(aes))", size // 8 + 4, 128)
    return table


def _encryption() -> dict[str, _Algorithm]:
    table = {
        "null": _Algorithm("enc", "cipher_null", 0),
        "des": _Algorithm("enc", "des", 8),
        "3des": _Algorithm("enc", "des3_ede", 24),
        "aes": _Algorithm("enc", "aes", 16),
        "camellia": _Algorithm("enc", "cbc(camellia)", 16),
    }
    for size in _SIZES:
        table[f"aes{size}"] = _Algorithm("enc", "aes", size // 8)
        table[f"aes{size}ctr"] = _Algorithm("enc", "rfc3686(ctr(aes))", size // 8 + 4)
        table[f"camellia{size}"] = _Algorithm("enc", "cbc(camellia)", size // 8)
        # charon has no name for it, so it cannot ask, whatever the kernel has: one that each kernel refuses
        table[f"camellia{size}ctr"] = _Algorithm("enc", f"camellia{size}ctr", size // 8 + 4)
    return table


CIPHERS = _combined() | _encryption()
INTEGRITY = {
    "md5": _Algorithm("auth", "md5", 16),
    "md5_128": _Algorithm("auth-trunc", "hmac(md5)", 16, 128),
    "sha1_160": _Algorithm("auth-trunc", "hmac(sha1)", 20, 160),
    "aesxcbc": _Algorithm("auth", "xcbc(aes)", 16),
    "aescmac": _Algorithm("auth", "cmac(aes)", 16),
    **dict.fromkeys(("sha", "sha1"), _Algorithm("auth", "sha1", 20)),
    **dict.fromkeys(("sha256", "sha2_256"), _Algorithm("auth-trunc", "hmac(sha256)", 32, 128)),
    **dict.fromkeys(("sha256_96", "sha2_256_96"), _Algorithm("auth", "sha256", 32)),
    **dict.fromkeys(("sha384", "sha2_384"), _Algorithm("auth", "hmac(sha384)", 48)),
    **dict.fromkeys(("sha512", "sha2_512"), _Algorithm("auth", "hmac(sha512)", 64)),
}


def probe_lines(node: Node) -> tuple[str, ...]:
    """One `ip xfrm state add` for each algorithm of each proposal that the node's children have; one device, if any has."""
    states = dict.fromkeys(
        (inside.protocol, child.mode.value, algorithms)
        for end in ends_of(node.tunnels)
        for child in end.children
        for inside in (child_inside(child),)
        for proposal in inside.proposals
        for algorithms in _states(proposal)
    ) | dict.fromkeys(
        ("comp", child.mode.value, "comp deflate")
        for end in ends_of(node.tunnels)
        for child in end.children
        if child_inside(child).handling.is_compressed
    )
    lines = tuple(
        "xfrm state add src 127.0.0.1 dst 127.0.0.2 "
        f"proto {protocol} spi {spi:#x} reqid {_REQID} mode {mode} {algorithms}"
        for spi, (protocol, mode, algorithms) in enumerate(states, start=0x101)
    )
    has_device = any(device_of(end) is not None for end in ends_of(node.tunnels))
    return (*lines, _DEVICE) if has_device else lines


def _states(proposal: str) -> Iterator[str]:
    """A state has one algorithm of a kind: each cipher with the first integrity algorithm, and each of the other integrity
    algorithms with the first cipher."""
    words = proposal.split("-")
    ciphers = [str(CIPHERS[word]) for word in words if word in CIPHERS] or [""]
    checks = [str(INTEGRITY[word]) for word in words if word in INTEGRITY] or [""]
    for cipher in ciphers:
        yield f"{cipher} {checks[0]}".strip()
    for check in checks[1:]:
        yield f"{ciphers[0]} {check}".strip()
