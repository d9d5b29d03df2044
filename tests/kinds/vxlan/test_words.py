"""VXLAN's words: what they mean in the lab, and what is said where they are wrong."""

from pathlib import Path

import pytest

from netdsl.kinds.vxlan.ir import settings_of
from tests.compiling import compiled_text
from tests.kinds.asking import end, findings, lab, said

OFFICES = """
network isp 192.0.2.0/24%(isp)s
network o 10.5.0.0/24
router a { interface wan on isp .1%(a)s ; interface on o .1 }
router b { interface wan on isp .2%(b)s ; interface on o .2 }
router c { interface wan on isp .3%(c)s ; interface on o .3 }
"""
IPV4 = {"isp": "", "a": "", "b": "", "c": ""}
BOTH = {"isp": ", fd00:5::/64", "a": ", ::1", "b": ", ::2", "c": ", ::3"}
SECOND = """
network p 10.6.0.0/24
router e { interface wan on isp .5 ; interface on p .1 ; interface on o .5 }
router f { interface wan on isp .6 ; interface on p .2 }
"""


def offices(tunnel: str, **changed: str) -> str:
    return OFFICES % (IPV4 | changed) + tunnel


def vxlan(line: str = "", **changed: str) -> str:
    return offices(f"tunnel t vxlan {{ between a, b and c ; carries o ; {line} }}", **changed)


def mtu(text: str, node: str = "a") -> int:
    of_node = next(one for one in lab(text).nodes if one.id == node)
    return next(one.mtu for one in of_node.interfaces if one.name == "o")


@pytest.mark.parametrize(
    ("line", "changed", "size"),
    [
        ("", IPV4, 1450),
        ("over ipv6", BOTH, 1430),
        ("mtu 1300", IPV4, 1300),
        ("", IPV4 | {"isp": " { mtu 1400 }"}, 1350),
    ],
)
def test_the_mtu_of_the_segment_is_what_the_headers_leave(line: str, changed: dict[str, str], size: int) -> None:
    """Ethernet's header has 14 bytes, VXLAN's and UDP's 8 each, IPv4's 20, IPv6's 40 (RFC 7348)."""
    assert [mtu(vxlan(line, **changed), node) for node in "abc"] == [size] * 3


def test_a_smaller_link_of_one_end_makes_the_segment_smaller_for_all() -> None:
    text = vxlan().replace("router c { interface wan on isp .3", "router c { interface wan on isp .3 { mtu 1400 }")
    assert [mtu(text, node) for node in "abc"] == [1350] * 3


def test_a_network_that_a_tunnel_carries_has_no_driver() -> None:
    assert said(vxlan().replace("10.5.0.0/24", "10.5.0.0/24 { driver macvlan }")) == (
        "misplaced-statement",
        "driver macvlan",
        "`o` has no `driver`: the tunnel `t` carries it",
        "the runtime makes no network for it; its frames go where the outer packets go",
    )


def test_the_mtu_is_said_by_the_network_or_by_the_tunnel() -> None:
    found = said(vxlan("mtu 1300").replace("10.5.0.0/24", "10.5.0.0/24 { mtu 1300 }"))
    assert found[:3] == (
        "repeated-statement", "1300", "the `mtu` of `o` is said by the network and by the tunnel that carries it",
    )  # fmt: skip


@pytest.mark.parametrize("target", ["compose", "vagrant"])
@pytest.mark.parametrize("word", ["delay 10ms", "loss 1%", "rate 10mbit"])
def test_targets_refuse_what_a_wire_does_to_packets_on_a_carried_network_too(
    target: str, word: str, tmp_path: Path
) -> None:
    text = f"lab x\n{vxlan()}".replace("10.5.0.0/24", f"10.5.0.0/24 {{ {word} }}")
    found = compiled_text(text, tmp_path / "store", target=target)
    assert found.codes == ["unsupported-by-target"]
    assert f"the target `{target}` cannot delay, limit or lose packets on `o` yet" in found.rendered()


