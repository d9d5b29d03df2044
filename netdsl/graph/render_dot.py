"""A graph for Graphviz (https://graphviz.org/doc/info/lang.html), which does the layout: `dot -Tpdf`."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from netdsl.graph.arrange import hanging
from netdsl.graph.labels import device_lines, joint_lines, port_lines, segment_lines
from netdsl.graph.model import Graph
from netdsl.graph.quoting import dot
from netdsl.ir.node import NodeKind

_NETWORK = 'shape=box, style="filled,rounded", fillcolor="#e6f0fa", color="#7ba7d1"'
_ENCRYPTED = 'shape=box, style="filled,rounded,dashed", fillcolor="#e6f0fa", color="#b3470a", penwidth=2'


def render(graph: Graph) -> str:
    """The file, with a line end. Lines that carry encrypted packets are dashed and thick, tunnels dotted."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    yield f'graph "{dot(graph.name)}" {{'
    yield f'  graph [label="{dot(graph.heading)}", labelloc=t, charset="UTF-8", fontname="Helvetica", nodesep=0.4]'
    yield '  node [fontname="Helvetica", fontsize=11, fillcolor="#ffffff", color="#4a5d70"]'
    yield '  edge [fontname="Helvetica", fontsize=9, color="#66788a"]'
    nodes = {device.id: f"n{number}" for number, device in enumerate(graph.devices)}
    networks = {segment.id: f"s{number}" for number, segment in enumerate(graph.segments)}
    carried = graph.carried()
    for segment in graph.segments:
        look = _ENCRYPTED if segment.id in carried else _NETWORK
        yield f"  {networks[segment.id]} [label={_joined(segment_lines(segment))}, {look}]"
    for device in graph.devices:
        yield f"  {nodes[device.id]} [label={_joined(device_lines(device))}, {_shape(device.kind)}]"
    upper = hanging(graph)
    for device in graph.devices:
        for port in device.ports:
            look = ', style=dashed, penwidth=2, color="#b3470a"' if port.carries else ""
            ends = (nodes[device.id], networks[port.network])
            one, other = ends[::-1] if (device.id, port.interface) in upper else ends
            yield f"  {one} -- {other} [label={_joined(port_lines(port))}{look}]"
    for joint in graph.joints:
        colour = "#b3470a" if joint.state.can_be_up else "#66788a"
        look = f'style=dotted, penwidth=2, color="{colour}", fontcolor="{colour}", constraint=false'
        yield f"  {nodes[joint.one]} -- {nodes[joint.other]} [label={_joined(joint_lines(joint))}, {look}]"
    yield "}"


def _shape(kind: NodeKind) -> str:
    match kind:
        case NodeKind.HOST:
            return 'shape=box, style="filled"'
        case NodeKind.ROUTER:
            return 'shape=box, style="filled,rounded", penwidth=2'
        case NodeKind.SWITCH:
            return 'shape=box, style="filled,diagonals"'
        case _:
            assert_never(kind)


def _joined(lines: Iterable[str]) -> str:
    return '"' + "\\n".join(map(dot, lines)) + '"'
