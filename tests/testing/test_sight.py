"""Recordings, byte by byte."""

import struct
from ipaddress import IPv6Address, ip_address

from netdsl.ir.service import Protocol
from netdsl.ir.tunnel import Carrier
from netdsl.kinds.gre.ir import GRE
from netdsl.kinds.ipsec.ir import CARRIERS
from netdsl.testing.sight import Frame, carries, frames
from tests.testing.pretending import packet, pcap_head, record

ONE, TWO = ip_address("192.0.2.1"), ip_address("192.0.2.2")
MAC = "02:6e:64:00:00:01"


def _frame(protocol: int, content: bytes, length: int = 100) -> Frame:
    return Frame(ONE, TWO, protocol, length, content)


def test_an_ethernet_frame_says_who_sent_it() -> None:
    (found,) = frames(pcap_head(1) + record("wan", MAC, packet(ONE, TWO, "hello", is_esp=False)))
    assert (found.source, found.destination, found.sender, found.is_sent) == (ONE, TWO, MAC, None)
    assert found.shows("hello")
    assert not found.shows("other")


def test_a_cooked_frame_says_whether_it_left() -> None:
    (found,) = frames(pcap_head(276) + record("any", "", packet(ONE, TWO, "hello", is_esp=False)))
    assert found.is_sent is True
    assert found.sender == ""


def test_ipv6_is_read() -> None:
    raw = struct.pack(">IHBB", 6 << 28, 5, 17, 63) + IPv6Address("fc00::1").packed + IPv6Address("fc00::2").packed
    frame = bytes(12) + b"\x86\xdd" + raw + b"hello"
    (found,) = frames(pcap_head(1) + struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
    assert (str(found.source), found.length, found.content) == ("fc00::1", 45, b"hello")


def test_what_is_not_whole_yet_is_left_for_later() -> None:
    whole = pcap_head(1) + record("wan", MAC, packet(ONE, TWO, "hello", is_esp=False))
    for end in range(len(whole)):
        assert list(frames(whole[:end])) == []
    assert len(list(frames(whole + whole[24:-1]))) == 1


def test_esp_is_told_from_ike_in_the_same_port() -> None:
    assert _frame(50, bytes(40)).is_of(CARRIERS)
    ports = struct.pack(">HHHH", 4500, 4500, 0, 0)
    assert _frame(17, ports + b"\x00\x00\x00\x01" + bytes(40)).is_of(CARRIERS)
    assert not _frame(17, ports + bytes(4) + bytes(40)).is_of(CARRIERS)
    assert not _frame(17, ports + b"\xff").is_of(CARRIERS)
    assert not _frame(17, struct.pack(">HHHH", 500, 500, 0, 0) + bytes(range(1, 41))).is_of(CARRIERS)
    assert not _frame(6, ports + b"\x00\x00\x00\x01" + bytes(40)).is_of(CARRIERS)


def test_outer_packets_are_known_by_protocol_and_port() -> None:
    gre, vxlan = (Carrier(GRE),), (Carrier(Protocol.UDP, (4789,)),)
    ports = struct.pack(">HHHH", 50000, 4789, 0, 0)
    assert _frame(47, bytes(40)).is_of(gre)
    assert not _frame(47, bytes(40)).is_of(vxlan)
    assert _frame(17, ports + bytes(40)).is_of(vxlan)
    assert not _frame(17, ports + bytes(40)).is_of(CARRIERS)


def _esp(*lengths: int) -> list[Frame]:
    return [_frame(50, b"", length) for length in lengths]


def test_esp_that_grows_as_the_packets_do_carries_them() -> None:
    sizes = (104, 250, 400)
    assert carries(_esp(96, 192, 336, 488), sizes)
    assert not carries(_esp(192, 336), sizes)
    assert not carries(_esp(192, 400, 488), sizes)


def test_of_one_size_any_esp_will_do() -> None:
    assert carries(_esp(120), (64,))
    assert not carries([], (64,))
