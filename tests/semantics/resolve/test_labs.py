"""The labs of the design resolve, quickly."""

import time
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


def seconds(routers: int) -> float:
    diagnostics = Diagnostics()
    expanded = expand(load_text(ring(routers).encode(), diagnostics), {}, diagnostics)
    started = time.process_time()
    assert resolve(expanded, diagnostics) is not None
    return time.process_time() - started


def test_a_thousand_nodes_take_a_moment_and_twice_as_many_twice_that() -> None:
    """0.14 s and 0.3 s on the machine that this was written on; the bounds leave room for a busy one."""
    small, large = seconds(250), seconds(500)
    assert large < 1.0
    assert large < 4 * small + 0.1
