"""The examples, from source to IR: what the case study says of its labs."""

from pathlib import Path

import pytest

from netdsl.ir.dump import dump
from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.lower.lower import lower
from netdsl.pipeline.analysis import check

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCES = sorted(EXAMPLES.glob("*/*.net"))


def lab(path: Path) -> Lab | None:
    bindings = check(path).bindings
    return None if bindings is None else lower(bindings)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_lowering_is_the_same_each_time_and_can_be_dumped(path: Path) -> None:
    one, other = lab(path), lab(path)
    if one is not None and other is not None:  # a file with parameters to be given is no lab of its own
        assert dump(one) == dump(other)
        macs = [interface.mac for node in one.nodes for interface in node.interfaces]
        assert len(set(macs)) == len(macs)


def test_three_sites_with_one_range_meet_only_at_their_gateways() -> None:
    found = lab(EXAMPLES / "host-to-host" / "lab.net")
    assert found is not None
    gateways = {node.id: node for node in found.nodes if node.tunnels}
    assert list(gateways) == ["a.gw", "b.gw", "gw-s"]
    assert [str(rule.address) for rule in gateways[NodeId("gw-s")].nat.destination] == ["10.1.0.2", "10.1.0.2"]
    assert dict(found.hosts)[gateways[NodeId("a.gw")].interfaces[1].addresses[0].ip] == (
        "a-gw-lan",
        "b-gw-lan",
        "gw-s-lan",
    )
