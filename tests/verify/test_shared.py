"""One address in several nodes on purpose."""

from netdsl.packets.types import Outcome
from tests.semantics.rules.test_switches import told
from tests.verify.asking import ask, checked, codes, count_same, world

ANYCAST = """lab anycast
network a 10.0.1.0/24
network b 10.0.2.0/24
network c 10.0.3.0/24
link r1.core -- r2.core 10.0.9.0/31
router r1 { interface core ; interface on a .1 ; route 10.9.9.9 via s1 ; route b, c via r2 }
router r2 { interface core ; interface on b .1 ; interface on c .1 ; route 10.9.9.9 via s2 ; route a via r1 }
host s1 { interface on a .10 ; shared 10.9.9.9 ; default via r1 ; serve http }
host s2 { interface on b .10 ; shared 10.9.9.9 ; default via r2 ; serve http }
host near { interface on a .20 ; default via r1 }
host far { interface on c .20 ; default via r2 }
"""


def test_each_packet_goes_to_the_node_that_routes_lead_to() -> None:
    assert codes(ANYCAST) == []
    assert ask(ANYCAST, "near", "10.9.9.9", "tcp/80").answered_by == ("s1", "http")
    assert ask(ANYCAST, "far", "10.9.9.9", "tcp/80").answered_by == ("s2", "http")
    assert ask(ANYCAST, "s1", "10.9.9.9", "tcp/80").answered_by == ("s1", "http")
    assert codes(ANYCAST + "expect { near reaches 10.9.9.9 tcp/80 answered by s1.http }\n") == []
    assert codes(ANYCAST + "expect { far reaches 10.9.9.9 tcp/80 answered by s1.http }\n") == ["expectation-fails"]


def test_without_a_route_it_is_nowhere() -> None:
    assert ask(ANYCAST.replace("route 10.9.9.9 via s2 ; ", ""), "far", "10.9.9.9").outcome is Outcome.NO_ROUTE


def test_the_matrix_says_the_same() -> None:
    assert count_same(world(ANYCAST)) > 30


def test_both_nodes_have_to_say_so() -> None:
    one = ANYCAST.replace("shared 10.9.9.9 ; default via r2", "loopback 10.9.9.9 ; default via r2")
    assert told(one) == [("duplicate-address", "the address 10.9.9.9 of `s2` is `s1`'s too", "10.9.9.9")]
    (found,) = checked(one).diagnostics
    assert found.help == "`shared 10.9.9.9` in both, where it is meant: each packet goes to the one that routes lead to"
    twice = ANYCAST.replace("shared 10.9.9.9 ; default via r1", "shared 10.9.9.9 ; loopback 10.9.9.9 ; default via r1")
    assert told(twice) == [("duplicate-address", "the address 10.9.9.9 of `s1` is the same node's too", "10.9.9.9")]


def test_it_is_a_complete_address_of_a_node() -> None:
    assert codes(ANYCAST.replace("shared 10.9.9.9", "shared .9"))[:1] == ["wrong-kind"]
    assert codes(ANYCAST.replace("shared 10.9.9.9", "shared 127.0.0.9"))[:1] == ["reserved-address"]
