"""What a recording shows of WireGuard beside the content of its tunnels."""

import struct

from netdsl.ir.service import Protocol

_UDP_HEADER = 8
_HANDSHAKES = {1: 148, 2: 92, 3: 64}
"""Bytes of a message by its type: initiation, response, cookie (https://www.wireguard.com/protocol/)."""
_DATA, _EMPTY = 4, 32


def is_control(protocol: int, content: bytes) -> bool:
    """A handshake, or a keepalive, which is a data message without content. The type is followed by three zero bytes."""
    if protocol != Protocol.UDP.number or len(content) < _UDP_HEADER + 4:
        return False
    (kind,) = struct.unpack_from("<I", content, _UDP_HEADER)
    length = len(content) - _UDP_HEADER
    return length == (_EMPTY if kind == _DATA else _HANDSHAKES.get(kind))
