"""What a picture says of a lab."""

from netdsl.graph import Device, Graph, Joint, Segment, State, graph_of, words
from netdsl.graph.icons import icon_of
from netdsl.graph.legend import NODES
from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.node import NodeKind
from tests.kinds.ipsec.test_orders import OUTER, TAKING

from .asking import CORNERS, EXAMPLES, ROOT, graph, graph_at


def _of(name: str) -> Graph:
    return graph_at(ROOT / "examples" / name / "lab.net")


def _joint(found: Graph, tunnel: str) -> Joint:
    return next(joint for joint in found.joints if joint.tunnel == tunnel)


def _carrying(found: Graph) -> set[tuple[str, str]]:
    return {(device.id, port.interface) for device in found.devices for port in device.ports if port.carries}


def test_a_node_with_all_that_it_does() -> None:
    gateway = next(device for device in _of("site-to-site").devices if device.id == "a.gw")
    assert gateway.kind is NodeKind.ROUTER
    assert [(port.interface, port.network, port.addresses, port.carries) for port in gateway.ports] == [
        ("wan", "isp-a", ("172.26.26.26",), ("a.to-cloud",)),
        ("lan", "a.lan", ("10.1.0.2", "10.1.0.99"), ()),
    ]
    assert (gateway.has_firewall, gateway.nat, gateway.has_uplink) == (True, ("dnat", "snat"), False)
    assert gateway.tunnels == ("a.to-cloud",)
    server = next(device for device in _of("site-to-site").devices if device.id == "server")
    assert server.services == ("http app tcp/8080",)


def test_encrypted_is_the_whole_way_between_the_ends_and_nothing_else() -> None:
    found = _of("site-to-site")
    joint = _joint(found, "a.to-cloud")
    assert (joint.one, joint.other, joint.state) == ("a.gw", "gw-s", State.UP)
    assert joint.protects == (("10.1.0.0/16", "10.3.0.0/16"),)
    assert joint.crosses == ("isp-a", "isp-s")
    assert _carrying(found) == {
        ("a.gw", "wan"),
        ("b.gw", "wan"),
        ("gw-s", "wan"),
        ("internet", "to-a"),
        ("internet", "to-b"),
        ("internet", "to-s"),
    }
    assert found.carried() == {
        "isp-a": ("a.to-cloud",),
        "isp-s": ("a.to-cloud", "b.to-cloud"),
        "isp-b": ("b.to-cloud",),
    }


def test_children_limits_and_virtual_addresses_are_what_a_tunnel_protects() -> None:
    found = _of("ipsec-corners")
    assert _joint(found, "sites").protects == (("10.1.0.0/24", "10.9.0.0/16"), ("10.2.0.0/24", "10.9.0.0/16"))
    assert _joint(found, "sites").ranges == "10.1.0.0/24 ↔ 10.9.0.0/16 +1"
    assert _joint(found, "syslog").protects == (("192.168.0.7", "192.168.0.8 (udp/514)"),)
    assert _joint(found, "remote").protects == (("10.1.0.0/24, 10.2.0.0/24", "10.3.0.1"),)
    assert (_joint(found, "remote").one, _joint(found, "remote").other) == ("moon", "carol")


def test_a_gateway_is_joined_to_each_of_its_clients() -> None:
    found = graph("""lab remote
    network inet 192.168.0.0/24
    network lan 10.1.0.0/24
    router moon { interface on inet .1 ; interface on lan .1 }
    host carol { interface on inet .100 }
    host dave { interface on inet .101 }
    ipsec remote { gateway moon protecting lan ; client carol, dave ; pool 10.3.0.0/28 ; auth certificate }
    """)
    assert [(joint.one, joint.other, joint.state) for joint in found.joints] == [
        ("moon", "carol", State.UP),
        ("moon", "dave", State.UP),
    ]


def test_a_tunnel_by_hand_is_shown_as_when_it_is_open() -> None:
    hand = _joint(graph(CORNERS), "hand")
    assert (hand.state, hand.crosses) == (State.BY_HAND, ("left", "right", "r.up--q.down", "far"))


def test_a_switch_carries_what_crosses_it() -> None:
    assert {("s", "a"), ("s", "b")} <= _carrying(graph(CORNERS))


def test_ah_encrypts_nothing() -> None:
    found = graph(CORNERS)
    heads = _joint(found, "heads")
    assert (heads.is_encrypted, heads.state) == (False, State.UP)
    assert ("c", "left") not in _carrying(found)
    assert all("heads" not in tunnels for tunnels in found.carried().values())


def test_a_tunnel_that_stays_down_encrypts_nothing_and_says_why() -> None:
    found = _of("students")
    joint = _joint(found, "vpn")
    assert (joint.state, joint.crosses) == (State.DOWN, ())
    assert joint.reason
    assert not _carrying(found)


def test_a_network_says_what_is_unusual() -> None:
    segments = {segment.id: segment for segment in graph(CORNERS).segments}
    assert segments[NetworkId("left")].notes == ("mtu 1400",)
    assert segments[NetworkId("far")].notes == ()
    assert segments[NetworkId("r.up--q.down")].is_link


def test_what_hangs_on_one_network_and_is_no_more_is_a_leaf() -> None:
    leaves = {device.id for device in graph(CORNERS).devices if device.is_leaf}
    assert leaves == {"d"}


def test_a_lab_of_nothing_is_a_graph_of_nothing() -> None:
    assert graph_of(Lab("empty", None, (), ())) == Graph("empty", None, (), ())


def test_every_way_begins_and_ends_at_networks_of_the_tunnel_s_ends() -> None:
    for path in EXAMPLES:
        found = graph_at(path)
        networks = {device.id: {port.network for port in device.ports} for device in found.devices}
        for joint in found.joints:
            if joint.crosses:
                assert joint.crosses[0] in networks[joint.one]
                assert set(joint.crosses) & networks[joint.other]


def test_values_are_compared_by_what_they_say() -> None:
    assert Device(NodeId("a"), NodeKind.HOST, ()) == Device(NodeId("a"), NodeKind.HOST, ())
    assert Segment(NetworkId("n"), ("10.0.0.0/8",), False).label == "n"


def test_the_legend_knows_each_kind_of_node() -> None:
    devices = (Device(NodeId("a"), kind, (), services=served) for kind in NodeKind for served in ((), ("http",)))
    assert {icon_of(one) for one in devices} == set(NODES)


def test_a_device_into_which_lines_lead_shows_its_addresses_and_not_the_outer_ones() -> None:
    text = """
    network isp 192.0.2.0/24
    router a { interface wan on isp .1 }
    router b { interface wan on isp .2 }
    tunnel t gre { between a and b %s }
    """
    assert _joint(graph(text % "; addresses 10.9.0.0/30, fd00:9::/64"), "t").protects == (
        ("10.9.0.1, fd00:9::1", "10.9.0.2, fd00:9::2"),
    )
    assert _joint(graph(text % ""), "t").protects == ()


def test_a_tunnel_that_is_up_or_down_by_the_order_in_which_tunnels_come_up_says_so() -> None:
    found = graph(OUTER % (TAKING | {"expect": "one reaches gw"}))
    states = {joint.tunnel: joint for joint in found.joints}
    assert (states[TunnelId("rw")].state, states[TunnelId("outer")].state) == (State.UNKNOWN, State.UP)
    sentence = (
        "Tunnel rw between server and one protects 10.2.0.0/24 and 10.3.0.1, and whether it is up depends on when"
    )
    assert words.tunnel(states[TunnelId("rw")]).startswith(sentence)
