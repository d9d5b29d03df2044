"""Nothing stands on anything else, whatever the lab."""

import itertools
from collections.abc import Callable
from functools import cache, partial
from xml.etree import ElementTree

import pytest

from netdsl.graph import FORMATS, Graph
from netdsl.graph.drawing import Drawing, Rect
from netdsl.graph.layout import layout
from netdsl.graph.sizes import chip_lines, loopback_lines, service_lines
from netdsl.graph.text import mono_width, width

from .asking import CORNERS, EXAMPLES, STAR, graph, graph_at, overlap, passes, shapes


def _of_hundred(make: Callable[[int], str]) -> Graph:
    return graph(make(100))


GRAPHS: dict[str, Callable[[], Graph]] = {
    **{path.parent.name: partial(graph_at, path) for path in EXAMPLES},
    **{f"{name}-100": partial(_of_hundred, make) for name, make in shapes().items()},
    "ring-of-six": lambda: graph(shapes()["ring"](12)),
    "star": lambda: graph(STAR),
    "corners": lambda: graph(CORNERS),
    "alone": lambda: graph("lab one\nhost a { }\n"),
    "apart": lambda: graph("lab apart\n" + "".join(f"network n{i} 10.{i}.0.0/24\n" for i in range(9)) + "host a { }\n"),
}
SLOW = [f"{name}-100" for name in shapes() if name != "sites"]
ALL = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in GRAPHS]
)


@cache
def drawing(name: str) -> Drawing:
    return layout(GRAPHS[name]())


def _things(drawn: Drawing) -> list[Rect]:
    return [panel.rect for panel in drawn.panels] + [box.rect for box in drawn.boxes]


@ALL
def test_boxes_and_networks_stand_apart(name: str) -> None:
    for one, other in itertools.combinations(_things(drawing(name)), 2):
        assert not overlap(one, other)


@ALL
def test_everything_is_in_the_picture_once(name: str) -> None:
    drawn = drawing(name)
    found: Graph = drawn.graph
    chips = [chip.device.id for panel in drawn.panels for chip in panel.chips]
    assert sorted([*chips, *(box.device.id for box in drawn.boxes)]) == sorted(device.id for device in found.devices)
    assert sorted(panel.segment.id for panel in drawn.panels) == sorted(segment.id for segment in found.segments)
    assert [curve.joint for curve in drawn.curves] == list(found.joints)
    assert len(drawn.wires) == sum(len(box.device.ports) for box in drawn.boxes)
    for rect in [*_things(drawn), *(curve.label for curve in drawn.curves)]:
        assert rect.x >= 0
        assert rect.y >= 0
        assert rect.right <= drawn.width + 0.2
        assert rect.bottom <= drawn.height + 0.2


@ALL
def test_nodes_lie_within_their_network_and_apart(name: str) -> None:
    for panel in drawing(name).panels:
        for chip in panel.chips:
            assert panel.rect.x < chip.rect.x
            assert chip.rect.right < panel.rect.right
            assert panel.rect.y + 20 < chip.rect.y
            assert chip.rect.bottom < panel.rect.bottom
        for one, other in itertools.combinations(panel.chips, 2):
            assert not overlap(one.rect, other.rect)


@ALL
def test_lines_begin_at_their_interface_and_end_at_their_network(name: str) -> None:
    drawn = drawing(name)
    panels = {panel.segment.id: panel.rect for panel in drawn.panels}
    cells = {(box.device.id, cell.port.interface): cell.rect for box in drawn.boxes for cell in box.cells}
    for wire in drawn.wires:
        cell, panel = cells[wire.device.id, wire.port.interface], panels[wire.port.network]
        assert cell.x < wire.start[0] < cell.right
        assert min(abs(wire.start[1] - cell.y), abs(wire.start[1] - cell.bottom)) < 0.3
        assert panel.x < wire.end[0] < panel.right
        assert min(abs(wire.end[1] - panel.y), abs(wire.end[1] - panel.bottom)) < 0.3


