"""The spanning tree of switches: which ports are out of use, and the way that is left."""

from netdsl.ir.ids import NetworkId
from netdsl.packets.spanning import blocked_ports
from netdsl.packets.world import World
from tests.verify.asking import ask, lab, world

RING = """lab ring
network a 10.0.0.0/24
network b 10.0.0.0/24
link s1.x -- s2.x
link s2.y -- s3.y
link s3.z -- s1.z
switch s1 { stp yes ; interface lan on a { mac 02:00:00:00:00:03 } }
switch s2 { stp yes ; interface lan on b { mac 02:00:00:00:00:02 } }
switch s3 { stp yes ; interface z { mac 02:00:00:00:00:01 } }
host h1 { interface on a .1 }
host h2 { interface on b .2 }
"""


def wires(asked: World) -> list[str]:
    return [str(wire.network) for hop in ask(asked, "h1", "10.0.0.2").request for wire in hop.wires]


def test_the_lowest_mac_address_is_the_root_and_the_port_farthest_from_it_is_blocked() -> None:
    assert blocked_ports(lab(RING)) == {("s1", "x")}
    assert wires(world(RING)) == ["a", "s3.z--s1.z", "s2.y--s3.y", "b"]


def test_another_root_blocks_another_port() -> None:
    text = RING.replace("00:03", "00:00")
    assert blocked_ports(lab(text)) == {("s2", "y")}
    assert wires(world(text)) == ["a", "s1.x--s2.x", "b"]


def test_a_blocked_port_is_taken_when_a_link_falls() -> None:
    cut = frozenset({NetworkId("s2.y--s3.y")})
    assert blocked_ports(lab(RING), cut) == frozenset()
    assert wires(World(lab(RING), cut=cut)) == ["a", "s1.x--s2.x", "b"]


def test_of_two_links_between_two_switches_the_root_s_lower_port_decides() -> None:
    text = """lab two
network a 10.0.0.0/24
link s1.p -- s2.q
link s1.q -- s2.p
switch s1 { stp yes ; interface lan on a { mac 02:00:00:00:00:01 } }
switch s2 { stp yes ; interface p { mac 02:00:00:00:00:02 } }
host h { interface on a }
"""
    assert blocked_ports(lab(text)) == {
        ("s2", "p")
    }  # on the other side is the third port of the root, and the second one


def test_switches_without_a_spanning_tree_are_one_network_to_the_others() -> None:
    text = RING.replace("switch s3 { stp yes ; interface z { mac 02:00:00:00:00:01 } }", "switch s3")
    assert blocked_ports(lab(text)) == {("s1", "z")}  # `s2` is the root; both ports lead to it, `x` to its lower one
    assert wires(world(text)) == ["a", "s1.x--s2.x", "b"]


def test_of_two_ports_of_one_switch_on_a_network_the_first_is_used() -> None:
    text = """lab both
network a 10.0.0.0/24
network b 10.0.0.0/24
switch s { stp yes ; interface p on a ; interface q on a ; interface r on b }
host h1 { interface on a .1 }
host h2 { interface on b .2 }
"""
    assert blocked_ports(lab(text)) == {("s", "q")}
    assert ask(text, "h1", "10.0.0.2").passes
