"""Sets of addresses as bits of a number, and what a packet's questions leave of them."""

from ipaddress import ip_address, ip_network

from netdsl.ir.service import Protocol
from netdsl.packets.classes import class_of, index_of
from netdsl.packets.tracking import reverse, with_destination, with_source
from netdsl.packets.types import Packet

NAMES = ("10.0.0.1", "10.0.0.200", "10.0.1.1", "192.0.2.7", "fc00::1", "fc00:1::1")
INDEX = index_of(map(ip_address, (*reversed(NAMES), "127.0.0.1", "fe80::1")))


def packet(source: str = "10.0.0.1") -> Packet:
    own, other = ip_address(source), ip_address("192.0.2.7")
    return Packet(own, other, Protocol.ICMP, alike=class_of(INDEX, own, other))


def alike(asked: Packet) -> list[str]:
    assert asked.alike is not None
    return [name for number, name in enumerate(NAMES) if asked.alike.sources >> number & 1]


def test_addresses_stand_in_their_order_and_those_of_each_node_alone_are_left_out() -> None:
    assert tuple(map(str, INDEX.addresses)) == NAMES


def test_a_prefix_is_the_set_of_those_in_it() -> None:
    found = {
        text: INDEX.of(ip_network(text)) for text in ("10.0.0.0/24", "0.0.0.0/0", "10.9.0.0/16", "fc00::/32", "::/0")
    }
    assert found == {
        "10.0.0.0/24": 0b000011,
        "0.0.0.0/0": 0b001111,
        "10.9.0.0/16": 0,
        "fc00::/32": 0b010000,
        "::/0": 0b110000,
    }


def test_addresses_that_are_not_in_the_index_are_in_no_set() -> None:
    assert INDEX.these(map(ip_address, ("fc00::1", "10.0.0.200", "10.77.0.1"))) == 0b010010


def test_each_question_leaves_the_sources_with_the_same_answer() -> None:
    asked = packet()
    assert asked.is_from((ip_network("10.0.0.0/16"),))
    assert alike(asked) == ["10.0.0.1", "10.0.0.200", "10.0.1.1"]
    assert not asked.is_from_one((ip_address("10.0.0.200"), ip_address("10.9.9.9")))
    assert alike(asked) == ["10.0.0.1", "10.0.1.1"]


def test_translation_and_the_other_direction_leave_the_class() -> None:
    asked = packet()
    same = (asked.source, asked.source_port)
    assert with_source(asked, same) is asked
    assert asked.alike is not None
    assert not asked.alike.is_left
    assert with_destination(asked, same).alike is None
    assert asked.alike.is_left
    assert reverse(packet()).alike is None