@ALL
def test_straight_pieces_of_lines_pass_no_box(name: str) -> None:
    drawn = drawing(name)
    for wire in drawn.wires:
        for one, other in ((wire.start, wire.bend), (wire.turn, wire.end)):
            assert not any(passes(one, other, rect) for rect in _things(drawn))


@ALL
def test_tunnels_pass_no_box_and_end_at_theirs(name: str) -> None:
    drawn = drawing(name)
    boxes = {box.device.id: box.rect for box in drawn.boxes}
    for curve in drawn.curves:
        for one, other in itertools.pairwise(curve.points):
            assert one[0] == other[0] or one[1] == other[1]
            assert not any(passes(one, other, rect) for rect in _things(drawn))
        ends = {curve.points[0], curve.points[-1]}
        for node in (curve.joint.one, curve.joint.other):
            rect = boxes[node]
            assert any(rect.x < x < rect.right and abs(y - rect.bottom) < 0.3 for x, y in ends)


@ALL
def test_names_of_tunnels_stand_on_no_box_and_no_other_name(name: str) -> None:
    drawn = drawing(name)
    for curve in drawn.curves:
        assert not any(overlap(curve.label, rect) for rect in _things(drawn))
    for one, other in itertools.combinations(drawn.curves, 2):
        assert not overlap(one.label, other.label)


def _widths(found: Graph) -> dict[str, float]:
    """Each text of its SVG, with what it takes by the look that it has there."""
    widths = {}
    for text in ElementTree.fromstring(FORMATS["svg"](found)).iter("{http://www.w3.org/2000/svg}text"):
        look, said = set(str(text.get("class")).split()), str(text.text)
        size = 10.5 if {"s", "ms"} & look else 11.0 if "m" in look else 17.0 if "h" in look else 13.0
        widths[said] = mono_width(said, size) if {"m", "ms"} & look else width(said, size, bold=bool({"b", "h"} & look))
    return widths


def test_texts_fit_into_what_they_stand_in() -> None:
    wordy = """lab wordy
    network lan 10.0.0.0/24, fc00:1:2:3::/64
    router r { interface a-long-one on lan .1, fc00:1:2:3::aaaa:bbbb ; loopback fc00:1111:2222:3333::aaaa:bbbb/128
      firewall { policy accept } ; nat { masquerade out a-long-one } }
    host x { interface on lan .2 ; serve http a-service-with-a-long-name tcp/8080 ; default via r }
    """
    drawn = layout(graph(wordy))
    for chip in drawn.panels[0].chips:
        wanted = {
            *chip_lines(chip.device),
            *loopback_lines(chip.device),
            *service_lines(chip.device),
            str(chip.device.id),
        }
        widths = _widths(drawn.graph)
        assert all(widths[text] < chip.rect.width for text in wanted)


def test_a_hundred_nodes_fit_on_a_wide_screen_where_networks_can_be_made_narrow() -> None:
    for name in ("hosts-100", "sites-100"):
        assert drawing(name).width < 2400
        assert drawing(name).height < 1400


def test_siblings_keep_the_order_of_the_source() -> None:
    boxes = {str(box.device.id): box.rect.x for box in drawing("star").boxes}
    assert sorted((f"r{i}" for i in range(1, 11)), key=lambda name: boxes[name]) == [f"r{i}" for i in range(1, 11)]


def test_a_hub_of_tunnels_stands_between_its_ends() -> None:
    boxes = {str(box.device.id): box.rect.x for box in drawing("site-to-site").boxes}
    assert boxes["a.gw"] < boxes["gw-s"] < boxes["b.gw"]


def test_the_way_out_of_a_lab_leads_upwards() -> None:
    boxes = {str(box.device.id): box.rect.y for box in drawing("dmz").boxes}
    assert boxes["isp"] < boxes["fw"]
