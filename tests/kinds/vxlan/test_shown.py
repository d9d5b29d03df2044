"""VXLAN in pictures and measurements: the network says what carries it, a path on it is measured as through any tunnel."""

from netdsl.graph import graph_of
from netdsl.measuring.paths import choose
from netdsl.verify import World
from tests.kinds.asking import lab

OFFICES = """
network isp 192.0.2.0/24
network o 10.5.0.0/24
host a { interface on isp .1 ; interface on o .1 }
host b { interface on isp .2 ; interface on o .2 }
host c { interface on isp .3 ; interface on o .3 }
tunnel t vxlan { between a, b and c ; carries o }
"""


def test_the_network_says_which_tunnel_carries_it() -> None:
    found = graph_of(lab(OFFICES))
    assert {segment.id: segment.notes for segment in found.segments} == {
        "isp": (), "o": ("carried by t", "mtu 1450"),
    }  # fmt: skip


def test_each_two_ends_have_a_line_that_encrypts_nothing() -> None:
    joints = graph_of(lab(OFFICES)).joints
    assert [(joint.one, joint.other, joint.header, joint.is_encrypted, joint.ranges) for joint in joints] == [
        (one, other, "VXLAN", False, "") for one, other in (("a", "b"), ("a", "c"), ("b", "c"))
    ]


def test_a_path_on_the_segment_is_measured() -> None:
    found = lab(OFFICES)
    inside, around = choose(found, [World(found)])
    assert inside.address.startswith("10.5.0.")
    assert (inside.tunnels, around.tunnels) == (("t",), ())