def test_each_end_has_a_connection_to_each_of_the_others() -> None:
    found = lab(vxlan("vni 42 ; port 8472 ; ttl 3"))
    assert [(one.node, one.peer) for node in found.nodes for one in node.tunnels] == [
        ("a", "b"), ("a", "c"), ("b", "a"), ("b", "c"), ("c", "a"), ("c", "b"),
    ]  # fmt: skip
    settings = settings_of(end(found, "a", "t", "c"))
    assert (settings.network, settings.vni, settings.port, settings.ttl) == ("o", 42, 8472, 3)


def test_what_is_not_said_is_iana_s_port_and_the_tunnels_place() -> None:
    second = "tunnel u vxlan { between e and f ; carries p }"
    found = lab(offices("tunnel t vxlan { between a, b, c and e ; carries o }\n" + SECOND + second))
    assert [settings_of(end(found, node, tunnel)).vni for node, tunnel in (("a", "t"), ("e", "u"))] == [1, 2]
    assert (settings_of(end(found, "a", "t")).port, settings_of(end(found, "a", "t")).ttl) == (4789, 64)


def test_outer_packets_never_go_over_the_network_that_is_carried() -> None:
    assert str(end(lab(vxlan()), "a", "t", "b").peer_addresses[0]) == "192.0.2.2"


@pytest.mark.parametrize(
    ("line", "code", "marked", "message"),
    [
        ("vni 0", "out-of-range", "0", "`vni` is a number from 1 to 16777215, not 0"),
        ("vni 16777216", "out-of-range", "16777216", "`vni` is a number from 1 to 16777215, not 16777216"),
        ("vni x", "wrong-kind", "x", "a whole number is needed, `x` is a name"),
        ("vni 1 ; vni 2", "repeated-statement", "vni 2", "`vni` stands twice in this block"),
        ("port 0", "out-of-range", "0", "`port` is a number from 1 to 65535, not 0"),
        ("port 65536", "out-of-range", "65536", "`port` is a number from 1 to 65535, not 65536"),
        ("port udp/4789", "wrong-kind", "udp/4789", "a whole number is needed, `udp/4789` is a service"),
        ("ttl 256", "out-of-range", "256", "`ttl` is a number from 1 to 255, not 256"),
        ("mtu 67", "mtu-out-of-range", "67", "an MTU of 67 is impossible here"),
        ("carries isp", "repeated-statement", "carries isp", "`carries` stands twice in this block"),
        ("over ipv6", "tunnel-ends-do-not-meet", "a", "`a` has no IPv6 address"),
        ("key 4", "misplaced-statement", "key 4", "`key` does not belong in a `tunnel vxlan`"),
        (
            "addresses 10.9.0.0/30", "misplaced-statement", "addresses 10.9.0.0/30",
            "`addresses` does not belong in a `tunnel vxlan`",
        ),
    ],
)  # fmt: skip
def test_a_line_that_is_wrong_is_marked(line: str, code: str, marked: str, message: str) -> None:
    assert said(vxlan(line))[:3] == (code, marked, message)


def test_ipv6_on_the_segment_needs_room() -> None:
    text = vxlan("mtu 1279").replace("10.5.0.0/24", "10.5.0.0/24, fd00:6::/64")
    assert said(text)[:2] == ("mtu-out-of-range", "1279")


@pytest.mark.parametrize(
    ("block", "code", "marked", "message"),
    [
        ("between a, b and c ; carries zz", "unknown-name", "zz", "no network is called `zz` here"),
        ("between a, b and c ; carries a", "wrong-element", "a", "a network must stand here, and `a` is a node"),
        (
            "between a, b and c ; carries 10.5.0.0/24", "wrong-kind", "10.5.0.0/24",
            "a network's name is needed, `10.5.0.0/24` is a prefix",
        ),
        ("between a, b and c ; carries o, isp", "wrong-arity", "carries o, isp", "`carries` takes one value, here are 2"),
        ("between a, b and c", "missing-statement", "t", "the tunnel `t` carries no network"),
        ("carries o", "missing-statement", "t", "the tunnel `t` has no ends"),
        ("between a, b, c and a ; carries o", "tunnel-to-self", "a", "`a` is an end twice"),
        (
            "between a and b ; carries o", "wrong-element", "interface on o .3",
            "`c` is on `o` and no end of the tunnel that carries it",
        ),
        (
            "between a protecting isp and b, c ; carries o", "misplaced-statement", "isp",
            "the tunnel `t` carries a whole network, its ends protect none",
        ),
    ],
)  # fmt: skip
def test_a_tunnel_that_is_wrong_is_marked(block: str, code: str, marked: str, message: str) -> None:
    assert said(offices(f"tunnel t vxlan {{ {block} }}"))[:3] == (code, marked, message)


