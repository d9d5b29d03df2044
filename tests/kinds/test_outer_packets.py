"""What becomes of outer packets of tunnels without keys: their time to live, and ends that no way joins."""

import pytest

from netdsl.verify import Outcome
from tests.verify.asking import ask, checked, codes, world

ROUTERS = """
network isp 192.0.2.0/29
network mid 192.0.2.8/29
network far 192.0.2.16/29
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on isp .2 ; interface lan on left .1 ; default via i }
router i { interface on isp .1 ; interface on mid .9 ; route far via j }
router j { interface on mid .10 ; interface on far .17 ; route isp via i }
router b { interface wan on far .18 ; interface lan on right .1 ; default via j }
host h { interface on left .10 ; default via a }
host s { interface on right .10 ; default via b ; serve http }
"""
TUNNELS = {
    "gre": "tunnel t gre {{ between a.wan protecting left and b.wan protecting right{} }}",
    "ipip": "tunnel t ipip {{ between a.wan protecting left and b.wan protecting right{} }}",
}


@pytest.mark.parametrize("kind", TUNNELS)
@pytest.mark.parametrize(("ttl", "ends_at"), [(1, "i"), (2, "j"), (3, None), (64, None), (255, None)])
def test_an_outer_packet_goes_through_as_many_routers_as_its_ttl_allows(
    kind: str, ttl: int, ends_at: str | None
) -> None:
    verdict = ask(world(ROUTERS + TUNNELS[kind].format(f" ; ttl {ttl}")), "h", "10.2.0.10")
    if ends_at is None:
        assert verdict.passes
        return
    assert (verdict.outcome, verdict.node) == (Outcome.DROPPED, ends_at)
    assert verdict.reason == f"the TTL {ttl} of the outer packets of tunnel `t` is over at `{ends_at}`"


def test_the_ttl_of_a_vxlan_is_that_of_its_outer_packets() -> None:
    text = ROUTERS.replace("wan on isp .2 ;", "wan on isp .2 ; interface on seg .1 ;")
    text = text.replace("wan on far .18 ;", "wan on far .18 ; interface on seg .2 ;")
    text += "network seg 10.5.0.0/24\ntunnel t vxlan { between a.wan and b.wan ; carries seg ; ttl %s }"
    assert ask(world(text % 3), "a", "10.5.0.2").passes
    assert not ask(world(text % 2), "a", "10.5.0.2").passes


@pytest.mark.parametrize("kind", TUNNELS)
def test_devices_that_stand_and_whose_packets_find_no_way_are_an_error(kind: str) -> None:
    assert codes(ROUTERS + TUNNELS[kind].format("")) == []
    apart = ROUTERS.replace("default via i }", "}").replace("default via j }", "}")
    assert codes(apart + TUNNELS[kind].format("")) == ["tunnel-ends-do-not-meet"]


def test_what_no_tunnel_hides_does_not_arrive_in_clear_because_it_is_down() -> None:
    routed = ROUTERS.replace("route far via j }", "route far via j ; route left via 192.0.2.2 ; route right via j }")
    routed = routed.replace("route isp via i }", "route isp via i ; route left via i ; route right via 192.0.2.18 }")
    assert ask(world(routed), "h", "10.2.0.10").passes
    assert codes(routed + TUNNELS["gre"].format("")) == []
    sealed = "ipsec t { auth psk ; start at boot ; between a.wan protecting left and b.wan protecting right }"
    assert codes(routed + sealed) == ["clear-when-down"]


@pytest.mark.parametrize(
    ("limit", "is_smaller"), [("only gre", True), ("", True), ("only tcp", False), ("only udp/4789", False)]
)
def test_a_child_that_takes_the_outer_packets_leaves_less_room_inside(limit: str, is_smaller: bool) -> None:
    lines = f"ipsec sec {{ auth psk ; mode transport ; between a.wan and b.wan ; {limit} }}"
    found = checked(ROUTERS + TUNNELS["gre"].format("") + "\n" + lines)
    assert found.lab is not None, [one.message for one in found.diagnostics]
    (mtu,) = {end.mtu for node in found.lab.nodes for end in node.tunnels if end.tunnel == "t"}
    assert mtu is not None
    assert (mtu < 1476) is is_smaller


INSIDE = """
network inet 203.0.113.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on inet .1 ; interface lan on left .1 ; %(firewall)s }
router b { interface wan on inet .2 ; interface lan on right .1 ; %(firewall)s }
host p { interface on left .10 ; default via a }
host s { interface on right .10 ; default via b ; serve http }
ipsec carrier { between a and b ; auth psk ; %(carrier)s }
tunnel t %(kind)s { between a protecting left and b protecting right }
"""
FIREWALL = "firewall { policy drop ; accept tunnel carrier ; %s ; accept forward through t }"


@pytest.mark.parametrize("carrier", ["mode transport", "mode transport ; start on traffic", ""])
@pytest.mark.parametrize("accept", ["accept input, output through carrier", "accept input, output %s through ipsec"])
@pytest.mark.parametrize("kind", ["gre", "ipip"])
def test_a_firewall_that_accepts_a_device_s_packets_inside_another_tunnel_does_not_block_them(
    kind: str, accept: str, carrier: str
) -> None:
    text = INSIDE % {"firewall": FIREWALL % accept.replace("%s", kind), "kind": kind, "carrier": carrier}
    assert "tunnel-blocked-by-firewall" not in codes(f"{text}expect {{ p reaches s through t }}")
    assert ask(world(text), "p", "10.2.0.10", "tcp/80").passes
    assert "tunnel-blocked-by-firewall" in codes(text.replace(f" ; {accept.replace('%s', kind)}", ""))


def test_where_the_tunnel_around_it_is_down_that_alone_is_told() -> None:
    text = INSIDE % {"firewall": FIREWALL % "accept input, output through carrier", "kind": "gre", "carrier": ""}
    assert "tunnel-blocked-by-firewall" in codes(text.replace("accept tunnel carrier ; ", ""))
    found = checked(text.replace("accept tunnel carrier ; ", "")).diagnostics
    blocked = [one.message for one in found if one.rule.code == "tunnel-blocked-by-firewall"]
    assert blocked == [f"the firewall of `{end}` drops the packets of its own tunnel `carrier`" for end in "ab"]
