"""Short ways to labs and their drawings."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from netdsl.graph import Graph, graph_of
from netdsl.graph.drawing import Point, Rect
from netdsl.pipeline.analysis import check
from tests.compiling import lab_of

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/lab.net"))


def graph(text: str) -> Graph:
    """Of a lab's text, whatever it does."""
    return graph_of(lab_of(text))


def graph_at(path: Path) -> Graph:
    lab = check(path).lab
    assert lab is not None
    return graph_of(lab)


def _benchmark() -> ModuleType:
    place = importlib.util.spec_from_file_location("labs", ROOT / "benchmarks" / "labs.py")
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def shapes() -> dict[str, Callable[[int], str]]:
    """The labs that the benchmarks know, of any number of nodes."""
    module = _benchmark()
    return {**module.SHAPES, "ring": module.explicit}


STAR = "lab star\nnetwork core 192.0.2.0/24\nrouter hub { interface on core .1 ; uplink nat }\n" + "".join(
    f"network lan-{i} 10.{i}.0.0/24\n"
    f"router r{i} {{ interface wan on core .{i + 10} ; interface lan on lan-{i} .1 ; default via hub }}\n"
    f"host h{i} {{ interface on lan-{i} ; default via r{i} }}\n"
    for i in range(1, 11)
)

CORNERS = """lab corners "A switch, a link, tunnels of every kind"
network left 10.0.0.0/24 { mtu 1400 }
network right 10.0.0.0/24
network far 10.9.0.0/24
switch s { interface a on left ; interface b on right }
router r { interface on right .1 ; loopback 192.0.2.1/32 ; routing auto }
link r.up -- q.down 10.1.0.0/31
router q { interface on far .1 ; routing auto }
host a { interface on left .2 ; default via r }
host b { interface on far .3 ; default via q }
host c { interface on left .4 ; default via r }
host d { interface on left .5 ; default via r ; serve http tcp/80 }
ipsec hand { between a and b ; auth psk ; start by hand }
ipsec over { between r.up and q.down ; auth psk ; mode transport ; only tcp/80 ; start at boot }
ipsec heads { between c and b ; auth psk ; ah sha256 ; start at boot }
"""


def overlap(one: Rect, other: Rect, margin: float = 0.0) -> bool:
    return (
        one.x < other.right - margin
        and other.x < one.right - margin
        and one.y < other.bottom - margin
        and other.y < one.bottom - margin
    )


def passes(one: Point, other: Point, rect: Rect) -> bool:
    """Whether a straight piece, level or upright, goes through the inside of a box."""
    piece = Rect(min(one[0], other[0]), min(one[1], other[1]), abs(one[0] - other[0]), abs(one[1] - other[1]))
    return overlap(piece, rect, 0.2)
