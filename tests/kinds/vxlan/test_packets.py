"""VXLAN as packets meet it: between any two ends, through filters, with and without the tunnel, in other tunnels."""

import pytest

from netdsl.ir.ids import TunnelId
from netdsl.ir.tunnel import TunnelEnd
from netdsl.verify import Esp, Outcome, World
from tests.kinds.asking import lab, outer, ping, said
from tests.verify.asking import ask, checked
from tests.verify.asking import lab as broken

OFFICES = """
network isp 192.0.2.0/24
network o 10.5.0.0/24, fd00:5::/64
network side 10.6.0.0/24
router a { interface wan on isp .1 ; interface on o .1, ::1 ; route side via 10.5.0.2 ; %(a)s }
router b { interface wan on isp .2 ; interface on o .2, ::2 ; interface on side .1 ; %(b)s }
host c { interface wan on isp .3 ; interface on o .3, ::3 ; route side via 10.5.0.2 ; serve http }
host pc { interface on side .10 ; default via b }
tunnel t vxlan { between a, b and c ; over ipv4 ; carries o ; %(t)s }
expect { %(expect)s }
"""
PLAIN = {"a": "", "b": "", "t": "", "expect": "t is up"}


def offices(**changed: str) -> str:
    return OFFICES % (PLAIN | changed)


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize("goal", ["10.5.0.3", "fd00:5::3"])
def test_any_two_ends_meet_on_the_segment_in_clear(esp: Esp, goal: str) -> None:
    world = World(lab(offices()), esp)
    for source in ("a", "b"):
        verdict = ask(world, source, goal, "tcp/80")
        assert verdict.outcome is Outcome.ANSWERED
        assert (verdict.tunnels, verdict.is_encrypted) == (("t",), False)


def test_the_outer_packet_is_udp_between_the_two_ends() -> None:
    verdict = ping(World(lab(offices())), "a", "10.5.0.2", 100)
    assert outer(verdict, "isp") == [("192.0.2.1", "192.0.2.2", "udp", 150), ("10.5.0.1", "10.5.0.2", "icmp", 100)]
    (packet,) = (wire.packet for hop in verdict.request for wire in hop.wires if wire.network == "isp")
    assert packet.destination_port == 4789


def test_what_lies_behind_an_end_is_routed_over_the_segment() -> None:
    verdict = ping(World(lab(offices())), "a", "10.6.0.10")
    assert verdict.passes
    assert [hop.node for hop in verdict.request] == ["a", "b", "pc"]


def test_without_the_tunnel_the_segment_has_no_wire() -> None:
    found = lab(offices())
    fallen = World(found, held={TunnelId("t")})
    assert not fallen.is_up(TunnelId("t"))
    assert ping(fallen, "a", "10.5.0.3").reason == "tunnel `t` carries nothing of `o` from `a` to `c`: it is down"


def test_the_segment_has_an_mtu() -> None:
    world = World(lab(offices()))
    assert ping(world, "a", "10.5.0.2", 1450).passes
    assert ping(world, "pc", "10.5.0.3", 1451).outcome is Outcome.TOO_BIG


def test_expectations_are_proved_as_for_any_tunnel() -> None:
    lines = (
        "a reaches c.o tcp/80 through t ; a to c.o is not encrypted on isp ; "
        "a reaches 10.5.0.2 without fragmentation up to 1450 ; t is up }\n"
        "expect while t down { a cannot reach 10.5.0.3 ; t is not up"
    )
    assert list(checked(offices(expect=lines)).diagnostics) == []
    assert said(offices(expect="a to c.o is encrypted on isp"))[0] == "expectation-fails"


@pytest.mark.parametrize(
    ("lines", "passes"),
    [
        ("accept tunnel t ; accept output icmp to o", True),
        ("accept output icmp to o", False),
        ("accept tunnel t", False),
        ("accept output icmp ; accept output udp/4789", True),
    ],
)
def test_filters_see_the_outer_packet_and_the_one_inside(lines: str, passes: bool) -> None:
    world = World(broken(offices(a=f"firewall {{ policy drop ; {lines} ; accept input udp/4789 }}")))
    assert ping(world, "a", "10.5.0.2").passes is passes


