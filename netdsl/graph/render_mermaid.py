"""A graph as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html), for Markdown that renders it."""

import json
from collections.abc import Iterable, Iterator
from typing import assert_never

from netdsl.graph.arrange import hanging
from netdsl.graph.labels import device_lines, joint_lines, port_lines, segment_lines
from netdsl.graph.model import Device, Graph
from netdsl.graph.quoting import mermaid
from netdsl.graph.text import shown
from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.node import NodeKind

_STYLES = (
    "classDef network fill:#e6f0fa,stroke:#7ba7d1,color:#1b2733",
    "classDef encrypted fill:#e6f0fa,stroke:#b3470a,stroke-width:2px,stroke-dasharray:7 4,color:#1b2733",
    "classDef node fill:#ffffff,stroke:#4a5d70,color:#1b2733",
)


def render(graph: Graph) -> str:
    """The file, with a line end. Lines that carry encrypted packets are thick, tunnels dotted."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    yield from ("---", f"title: {json.dumps(shown(graph.heading), ensure_ascii=False)}", "---", "flowchart TB")
    yield from (f"  {style}" for style in _STYLES)
    nodes = {device.id: f"n{number}" for number, device in enumerate(graph.devices)}
    networks = {segment.id: f"s{number}" for number, segment in enumerate(graph.segments)}
    carried = graph.carried()
    for segment in graph.segments:
        look = "encrypted" if segment.id in carried else "network"
        yield f'  {networks[segment.id]}(["{_joined(segment_lines(segment))}"]):::{look}'
    for device in graph.devices:
        yield f"  {nodes[device.id]}{_shape(device.kind, _joined(device_lines(device)))}:::node"
    upper = hanging(graph)
    for device in graph.devices:
        yield from _ports(device, nodes[device.id], networks, upper)
    for joint in graph.joints:
        arrow = "-.-" if joint.state.can_be_up else "-.-x"
        yield f'  {nodes[joint.one]} {arrow}|"{_joined(joint_lines(joint))}"| {nodes[joint.other]}'


def _shape(kind: NodeKind, text: str) -> str:
    match kind:
        case NodeKind.HOST:
            return f'["{text}"]'
        case NodeKind.ROUTER:
            return f'("{text}")'
        case NodeKind.SWITCH:
            return f'[["{text}"]]'
        case _:
            assert_never(kind)


def _ports(
    device: Device, name: str, networks: dict[NetworkId, str], upper: frozenset[tuple[NodeId, str]]
) -> Iterator[str]:
    for port in device.ports:
        line = "===" if port.carries else "---"
        ends = (name, networks[port.network])
        one, other = ends[::-1] if (device.id, port.interface) in upper else ends
        yield f'  {one} {line}|"{_joined(port_lines(port))}"| {other}'


def _joined(lines: Iterable[str]) -> str:
    return "<br/>".join(map(mermaid, lines))
