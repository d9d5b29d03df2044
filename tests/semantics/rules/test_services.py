"""Services, files, sysctls, resolvers."""

import pytest

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.ids import ImageId, NodeId
from netdsl.ir.image import Image
from netdsl.ir.node import NodeFile
from netdsl.semantics.bindings import Bindings, Placed
from netdsl.semantics.rules import check_rules
from tests.semantics.rules.sketch import Sketch, place


def lab() -> Sketch:
    return Sketch().network("lan", "10.0.0.0/24").host("h", lan="10.0.0.5/24").router("r", lan="10.0.0.1/24")


@pytest.mark.parametrize(("one", "other"), [("tcp/80", "tcp/80"), ("tcp/70-90", "tcp/80"), ("tcp/80", "tcp/70-90")])
def test_a_port_is_served_once(one: str, other: str) -> None:
    assert lab().serve("h", "http", one).serve("h", "tcp", other).told == [("duplicate-service", f"serve tcp {other}")]


def test_other_ports_and_protocols_are_free() -> None:
    sketch = lab().serve("h", "http", "tcp/80").serve("h", "udp", "udp/80").serve("h", "https", "tcp/443")
    assert sketch.told == []


def test_dns_listens_on_both_protocols() -> None:
    sketch = lab().serve("h", "dns", "udp/53").serve("h", "tcp", "tcp/53")
    assert sketch.told == [("duplicate-service", "serve tcp tcp/53")]


def test_a_path_holds_one_file() -> None:
    files = (NodeFile("/etc/motd", b"a"), NodeFile("/etc/issue", b"a"), NodeFile("/etc/motd", b"b"))
    sketch = lab().change("h", files=files, file_places=(place("first"), place("other"), place("second")))
    (found,) = sketch.findings
    assert (found.rule.code, found.primary.place.span.text) == ("duplicate-file", "second")
    assert [label.place.span.text for label in found.related] == ["first"]


@pytest.mark.parametrize(
    ("node", "key", "value", "is_told"),
    [
        ("r", "net.ipv4.ip_forward", "0", True),
        ("r", "net.ipv4.ip_forward", "1", False),
        ("h", "net.ipv4.ip_forward", "1", True),
        ("h", "net.ipv6.conf.all.forwarding", "0", False),
        ("h", "net.ipv6.conf.all.disable_ipv6", "1", False),  # it has IPv4 only
        ("h", "net.ipv4.conf.all.rp_filter", "1", False),
    ],
)
def test_a_sysctl_does_not_deny_what_the_node_is(node: str, key: str, value: str, is_told: bool) -> None:
    sketch = lab().change(node, sysctls=((key, value),), sysctl_places=(place("sysctl"),))
    assert sketch.told == ([("sysctl-conflict", "sysctl")] if is_told else [])


def test_ipv6_addresses_need_ipv6() -> None:
    sketch = Sketch().network("lan", "fd00::/64").host("h", lan="fd00::5/64")
    sketch.change("h", sysctls=(("net.ipv6.conf.all.disable_ipv6", "1"),))
    assert sketch.told == [("sysctl-conflict", "host h")]


def test_a_sysctl_has_one_value() -> None:
    twice = (("net.ipv4.conf.all.rp_filter", "1"), ("net.ipv4.conf.all.rp_filter", "0"))
    sketch = lab().change("h", sysctls=twice, sysctl_places=(place("one"), place("two")))
    assert sketch.told == [("sysctl-conflict", "two")]
    assert lab().change("h", sysctls=twice[:1] * 2).told == []


def test_a_resolver_serves_dns() -> None:
    sketch = lab().change("h", resolvers=(Placed(NodeId("r"), place("resolver r")),))
    assert sketch.told == [("resolver-unreachable", "resolver r")]
    assert sketch.serve("r", "dns", "udp/53").told == []


def test_a_resolver_speaks_the_same_family() -> None:
    sketch = lab().network("six", "fd00::/64").host("ns", six="fd00::5/64").serve("ns", "dns", "udp/53")
    sketch.change("h", resolvers=(Placed(NodeId("ns"), place("resolver ns")),))
    (found,) = sketch.findings
    assert found.message == "`h` has IPv4 only and its resolver `ns` IPv6 only"


@pytest.mark.parametrize("is_used", [True, False])
def test_an_image_is_there_for_a_node(is_used: bool) -> None:
    sketch = lab().change("h", image=ImageId("tools") if is_used else None)
    was = sketch.bindings
    images = {ImageId("tools"): Image(ImageId("tools"), origin=place("image tools"))}
    bindings = Bindings(was.name, None, was.networks, was.nodes, {}, {}, images, (), ())
    diagnostics = Diagnostics()
    check_rules(bindings, diagnostics)
    assert [found.rule.code for found in diagnostics] == ([] if is_used else ["unused-image"])
