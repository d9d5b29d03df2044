"""A drawing with all its positions, which the renderers of SVG and draw.io draw. Pixels, y downwards, rounded."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.graph.model import Device, Graph, Joint, Port, Segment
from netdsl.graph.sizes import label_texts

Point = tuple[float, float]
Place = Callable[[Point], Point]
"""A translation: the new position of a point."""


def tenth(value: float) -> float:
    """Rounded to a tenth of a pixel: the last bits of a float may differ between machines. Never -0."""
    return round(value, 1) + 0.0


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def placed(self, place: Place) -> "Rect":
        return Rect(*place((self.x, self.y)), tenth(self.width), tenth(self.height))


class Side(StrEnum):
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class Chip:
    """A node within its network."""

    device: Device
    rect: Rect


@dataclass(frozen=True, slots=True)
class Panel:
    """A network with the nodes drawn within it."""

    segment: Segment
    rect: Rect
    chips: tuple[Chip, ...]

    def placed(self, place: Place) -> "Panel":
        chips = tuple(Chip(chip.device, chip.rect.placed(place)) for chip in self.chips)
        return Panel(self.segment, self.rect.placed(place), chips)


@dataclass(frozen=True, slots=True)
class Cell:
    """The label of an interface, at the edge of its node's box."""

    port: Port
    rect: Rect
    side: Side


@dataclass(frozen=True, slots=True)
class Box:
    """A node with several networks, a tunnel or an uplink. `centre`: the area between the cells."""

    device: Device
    rect: Rect
    cells: tuple[Cell, ...]
    centre: Rect

    def placed(self, place: Place) -> "Box":
        cells = tuple(Cell(cell.port, cell.rect.placed(place), cell.side) for cell in self.cells)
        return Box(self.device, self.rect.placed(place), cells, self.centre.placed(place))


@dataclass(frozen=True, slots=True)
class Wire:
    """An interface's line to its network: straight to `bend`, a curve to `turn`, straight to `end`."""

    device: Device
    port: Port
    start: Point
    bend: Point
    turn: Point
    end: Point

    def placed(self, place: Place) -> "Wire":
        return Wire(self.device, self.port, *map(place, (self.start, self.bend, self.turn, self.end)))


@dataclass(frozen=True, slots=True)
class Curve:
    """A tunnel's line, whose corners the renderer rounds, and the rectangle of its label."""

    joint: Joint
    points: tuple[Point, ...]
    label: Rect
    is_long: bool  # name and ranges in one line

    def placed(self, place: Place) -> "Curve":
        return replace(self, points=tuple(map(place, self.points)), label=self.label.placed(place))

    @property
    def name(self) -> str:
        return label_texts(self.joint)[0]

    @property
    def ranges(self) -> str:
        return label_texts(self.joint)[1]


@dataclass(frozen=True, slots=True)
class Drawing:
    graph: Graph
    width: float
    height: float
    panels: tuple[Panel, ...]
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    curves: tuple[Curve, ...]
