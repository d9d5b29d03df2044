"""The legend: the meaning of each sign that the drawing has."""

from collections.abc import Iterator
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.graph.icons import icon_of
from netdsl.graph.model import Graph, State
from netdsl.graph.sizes import SMALL
from netdsl.graph.text import width

_SAMPLE, _GAP, _LINE = 32.0, 22.0, 22.0
NODES = {"router": "router", "switch": "switch", "host": "host", "server": "host that serves"}
"""The icons of nodes, in the order of the legend, with what they mean."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`icon`: a name in `icons.ICONS`, or the name of a sample line."""

    icon: str
    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Legend:
    entries: tuple[Entry, ...]
    height: float


def legend(graph: Graph, room: float) -> Legend:
    """The legend in lines of at most `room` pixels."""
    entries: list[Entry] = []
    x = y = 0.0
    for icon, text in _meanings(graph):
        wide = _SAMPLE + width(text, SMALL)
        if x and x + wide > room:
            x, y = 0.0, y + _LINE
        entries.append(Entry(icon, text, x, y))
        x += wide + _GAP
    return Legend(tuple(entries), y + _LINE if entries else 0.0)


def _meanings(graph: Graph) -> Iterator[tuple[str, str]]:
    icons = {icon_of(device) for device in graph.devices}
    yield from ((icon, text) for icon, text in NODES.items() if icon in icons)
    if graph.segments:
        yield "network", "network"
    if any(device.has_uplink for device in graph.devices):
        yield "cloud", "uplink, out of the lab"
    states = {joint.state for joint in graph.joints if joint.is_encrypted or not joint.state.can_be_up}
    if graph.carried():
        yield "encrypted", "carries a tunnel's packets, encrypted"
        yield "clear", "carries none"
    yield from (_meaning(state) for state in State if state in states and state.can_be_up)
    if any(not joint.is_encrypted for joint in graph.joints):
        yield "plain", "tunnel that encrypts nothing"
    yield from (_meaning(state) for state in State if state in states and not state.can_be_up)


def _meaning(state: State) -> tuple[str, str]:
    match state:
        case State.UP:
            return "tunnel", "tunnel, and what it protects"
        case State.BY_HAND:
            return "by hand", "tunnel, opened by hand"
        case State.DOWN:
            return "down", "tunnel that stays down"
        case State.UNKNOWN:
            return "by hand", "tunnel, up or down"
        case _:
            assert_never(state)