@pytest.mark.parametrize(
    ("line", "passes"), [("through t", True), ("tcp/80 through t", False), ("in side through t", True)]
)
def test_what_is_forwarded_to_the_segment_goes_through_the_tunnel(line: str, passes: bool) -> None:
    world = World(broken(offices(b=f"firewall {{ policy drop ; accept tunnel t ; accept forward {line} }}")))
    assert ping(world, "pc", "10.5.0.3").passes is passes


def test_a_firewall_that_lets_no_vxlan_pass_is_told() -> None:
    found = checked(offices(b="firewall { policy drop }", expect="a reaches c.o"))
    assert "tunnel-blocked-by-firewall" in [one.rule.code for one in found.diagnostics]


# --- in other tunnels

PAIR = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
network o 10.5.0.0/24
router a { interface wan on isp .1 ; interface lan on left .1 ; interface on o .1 }
router b { interface wan on isp .2 ; interface lan on right .1 ; interface on o .2 }
"""
OVER_IPSEC = """
ipsec out { between a.wan and b.wan ; auth psk }
tunnel in vxlan { between a.wan and b.wan ; carries o }
"""
OVER_GRE = """
tunnel out gre { between a.wan protecting left and b.wan protecting right }
tunnel in vxlan { between a.lan and b.lan ; carries o }
"""


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize(
    ("tunnels", "is_encrypted", "mtu"), [(OVER_IPSEC, True, 1388), (OVER_GRE, False, 1426)], ids=["IPsec", "GRE"]
)
def test_other_tunnels_carry_it(tunnels: str, is_encrypted: bool, mtu: int, esp: Esp) -> None:
    found = lab(f"{PAIR}{tunnels}expect {{ a reaches 10.5.0.2 through in, out }}")
    verdict = ping(World(found, esp), "a", "10.5.0.2")
    assert verdict.passes
    assert (verdict.tunnels, verdict.is_encrypted) == (("out", "in"), is_encrypted)
    assert [one.mtu for node in found.nodes for one in node.interfaces if one.name == "o"] == [mtu, mtu]


@pytest.mark.parametrize(("esp", "some"), [(Esp.KERNEL, "32768-40959"), (Esp.USER, "1024-45000")])
def test_its_source_port_is_any_that_a_client_has(esp: Esp, some: str) -> None:
    def outcome(ports: str) -> Outcome:
        text = OVER_IPSEC.replace("auth psk", f"auth psk ; only udp from udp/{ports}")
        return ping(World(broken(PAIR + text), esp), "a", "10.5.0.2").outcome

    assert outcome("1024-65535") is Outcome.ANSWERED
    assert outcome(some) is Outcome.NOT_VERIFIED


@pytest.mark.parametrize(("size", "mtu"), [("", 1426), ("{ mtu 1300 }", 1276)])
def test_it_carries_others(size: str, mtu: int) -> None:
    text = f"""{PAIR}
network deep-l 10.11.0.0/24
network deep-r 10.12.0.0/24
host h {{ interface on deep-l .10 ; default via 10.11.0.1 }}
tunnel out vxlan {{ between a and b ; carries o }}
tunnel in gre {{ between a.o protecting deep-l and b.o protecting deep-r }}
expect {{ h reaches 10.12.0.1 through in, out }}
"""
    text = (
        text.replace("network o 10.5.0.0/24", f"network o 10.5.0.0/24 {size}")
        .replace("on left .1", "on deep-l .1")
        .replace("on right .1", "on deep-r .1")
    )
    text = text.replace("network left 10.1.0.0/24\nnetwork right 10.2.0.0/24\n", "")
    found = lab(text)
    assert [one.mtu for node in found.nodes for one in node.tunnels if one.tunnel == "in"] == [mtu, mtu]
    assert set(ping(World(found), "h", "10.12.0.1").tunnels) == {"out", "in"}


def test_many_ends_find_each_other_without_being_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = "".join(f"host e{i} {{ interface wan on isp .{i} ; interface on seg }}\n" for i in range(1, 13))
    names = ", ".join(f"e{i}" for i in range(1, 12))
    many = lab(f"""
    network isp 192.0.2.0/24
    network seg 10.5.0.0/24
    {ends}
    tunnel t vxlan {{ between {names} and e12 ; carries seg }}
    """)
    compared: list[object] = []

    def is_same(one: TunnelEnd, other: object) -> bool:
        compared.append(one)
        return one is other

    monkeypatch.setattr(TunnelEnd, "__eq__", is_same)
    assert World(many).is_up(TunnelId("t"))
    assert not compared
