"""Addresses inside tunnels without keys: as next hops, in filters, in what is expected, asked and traced."""

import pytest

from netdsl.ir.ends import outer_interface
from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Route
from netdsl.verify.question import question, world_of
from netdsl.verify.types import Proof
from tests.kinds.asking import end, files, findings, lab, said
from tests.verify.asking import checked, codes

SITES = """
network isp 192.0.2.0/24
network left 10.1.0.0/24, fd00:1::/64
network right 10.2.0.0/24, fd00:2::/64
router a { interface wan on isp .1 ; interface lan on left .1, ::1 ; %s }
router b { interface wan on isp .2 ; interface lan on right .1, ::1 ; %s }
host pc { interface on left .10, ::10 ; default via a }
host www { interface on right .80, ::80 ; default via b ; serve http }
%s
"""
INSIDE = "addresses 10.9.0.0/30, fd00:9::/64"
BOTH = f"tunnel t gre {{ between a.wan and b.wan ; {INSIDE} }}"
IPV4 = "tunnel t gre { between a.wan and b.wan ; addresses 10.9.0.0/30 }"
BARE = "tunnel t gre { between a.wan and b.wan }"
FAR = """
network wan-c 198.51.100.0/24
network wan-d 203.0.113.0/24
network far-c 10.50.0.0/24
network far-d 10.60.0.0/24
router x { interface on wan-c .1 ; interface on wan-d .1 }
router c { interface wan on wan-c .2 ; interface lan on far-c .1 ; %s }
router d { interface wan on wan-d .2 ; interface lan on far-d .1 ; %s }
%s
"""


def sites(a: str = "", b: str = "", tunnel: str = BOTH) -> str:
    return SITES % (a, b, tunnel)


def routes(found: Lab, node: str, interface: str) -> list[tuple[str, str | None]]:
    """Lines that lead to an interface or device: destination and next hop."""
    own = next(one for one in found.nodes if one.id == node).routes
    return [(str(route.prefix), _hop(route)) for route in own if route.interface == interface]


def _hop(route: Route) -> str | None:
    return None if route.next_hop is None else str(route.next_hop)


def proofs(text: str) -> list[Proof]:
    """Of a lab without a finding, whose lines hold."""
    found = checked(text)
    assert [one.message for one in found.diagnostics] == []
    assert found.summary is not None
    return list(found.summary.proofs)


# --- next hops


@pytest.mark.parametrize("kind", ["gre", "ipip"])
@pytest.mark.parametrize(
    ("hop_at_a", "hop_at_b"), [("t.b", "t.a"), ("10.9.0.2, fd00:9::2", "10.9.0.1, fd00:9::1"), ("t.b", "10.9.0.1, t.a")]
)
def test_a_next_hop_inside_leads_to_the_device_in_both_families(kind: str, hop_at_a: str, hop_at_b: str) -> None:
    text = sites(
        f"route right via {hop_at_a}", "route left via t.a", f"tunnel t {kind} {{ between a.wan and b.wan ; {INSIDE} }}"
    )
    found = lab(text)
    assert routes(found, "a", "t") == [("10.2.0.0/24", "10.9.0.2"), ("fd00:2::/64", "fd00:9::2")]
    assert routes(found, "b", "t") == [("10.1.0.0/24", "10.9.0.1"), ("fd00:1::/64", "fd00:9::1")]


def test_a_next_hop_on_a_network_that_a_tunnel_carries_is_on_the_interface() -> None:
    office = "network office 10.5.0.0/24\ntunnel t vxlan { between a.wan and b.wan ; carries office }"
    found = lab(
        SITES.replace(", fd00:1::/64", "").replace(", fd00:2::/64", "").replace(", ::10", "").replace(", ::80", "")
        .replace(", ::1", "")
        % ("interface on office .1 ; route right via t.b", "interface on office .2 ; route left via t.a", office)
    )  # fmt: skip
    assert routes(found, "a", "office") == [("10.2.0.0/24", "10.5.0.2")]


