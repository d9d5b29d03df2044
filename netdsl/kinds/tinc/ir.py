"""tinc's own share of a tunnel end."""

from collections.abc import Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address
from netdsl.ir.tunnel import SharedSecret, TunnelEnd

KIND = "tinc"
SHOWN = "tinc"
PORT = 655
"""Of the first tunnel of a lab: tinc.conf(5), Port."""
HIGHEST_PORT = 65535
KEY = "rsa-2048"
"""The algorithm of the daemons' keys: tincd(8), --generate-keys."""
UDP_HEADER = 8
HEADERS = 4 + 14
"""Bytes that are encrypted with a packet: the number of the packet, and the Ethernet header that packets of a TUN device
are given (src/net_packet.c, send_udppacket; src/linux/device.c, read_packet)."""
LARGEST = 1500
"""Bytes: `MTU` of src/net.h without its Ethernet header and VLAN tag; the daemon reads no larger packet from the device."""
CIPHERS: Mapping[str, int] = {
    "aes-128-cbc": 16,
    "aes-192-cbc": 16,
    "aes-256-cbc": 16,
    "camellia-128-cbc": 16,
    "camellia-256-cbc": 16,
    "des-ede3-cbc": 8,
    "none": 1,
}
"""OpenSSL's names, and the bytes of a block. A packet has no initialization vector of its own (net_packet.c,
EVP_EncryptInit_ex with the key of before), so those that make a stream of the key are no choice; nor is GCM, whose tag is
not sent."""
DIGESTS: Mapping[str, int] = {"sha256": 32, "sha384": 48, "sha512": 64, "sha1": 20, "md5": 16, "none": 0}
"""OpenSSL's names, and bytes."""
CIPHER, DIGEST, MAC = "aes-256-cbc", "sha256", 4
"""tinc.conf(5): Cipher, Digest, MACLength."""


@dataclass(frozen=True, slots=True)
class Protection:
    """How data packets are protected. `mac`: bytes of the digest that they carry."""

    cipher: str = CIPHER
    digest: str = DIGEST
    mac: int = MAC

    def size(self, inner: int) -> int:
        """Bytes of an outer packet without its IP header. A cipher of blocks pads by one byte or more (PKCS #7)."""
        return UDP_HEADER + self._encrypted(inner + HEADERS) + self.mac

    def room(self, link: int) -> int:
        """The largest packet inside of which an outer one without its IP header has no more bytes than `link`."""
        block, left = CIPHERS[self.cipher], link - UDP_HEADER - self.mac
        return (left if block == 1 else left // block * block - 1) - HEADERS

    def _encrypted(self, size: int) -> int:
        block = CIPHERS[self.cipher]
        return size if block == 1 else (size // block + 1) * block

    @property
    def overhead(self) -> int:
        """Bytes that a packet grows by at most, without the outer IP header."""
        block = CIPHERS[self.cipher]
        return UDP_HEADER + HEADERS + (0 if block == 1 else block) + self.mac


@dataclass(frozen=True, slots=True)
class TincSettings:
    """What the daemon of an end knows of one other end. `name`, `peer_name`: what the two call themselves; `key`,
    `peer_key`: their RSA keys; `port`, `peer_port`: where they listen, with TCP and UDP alike; `endpoint`: where this end
    connects to, None: the other one does; `is_tcp`: data go over the connection itself."""

    name: str
    peer_name: str
    key: SharedSecret
    peer_key: SharedSecret
    port: int
    peer_port: int
    endpoint: Address | None
    is_tcp: bool
    protection: Protection


def settings_of(end: TunnelEnd) -> TincSettings:
    """tinc's share of an end of this kind."""
    assert isinstance(end.inside, TincSettings), "the end of another kind"
    return end.inside


def ends_of(ends: tuple[TunnelEnd, ...]) -> list[TunnelEnd]:
    """Those of this kind, of a node's."""
    return [end for end in ends if end.kind == KIND]