@pytest.mark.parametrize(
    ("node", "ends", "code", "marked", "message"),
    [
        (
            "router d { interface on isp .4 }", "a, b, c and d", "tunnel-ends-do-not-meet", "d",
            "`d` is an end of the tunnel and has no interface on `o`, which it carries",
        ),
        (
            "router d { interface wan on isp .4 ; interface x on o .4 ; interface y on o .5 }", "a, b, c and d",
            "duplicate-interface", "interface y on o .5", "`d` has two interfaces on `o`, which a tunnel carries",
        ),
        (
            "router d { interface on o .4 }", "a, b, c and d", "tunnel-ends-do-not-meet", "t",
            "`a`, `b`, `c` and `d` have no address family in common",
        ),
        (
            "network far 10.7.0.0/24\nnetwork more 10.9.0.0/24\n"
            "router d { interface on far .1 ; interface on more .1 ; interface on o .4 ; default via 10.5.0.1 }",
            "a, b, c and d", "tunnel-ends-do-not-meet", "d", "`d` has no way to `a`",
        ),
        (
            "switch s { interface on o ; interface on isp }", "a, b and c", "wrong-element", "carries o",
            "`o` is carried by `t`, and the switch `s` is on it",
        ),
    ],
)  # fmt: skip
def test_who_is_on_the_network_has_to_be_an_end(node: str, ends: str, code: str, marked: str, message: str) -> None:
    assert said(offices(f"{node}\ntunnel t vxlan {{ between {ends} ; carries o }}"))[:3] == (code, marked, message)


def test_a_network_has_one_tunnel() -> None:
    two = "tunnel t vxlan { between a, b and c ; carries o }\ntunnel u vxlan { between a, b and c ; carries o }"
    assert said(offices(two))[:3] == (
        "repeated-statement", "tunnel u vxlan", "`u` carries `o`, which `t` carries already",
    )  # fmt: skip


def test_two_segments_of_a_node_need_different_numbers() -> None:
    two = "tunnel t vxlan { between a, b, c and e ; carries o ; vni 7 }\n%s"
    two += "tunnel u vxlan { between e and f ; carries p ; %s }"
    lab(offices(two % (SECOND, "vni 7 ; port 8472")))
    assert said(offices(two % (SECOND, "vni 7")))[:3] == (
        "tunnels-not-told-apart", "tunnel u vxlan", "`e` cannot tell the packets of `u` from those of `t`",
    )  # fmt: skip


def test_a_gateway_with_clients_is_another_kinds() -> None:
    found = findings(offices("tunnel t vxlan {\ngateway a\nclient b\ncarries o\n}"))
    assert [one.message for one in found] == [
        f"`{word}` does not belong in a `tunnel vxlan`" for word in ("gateway", "client")
    ]


def test_outer_packets_do_not_take_a_network_that_another_tunnel_carries_where_the_ends_are_on_a_wire() -> None:
    text = """
    network isp 192.0.2.0/24
    network blue 10.5.0.0/24
    network red 10.6.0.0/24
    host a { interface on isp .1 ; interface on blue .1 ; interface on red .1 }
    host b { interface on isp .2 ; interface on blue .2 ; interface on red .2 }
    tunnel one vxlan { between a and b ; carries blue %s }
    tunnel two vxlan { between a and b ; carries red %s }
    tunnel three gre { between a and b }
    """
    found = lab(text % ("", ""))
    ends = [one for node in found.nodes for one in node.tunnels if node.id == "a"]
    assert {str(one.local) for one in ends} == {"192.0.2.1"}
    assert said(text % ("; vni 7", "; vni 7"))[0] == "tunnels-not-told-apart"