def test_a_default_route_leads_into_a_tunnel_beside_that_of_its_outer_packets() -> None:
    tunnel = "tunnel t gre { between c and d ; addresses 10.9.0.0/30 }"
    found = lab(FAR % ("route wan-d via x ; default via t.d", "default via x ; route far-c via t.c", tunnel))
    assert routes(found, "c", "t") == [("0.0.0.0/0", "10.9.0.2")]
    assert str(end(found, "c", "t").local) == "198.51.100.2"


def test_a_node_that_only_a_tunnel_joins_is_a_next_hop_inside() -> None:
    tunnel = "tunnel t gre { between c.wan and d.wan ; addresses 10.9.0.0/30 }"
    found = lab(FAR % ("default via x ; route far-d via d", "default via x ; route far-c via c", tunnel))
    assert routes(found, "c", "t") == [("10.60.0.0/24", "10.9.0.2")]


def test_a_node_on_a_common_network_is_the_next_hop_there() -> None:
    found = lab(sites("route 10.2.0.0/24 via b", "route 10.1.0.0/24 via a"))
    assert routes(found, "a", "wan") == [("10.2.0.0/24", "192.0.2.2")]
    assert routes(found, "a", "t") == []


def test_a_short_address_is_completed_from_networks_alone() -> None:
    """`.1` has a place in the tunnel's prefix as well."""
    tunnel = "tunnel t gre { between c.wan and d.wan ; addresses 10.9.0.0/30 }"
    host = "host h { interface wan on wan-c .3 ; default via .1 }"
    other = "tunnel u gre { between h and d.wan ; addresses 10.9.1.0/30 }"
    found = lab(FAR % ("default via x", "default via x", f"{tunnel}\n{host}\n{other}"))
    assert routes(found, "h", "wan") == [("0.0.0.0/0", "198.51.100.1")]


def test_the_node_sets_the_route_with_the_device() -> None:
    inside = files(lab(sites("route right via t.b", "route left via t.a")), "a")
    lines = [line for line in inside["devices/t.batch"].splitlines() if line.startswith("route")]
    assert lines == [
        "route replace 10.2.0.0/24 via 10.9.0.2 dev t",
        "route replace fd00:2::/64 via fd00:9::2 dev t",
    ]
    assert "dev t" not in inside.get("routes.batch", "")


def test_the_route_is_there_only_while_the_device_is() -> None:
    expected = """
    expect {
      pc reaches www tcp/80 through t
      pc reaches www ipv6 tcp/80 through t
      a routes 10.2.0.0/24 via t.b
      a routes fd00:2::/64 via fd00:9::2
    }
    expect while t down { pc cannot reach www ; a cannot reach t.b }
    """
    found = proofs(sites("route right via t.b", "route left via t.a") + expected)
    assert [one.holds for one in found] == [True] * 6
    assert [one.reason for one in found if one.expectation.state] == [
        "`a` has no route to fd00:2::80", "`a` has no route to fd00:9::2",
    ]  # fmt: skip


NESTED = """
network deep-left 10.21.0.0/24
network deep-right 10.22.0.0/24
tunnel t gre { between a.wan and b.wan ; addresses 10.9.0.0/30 }
tunnel u gre { between a.lan and b.lan ; over ipv4 ; addresses 10.9.1.0/30 }
"""


def test_a_tunnel_whose_outer_packets_a_line_leads_into_another_has_less_room() -> None:
    found = lab(
        sites(
            "interface deep on deep-left .1 ; route 10.2.0.0/24 via t.b ; route deep-right via u.b",
            "interface deep on deep-right .1 ; route 10.1.0.0/24 via t.a ; route deep-left via u.a",
            NESTED,
        )
    )
    assert [end(found, node, "u").mtu for node in "ab"] == [1452, 1452]
    a = next(node for node in found.nodes if node.id == "a")
    assert outer_interface(a, end(found, "a", "u")) == "t"
    assert outer_interface(a, end(found, "a", "t")) == "wan"


def test_a_more_specific_line_keeps_outer_packets_out_of_another_tunnel() -> None:
    """A route of the tunnel covers the other end, and a line leads there by a network."""
    tunnels = """
    tunnel t gre { between a.wan protecting 10.0.0.0/9 and b.wan protecting 10.0.0.0/8 ; addresses 172.16.0.0/30 }
    tunnel u gre { between a.lan and b.lan ; over ipv4 ; addresses 172.16.1.0/30 }
    """
    found = checked(sites("route 10.2.0.0/24 via b", "route 10.1.0.0/24 via a", tunnels)).lab
    assert found is not None
    assert end(found, "a", "u").mtu == 1476
    a = next(node for node in found.nodes if node.id == "a")
    assert outer_interface(a, end(found, "a", "u")) == "lan"


