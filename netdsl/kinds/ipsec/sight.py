"""What a recording shows of IPsec beside the content of its tunnels."""

import struct

from netdsl.ir.service import Protocol

_IKE, _NAT_TRAVERSAL = 500, 4500


def is_control(protocol: int, content: bytes) -> bool:
    """IKE. In UDP 4500 it has four zero bytes where ESP has its SPI (RFC 3948 §2.2)."""
    if protocol != Protocol.UDP.number or len(content) < 12:
        return False
    ports = struct.unpack_from(">HH", content)
    return _IKE in ports or (_NAT_TRAVERSAL in ports and content[8:12] == bytes(4))
