"""What recordings at the ends of a tunnel say of a packet that went through it."""

from ipaddress import ip_address

import pytest

from netdsl.ir.ids import NodeId, TunnelId
from netdsl.testing.reaching import carried
from netdsl.testing.sight import Frame
from netdsl.testing.trial import Listener, Observed
from tests.verify.asking import world

LAB = world("""
network core 192.0.2.0/24
host a { interface on core .1 }
host b { interface on core .2 }
host c { interface on core .3 }
tunnel t gre { between a and b ; addresses 10.9.0.0/30 }
""")
GRE, MARK = 47, "mark"


def is_carried(at: str, source: str, destination: str, *, is_sent: bool | None, protocol: int = GRE) -> bool:
    ends = (ip_address(f"192.0.2.{source}"), ip_address(f"192.0.2.{destination}"))
    frame = Frame(*ends, protocol, 120, b"\0\0\x08\0" + MARK.encode(), "", is_sent)
    return carried(LAB, TunnelId("t"), MARK, [MARK], Observed((), {Listener(NodeId(at), "any"): (frame,)}))


@pytest.mark.parametrize(("at", "is_sent"), [("a", True), ("b", False)])
def test_outer_packets_are_seen_where_they_are_sent_or_only_where_they_come(at: str, is_sent: bool) -> None:
    assert is_carried(at, "1", "2", is_sent=is_sent)


@pytest.mark.parametrize(
    ("at", "source", "destination", "is_sent"),
    [("a", "1", "3", True), ("b", "3", "2", False), ("a", "2", "1", True), ("b", "1", "2", True)],
)
def test_others_are_not_the_tunnel_s(at: str, source: str, destination: str, is_sent: bool) -> None:
    assert not is_carried(at, source, destination, is_sent=is_sent)


def test_packets_beside_the_tunnel_are_not_in_it() -> None:
    assert not is_carried("a", "1", "2", is_sent=True, protocol=1)
