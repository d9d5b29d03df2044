"""What the signs of a picture mean: only those that are in it."""

from collections.abc import Iterator
from dataclasses import dataclass

from netdsl.graph.icons import icon_of
from netdsl.graph.model import Graph, State
from netdsl.graph.sizes import SMALL
from netdsl.graph.text import width

_SAMPLE, _GAP, _LINE = 32.0, 22.0, 22.0
_KINDS = {"router": "router", "switch": "switch", "host": "host", "server": "host that serves"}


@dataclass(frozen=True, slots=True)
class Entry:
    """`icon`: one of `icons`, or a word for a sample of a line."""

    icon: str
    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Legend:
    entries: tuple[Entry, ...]
    height: float


def legend(graph: Graph, room: float) -> Legend:
    """In lines of at most `room` pixels."""
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
    yield from ((icon, text) for icon, text in _KINDS.items() if icon in icons)
    if graph.segments:
        yield "network", "network"
    if any(device.has_uplink for device in graph.devices):
        yield "cloud", "uplink, out of the lab"
    states = {joint.state for joint in graph.joints if joint.is_encrypted or joint.state is State.DOWN}
    if graph.carried():
        yield "encrypted", "carries a tunnel's packets, encrypted"
        yield "clear", "carries none"
    if State.UP in states:
        yield "tunnel", "tunnel, and what it protects"
    if State.BY_HAND in states:
        yield "by hand", "tunnel that somebody has to open"
    if any(not joint.is_encrypted for joint in graph.joints):
        yield "plain", "tunnel that encrypts nothing (AH)"
    if State.DOWN in states:
        yield "down", "tunnel that stays down"
