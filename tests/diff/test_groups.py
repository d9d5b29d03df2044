"""Blocks of pairs cover these and no other, and are few."""

from hypothesis import given
from hypothesis import strategies as st

from netdsl.diff.groups import Block, End, Homes, Hosts, Pair, blocks

LAN, DMZ = (End(0), End(1), End(2)), (End(3), End(4))
HOMES = Homes({0: LAN, 1: DMZ})
GW = End(5)
NODES = (*LAN, *DMZ, GW, End(6))


def _covered(found: list[Block]) -> list[Pair]:
    return [
        (one, other)
        for sources, goals in found
        for source in sources
        for one in HOMES.of(source)
        for goal in goals
        for other in HOMES.of(goal)
        if one.node != other.node
    ]


_ENDS = st.sampled_from([*NODES, End(5, (9,)), End(5, (8, 9)), End(1, (3,))])
_PAIRS = st.sets(st.tuples(st.sampled_from(NODES), _ENDS).filter(lambda pair: pair[0].node != pair[1].node))


@given(_PAIRS)
def test_each_pair_is_in_one_block_and_no_other_pair_is(pairs: set[Pair]) -> None:
    found = _covered(blocks(pairs, HOMES))
    assert sorted(map(str, found)) == sorted(map(str, pairs))


def _full(some: tuple[End, ...], others: tuple[End, ...]) -> set[Pair]:
    return {(one, other) for one in some for other in others if one != other}


def test_all_hosts_of_a_network_are_the_network() -> None:
    assert blocks(_full(DMZ, LAN), HOMES) == [((Hosts(1),), (Hosts(0),))]


def test_each_to_each_other_is_within() -> None:
    assert blocks(_full(LAN, LAN), HOMES) == [((Hosts(0),), (Hosts(0),))]


def test_the_one_other_host_of_a_network_is_named() -> None:
    assert blocks({(End(3), End(4))}, HOMES) == [((End(3),), (End(4),))]
    assert blocks(_full(DMZ, DMZ), HOMES) == [((Hosts(1),), (Hosts(1),))]


def test_a_host_that_does_not_agree_is_left_out_by_name() -> None:
    assert blocks(_full(DMZ, LAN) - {(End(3), End(0))}, HOMES) == [
        ((End(3),), (End(1), End(2))),
        ((End(4),), (Hosts(0),)),
    ]


def test_what_a_network_has_in_common_is_told_once() -> None:
    found = blocks(_full(DMZ, LAN) | {(End(3), GW)}, HOMES)
    assert found == [((Hosts(1),), (Hosts(0),)), ((End(3),), (GW,))]


def test_nodes_that_ask_one_another_are_one_block() -> None:
    three = (GW, End(6), End(0))
    assert blocks(_full(three, three), HOMES) == [((End(0), GW, End(6)), (End(0), GW, End(6)))]
    assert blocks({(End(6), GW), (GW, End(0)), (End(3), GW)}, HOMES) == [
        ((End(3), End(6)), (GW,)),
        ((GW,), (End(0),)),
    ]