@pytest.mark.parametrize(
    ("a", "tunnel", "code", "marked", "message", "help_text"),
    [
        (
            "route 10.77.0.0/24 via t.b", BARE,
            "tunnel-without-addresses", "t.b", "`b` has no address inside `t`",
            "`addresses PREFIX` in the tunnel gives both ends one",
        ),
        (
            "route 10.77.0.0/24 via 10.9.0.2", BARE,
            "next-hop-unreachable", "route 10.77.0.0/24 via 10.9.0.2",
            "`a` cannot reach the next hop 10.9.0.2 on any of its networks",
            "`addresses PREFIX` in the tunnel gives both ends one: `t` has none of IPv4",
        ),
        (
            "route 10.77.0.0/24 via t.pc", BOTH,
            "unknown-name", "t.pc", "the tunnel `t` has no end `pc`", "its ends are `a`, `b`",
        ),
        (
            "route 10.77.0.0/24 via t", BOTH,
            "wrong-element", "t", "a node or an address must stand here, and `t` is a tunnel",
            "`via t.NODE`: the other end inside",
        ),
        (
            "route 10.77.0.0/24 via t.a", BOTH,
            "next-hop-is-self", "t.a", "`a` cannot be its own next hop", None,
        ),
        (
            "route 10.77.0.0/24 via 10.9.0.1", BOTH,
            "next-hop-is-self", "10.9.0.1", "`10.9.0.1` is an address of `a` itself", None,
        ),
        (
            "route 10.77.0.0/24 via u.c",
            f"router c {{ interface wan on isp .3 }}\ntunnel u gre {{ between b.wan and c ; {INSIDE} }}",
            "next-hop-unreachable", "route 10.77.0.0/24 via u.c",
            "`a` cannot reach the next hop `u.c`: it is no end of `u`",
            "a route of an end leads into the tunnel; of others, to an end",
        ),
        (
            "route 10.77.0.0/24 via v.b", "ipsec v { between a.wan and b.wan ; auth psk }",
            "wrong-element", "v.b", "no route leads into `v`: what its ends protect enters it",
            "`protecting`, or a `child`, says what that is",
        ),
        (
            "route fd00:7::/64 via t.b", IPV4,
            "route-family-mismatch", "fd00:7::/64", "`a` reaches the next hop `b` by IPv4 only, `fd00:7::/64` is IPv6",
            None,
        ),
        (
            "route 10.9.0.0/30 via t.b", IPV4,
            "route-to-connected", "route 10.9.0.0/30 via t.b", "`a` is on 10.9.0.0/30 itself, by `t`",
            "leave the route out",
        ),
        (
            "route 10.77.0.0/24 via 10.9.0.3", "tunnel t gre { between a.wan and b.wan ; addresses 10.9.0.0/29 }",
            "next-hop-nobody", "route 10.77.0.0/24 via 10.9.0.3",
            "the other end of `t` does not have the address 10.9.0.3, the next hop of `a`", "`via t.b`",
        ),
        (
            "route 10.77.0.0/24 via t.h",
            "host h { interface on isp .9 }\ntunnel t gre { between a.wan and h ; addresses 10.9.0.0/30 }",
            "next-hop-does-not-forward", "route 10.77.0.0/24 via t.h",
            "the next hop 10.9.0.2 of `a` is `h`, which forwards nothing", "make `h` a `router`, or name one that is",
        ),
    ],
)  # fmt: skip
def test_a_next_hop_that_is_wrong_is_marked(
    a: str, tunnel: str, code: str, marked: str, message: str, help_text: str | None
) -> None:
    assert said(sites(a, tunnel=tunnel)) == (code, marked, message, help_text)


