"""OpenVPN's own share of a tunnel end: sizes of its packets, roles of its ends."""

from dataclasses import replace
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, PkiId, Prefix
from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import SharedSecret, TunnelEnd

KIND = "openvpn"
SHOWN = "OpenVPN"
PORT = 1194
"""Of the first tunnel of a lab (openvpn(8), --port)."""
HIGHEST_PORT = 65535
KEEPALIVE = 5
LONGEST_KEEPALIVE = 3600
"""Seconds."""
LOST = 3
"""So many keepalives without a packet from the other end, and it is taken for gone."""
UDP_HEADER = 8
LENGTH = 2
"""Bytes: what a message over TCP begins with (src/openvpn/socket.h, packet_size_type)."""
STREAM_MTU = 1500
"""Of a device over TCP, which cuts the stream wherever it likes: mtu.h, TUN_MTU_DEFAULT."""
HEADER = 4
"""Bytes: opcode and peer id of P_DATA_V2 (src/openvpn/ssl_pkt.h, proto.h)."""
PACKET_ID = 4
"""Bytes (packet_id.h, packet_id_type): in TLS mode the short form."""


@dataclass(frozen=True, slots=True)
class Cipher:
    """How data packets are encrypted. `name`: OpenVPN's; `digest`: of an HMAC beside it, empty for AEAD; `tag`: bytes of
    authentication; `vector`: bytes that each packet begins with; `block`: to which what is encrypted is padded."""

    name: str
    tag: int
    digest: str = ""
    vector: int = 0
    block: int = 1

    def sealed(self, size: int) -> int:
        """The bytes of a message with an IP packet of `size` bytes. AEAD: the header, the packet's number, the tag,
        and the packet, which is not padded (crypto.c, openvpn_encrypt_aead). CBC: the header, the HMAC, the vector, and
        encrypted the number, the packet and at least one byte of padding (openvpn_encrypt_v1; RFC 5652 §6.3)."""
        content = PACKET_ID + size
        if self.block > 1:
            content = content - content % self.block + self.block
        return HEADER + self.tag + self.vector + content

    @property
    def most(self) -> int:
        """The most bytes that a packet grows by, without the headers of UDP, or TCP, and IP."""
        return HEADER + self.tag + self.vector + PACKET_ID + (self.block if self.block > 1 else 0)

    def inside(self, room: int) -> int:
        """The largest packet of which a message has at most `room` bytes."""
        content = room - HEADER - self.tag - self.vector
        if self.block > 1:
            content = content - content % self.block - 1
        return content - PACKET_ID


CIPHERS = {
    "aes-256-gcm": Cipher("AES-256-GCM", 16),
    "aes-192-gcm": Cipher("AES-192-GCM", 16),
    "aes-128-gcm": Cipher("AES-128-GCM", 16),
    "chacha20-poly1305": Cipher("CHACHA20-POLY1305", 16),
    "aes-256-cbc": Cipher("AES-256-CBC", 0, vector=16, block=16),
    "aes-192-cbc": Cipher("AES-192-CBC", 0, vector=16, block=16),
    "aes-128-cbc": Cipher("AES-128-CBC", 0, vector=16, block=16),
}
"""By their words; the first is the default, as OpenVPN's own (openvpn(8), --data-ciphers)."""
DIGESTS = {"sha256": ("SHA256", 32), "sha384": ("SHA384", 48), "sha512": ("SHA512", 64), "sha1": ("SHA1", 20)}
"""Of ciphers that do not authenticate by themselves, by their words: OpenVPN's name, bytes. The first is the default."""
WEAK_DIGESTS = {"sha1"}
"""NIST withdraws it by the end of 2030 (SP 800-131A)."""


def authenticated(cipher: str, digest: str | None) -> Cipher:
    """A cipher of CIPHERS with a digest of DIGESTS, where it needs one."""
    found = CIPHERS[cipher]
    if digest is None:
        return found
    name, tag = DIGESTS[digest]
    return replace(found, digest=name, tag=tag)


class Role(StrEnum):
    """What an end is. PEER: one of two; it takes, and sends, whatever is led to it. Which of two waits is `waits`."""

    SERVER = "server"
    CLIENT = "client"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class OpenvpnSettings:
    """`waits`: the end listens, and the other one begins. `protocol`, `port`: UDP or TCP, and on which port the end that
    waits listens; `endpoint`: where it is reached. `names`: of the certificates of this end and of the other one (CN);
    None: it has none. `nested`: where prefixes of other clients of a server lie within this client's, or its own within
    theirs: all of them, the longest first, each with whether it is the client's own."""

    role: Role
    waits: bool
    cipher: Cipher
    protocol: Protocol
    port: int
    endpoint: Address
    keepalive: int  # seconds
    patience: int  # seconds: after so long without a packet the other end is gone
    pki: PkiId
    names: tuple[str | None, str | None]
    key: SharedSecret
    pushed: tuple[Prefix, ...] = ()
    nested: tuple[tuple[tuple[Prefix], bool], ...] = ()


def settings_of(end: TunnelEnd) -> OpenvpnSettings:
    """OpenVPN's share of an end of this kind."""
    assert isinstance(end.inside, OpenvpnSettings), "the end of another kind"
    return end.inside


def is_tcp(end: TunnelEnd) -> bool:
    return settings_of(end).protocol is Protocol.TCP


def cipher_of(end: TunnelEnd) -> Cipher:
    return settings_of(end).cipher


def ends_of(ends: tuple[TunnelEnd, ...]) -> list[TunnelEnd]:
    """Those of this kind, of a node's."""
    return [end for end in ends if end.kind == KIND]
