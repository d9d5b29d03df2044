"""The source of routes in docs/adding-a-daemon.md is put beside ours; its lab holds, and each state has its routes."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import netdsl.kinds
from netdsl import index
from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import NetworkId
from netdsl.pipeline.analysis import check_text
from netdsl.verify import Outcome, matrix
from tests.docs.copied import ROOT, block
from tests.verify.asking import codes, count_same, lab, world

_block = partial(block, (ROOT / "docs/adding-a-daemon.md").read_text(encoding="utf-8"))
RING = _block("A lab whose routers have nothing else")
BARE = RING[: RING.index("expect")]


@pytest.fixture(autouse=True)
def _flood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`netdsl.kinds.flood`, and its name in the index."""
    folder = tmp_path / "flood"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Routes by flooding."""\n')
    (folder / "routes.py").write_text(_block("`netdsl/kinds/flood/routes.py`"))
    monkeypatch.setattr(netdsl.kinds, "__path__", [*netdsl.kinds.__path__, str(tmp_path)])
    monkeypatch.setattr(index, "ROUTES", (*index.ROUTES, "flood"))
    yield
    for name in [name for name in sys.modules if name.startswith("netdsl.kinds.flood")]:
        del sys.modules[name]


def test_its_lab_holds_in_every_state() -> None:
    found = check_text(RING.encode())
    assert [each.message for each in found.diagnostics] == []
    assert found.summary is not None
    assert found.summary.held == 5


def test_the_payload_has_none_of_what_is_learned() -> None:
    assert [node.routes for node in lab(RING).nodes if node.kind.forwards] == [(), (), ()]


def test_all_pairs_go_by_what_is_learned() -> None:
    cut = world(RING).during(WhileState(False, link=NetworkId("r1.to-r2--r2.to-r1")))
    assert count_same(cut) > 0
    missed = {str(cell.address) for cell in matrix(cut) if cell.outcome is not Outcome.ANSWERED}
    assert missed == {"10.0.12.1", "10.0.12.2"}, "those on the link itself"


def test_a_tunnel_over_learned_routes_comes_up_again_by_another_way() -> None:
    text = """
tunnel t gre { between r1.to-r3 and r2.to-r3 protecting right }
expect { t is up ; a reaches b through t }
expect while r1 -- r3 down { t is up ; a reaches b through t }
expect while r1 -- r2 down { a reaches b through t }
expect while t down { a reaches b ; a to b goes through r1, r2 }
"""
    assert codes(BARE + text) == []


def test_ike_finds_its_peer_by_the_routes_of_that_state() -> None:
    """Its ends are on no common network: without learned routes nothing leads from one to the other."""
    text = """
ipsec t { between a and b ; auth psk ; start at boot }
expect { t is up ; a reaches b tcp/80 through t }
expect while r1 -- r2 down { t is up ; a reaches b tcp/80 through t ; a to b goes through r3 }
"""
    assert codes(BARE + text) == []
