"""From a graph to a drawing: the position of every box, line and tunnel. Pure: the same graph gives the same drawing.

Connected components stand side by side. The number of columns within networks is varied until the drawing has the shape
of a page.
"""

from collections.abc import Iterator, Sequence

from netdsl.graph.arrange import Block, Web, blocks, web_of
from netdsl.graph.block import Placed, placed
from netdsl.graph.drawing import Box, Curve, Drawing, Panel, Place, Rect, Wire, tenth
from netdsl.graph.model import Graph
from netdsl.graph.sizes import label_size

PAGE = (1400.0, 900.0)  # pixels: a larger drawing has to be scaled down to be seen whole
_COLUMNS = (4, 3, 2, 1, 6, 9)
_FEW_COLUMNS = (4, 9)
_LARGE = 300  # nodes: from here on only `_FEW_COLUMNS` are tried
_GAP = 48.0


def layout(graph: Graph) -> Drawing:
    """Roughly linear in nodes, but for the order of lines in labs with less than 1,500 routers and networks."""
    web = web_of(graph)
    parts = tuple(blocks(web))
    best: Drawing | None = None
    for columns in _COLUMNS if len(graph.devices) < _LARGE else _FEW_COLUMNS:
        drawing = _drawn(graph, web, parts, columns)
        if best is None or _excess(drawing) < _excess(best):
            best = drawing
        if _excess(best) <= 1:
            break
    assert best is not None, "the lists of columns are not empty"
    return best


def _excess(drawing: Drawing) -> float:
    return max(drawing.width / PAGE[0], drawing.height / PAGE[1])


def _drawn(graph: Graph, web: Web, parts: Sequence[Block], columns: int) -> Drawing:
    components = [placed(graph, web, part, columns) for part in parts]
    panels: list[Panel] = []
    boxes: list[Box] = []
    wires: list[Wire] = []
    curves: list[Curve] = []
    wide = high = 0.0
    for part, x, y in _shelves(components):
        here = _rounded(x, y)
        panels += [panel.placed(here) for panel in part.panels]
        boxes += [box.placed(here) for box in part.boxes]
        wires += [wire.placed(here) for wire in part.wires]
        curves += [curve.placed(here) for curve in part.curves]
        wide, high = max(wide, x + part.width), max(high, y + part.height)
    apart, high = _apart(graph, boxes, curves, high)
    by_joint = {(curve.joint.tunnel, curve.joint.one, curve.joint.other): curve for curve in (*curves, *apart)}
    ordered = tuple(by_joint[joint.tunnel, joint.one, joint.other] for joint in graph.joints)
    wide = max([wide, *(curve.label.right for curve in ordered)])
    return Drawing(graph, tenth(wide), tenth(high), tuple(panels), tuple(boxes), tuple(wires), ordered)


def _shelves(components: Sequence[Placed]) -> Iterator[tuple[Placed, float, float]]:
    """The position of each component: side by side while they fit the page or the widest component, then a new
    shelf."""
    area = sum((part.width + _GAP) * (part.height + _GAP) for part in components)
    room = max(
        [
            PAGE[0] if area < PAGE[0] * PAGE[1] else (area * PAGE[0] / PAGE[1]) ** 0.5,
            *(part.width for part in components),
        ]
    )
    x = y = shelf = 0.0
    for part in components:
        if x and x + part.width > room:
            x, y, shelf = 0.0, y + shelf + _GAP, 0.0
        yield part, x, y
        x, shelf = x + part.width + _GAP, max(shelf, part.height)


def _apart(graph: Graph, boxes: list[Box], curves: list[Curve], high: float) -> tuple[list[Curve], float]:
    """The curves of tunnels between two components, drawn below all of them, and the new height."""
    drawn = {(curve.joint.tunnel, curve.joint.one, curve.joint.other) for curve in curves}
    found: list[Curve] = []
    rects = {box.device.id: box.rect for box in boxes}
    for joint in graph.joints:
        if (joint.tunnel, joint.one, joint.other) not in drawn:
            one, other = rects[joint.one], rects[joint.other]
            y = high + 24
            wide, tall = label_size(joint, is_long=True)
            (x, start), (end, stop) = (one.middle[0], one.bottom), (other.middle[0], other.bottom)
            label = Rect(max((x + end - wide) / 2, 0), y - tall / 2, wide, tall)
            points = ((x, start), (x, y), (end, y), (end, stop))
            found.append(Curve(joint, points, label, True).placed(_rounded(0, 0)))
            high = y + 14
    return found, high


def _rounded(x: float, y: float) -> Place:
    """A translation to a tenth of a pixel."""
    return lambda point: (tenth(point[0] + x), tenth(point[1] + y))
