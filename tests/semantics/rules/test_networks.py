"""Networks, interfaces, addresses."""

from dataclasses import replace
from ipaddress import IPv6Address

from netdsl.ir.node import NodeKind
from netdsl.semantics.bindings import Placed
from tests.semantics.rules.sketch import Sketch, place


def lan() -> Sketch:
    return Sketch().network("lan", "10.0.0.0/24")


def test_an_address_is_somebody_s_once_on_a_network() -> None:
    sketch = lan().host("a", lan="10.0.0.5/24").host("b", lan="10.0.0.5/24").host("c", lan="10.0.0.6/24")
    (found,) = sketch.findings
    assert found.rule.code == "duplicate-address"
    assert found.message == "the address 10.0.0.5 of `b` is `a`'s too on `lan`"
    assert found.primary.place.span.text == "10.0.0.5/24 of b"
    assert [label.place.span.text for label in found.related] == ["10.0.0.5/24 of a"]


def test_two_networks_may_have_the_same_addresses() -> None:
    sketch = lan().network("far", "10.0.0.0/24").host("a", lan="10.0.0.5/24").host("b", far="10.0.0.5/24")
    assert sketch.told == []


def test_a_switch_makes_one_segment_of_two_networks() -> None:
    sketch = lan().network("far", "10.0.0.0/24").host("a", lan="10.0.0.5/24").host("b", far="10.0.0.5/24")
    sketch.node(NodeKind.SWITCH, "sw", {"lan": "", "far": ""})
    assert sketch.told == [("duplicate-address", "10.0.0.5/24 of b")]


def test_a_loopback_is_somebody_s_once_in_a_domain() -> None:
    sketch = lan().router("r1", lan="10.0.0.1/24").router("r2", lan="10.0.0.2/24")
    one, other = sketch.router("x").nodes.popitem()[1], "10.255.0.1/32"
    assert one.loopbacks == ()
    address = sketch.network("void", other)._interface("x", "void", other).addresses[0].address
    sketch.networks.popitem()
    sketch.change("r1", loopbacks=(address,)).change("r2", loopbacks=(address,))
    assert sketch.told == [("duplicate-address", "router r2")]
    assert sketch.masquerade("r2", "lan").told == []  # another domain


def test_a_link_local_address_is_on_a_network_once() -> None:
    sketch = lan().network("wan", "10.9.0.0/24").host("a", lan="10.0.0.5/24")
    sketch.host("b", lan="10.0.0.6/24", wan="10.9.0.6/24")
    for name in ("a", "b"):
        legs = sketch.nodes[name].interfaces  # type: ignore[index]
        given = (Placed(IPv6Address("fe80::1"), place(f"fe80::1 of {name}")),)
        sketch.change(name, interfaces=tuple(replace(leg, link_local=given) for leg in legs))
    assert sketch.told == [("duplicate-address", "fe80::1 of b")]


def test_a_mac_address_is_on_a_network_once() -> None:
    sketch = lan().host("a", lan="10.0.0.5/24").host("b", lan="10.0.0.6/24")
    for name in ("a", "b"):
        (leg,) = sketch.nodes[name].interfaces  # type: ignore[index]
        sketch.change(name, interfaces=(replace(leg, mac="02:00:00:00:00:01"),))
    assert sketch.told == [("duplicate-mac", "interface lan of b")]


def test_a_node_is_not_on_overlapping_networks() -> None:
    sketch = Sketch().network("a", "10.0.0.0/8").network("b", "10.1.0.0/16")
    sketch.router("r", a="10.0.0.1/8", b="10.1.0.1/16")
    (found,) = sketch.findings
    assert found.rule.code == "overlapping-interfaces"
    assert found.message == "`r` is on overlapping networks: 10.0.0.0/8 by `a`, 10.1.0.0/16 by `b`"
    assert [label.place.span.text for label in found.related] == ["10.0.0.1/8 of r"]


def test_several_addresses_of_one_interface_do_not_overlap() -> None:
    assert lan().router("r", lan="10.0.0.1/24 10.0.0.99/24").told == []


def test_an_mtu_is_at_most_its_network_s() -> None:
    sketch = Sketch().network("lan", "10.0.0.0/24", mtu=1400).host("a", lan="10.0.0.5/24")
    (leg,) = sketch.nodes["a"].interfaces  # type: ignore[index]
    assert sketch.change("a", interfaces=(replace(leg, mtu=1400),)).told == []
    sketch.change("a", interfaces=(replace(leg, mtu=1500),))
    assert sketch.told == [("mtu-above-network", "interface lan of a")]


def test_a_network_has_somebody_on_it() -> None:
    assert lan().network("idle").host("a", lan="10.0.0.5/24").told == [("unused-network", "network idle")]


def test_a_lab_has_a_node() -> None:
    assert lan().told == [("empty-lab", "lab")]
