"""Reading a recording: the IP packets of a pcap file, those of tunnels among them, and the texts in them."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from ipaddress import ip_address
from typing import Protocol, cast

from netdsl.dataclass import dataclass
from netdsl.index import modules
from netdsl.ir.ids import Address
from netdsl.ir.tunnel import Carrier

_IPV4, _IPV6 = 0x0800, 0x86DD
_ETHERNET, _COOKED, _COOKED_2, _RAW = 1, 113, 276, (12, 101)  # https://www.tcpdump.org/linktypes.html
_OUTGOING = 4  # the direction of cooked frames: sent by this node
_BLOCK = 16
"""The largest block of a cipher, in bytes, to which packets are padded."""


class TunnelSight(Protocol):
    """The module `netdsl.kinds.KIND.sight`, of a kind whose carriers carry more than the tunnels' content."""

    def is_control(self, protocol: int, content: bytes) -> bool:
        """Whether an IP packet, by its protocol and what follows its header, opens or keeps a tunnel."""
        ...


@cache
def _kinds() -> tuple[TunnelSight, ...]:
    return tuple(cast(TunnelSight, module) for _, module in modules("sight"))


@dataclass(frozen=True, slots=True)
class Frame:
    """The outermost IP header of a frame. `length`: of the IP packet; `sender`: the MAC address, or empty; `is_sent`:
    whether this node sent it, None if the recording lacks the direction."""

    source: Address
    destination: Address
    protocol: int
    length: int
    content: bytes
    sender: str = ""
    is_sent: bool | None = None

    def is_of(self, carriers: Iterable[Carrier]) -> bool:
        """Whether it is an outer packet of a tunnel."""
        is_control = any(kind.is_control(self.protocol, self.content) for kind in _kinds())
        return not is_control and any(self._is_of(carrier) for carrier in carriers if not carrier.is_inside)

    def _is_of(self, carrier: Carrier) -> bool:
        if self.protocol != carrier.protocol.number:
            return False
        if not carrier.ports:
            return True
        if len(self.content) < 16:
            return False
        ports = struct.unpack_from(">HH", self.content)
        return any(port in ports for port in carrier.ports)

    def shows(self, text: str) -> bool:
        return text.encode() in self.content


def frames(pcap: bytes) -> Iterator[Frame]:
    """The IP packets of a recording, fragments included. Ends at an incomplete record."""
    if len(pcap) < 24:
        return
    order = "<" if pcap[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    (link,) = struct.unpack_from(f"{order}I", pcap, 20)
    at = 24
    while at + 16 <= len(pcap):
        (length,) = struct.unpack_from(f"{order}I", pcap, at + 8)
        raw = pcap[at + 16 : at + 16 + length]
        at += 16 + length
        if len(raw) < length:
            return
        found = _frame(link & 0xFFFF, raw)
        if found is not None:
            yield found


def _frame(link: int, raw: bytes) -> Frame | None:
    if link == _ETHERNET and len(raw) >= 14:
        (kind,) = struct.unpack_from(">H", raw, 12)
        return _packet(kind, raw[14:], ":".join(f"{byte:02x}" for byte in raw[6:12]), None)
    if link == _COOKED and len(raw) >= 16:
        direction, kind = struct.unpack_from(">H", raw)[0], struct.unpack_from(">H", raw, 14)[0]
        return _packet(kind, raw[16:], "", direction == _OUTGOING)
    if link == _COOKED_2 and len(raw) >= 20:
        return _packet(struct.unpack_from(">H", raw)[0], raw[20:], "", raw[10] == _OUTGOING)
    if link in _RAW and raw:
        return _packet(_IPV4 if raw[0] >> 4 == 4 else _IPV6, raw, "", None)
    return None


def _packet(kind: int, raw: bytes, sender: str, is_sent: bool | None) -> Frame | None:
    if kind == _IPV4 and len(raw) >= 20:
        (length,) = struct.unpack_from(">H", raw, 2)
        header = (raw[0] & 15) * 4
        ends = ip_address(raw[12:16]), ip_address(raw[16:20])
        return Frame(*ends, raw[9], length, raw[header:length], sender, is_sent)
    if kind == _IPV6 and len(raw) >= 40:
        (inside,) = struct.unpack_from(">H", raw, 4)
        ends = ip_address(raw[8:24]), ip_address(raw[24:40])
        return Frame(*ends, raw[6], inside + 40, raw[40 : 40 + inside], sender, is_sent)
    return None


def carries(seen: Iterable[Frame], sizes: Sequence[int]) -> bool:
    """Whether the lengths of outer packets grow as those of inner packets of `sizes` bytes (ascending).

    What is encrypted cannot be read, but its length shows: a tunnel adds the same to each packet, but for the padding.
    """
    lengths = sorted({frame.length for frame in seen})
    if len(sizes) < 2:
        return bool(lengths)
    return any(_grows(first, lengths, sizes) for first in lengths if first > sizes[0])


def _grows(first: int, lengths: Sequence[int], sizes: Sequence[int]) -> bool:
    return all(any(abs((length - first) - (size - sizes[0])) < _BLOCK for length in lengths) for size in sizes[1:])
