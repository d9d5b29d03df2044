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


MESH = """
for i in 1..9 {
  let next = ${i % 9 + 1}
  network lan-$i 10.1.$i.0/24
  link r$i.next -- r$next.prev ${subnet(172.16.0.0/16, 31, i)}
  router r$i { interface lan on lan-$i .1 ; routing auto MORE }
  host h$i { interface on lan-$i .2 ; default via r$i }
}
network far 10.9.0.0/24
host twin { interface on lan-4 .7, .8 ; default via r4 }
router odd { interface on lan-7 .9 ; interface on far .1 ; default via r7 }
host lost { interface on far .2 ; default via odd }
"""


@pytest.mark.parametrize(
    "more",
    [
        "",
        "; loopback 10.7.0.$i/32",
        "\nif $i == 3 { firewall { policy accept ; drop forward icmp from lan-1 } }",
        "\nif $i == 5 { nat { masquerade out lan } }",
        "\nif $i == 2 { sysctl net.ipv4.conf.all.rp_filter = 1 }",
        '\nif $i == 6 { run "true" }',
    ],
)
def test_what_shares_a_way_is_answered_as_if_it_were_asked_alone(more: str) -> None:
    assert assert_same(world(MESH.replace("MORE", more))) > 400
