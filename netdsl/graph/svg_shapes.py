"""SVG elements as text: coordinates with one decimal, every text quoted."""

from netdsl.graph.drawing import Point, Rect, Wire
from netdsl.graph.quoting import xml

_CORNER = 10.0


def number(value: float) -> str:
    return f"{round(value, 1):g}" if abs(value) < 100000 else f"{value:.1f}"


def rectangle(rect: Rect, look: str, round_: float) -> str:
    geometry = f'x="{number(rect.x)}" y="{number(rect.y)}" width="{number(rect.width)}" height="{number(rect.height)}"'
    return f'<rect class="{look}" {geometry} rx="{number(round_)}"/>'


def words_at(x: float, y: float, text: str, look: str, *, anchor: str = "") -> str:
    anchoring = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{look}" x="{number(x)}" y="{number(y)}"{anchoring}>{xml(text)}</text>'


def half_way(wire: Wire) -> Point:
    return (wire.bend[0] + wire.turn[0]) / 2, (wire.bend[1] + wire.turn[1]) / 2


def rounded_path(points: tuple[Point, ...]) -> str:
    """Straight lines with rounded corners, each by at most half of its shorter line."""
    parts = [f"M{_pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(_CORNER, _distance(before, corner) / 2, _distance(corner, after) / 2)
        one, other = _towards(corner, before, reach), _towards(corner, after, reach)
        parts.append(f"L{_pair(one)}Q{_pair(corner)} {_pair(other)}")
    parts.append(f"L{_pair(points[-1])}")
    return "".join(parts)


def _pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, end: Point, reach: float) -> Point:
    distance = _distance(start, end)
    share = reach / distance if distance else 0.0
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
