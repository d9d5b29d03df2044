"""What a recording shows of OpenVPN beside the content of its tunnels."""

import struct

from netdsl.ir.service import Protocol
from netdsl.kinds.openvpn.ir import CIPHERS, DIGESTS, authenticated

_UDP_HEADER = 8
_CONTROL = frozenset((3, 4, 5, 7, 8, 10))
"""Opcodes, the upper five bits of a message: soft reset, control, acknowledgement, hard resets (src/openvpn/ssl_pkt.h)."""
_DATA = 9
_PEERS, _TWO = 4096, 0x76706E
"""Peer ids of a server count up from 0; two ends have a constant (ssl_ncp.c, p2p_mode_ncp)."""
_CIPHERS = {
    authenticated(name, digest) for name, one in CIPHERS.items() for digest in ((None,) if one.block == 1 else DIGESTS)
}
_EMPTY = frozenset(one.sealed(size) for one in _CIPHERS for size in (16, 17))
"""Bytes of a data message without an IP packet: the text of a ping (ping.c, 16 bytes), or of the end (occ.c, 17)."""
_WRAPPED = 1 + 8 + 8 + 32
"""Bytes of a control message before its content: opcode, session id, number and time, tag (tls_crypt.h)."""
_EARLY, _NUMBERS, _TIMES = 0x0F000000, 2**20, range(1_400_000_000, 2**32)
"""The number of a control message is small, or marks an early one (ssl_pkt.h, EARLY_NEG_START); its time is now."""


def is_control(protocol: int, content: bytes) -> bool:
    """A message of a handshake, wrapped by tls-crypt, or a data message with a ping in it."""
    if protocol != Protocol.UDP.number or len(content) < _UDP_HEADER + 24:
        return False
    opcode, length = content[_UDP_HEADER] >> 3, len(content) - _UDP_HEADER
    if opcode == _DATA:
        peer = int.from_bytes(content[_UDP_HEADER + 1 : _UDP_HEADER + 4])
        return length in _EMPTY and (peer < _PEERS or peer == _TWO)
    if opcode not in _CONTROL or length < _WRAPPED:
        return False
    number, time = struct.unpack_from(">II", content, _UDP_HEADER + 9)
    return time in _TIMES and (0 < number < _NUMBERS or number >> 24 == _EARLY >> 24)
