"""What a lab gets where its source says nothing: one table for each kind of thing."""

from dataclasses import dataclass

from netdsl.ir.node import NodeKind

MTU = 1500  # bytes: Ethernet's

UPLINK = "uplink"  # the name of the interface that leads out of the lab, in every runtime

# --- sysctls: what a node is, and what it would inherit from its machine. `all` stands for every interface; of IPv6
# only what the kernel itself hands on from `all` to each.

SYSCTLS: dict[str, str] = {
    "net.ipv4.conf.all.accept_source_route": "0",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv6.conf.all.disable_ipv6": "0",
}
SYSCTLS_BY_KIND: dict[NodeKind, dict[str, str]] = {
    NodeKind.HOST: {"net.ipv4.ip_forward": "0", "net.ipv6.conf.all.forwarding": "0"},
    NodeKind.ROUTER: {"net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1"},
    NodeKind.SWITCH: {"net.ipv4.ip_forward": "0", "net.ipv6.conf.all.forwarding": "0"},
}
# Strict reverse-path filtering and user-space ESP go together only with this one (and with a mark set by the filter).
SYSCTLS_OF_TUNNEL_ENDS: dict[str, str] = {"net.ipv4.conf.all.src_valid_mark": "1"}

# --- IPsec: what one packet grows by


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
        f"aes{bits}gcm{icv}": Cipher(8, 4, octets)
        for bits in ("", "128", "192", "256")
        for icv, octets in (("8", 8), ("12", 12), ("16", 16), ("64", 8), ("96", 12), ("128", 16), ("", 16))
    },
    **{
        f"aes{bits}ccm{icv}": Cipher(8, 4, octets)
        for bits in ("", "128", "192", "256")
        for icv, octets in (("8", 8), ("12", 12), ("16", 16), ("64", 8), ("96", 12), ("128", 16), ("", 16))
    },
    **{f"aes{bits}gmac": Cipher(8, 4, 16) for bits in ("", "128", "192", "256")},
    **{f"aes{bits}ctr": Cipher(8, 4) for bits in ("", "128", "192", "256")},
    **{f"aes{bits}": Cipher(16, 16) for bits in ("", "128", "192", "256")},
    **{f"camellia{bits}": Cipher(16, 16) for bits in ("", "128", "192", "256")},
    "chacha20poly1305": Cipher(8, 4, 16),
    "chacha20poly1305compat": Cipher(8, 4, 16),
    "3des": Cipher(8, 8),
    "null": Cipher(0, 4),
}
# Of an unknown algorithm: at least as much as any known one.
UNKNOWN_CIPHER = Cipher(16, 16)

# Truncated ICVs: RFC 2403, 2404 (96 bits), RFC 4868 §2.6 (half the hash), RFC 3566, RFC 4494.
INTEGRITY_ICV: dict[str, int] = {
    "md5": 12,
    "sha": 12,
    "sha1": 12,
    "sha256": 16,
    "sha2_256": 16,
    "sha256_96": 12,
    "sha384": 24,
    "sha2_384": 24,
    "sha512": 32,
    "sha2_512": 32,
    "aesxcbc": 12,
    "aescmac": 12,
}
UNKNOWN_ICV = 32

IP_HEADER: dict[int, int] = {4: 20, 6: 40}  # RFC 791, RFC 8200
IPV6_MINIMUM_MTU = 1280  # RFC 8200 §5
UDP_HEADER = 8  # RFC 3948: ESP in UDP
ESP_HEADER = 8  # RFC 4303: SPI and sequence number
ESP_TRAILER = 2  # RFC 4303: pad length and next header
AH_HEADER = 12  # RFC 4302, before the ICV

# --- certificates: of the PKI that https services show theirs from

SERVICES_ALGORITHM = "ecdsa-p256"
SERVICES_SUBJECT = (("O", "netdsl lab"),)
SERVICES_VALIDITY_DAYS = 3650
