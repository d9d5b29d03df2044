"""IPIP as packets meet it: one header more, by the family inside."""

import pytest

from netdsl.ir.ids import TunnelId
from netdsl.verify import Esp, Outcome, World
from tests.kinds.asking import lab, outer, ping
from tests.verify.asking import lab as broken

SITES = """
network isp 192.0.2.0/24
network left 10.1.0.0/24%(left)s
network right 10.2.0.0/24%(right)s
router a { interface wan on isp .1 ; interface lan on left .1%(one)s ; %(a)s }
router b { interface wan on isp .2 ; interface lan on right .1%(one)s }
tunnel t ipip { between a.wan protecting left and b.wan protecting right }
expect { t is up }
"""
IPV4 = {"left": "", "right": "", "one": "", "a": ""}
BOTH = {"left": ", fd00:1::/64", "right": ", fd00:2::/64", "one": ", ::1"}


def sites(**changed: str) -> str:
    return SITES % (IPV4 | changed)


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize(("goal", "protocol"), [("10.2.0.1", "ipip"), ("fd00:2::1", "ipv6")])
def test_the_outer_packet_has_the_protocol_of_the_family_inside(goal: str, protocol: str, esp: Esp) -> None:
    verdict = ping(World(lab(sites(**BOTH)), esp), "a", goal, 100)
    assert verdict.passes
    assert (verdict.tunnels, verdict.is_encrypted) == (("t",), False)
    assert outer(verdict, "isp")[0] == ("192.0.2.1", "192.0.2.2", protocol, 120)


def test_the_mtu_and_the_tunnel_that_is_down() -> None:
    found = lab(sites())
    assert ping(World(found), "a", "10.2.0.1", 1481).outcome is Outcome.TOO_BIG
    assert ping(World(found, held={TunnelId("t")}), "a", "10.2.0.1").outcome is Outcome.NO_ROUTE


@pytest.mark.parametrize("line", ["accept tunnel t", ""])
def test_filters_see_the_outer_packets(line: str) -> None:
    rules = f"firewall {{ policy drop ; accept input, output icmp ; {line} }}"
    assert ping(World(broken(sites(a=rules))), "a", "10.2.0.1").passes is bool(line)
