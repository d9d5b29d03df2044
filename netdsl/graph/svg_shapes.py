"""Pieces of SVG as text: coordinates with one decimal, every text through its filter."""

from netdsl.graph.drawing import Point, Rect, Wire
from netdsl.graph.quoting import xml

_CORNER = 10.0


def number(value: float) -> str:
    return f"{round(value, 1):g}" if abs(value) < 100000 else f"{value:.1f}"


def rectangle(rect: Rect, look: str, round_: float) -> str:
    place = f'x="{number(rect.x)}" y="{number(rect.y)}" width="{number(rect.width)}" height="{number(rect.height)}"'
    return f'<rect class="{look}" {place} rx="{number(round_)}"/>'


def words_at(x: float, y: float, text: str, look: str, *, anchor: str = "") -> str:
    where = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{look}" x="{number(x)}" y="{number(y)}"{where}>{xml(text)}</text>'


def half_way(wire: Wire) -> Point:
    return (wire.bend[0] + wire.turn[0]) / 2, (wire.bend[1] + wire.turn[1]) / 2


def rounded_path(points: tuple[Point, ...]) -> str:
    """Straight pieces, their corners rounded by at most half of the shorter."""
    parts = [f"M{_pair(points[0])}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(_CORNER, _far(before, here) / 2, _far(here, after) / 2)
        one, other = _towards(here, before, reach), _towards(here, after, reach)
        parts.append(
            f"L{number(one[0])} {number(one[1])}Q{number(here[0])} {number(here[1])} {number(other[0])} {number(other[1])}"
        )
    parts.append(f"L{_pair(points[-1])}")
    return "".join(parts)


def _pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _far(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, end: Point, reach: float) -> Point:
    far = _far(start, end)
    share = reach / far if far else 0.0
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
