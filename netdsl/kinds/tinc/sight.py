"""What a recording shows of tinc beside the content of its tunnels."""

from netdsl.ir.service import Protocol

_LEAST_HEADER = 20
_LEAST = 40
"""Bytes: a line that says how long the packet is, an Ethernet header, and the shortest packet (src/protocol_misc.c,
send_tcppacket). What daemons ask one another now and then is shorter (`PING`: two bytes)."""


def is_control(protocol: int, content: bytes) -> bool:
    """A part of a connection that is too short for a packet."""
    if protocol != Protocol.TCP.number or len(content) < _LEAST_HEADER:
        return False
    return len(content) - (content[12] >> 4) * 4 < _LEAST
