"""A drawing for draw.io (diagrams.net), to be edited: an uncompressed `.drawio` file of mxGraph cells with the layout
of the SVG. Cells are nested (nodes in networks, interfaces in boxes), so that they are moved together."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from netdsl.graph.drawing import Box, Curve, Drawing, Panel, Point, Rect, Side, Wire
from netdsl.graph.labels import device_lines, joint_lines, segment_lines
from netdsl.graph.layout import layout
from netdsl.graph.model import Device, Graph
from netdsl.graph.quoting import xml
from netdsl.graph.sizes import address_lines, chip_lines, prefix_lines
from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.node import NodeKind

_FONT = "fontFamily=Helvetica;fontColor=#1b2733;whiteSpace=wrap;"
_NETWORK = f"rounded=1;arcSize=8;absoluteArcSize=1;{_FONT}fillColor=#e6f0fa;strokeColor=#7ba7d1;verticalAlign=top;"
_ENCRYPTED = "strokeColor=#b3470a;strokeWidth=2;dashed=1;dashPattern=7 4;"
_CHIP = f"rounded=1;arcSize=6;absoluteArcSize=1;{_FONT}fillColor=#ffffff;strokeColor=#c3ced9;fontSize=11;"
_BOX = f"rounded=1;arcSize=8;absoluteArcSize=1;{_FONT}fillColor=#ffffff;strokeColor=#4a5d70;strokeWidth=2;"
_CELL = f"rounded=1;arcSize=5;absoluteArcSize=1;{_FONT}fillColor=#f1f4f7;strokeColor=#c3ced9;fontSize=10;"
_WIRE = "endArrow=none;curved=1;strokeColor=#66788a;strokeWidth=1.5;"
_SAFE = "strokeColor=#b3470a;strokeWidth=2.5;dashed=1;dashPattern=7 4;"
_TUNNEL = (
    "endArrow=none;rounded=1;strokeColor=#b3470a;strokeWidth=4;opacity=70;fontSize=10;"
    "labelBackgroundColor=#ffffff;fontColor=#b3470a;"
)
_DOWN = "strokeColor=#66788a;dashed=1;dashPattern=2 4;fontColor=#4d5b69;"


def render(graph: Graph) -> str:
    """The file, with a line end."""
    return "\n".join(_lines(layout(graph))) + "\n"


def _lines(drawing: Drawing) -> Iterator[str]:
    graph = drawing.graph
    yield '<mxfile host="netdsl" compressed="false">'
    yield f'<diagram id="lab" name="{xml(graph.name)}">'
    yield (
        f'<mxGraphModel grid="1" gridSize="10" guides="1" tooltips="1" connect="1" arrows="1" fold="1" page="0" '
        f'pageWidth="{drawing.width:g}" pageHeight="{drawing.height:g}">'
    )
    yield '<root><mxCell id="0"/><mxCell id="1" parent="0"/>'
    heading = f"text;fontSize=17;fontStyle=1;{_FONT}align=left;verticalAlign=top;"
    yield _vertex("title", graph.heading, heading, Rect(0, -60, max(drawing.width, 360), 44))
    nodes = {device.id: f"n{number}" for number, device in enumerate(graph.devices)}
    networks = {segment.id: f"s{number}" for number, segment in enumerate(graph.segments)}
    carried = graph.carried()
    for panel in drawing.panels:
        yield from _panel(panel, networks, nodes, is_encrypted=panel.segment.id in carried)
    for box in drawing.boxes:
        yield from _box(box, nodes[box.device.id])
    rects = {panel.segment.id: panel.rect for panel in drawing.panels}
    cells = {(box.device.id, cell.port.interface): cell.rect for box in drawing.boxes for cell in box.cells}
    for wire in drawing.wires:
        yield _wire(wire, cells[wire.device.id, wire.port.interface], rects[wire.port.network], nodes, networks)
    boxes = {box.device.id: box.rect for box in drawing.boxes}
    for number, curve in enumerate(drawing.curves):
        yield _curve(f"t{number}", curve, boxes, nodes)
    yield "</root></mxGraphModel></diagram>"
    yield "</mxfile>"


def _panel(
    panel: Panel, networks: dict[NetworkId, str], nodes: dict[NodeId, str], *, is_encrypted: bool
) -> Iterator[str]:
    name = networks[panel.segment.id]
    lines = prefix_lines(panel.segment) if panel.segment.is_link else segment_lines(panel.segment)
    text = "  ".join(lines[:2]) if not panel.segment.is_link else "\n".join(lines)
    text = "\n".join((text, *lines[2:])) if not panel.segment.is_link else text
    yield _vertex(name, text, _NETWORK + (_ENCRYPTED if is_encrypted else ""), panel.rect)
    for chip in panel.chips:
        lines = (chip.device.id, *chip_lines(chip.device), *device_lines(chip.device)[1:])
        yield _vertex(nodes[chip.device.id], "\n".join(lines), _CHIP, _inside(chip.rect, panel.rect), name)


def _box(box: Box, name: str) -> Iterator[str]:
    tops = sum(cell.side is Side.TOP for cell in box.cells)
    bottoms = len(box.cells) - tops
    space = f"spacingTop={box.centre.y - box.rect.y:g};" if tops else ""
    space += f"spacingBottom={box.rect.bottom - box.centre.bottom:g};" if bottoms else ""
    yield _vertex(
        name, "\n".join((_kind(box.device), *device_lines(box.device))), f"{_BOX}fontSize=11;{space}", box.rect
    )
    for number, cell in enumerate(box.cells):
        text = "\n".join((cell.port.interface, *address_lines(cell.port)))
        yield _vertex(f"{name}-{number}", text, _CELL, _inside(cell.rect, box.rect), name)


def _kind(device: Device) -> str:
    match device.kind:
        case NodeKind.HOST:
            return ""
        case NodeKind.ROUTER | NodeKind.SWITCH:
            return f"({device.kind})"
        case _:
            assert_never(device.kind)


def _wire(wire: Wire, cell: Rect, panel: Rect, nodes: dict[NodeId, str], networks: dict[NetworkId, str]) -> str:
    number = wire.device.ports.index(wire.port)
    name = nodes[wire.device.id]
    ends = _ends(wire.start, cell, wire.end, panel)
    look = _WIRE + (_SAFE if wire.port.carries else "") + ends
    return _edge(f"{name}-{number}-w", "", look, f"{name}-{number}", networks[wire.port.network], ())


def _curve(name: str, curve: Curve, boxes: dict[NodeId, Rect], nodes: dict[NodeId, str]) -> str:
    """A tunnel. The points of a curve begin at its upper end, which is either end of the tunnel."""
    one, other = boxes[curve.joint.one], boxes[curve.joint.other]
    points = curve.points if one.x <= curve.points[0][0] <= one.right else curve.points[::-1]
    look = _TUNNEL + ("" if curve.joint.state.can_be_up else _DOWN) + _ends(points[0], one, points[-1], other)
    text = "\n".join(joint_lines(curve.joint))
    return _edge(name, text, look, nodes[curve.joint.one], nodes[curve.joint.other], points[1:-1])


def _ends(start: Point, source: Rect, end: Point, target: Rect) -> str:
    """The style that fixes a line to its two ends, as shares of their size."""
    return "".join(
        f"{word}X={_share(point[0], rect.x, rect.width)};{word}Y={_share(point[1], rect.y, rect.height)};"
        f"{word}Dx=0;{word}Dy=0;"
        for word, point, rect in (("exit", start, source), ("entry", end, target))
    )


def _share(value: float, start: float, size: float) -> str:
    return f"{min(max((value - start) / size, 0), 1):.3g}" if size else "0.5"


def _inside(rect: Rect, outer: Rect) -> Rect:
    return Rect(round(rect.x - outer.x, 1), round(rect.y - outer.y, 1), rect.width, rect.height)


def _vertex(name: str, text: str, look: str, rect: Rect, parent: str = "1") -> str:
    geometry = f'x="{rect.x:g}" y="{rect.y:g}" width="{rect.width:g}" height="{rect.height:g}"'
    return (
        f'<mxCell id="{name}" value="{_value(text)}" style="{look}" vertex="1" parent="{parent}">'
        f'<mxGeometry {geometry} as="geometry"/></mxCell>'
    )


def _edge(name: str, text: str, look: str, source: str, target: str, points: Iterable[Point]) -> str:
    inner = "".join(f'<mxPoint x="{x:g}" y="{y:g}"/>' for x, y in points)
    array = f'<Array as="points">{inner}</Array>' if inner else ""
    return (
        f'<mxCell id="{name}" value="{_value(text)}" style="{look}" edge="1" parent="1" source="{source}" '
        f'target="{target}"><mxGeometry relative="1" as="geometry">{array}</mxGeometry></mxCell>'
    )


def _value(text: str) -> str:
    """A label, its line ends kept: draw.io takes a label without `html=1` as plain text."""
    return "&#10;".join(xml(line) for line in text.split("\n") if line)