def test_a_broken_tunnel_is_told_once() -> None:
    broken = "tunnel t gre { between a.wan and z ; addresses 10.9.0.0/30 }"
    text = sites("route right via t.b ; route 10.77.0.0/24 via 10.9.0.2", tunnel=broken) + "expect { a reaches t.b }"
    assert "unknown-name" in {one.rule.code for one in findings(text)}
    assert not [one for one in findings(text) if "`t`" in one.message]


def test_two_tunnels_to_one_node_ask_for_the_name_of_one() -> None:
    tunnels = """
    tunnel t gre { between c.wan and d.wan ; addresses 10.9.0.0/30 ; key 1 }
    tunnel u gre { between c.wan and d.wan ; addresses 10.9.1.0/30 ; key 2 }
    """
    assert said(FAR % ("default via x ; route far-d via d", "default via x", tunnels)) == (
        "next-hop-ambiguous", "d", "`c` and `d` share 2 tunnels, `t` and `u`", "say which: `via t.d` or `via u.d`",
    )  # fmt: skip


def test_a_default_route_into_the_tunnel_of_its_own_outer_packets_is_marked() -> None:
    tunnel = "tunnel t gre { between c.wan and d.wan ; addresses 10.9.0.0/30 }"
    code, marked, message, _ = said(FAR % ("default via t.d", "default via x", tunnel))
    assert (code, marked) == ("tunnel-carries-itself", "tunnel t gre")
    assert message == "the outer packets of `t` to 203.0.113.2 go into `t` at `c` (its route leads to `t`)"


@pytest.mark.parametrize(
    ("a", "b", "code", "message"),
    [
        (
            "route 10.77.0.0/24 via t.b", "",
            "black-hole", "packets of `a` to `vault` end at `b`, which has no route to 10.77.0.0/24",
        ),
        (
            "route 10.77.0.0/24 via t.b", "route 10.77.0.0/24 via t.a",
            "routing-loop", "packets to `vault` (10.77.0.0/24) go round between `a`, `b`",
        ),
        (
            "default via 10.9.0.2", "default via 10.9.0.1",
            "routing-loop", "packets to `vault` (10.77.0.0/24) go round between `a`, `b`",
        ),
    ],
)  # fmt: skip
def test_routes_through_a_tunnel_are_followed(a: str, b: str, code: str, message: str) -> None:
    vault = "\nnetwork vault 10.77.0.0/24\nrouter c { interface on vault .1 }"
    tunnel = BOTH
    assert said(sites(a, b, tunnel + vault))[::2][:2] == (code, message)


def test_what_an_end_protects_does_not_lie_behind_the_tunnel_itself() -> None:
    tunnel = "tunnel t gre { between a.wan protecting 10.77.0.0/24 and b.wan ; addresses 10.9.0.0/30 }"
    assert said(sites("route 10.77.0.0/24 via t.b", tunnel=tunnel))[0] == "protected-not-attached"


# --- the address of a node inside


def test_a_node_inside_a_tunnel_is_reached_by_the_address_of_its_device() -> None:
    found = proofs(sites() + "expect { a reaches t.b through t ; a reaches t.b ipv6 ; b reaches t.a ipv4 }")
    assert [str(one.verdicts[0].destination) for one in found] == ["10.9.0.2", "fd00:9::2", "10.9.0.1"]


def test_a_node_inside_a_carried_network_is_reached_by_its_interface_there() -> None:
    office = """
    network office 10.5.0.0/24
    tunnel t vxlan { between a.wan and b.wan ; carries office }
    expect { a reaches t.b through t }
    """
    text = sites("interface on office .1", "interface on office .2", office)
    assert [str(one.verdicts[0].destination) for one in proofs(text)] == ["10.5.0.2"]


def test_a_pattern_stands_for_the_ends() -> None:
    found = proofs(sites("route right via t.b", "route left via t.a") + "expect { pc reaches t.* ipv4 }")
    assert [str(one.verdicts[0].destination) for one in found] == ["10.9.0.1", "10.9.0.2"]


