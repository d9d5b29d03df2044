"""The matrix as text: readable at nine nodes and at forty, never wider than the terminal."""

import csv
import io
import json
import re
from ipaddress import ip_address

import pytest

from netdsl.cli.matrix_data import matrix_csv, matrix_json
from netdsl.cli.matrix_table import SIGNS, matrix_table, sign
from netdsl.ir.ids import NodeId
from netdsl.packets.types import Outcome
from netdsl.packets.world import World
from netdsl.pipeline.analysis import check_text
from netdsl.verify.types import Cell


def _cell(source: str, destination: str, last: int, outcome: Outcome, reason: str, *, secret: bool = False) -> Cell:
    address = ip_address(f"10.0.0.{last}")
    return Cell(NodeId(source), NodeId(destination), address, outcome, secret, True, reason)


def _square(count: int, name: str = "node") -> tuple[list[Cell], list[NodeId]]:
    nodes = [NodeId(f"{name}-{number}") for number in range(1, count + 1)]
    cells = [
        _cell(source, destination, place + 1, Outcome.ANSWERED, f"`{destination}` answers")
        for source in nodes
        for place, destination in enumerate(nodes)
        if source != destination
    ]
    return cells, nodes


def test_signs_a_legend_and_why_not() -> None:
    cells = [
        _cell("a", "b", 2, Outcome.ANSWERED, "`b` answers", secret=True),
        _cell("a", "c", 3, Outcome.DROPPED, "dropped by `policy drop` of the input chain at `c`"),
        _cell("b", "a", 1, Outcome.ANSWERED, "`a` answers"),
        _cell("b", "c", 3, Outcome.DROPPED, "dropped by `policy drop` of the input chain at `c`"),
    ]
    assert matrix_table(cells, [NodeId("a"), NodeId("b"), NodeId("c")], {}, 80) == (
        "     1 2 3\n"
        "1 a  . E -\n"
        "2 b  + . -\n"
        "\n"
        "    3  c\n"
        "signs  + answered, in clear all the way\n"
        "       - dropped\n"
        "       E answered, encrypted on a part of the way\n"
        "       . itself\n"
        "\n"
        "why not (pairs, the first of them, the reason)\n"
        "-     2  1 to 3    dropped by `policy drop` of the input chain at the\n"
        "                   destination\n"
    )


def _reason(destination: str, reason: str) -> str:
    """As the table says it of a flow to an address."""
    cell = Cell(NodeId("a"), NodeId("b"), ip_address(destination), Outcome.UNREACHABLE, False, True, reason)
    table = matrix_table([cell], [NodeId("a"), NodeId("b")], {}, 200)
    return table.splitlines()[-1].split(maxsplit=5)[-1]


def test_in_reasons_the_whole_address_is_its_address_and_no_longer_one_is() -> None:
    assert _reason("10.1.0.1", "nobody answers for 10.1.0.10") == "nobody answers for 10.1.0.10"
    assert (
        _reason("10.1.0.1", "nobody answers for 10.1.0.1, the next hop")
        == "nobody answers for its address, the next hop"
    )
    assert _reason("10.1.0.1", "to 10.1.0.1:80 from 110.1.0.1") == "to its address:80 from 110.1.0.1"
    assert _reason("10.1.0.1", "dropped by `drop input to 10.1.0.1`") == "dropped by `drop input to 10.1.0.1`"
    assert _reason("10.1.0.1", "it covers 10.1.0.1/32") == "it covers 10.1.0.1/32"
    assert (
        _reason("fd00::1", "nobody has fd00::1:2, fd00::11 or fd00::1.")
        == "nobody has fd00::1:2, fd00::11 or its address."
    )


def test_addresses_stand_apart_only_where_somebody_sees_them_differently() -> None:
    cells = [
        _cell("a", "b", 2, Outcome.ANSWERED, ""),
        _cell("a", "b", 3, Outcome.NO_ROUTE, "`a` has no route to 10.0.0.3"),
        _cell("b", "a", 1, Outcome.ANSWERED, ""),
        _cell("b", "a", 4, Outcome.ANSWERED, ""),
    ]
    table = matrix_table(cells, [NodeId("a"), NodeId("b")], {}, 80)
    assert table.startswith(
        "     1 2 2\n       a b\n1 a  . + n\n2 b  + . .\n\n   2a  b by 10.0.0.2\n   2b  b by 10.0.0.3\n"
    )
    assert table.endswith("n     1  1 to 2b   the source has no route to its address\n")


@pytest.mark.parametrize(("count", "width"), [(9, 80), (40, 80), (40, 60), (120, 80)])
def test_no_line_is_wider_than_the_terminal(count: int, width: int) -> None:
    cells, nodes = _square(count)
    lines = matrix_table(cells, nodes, {}, width).splitlines()
    assert max(map(len, lines)) <= width
    assert sum(line.count("+") for line in lines if re.match(r" *\d+ node", line)) == count * (count - 1)


def test_forty_nodes_are_one_table() -> None:
    cells, nodes = _square(40)
    assert sum(line.startswith(" 1 node-1 ") for line in matrix_table(cells, nodes, {}, 80).splitlines()) == 1


def test_long_names_are_in_the_legend() -> None:
    cells, nodes = _square(3, name="a-name-of-more-than-thirty-characters")
    table = matrix_table(cells, nodes, {}, 80)
    assert max(map(len, table.splitlines())) <= 80
    assert "\n1   . + +\n" in table
    assert "1 a-name-of-more-than-thirty-characters-1;" in table


def test_nobody_at_all() -> None:
    assert matrix_table([], [], {}, 80) == "no two nodes\n"


def test_every_outcome_has_a_sign_of_its_own() -> None:
    assert set(SIGNS) == set(Outcome)
    assert len(set(SIGNS.values()) | {"E", "R", "."}) == len(Outcome) + 3
    assert sign(_cell("a", "b", 1, Outcome.REFUSED, "", secret=True)) == "R"


def test_csv_and_json_have_every_cell() -> None:
    lab = check_text(b"lab x\nnetwork n 10.0.0.0/24\nhost a { interface on n }\n").lab
    assert lab is not None
    cells = [_cell("a", "b", 2, Outcome.DROPPED, 'rejected by `reject log "x, y"`')]
    heads, row = csv.reader(io.StringIO(matrix_csv(cells)))
    assert heads == ["from", "to", "address", "outcome", "passes", "encrypted", "exact", "reason"]
    assert row == ["a", "b", "10.0.0.2", "dropped", "no", "no", "yes", 'rejected by `reject log "x, y"`']
    document = json.loads(matrix_json(World(lab), None, cells))
    assert document["cells"][0]["outcome"] == "dropped"
