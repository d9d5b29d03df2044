"""The inside of a box or a panel, from its own corner; needs the order of the rows."""

from netdsl.dataclass import dataclass
from netdsl.graph.arrange import Web
from netdsl.graph.drawing import Cell, Chip, Rect, Side
from netdsl.graph.model import Device, Graph, Segment
from netdsl.graph.sizes import (
    PAD,
    TUNNEL_PORT,
    UPLINK_ROOM,
    cell_size,
    centre_size,
    chip_size,
    header_size,
)
from netdsl.ir.ids import NetworkId

_CHIP_GAP = 6.0


@dataclass(frozen=True, slots=True)
class Leg:
    """Where a tunnel leaves a box. `joint`: its index in `Graph.joints`; `x`: from the box's left."""

    joint: int
    x: float


@dataclass(frozen=True, slots=True)
class BoxShape:
    """`ports`: for each port of the device the x and the side of its line. `room`: the width with an uplink's cloud."""

    width: float
    height: float
    room: float
    cells: tuple[Cell, ...]
    centre: Rect
    ports: tuple[tuple[float, Side], ...]
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class PanelShape:
    width: float
    height: float
    chips: tuple[Chip, ...]


def panel_shape(graph: Graph, web: Web, vertex: int, columns: int, encrypted: frozenset[NetworkId]) -> PanelShape:
    """A heading, and below it the nodes in a grid of at most `columns` columns."""
    index = web.vertices[vertex].segment
    assert index is not None, "a panel is a segment's"
    segment: Segment = graph.segments[index]
    wide, head = header_size(segment, is_encrypted=segment.id in encrypted)
    devices = [graph.devices[leaf] for leaf in web.leaves[vertex]]
    if not devices:
        return PanelShape(wide, head, ())
    sizes = [chip_size(device) for device in devices]
    columns = min(columns, len(devices))
    rows = [sizes[at : at + columns] for at in range(0, len(sizes), columns)]
    column = max([size[0] for size in sizes] + [(wide - PAD - (columns + 1) * 2) / columns - _CHIP_GAP])
    chips: list[Chip] = []
    y = head + 2
    for number, row in enumerate(rows):
        high = max(size[1] for size in row)
        for at in range(len(row)):
            rect = Rect(PAD + at * (column + _CHIP_GAP), y, column, high)
            chips.append(Chip(devices[number * columns + at], rect))
        y += high + _CHIP_GAP
    across = 2 * PAD + columns * column + (columns - 1) * _CHIP_GAP
    return PanelShape(max(wide, across), y - _CHIP_GAP + PAD, tuple(chips))


def box_shape(
    device: Device, above: tuple[int, ...], below: tuple[int, ...], left: tuple[int, ...], right: tuple[int, ...]
) -> BoxShape:
    """`above`, `below`: the ports of each side, in order; `left`, `right`: the joints that leave below to that side."""
    sizes = [cell_size(port) for port in device.ports]
    centre_wide, centre_high = centre_size(device)
    tops, bottoms = sum(sizes[port][0] for port in above), sum(sizes[port][0] for port in below)
    beside = TUNNEL_PORT * (len(left) + len(right))
    wide = max(centre_wide, tops, bottoms + beside)
    top_high = max((sizes[port][1] for port in above), default=0.0)
    bottom_high = max((sizes[port][1] for port in below), default=0.0)
    centre = Rect(0, top_high, wide, centre_high)
    cells: dict[int, Cell] = {}
    x = 0.0
    for port in above:
        across = sizes[port][0] + (wide - tops) / len(above)
        cells[port] = Cell(device.ports[port], Rect(x, 0, across, top_high), Side.TOP)
        x += across
    y = top_high + centre_high
    x = TUNNEL_PORT * len(left)
    for port in below:
        across = sizes[port][0] + (wide - beside - bottoms) / len(below)
        cells[port] = Cell(device.ports[port], Rect(x, y, across, bottom_high), Side.BOTTOM)
        x += across
    legs = [Leg(joint, TUNNEL_PORT * (number + 0.5)) for number, joint in enumerate(left)]
    legs += [Leg(joint, wide - TUNNEL_PORT * (len(right) - number - 0.5)) for number, joint in enumerate(right)]
    if not below:
        legs = _spread(legs, wide)
    ports = tuple((cells[port].rect.middle[0], cells[port].side) for port in range(len(device.ports)))
    room = UPLINK_ROOM if device.has_uplink else 0.0
    in_order = tuple(cells[port] for port in range(len(device.ports)))
    return BoxShape(wide, y + bottom_high, wide + room, in_order, centre, ports, tuple(legs))


def _spread(legs: list[Leg], wide: float) -> list[Leg]:
    """The legs over the whole lower edge, which no line uses."""
    return [Leg(leg.joint, wide * (number + 1) / (len(legs) + 1)) for number, leg in enumerate(legs)]
