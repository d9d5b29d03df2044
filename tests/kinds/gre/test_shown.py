"""GRE in pictures and measurements: drawn as what it is, measured as any tunnel."""

import pytest

from netdsl.graph import FORMATS, graph_of
from netdsl.measuring.paths import choose
from netdsl.verify import World
from tests.kinds.asking import lab

SITES = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on isp .1 ; interface lan on left .1 }
router b { interface wan on isp .2 ; interface lan on right .1 }
host pc { interface on left .10 ; default via a }
host www { interface on right .10 ; default via b ; serve http }
tunnel t gre { between a.wan protecting left and b.wan protecting right }
"""


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_it_is_drawn_as_a_tunnel_that_encrypts_nothing(name: str) -> None:
    picture = FORMATS[name](graph_of(lab(SITES)))
    assert "GRE, not encrypted" in picture
    assert not any(word in picture for word in ("ESP", "AH", "carries a tunnel's packets"))


def test_what_crosses_it_is_marked_where_another_tunnel_encrypts_it() -> None:
    found = graph_of(lab(f"{SITES}ipsec out {{ between a.wan and b.wan ; auth psk }}"))
    assert found.carried() == {"isp": ("out",)}
    assert [(joint.tunnel, joint.is_encrypted) for joint in found.joints] == [("t", False), ("out", True)]


def test_a_path_through_it_is_measured_beside_one_around_it() -> None:
    found = lab(SITES)
    inside, around = choose(found, [World(found)])
    assert (inside.source, inside.destination, inside.tunnels) == ("pc", "www", ("t",))
    assert around.tunnels == ()
