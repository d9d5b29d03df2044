"""The descriptions of the statements, and what is made of them."""

from netdsl.syntax.description import FILE
from netdsl.syntax.statements import statements


def test_each_word_has_a_block_where_it_belongs_or_a_level_or_is_not_compiled_yet() -> None:
    table = statements()
    for one in table:
        ways = (bool(table.places[one.word]), one.level is not None, one.instead is not None)
        assert sum(ways) == 1, one.word


def test_each_block_that_a_word_belongs_in_is_that_of_a_statement_with_a_block() -> None:
    table = statements()
    blocks = {FILE} | {one.word for one in table if one.has_block}
    roles = ("gateway", "client")  # each kind has words of its own in the blocks of its ends
    blocks |= {f"{one.word} {role}" for one in table for role in roles if one.word in table.places[role]}
    assert {place for places in table.places.values() for place in places} <= blocks


def test_words_that_tunnels_share_stand_in_the_blocks_of_the_kinds_that_hold_them() -> None:
    assert set(statements().places["between"]) >= {"ipsec", "child", "tunnel gre", "tunnel vxlan"}
    assert set(statements().places["over"]) >= {"ipsec", "tunnel gre", "tunnel vxlan"}
    assert set(statements().places["at"]) >= {"ipsec", "tunnel gre", "tunnel ipip", "tunnel vxlan"}


def test_a_word_that_a_kind_describes_is_no_longer_one_of_a_later_version() -> None:
    assert statements().later("ipsec") is None
    assert statements().later("vnf") is not None
