"""What a recording shows of OpenVPN beside the content of its tunnels."""

import struct

from netdsl.ir.service import Protocol
from netdsl.kinds.openvpn.ir import CIPHERS, DIGESTS, LENGTH, authenticated

_UDP_HEADER = 8
_CONTROL = frozenset((3, 4, 5, 7, 8, 10))
"""Opcodes, the upper five bits of a message: soft reset, control, acknowledgement, hard resets (src/openvpn/ssl_pkt.h)."""
_DATA = 9
_PEERS = 4096
"""Peer ids of a server count up from 0; those of two ends are drawn by lot (ssl_ncp.c, p2p_ncp_set_options)."""
_LEAST = 24
_CIPHERS = {
    authenticated(name, digest) for name, one in CIPHERS.items() for digest in ((None,) if one.block == 1 else DIGESTS)
}
_EMPTY = frozenset(one.sealed(size) for one in _CIPHERS for size in (16, 17))
"""Bytes of a data message without an IP packet: the text of a ping (ping.c, 16 bytes), or of the end (occ.c, 17)."""
_EMPTY_AEAD = frozenset(one.sealed(size) for one in _CIPHERS if one.block == 1 for size in (16, 17))
"""So short is no data message of another kind of tunnel."""
_WRAPPED = 1 + 8 + 8 + 32
"""Bytes of a control message before its content: opcode, session id, number and time, tag (tls_crypt.h)."""
_EARLY, _NUMBERS, _TIMES = 0x0F000000, 2**20, range(1_400_000_000, 2**32)
"""The number of a control message is small, or marks an early one (ssl_pkt.h, EARLY_NEG_START); its time is now."""


_TCP_HEADER = 20
"""Bytes, at least."""


def is_control(protocol: int, content: bytes) -> bool:
    """A message of a handshake, wrapped by tls-crypt, a data message with a ping in it, or of a connection a part with
    nothing else."""
    if protocol == Protocol.TCP.number and len(content) >= _TCP_HEADER:
        return _is_without_data(content[(content[12] >> 4) * 4 :])
    return protocol == Protocol.UDP.number and _is_message(content[_UDP_HEADER:], is_stream=False)


def _is_without_data(part: bytes) -> bool:
    """Whether a part of a connection has no bytes, or whole messages without an IP packet, each after its length."""
    at = 0
    while at < len(part):
        length = int.from_bytes(part[at : at + LENGTH])
        message = part[at + LENGTH : at + LENGTH + length]
        if len(message) < max(length, 1) or not _is_message(message, is_stream=True):
            return False
        at += LENGTH + length
    return True


def _is_message(message: bytes, *, is_stream: bool) -> bool:
    length = len(message)
    if length < _LEAST:
        return False
    opcode = message[0] >> 3
    if opcode == _DATA:
        peer = int.from_bytes(message[1:4])
        return length in _EMPTY and (is_stream or length in _EMPTY_AEAD or peer < _PEERS)
    if opcode not in _CONTROL or length < _WRAPPED:
        return False
    number, time = struct.unpack_from(">II", message, 9)
    return time in _TIMES and (0 < number < _NUMBERS or number >> 24 == _EARLY >> 24)