def test_an_end_is_named_as_in_the_tunnels_own_scope() -> None:
    text = """
    network isp 192.0.2.0/24
    template site {
      router a { interface on isp ; route 10.77.0.0/24 via t.b }
      router b { interface on isp }
      tunnel t gre { between a and b ; addresses 10.9.0.0/30 }
      expect { a reaches t.b }
    }
    use site as x
    expect { x.b reaches x.t.a }
    """
    found = lab(text)
    assert routes(found, "x.a", "t") == [("10.77.0.0/24", "10.9.0.2")]
    asked = question(world_of(found), "x.a", "x.t.b")
    assert str(asked.destination) == "10.9.0.2"
    assert asked == question(world_of(found), "x.a", "x.t.x.b")


def test_a_trace_asks_for_a_node_inside() -> None:
    world = world_of(lab(sites()))
    assert str(question(world, "a", "t.b").destination) == "10.9.0.2"
    assert str(question(world, "a", "t.b", family=6).destination) == "fd00:9::2"


def test_a_filter_means_the_address_inside() -> None:
    rules = "firewall { policy drop ; accept tunnel t ; accept input icmp from t.b ; accept output icmp to t.b }"
    found = lab(sites(rules) + "expect { a reaches t.b ipv4 ; a cannot reach b.wan }")
    firewall = next(one for one in found.nodes if one.id == NodeId("a")).firewall
    assert firewall is not None
    assert [str(one) for one in firewall.rules[1].match.sources] == ["10.9.0.2/32", "fd00:9::2/128"]  # type: ignore[union-attr]


def test_a_filter_means_the_address_on_the_network_that_is_carried() -> None:
    office = "network office 10.5.0.0/24\ntunnel t vxlan { between a.wan and b.wan ; carries office }"
    rules = "interface on office .1 ; firewall { policy drop ; accept tunnel t ; accept output icmp to t.b }"
    text = sites(rules, "interface on office .2", office)
    assert [one.holds for one in proofs(text + "expect { a reaches t.b ; a cannot reach b.wan }")] == [True, True]


@pytest.mark.parametrize(
    ("tunnel", "goal", "code", "message", "help_text"),
    [
        (
            BARE, "t.b", "tunnel-without-addresses", "`b` has no address inside `t`",
            "`addresses PREFIX` in the tunnel gives both ends one",
        ),
        (
            BARE, "t", "wrong-element",
            "a node, a network or an address must stand here, and `t` is a tunnel", "`t.NODE` is an end's address inside",
        ),
        (
            BOTH, "t.c*", "no-match", "`c*` matches no end of the tunnel `t`",
            None,
        ),
        (
            BOTH, "b.t", "unknown-name", "the node `b` has no interface `t`",
            "the address inside the tunnel is `t.b`",
        ),
        (
            IPV4, "t.b ipv6", "expect-impossible",
            "`t.b` has no IPv6 address", None,
        ),
        (
            "ipsec v { between a.wan and b.wan ; auth psk }", "v.b", "wrong-element",
            "`b` has no address of its own inside `v`", "`b`, or one of its interfaces: `b.INTERFACE`",
        ),
    ],
)  # fmt: skip
def test_a_goal_that_is_wrong_is_marked(tunnel: str, goal: str, code: str, message: str, help_text: str | None) -> None:
    found = said(sites(tunnel=f"{tunnel}\nexpect {{ a reaches {goal} }}"))
    assert (found[0], *found[2:]) == (code, message, help_text)


def test_a_filter_cannot_name_what_has_no_address_inside() -> None:
    rules = "firewall { policy drop ; accept tunnel t ; accept input icmp from t.b }"
    assert said(sites(rules, tunnel=BARE))[:2] == (
        "tunnel-without-addresses",
        "t.b",
    )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("between a and bb ; addresses 10.255.0.0/30", "unknown-name"),
        ("between a and b ; addresses 10.255.0.1/30", "host-bits-set"),
    ],
)
def test_a_next_hop_inside_is_not_told_beside_the_error_of_its_tunnel(wrong: str, code: str) -> None:
    lab = """
    network isp 192.0.2.0/24
    network left 10.1.0.0/24
    router a { interface wan on isp .1 ; interface lan on left .1 }
    router b { interface wan on isp .2 ; route left via 10.255.0.1 }
    tunnel site gre { %s }
    """
    assert codes(lab % "between a.wan and b ; addresses 10.255.0.0/30") == []
    assert codes(lab % wrong) == [code]
