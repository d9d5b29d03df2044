"""The lengths by which encrypted packets are recognised."""

from ipaddress import ip_address

import pytest

from netdsl.ir.ids import NodeId
from netdsl.ir.service import Protocol, port
from netdsl.packets.world import World
from netdsl.testing.flows import Flow
from netdsl.testing.probes import Kind
from netdsl.testing.watching import sized
from netdsl.verify.predict import predict
from tests.compiling import lab_of

LAB = """lab three
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
network other 10.3.0.0/24
router a { interface wan on isp .1 ; interface lan on left .1 }
router b { interface wan on isp .2 ; interface lan on right .1 ; serve http }
router c { interface wan on isp .3 ; interface lan on other .1 ; serve http }
ipsec plain { between a protecting left and b protecting right ; auth psk }
ipsec pressed { between a protecting left and c protecting other ; auth psk ; ipcomp yes }
"""


@pytest.mark.parametrize(
    ("destination", "count"),
    [("10.2.0.1", 3), ("192.0.2.3", 3), ("10.3.0.1", 1), ("10.9.9.9", 1)],
    ids=["a tunnel", "in clear", "a tunnel that compresses", "no way, so any tunnel"],
)
def test_lengths_are_chosen_where_the_tunnels_on_the_way_keep_them(destination: str, count: int) -> None:
    world, source, service = World(lab_of(LAB)), NodeId("a"), port(Protocol.TCP, 80)
    address = ip_address(destination)
    flow = Flow(source, None, address, service, predict(world, source, address, service), Kind.TCP)
    assert len(sized(world, flow, "mark")) == count
