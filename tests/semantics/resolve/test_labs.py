"""The labs of the design resolve, and a large one."""

from pathlib import Path

import pytest

from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.expand import expand
from netdsl.semantics.files import FolderReader
from netdsl.semantics.load import load, load_text
from netdsl.semantics.resolve import resolve

LABS = Path(__file__).parents[2] / "labs"
FILES = (
    "dmz.net",
    "host-to-host.net",
    "ipsec-corners.net",
    "site-to-site-v6.net",
    "students.net",
    "two-files/main.net",
)


@pytest.mark.parametrize("name", FILES)
def test_a_lab_of_the_design_resolves(name: str) -> None:
    path = LABS / name
    diagnostics = Diagnostics()
    sources = load(path.name, FolderReader(path.parent, path.name), diagnostics)
    assert resolve(expand(sources, {}, diagnostics), diagnostics) is not None
    assert list(diagnostics) == []


def ring(routers: int) -> str:
    """Routers in a ring, each with a host behind it."""
    lines = ["lab ring"]
    for i in range(routers):
        lines.append(f"network ring-{i} 172.{16 + i // 256}.{i % 256}.0/24")
        lines.append(f"network lan-{i} 10.{i // 256}.{i % 256}.0/24")
        lines.append(f"router r{i} {{ interface a on ring-{i} .1 ; interface b on ring-{(i + 1) % routers} .2")
        lines.append(f"interface lan on lan-{i} .1 ; default via r{(i + 1) % routers} }}")
        lines.append(f"host h{i} {{ interface on lan-{i} ; default via r{i} }}")
    return "\n".join(lines)


def test_a_thousand_nodes_resolve() -> None:
    diagnostics = Diagnostics()
    expanded = expand(load_text(ring(500).encode(), diagnostics), {}, diagnostics)
    bindings = resolve(expanded, diagnostics)
    assert bindings is not None
    assert len(bindings.nodes) == 1000
