"""`netdsl dump`: any stage as stable JSON."""

import json
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface, ip_network

import pytest

from netdsl.ir.dump import HIDDEN, dump, dumped
from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.node import Interface, Node, NodeFile, NodeKind, Route
from netdsl.ir.tunnel import SharedSecret
from netdsl.kinds.ipsec.ir import AuthMethod
from netdsl.source import Place, SourceFile, Span

SOURCE = SourceFile("a.net", "lab x\nhost h\n")
PLACE = Place(Span(SOURCE, 6, 12), (Span(SOURCE, 0, 3),))


def test_a_dataclass_has_its_name_and_its_fields_in_order() -> None:
    route = Route(ip_network("10.0.0.0/8"), ip_address("10.0.0.1"), "eth", origin=PLACE)
    assert list(json.loads(dump(route)).items()) == [
        ("is", "Route"), ("prefix", "10.0.0.0/8"), ("next_hop", "10.0.0.1"), ("interface", "eth"), ("source", None),
        ("mtu", None), ("is_automatic", False), ("origin", "a.net:2:1 via a.net:1:1"),
    ]  # fmt: skip


def test_tuples_are_lists_enums_are_their_values() -> None:
    interface = Interface("e", NetworkId("n"), "02:00:00:00:00:01", (ip_interface("fc00::1/64"),), 1500)
    node = dumped(Node(NodeId("a.b"), "a-b", NodeKind.ROUTER, (interface,)))
    assert isinstance(node, dict)
    assert node["kind"] == "router"
    assert dumped((1, None, True, 0.5)) == [1, None, True, 0.5]
    assert dumped(interface.addresses) == ["fc00::1/64"]


def test_mappings_keep_their_order_and_keys_become_text() -> None:
    assert list(json.loads(dump({ip_address("::1"): 1, ("b", "a"): 2, NodeKind.HOST: 3})).items()) == [
        ("::1", 1), ("b a", 2), ("host", 3),
    ]  # fmt: skip


def test_sets_are_sorted() -> None:
    assert dumped(frozenset({"c", "a", "b"})) == ["a", "b", "c"]


def test_bytes_are_text_where_they_can_be() -> None:
    assert dumped(NodeFile("/x", "ä".encode())) == {
        "is": "NodeFile",
        "path": "/x",
        "content": {"text": "ä"},
        "mode": 420,
    }
    assert dumped(b"\xff\x00") == {"base64": "/wA="}


def test_a_secret_is_not_shown() -> None:
    given = dump(SharedSecret("t", AuthMethod.PSK, ("a", "b"), "hush-hush"))
    assert "hush" not in given
    assert json.loads(given)["value"] == HIDDEN
    assert json.loads(dump(SharedSecret("t", AuthMethod.PSK, ())))["value"] is None


def test_a_file_is_shown_by_its_name_not_its_text() -> None:
    assert dumped(SOURCE) == "a.net"


def test_what_is_no_data_is_an_error() -> None:
    @dataclass(frozen=True, slots=True)
    class Odd:
        thing: object

    with pytest.raises(TypeError, match="a object is no data"):
        dump(Odd(object()))
