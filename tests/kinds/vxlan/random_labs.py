"""VXLAN in random labs: a segment that two or three gateways are on."""

from collections.abc import Iterator
from ipaddress import ip_network
from random import Random

from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd
from tests.differential.draft import Draft, Net, Port, Tunnel
from tests.differential.tunnels import outer_family

FEATURES = ("vxlan",)
KERNEL_FEATURES: tuple[str, ...] = ()
OUTER = "accept forward udp/4789"
IS_FIRST = False
SHARE = 0.0


def fits(draft: Draft) -> bool:
    return True


def give(rng: Random, draft: Draft, number: int) -> None:
    gateways = draft.of("gateway")
    ends = tuple(rng.sample(gateways, rng.choice([2, len(gateways)])))
    both = {4: ip_network("10.88.0.0/24"), 6: ip_network("fc00:88::/64")}
    office = Net("office", tuple(both[family] for family in draft.families))
    draft.nets.append(office)
    for place, end in enumerate(ends, 1):
        end.ports.append(Port("office", office, place))
    names = [f"{end.name}.wan" for end in ends]
    tunnel = Tunnel("segment", "segment", ends, "vxlan")
    tunnel.lines = [f"between {', '.join(names[:-1])} and {names[-1]}", "carries office", *outer_family(rng, draft)]
    draft.tunnels.append(tunnel)


def nest(rng: Random, draft: Draft) -> None:
    """Nothing is put into VXLAN on purpose."""


def features(end: TunnelEnd, node: Node) -> Iterator[str]:
    yield "vxlan"
