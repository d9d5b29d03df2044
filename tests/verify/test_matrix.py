"""The matrix is what each flow followed by itself would say, and alike flows share their answer."""

from pathlib import Path

import pytest

from netdsl.lower.lower import lower
from netdsl.pipeline import check
from netdsl.verify import World, matrix, predict

from .asking import world

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/lab.net"))


def assert_same(asked: World) -> int:
    cells = list(matrix(asked))
    for cell in cells:
        verdict = predict(asked, cell.source, cell.address)
        assert (verdict.outcome, verdict.is_encrypted, verdict.is_exact) == (
            cell.outcome,
            cell.is_encrypted,
            cell.is_exact,
        ), cell
    return len(cells)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_each_cell_is_its_own_flow_s_verdict(path: Path) -> None:
    bindings = check(path).bindings
    assert bindings is not None
    assert assert_same(World(lower(bindings)))


def test_hosts_that_a_rule_tells_apart_are_not_alike() -> None:
    asked = world("""
    network a 10.1.0.0/24
    network b 10.2.0.0/24
    router r { interface on a .1 ; interface on b .1
      firewall { policy accept ; drop forward from h-3 ; drop forward to s-2 } }
    for i in 1..4 { host h-$i { interface on a .1$i ; default via r } }
    for i in 1..3 { host s-$i { interface on b .1$i ; default via r } }
    """)
    assert assert_same(asked) == 8 * 7 + 7
    failing = {(cell.source, cell.destination) for cell in matrix(asked) if not cell.passes}
    assert ("h-3", "s-1") in failing
    assert ("h-1", "s-2") in failing
    assert ("h-1", "s-1") not in failing


def test_a_reason_names_the_flow_s_own_nodes() -> None:
    asked = world("network n 10.0.0.0/24\nfor i in 1..3 { host h-$i { interface on n .$i } }")
    reasons = {(str(cell.source), str(cell.destination)): cell.reason for cell in matrix(asked)}
    assert reasons["h-1", "h-3"] == "`h-3` answers"
