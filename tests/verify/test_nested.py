"""Tunnels through tunnels: each comes up through the one around it, and its packets are inside of that one's."""

import pytest

from netdsl.ir.ids import TunnelId
from netdsl.ir.lab import Lab
from netdsl.packets.types import Outcome
from netdsl.pipeline.analysis import check_text
from netdsl.verify import Esp, Packet, Verdict, World

from .asking import ask, checked, lab, world

NESTED = """
network inet  192.0.2.0/24
network left  10.1.0.0/24
network right 10.2.0.0/24
router g1 { interface on inet .1 ; interface on left .1 }
router g2 { interface on inet .2 ; interface on right .1 }
host a { interface on left .10 ; default via g1 }
host b { interface on right .10 ; default via g2 ; serve http }
ipsec outer { between g1 protecting left and g2 protecting right ; auth psk ; start %s }
ipsec inner { between a and b ; auth psk ; start %s }
expect { a reaches b tcp/80 through inner }
"""
IPV6 = """
network inet  2001:db8::/64
network left  fd00:1::/64
network right fd00:2::/64
router g1 { interface on inet ::1 ; interface on left ::1 }
router g2 { interface on inet ::2 ; interface on right ::1 }
host a { interface on left ::10 ; default via g1 }
host b { interface on right ::10 ; default via g2 ; serve http }
ipsec outer { between g1 protecting left and g2 protecting right ; auth psk ; start %s }
ipsec inner { between a and b ; auth psk ; start %s }
expect { a reaches b tcp/80 through inner }
"""
THREE = """
network inet   192.0.2.0/24
network left   10.1.0.0/24
network right  10.2.0.0/24
network deep-l 10.11.0.0/24
network deep-r 10.12.0.0/24
network last-l 10.21.0.0/24
network last-r 10.22.0.0/24
router g1 { interface on inet .1 ; interface on left .1 }
router g2 { interface on inet .2 ; interface on right .1 }
router m1 { interface on left .2 ; interface on deep-l .1 ; default via g1 }
router m2 { interface on right .2 ; interface on deep-r .1 ; default via g2 }
router i1 { interface on deep-l .2 ; interface on last-l .1 ; default via m1 }
router i2 { interface on deep-r .2 ; interface on last-r .1 ; default via m2 }
host a { interface on last-l .10 ; default via i1 }
host b { interface on last-r .10 ; default via i2 ; serve http }
ipsec outer { between g1 protecting left and g2 protecting right ; auth psk ; start at boot }
ipsec middle { between m1 protecting deep-l and m2 protecting deep-r ; auth psk ; start at boot }
ipsec inner { between i1 protecting last-l and i2 protecting last-r ; auth psk ; start at boot }
expect { a reaches b tcp/80 through inner }
"""


def headers(verdict: Verdict, network: str) -> list[str]:
    """The tunnels of a request's packet on a network, the outermost first."""
    (packet,) = (wire.packet for hop in verdict.request for wire in hop.wires if wire.network == network)
    return list(_tunnels(packet))


def _tunnels(packet: Packet) -> list[str]:
    return [] if packet.inner is None else [str(packet.tunnel), *_tunnels(packet.inner)]


def mtus(found: Lab) -> dict[str, int | None]:
    return {str(end.tunnel): end.mtu for node in found.nodes for end in node.tunnels}


