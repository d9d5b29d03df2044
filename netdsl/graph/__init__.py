"""A lab as a picture: SVG, Mermaid, Graphviz, draw.io (docs/graph.md).

`graph_of(lab)` gives the graph, `FORMATS[name](graph)` draws it; `svg(lab)` does both, for an HTML page.
"""

from collections.abc import Callable, Mapping

from netdsl.graph.build import graph_of
from netdsl.graph.model import Device, Graph, Joint, Port, Segment, State
from netdsl.graph.render_dot import render as _dot
from netdsl.graph.render_drawio import render as _drawio
from netdsl.graph.render_mermaid import render as _mermaid
from netdsl.graph.render_svg import render as _svg
from netdsl.ir.lab import Lab

FORMATS: Mapping[str, Callable[[Graph], str]] = {"svg": _svg, "mermaid": _mermaid, "dot": _dot, "drawio": _drawio}


def svg(lab: Lab) -> str:
    """One `<svg>` element: a valid file, and fit for an HTML page with others."""
    return _svg(graph_of(lab))


__all__ = ["FORMATS", "Device", "Graph", "Joint", "Port", "Segment", "State", "graph_of", "svg"]