@pytest.mark.parametrize("text", [NESTED, IPV6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("starts", [("at boot", "at boot"), ("at boot", "on traffic"), ("on traffic", "at boot")])
def test_a_tunnel_between_hosts_comes_up_through_the_one_of_their_gateways(text: str, starts: tuple[str, str]) -> None:
    found = checked(text % starts)
    assert list(found.diagnostics) == []
    assert found.summary is not None
    assert found.summary.held == 1


@pytest.mark.parametrize("esp", list(Esp))
@pytest.mark.parametrize(("text", "goal"), [(NESTED, "10.2.0.10"), (IPV6, "fd00:2::10")], ids=["IPv4", "IPv6"])
def test_between_the_gateways_there_are_both_headers(text: str, goal: str, esp: Esp) -> None:
    verdict = ask(world(text % ("at boot", "at boot"), esp), "a", goal, "tcp/80")
    assert verdict.passes
    assert [headers(verdict, network) for network in ("left", "inet", "right")] == [
        ["inner"], ["outer", "inner"], ["inner"],
    ]  # fmt: skip


def test_three_are_one_inside_another() -> None:
    verdict = ask(THREE, "a", "10.22.0.10", "tcp/80")
    assert verdict.passes
    assert headers(verdict, "inet") == ["outer", "middle", "inner"]
    assert list(checked(THREE).diagnostics) == []


def test_the_mtu_inside_is_what_the_outer_one_leaves() -> None:
    """AES-GCM in UDP over IPv4: 20 + 8 + 8 + 8 + 16 bytes of headers, 2 of trailer, padded to 4; over IPv6 20 more."""
    assert mtus(lab(NESTED % ("at boot", "at boot"))) == {"outer": 1438, "inner": 1374}
    assert mtus(lab(IPV6 % ("at boot", "at boot"))) == {"outer": 1418, "inner": 1334}
    assert mtus(lab(THREE)) == {"outer": 1438, "middle": 1374, "inner": 1310}


def test_a_packet_of_that_size_passes_both() -> None:
    where = world(NESTED % ("at boot", "at boot"))
    assert ask(where, "a", "10.2.0.10", size=1374).passes
    assert ask(where, "a", "10.2.0.10", size=1400).outcome is Outcome.TOO_BIG


# --- without the outer one


FAR = """
network up    192.0.2.0/25
network down  192.0.2.128/25
network left  10.1.0.0/24
network right 10.2.0.0/24
router isp { interface on up .1 ; interface on down .129 }
router g1 { interface on up .2 ; interface on left .1 ; default via isp }
router g2 { interface on down .130 ; interface on right .1 ; default via isp }
host a { interface on left .10 ; default via g1 }
host b { interface on right .10 ; default via g2 }
ipsec outer { between g1 protecting left and g2 protecting right ; auth psk ; start %s }
ipsec inner { between a and b ; auth psk ; start at boot }
"""
"""A provider between the gateways, which knows neither network."""


def test_the_inner_one_stays_down_while_the_outer_one_is() -> None:
    where = world(FAR % "at boot")
    assert where.is_up(TunnelId("inner"))
    fallen = World(where.lab, held={TunnelId("outer")})
    assert not fallen.is_up(TunnelId("inner"))
    assert "`isp` has no route to 10.2.0.10" in fallen.why_down(TunnelId("inner"))


def test_an_outer_one_that_is_opened_by_hand_is_a_way_too() -> None:
    (found,) = checked(FAR % "by hand").diagnostics
    assert found.rule.code == "tunnel-stays-down"


def test_a_smaller_link_behind_the_outer_one_counts_too() -> None:
    text = FAR.replace("network right 10.2.0.0/24", "network right 10.2.0.0/24 { mtu 1400 }")
    assert mtus(lab(text % "at boot")) == {"outer": 1438, "inner": 1338}


@pytest.mark.parametrize("esp", Esp)
def test_a_route_that_leads_a_tunnel_into_itself_is_a_finding_beside_ipsec_too(esp: Esp) -> None:
    text = """
    network wide 10.0.0.0/16
    network inet 10.1.0.0/24 { mtu 9000 }
    host a { interface on inet .16 }
    host b { interface on wide .0.6 ; interface on inet .3 }
    host c { interface on inet .38 }
    ipsec keyed { between b.inet protecting 10.0.0.0/29 and a protecting inet ; auth psk }
    tunnel plain gre { between c protecting inet and b.wide protecting wide }
    """
    found = check_text(text.encode(), esp=esp).diagnostics
    assert "tunnel-carries-itself" in [each.rule.code for each in found]


BESIDE = """
network inet 192.0.2.0/24
network home 10.2.0.0/24
network away 10.9.0.0/24
network over 10.8.0.0/24
router gw { interface on inet .1 ; interface on away .1 %s }
router nat { interface on inet .2 ; interface on home .1 ; nat { masquerade out inet } %s }
host pc { interface on home .10 ; default via nat }
%s
ipsec vpn { gateway gw ; client pc ; mode transport ; auth psk ; start at boot }
"""


@pytest.mark.parametrize(
    ("inside", "tunnel", "goal", "outcome"),
    [
        (("", ""), "tunnel t ipip { between nat and gw protecting away }", "10.9.0.1", Outcome.DROPPED),
        (("", ""), "tunnel t gre { between nat and gw protecting away }", "10.9.0.1", Outcome.DROPPED),
        (
            ("; interface on over .1", "; interface on over .2"),
            "tunnel t vxlan { between nat and gw ; carries over }",
            "10.8.0.1",
            Outcome.UNREACHABLE,  # nor does ARP get there
        ),
    ],
    ids=["ipip", "gre", "vxlan"],
)
def test_what_a_nat_sends_in_a_tunnel_of_its_own_is_not_from_the_client_behind_it(
    inside: tuple[str, str], tunnel: str, goal: str, outcome: Outcome
) -> None:
    """To the gateway's policies it has the client's address, and comes in clear."""
    found = lab(BESIDE % (*inside, tunnel))
    assert ask(World(found), "nat", goal).outcome is outcome
    assert ask(World(found, held={TunnelId("vpn")}), "nat", goal).outcome is Outcome.ANSWERED
