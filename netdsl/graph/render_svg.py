"""A drawing as one SVG element: no scripts, no external references, its own styles for light and dark.

The element is a valid file and can be part of an HTML page; a page can hold several.
"""

from collections.abc import Iterator
from hashlib import sha256

from netdsl.graph import words
from netdsl.graph.drawing import Box, Chip, Curve, Drawing, Panel, Point, Rect, Side, Wire
from netdsl.graph.icons import BOXES, ICONS, LOOKS, icon_of
from netdsl.graph.layout import layout
from netdsl.graph.legend import Legend, legend
from netdsl.graph.model import Device, Graph, State
from netdsl.graph.quoting import xml
from netdsl.graph.sizes import (
    ADDRESS,
    ICON,
    LINE,
    NAME,
    PAD,
    address_lines,
    badge_width,
    badges,
    badges_width,
    chip_lines,
    loopback_lines,
    prefix_lines,
    service_lines,
)
from netdsl.graph.style import stylesheet
from netdsl.graph.svg_shapes import half_way, number, rectangle, rounded_path, words_at
from netdsl.graph.text import shown, width, wrapped
from netdsl.ir.ids import TunnelId

_MARGIN = 22.0
_NARROWEST = 360.0
_HEADING_LINE = 23.0
_LOOKS = {State.UP: "", State.BY_HAND: " th", State.DOWN: " td", State.UNKNOWN: " th"}
"""Of the line of a tunnel: classes of its own."""


def render(graph: Graph) -> str:
    """The element, with a line end and without XML prologue: XML and HTML assume UTF-8."""
    return _Svg(layout(graph)).text()


class _Svg:
    def __init__(self, drawing: Drawing) -> None:
        self.drawing, self.graph = drawing, drawing.graph
        self.carried = self.graph.carried()
        self.id = f"netdsl-{sha256(repr(self.graph).encode()).hexdigest()[:8]}"
        wide = max(drawing.width, _NARROWEST)
        self.heading = wrapped(shown(self.graph.heading), wide, 17, bold=True)
        self.legend: Legend = legend(self.graph, wide)
        self.left = _MARGIN + (wide - drawing.width) / 2
        self.top = _MARGIN + _HEADING_LINE * len(self.heading) + 14
        self.width = wide + 2 * _MARGIN
        self.height = self.top + drawing.height + (26 + self.legend.height if self.legend.entries else 0) + _MARGIN

    def text(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        size = f"{number(self.width)} {number(self.height)}"
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="{self.id}" viewBox="0 0 {size}" width="{number(self.width)}" '
            f'height="{number(self.height)}" role="img" aria-labelledby="{self.id}-t {self.id}-d">'
        )
        yield f'<title id="{self.id}-t">{xml(self.graph.heading)}</title>'
        yield f'<desc id="{self.id}-d">{xml(words.summary(self.graph))}</desc>'
        yield f"<style>{stylesheet(self.id)}</style>"
        yield f"<defs>{''.join(self._symbols())}</defs>"
        yield f'<rect class="bg" width="{number(self.width)}" height="{number(self.height)}"/>'
        for at, line in enumerate(self.heading):
            yield words_at(_MARGIN, _MARGIN + 15 + _HEADING_LINE * at, line, "h")
        if not self.graph.devices and not self.graph.segments:
            yield words_at(_MARGIN, self.top + 6, "nothing is in it", "d")
        yield f'<g transform="translate({number(self.left)} {number(self.top)})">'
        yield from self._elements()
        yield "</g>"
        if self.legend.entries:
            y = self.top + self.drawing.height + 26
            yield f'<g transform="translate({number(_MARGIN)} {number(y)})">'
            yield from self._legend()
            yield "</g>"
        yield "</svg>"

    def _elements(self) -> Iterator[str]:
        """All elements from back to front: lines under boxes, names of tunnels on top."""
        for wire in self.drawing.wires:
            yield self._wire(wire)
        for panel in self.drawing.panels:
            yield from self._panel(panel)
        for curve in self.drawing.curves:
            yield from self._curve(curve)
        for box in self.drawing.boxes:
            yield from self._box(box)
        for wire in self.drawing.wires:
            if wire.port.carries:
                yield self._lock_at(half_way(wire))
        for curve in self.drawing.curves:
            yield from self._label(curve)

    # --- symbols

    def _symbols(self) -> Iterator[str]:
        for name in sorted(self._used()):
            yield f'<symbol id="{self.id}-{name}" viewBox="{BOXES.get(name, "0 0 20 20")}">{ICONS[name]}</symbol>'

    def _used(self) -> set[str]:
        used = {icon_of(device) for device in self.graph.devices} | {entry.icon for entry in self.legend.entries}
        used |= {"wall"} if any(device.has_firewall for device in self.graph.devices) else set()
        used |= {"cloud"} if any(device.has_uplink for device in self.graph.devices) else set()
        used |= {"lock"} if self.graph.joints else set()
        return used & set(ICONS)

    def _icon(self, name: str, x: float, y: float, wide: float = ICON, high: float = ICON) -> str:
        look = LOOKS.get(name, "i")
        geometry = f'x="{number(x)}" y="{number(y)}" width="{number(wide)}" height="{number(high)}"'
        return f'<use class="{look}" href="#{self.id}-{name}" {geometry}/>'

    def _lock_at(self, point: Point) -> str:
        x, y = point
        return f'<circle class="k" cx="{number(x)}" cy="{number(y)}" r="9"/>' + self._icon(
            "lock", x - 4, y - 5.5, 8, 10
        )

    # --- networks

    def _panel(self, panel: Panel) -> Iterator[str]:
        segment, rect = panel.segment, panel.rect
        tunnels = self.carried.get(segment.id, ())
        crossing = [f"{self.graph.header(tunnel)} of {tunnel}" for tunnel in tunnels]
        yield f"<g><title>{xml(words.segment(segment, crossing))}</title>"
        round_ = rect.height / 2 if segment.is_link else 9
        yield rectangle(rect, "n", round_)
        if tunnels:
            yield rectangle(rect, "e", round_)
        yield from self._heading(panel, tunnels)
        for chip in panel.chips:
            yield from self._chip(chip)
        yield "</g>"

    def _heading(self, panel: Panel, tunnels: tuple[TunnelId, ...]) -> Iterator[str]:
        segment, rect = panel.segment, panel.rect
        lines = prefix_lines(segment)
        x, y = rect.x + PAD + 2, rect.y + 18
        if segment.is_link:
            y = rect.y + 15
            if tunnels:
                yield self._icon("lock", rect.x + PAD, rect.y + rect.height / 2 - 5.5, 9, 11)
            middle = rect.middle[0] + (7 if tunnels else 0)
            for at, line in enumerate(lines):
                yield words_at(middle, y + LINE * at, line, "m", anchor="middle")
            return
        if tunnels:
            yield self._icon("lock", x, y - 11, 10, 12.5)
            x += 16
        yield words_at(x, y, shown(segment.label), "b")
        for at, line in enumerate(lines):
            if at == 0:
                yield words_at(x + width(shown(segment.label), NAME, bold=True) + 10, y, line, "m")
            else:
                yield words_at(x, y + LINE * at, line, "m")

    def _chip(self, chip: Chip) -> Iterator[str]:
        device, rect = chip.device, chip.rect
        yield f"<g><title>{xml(words.device(device))}</title>{rectangle(rect, 'c', 6)}"
        yield self._icon(icon_of(device), rect.x + PAD - 2, rect.y + 5, 17, 17)
        yield words_at(rect.x + PAD + ICON, rect.y + 18, shown(device.id), "b")
        y = rect.y + 18
        for line in (*chip_lines(device), *loopback_lines(device)):
            y += LINE
            yield words_at(rect.x + PAD, y, line, "m")
        for line in service_lines(device):
            y += LINE
            yield words_at(rect.x + PAD, y, line, "s")
        if badges(device):
            yield from self._badges(device, rect.x + PAD, y + 5)
        yield "</g>"

    # --- nodes

    def _box(self, box: Box) -> Iterator[str]:
        device, rect = box.device, box.rect
        yield f"<g><title>{xml(words.device(device))}</title>"
        if device.has_uplink:
            yield from self._uplink(box)
        yield rectangle(rect, "x", 8)
        for cell in box.cells:
            yield from self._cell(box, cell.rect, cell.side, shown(cell.port.interface), address_lines(cell.port))
        yield from self._centre(device, box.centre)
        yield "</g>"

    def _cell(self, box: Box, rect: Rect, side: Side, name: str, lines: tuple[str, ...]) -> Iterator[str]:
        inner = Rect(rect.x + 4, rect.y + (4 if side is Side.TOP else 0), rect.width - 8, rect.height - 4)
        yield rectangle(inner, "l", 5)
        middle = rect.middle[0]
        y = inner.y + 11.5
        yield words_at(middle, y, name, "s b", anchor="middle")
        for at, line in enumerate(lines):
            yield words_at(middle, y + 13 * (at + 1), line, "m", anchor="middle")

    def _centre(self, device: Device, rect: Rect) -> Iterator[str]:
        middle = rect.middle[0]
        name = shown(device.id)
        across = ICON + 6 + width(name, NAME, bold=True)
        y = rect.y + 6
        yield self._icon(icon_of(device), middle - across / 2, y)
        yield words_at(middle - across / 2 + ICON + 6, y + 15, name, "b")
        y += 24
        if badges(device):
            yield from self._badges(device, middle - badges_width(device) / 2, y)
            y += 19
        for line, look in (
            *((line, "m") for line in loopback_lines(device)),
            *((line, "s") for line in service_lines(device)),
        ):
            y += LINE
            yield words_at(middle, y - 3, line, look, anchor="middle")

    def _badges(self, device: Device, x: float, y: float) -> Iterator[str]:
        for word in badges(device):
            wide = badge_width(word)
            yield rectangle(Rect(x, y, wide, 15), "g", 7.5)
            start = x + 5
            if word == "firewall":
                yield self._icon("wall", start, y + 2, 11, 11)
                start += 14
            yield words_at(start, y + 11.2, word, "s")
            x += wide + 5

    def _uplink(self, box: Box) -> Iterator[str]:
        x, y = box.rect.right, box.centre.y + box.centre.height / 2
        yield f'<path class="w" d="M{number(x)} {number(y)}h18"/>'
        yield self._icon("cloud", x + 14, y - 17, 46, 29)
        yield words_at(x + 36, y + 24, "uplink", "s d", anchor="middle")

    # --- lines

    def _wire(self, wire: Wire) -> str:
        (x, y), (_, bend), (end, turn), (_, stop) = wire.start, wire.bend, wire.turn, wire.end
        half = number((bend + turn) / 2)
        curve = (
            f"V{number(bend)}C{number(x)} {half} {number(end)} {half} {number(end)} {number(turn)}" if x != end else ""
        )
        return (
            f'<path class="{"we" if wire.port.carries else "w"}" d="M{number(x)} {number(y)}{curve}V{number(stop)}"/>'
        )

    def _curve(self, curve: Curve) -> Iterator[str]:
        path = rounded_path(curve.points)
        state = _LOOKS[curve.joint.state]
        yield f"<g><title>{xml(words.tunnel(curve.joint))}</title>"
        if not curve.joint.is_encrypted:
            state += " ta"
        elif curve.joint.state.can_be_up:
            yield f'<path class="t0" d="{path}"/>'
        yield f'<path class="t{state}" d="{path}"/></g>'

    def _label(self, curve: Curve) -> Iterator[str]:
        rect, joint = curve.label, curve.joint
        is_plain = not joint.state.can_be_up or not joint.is_encrypted
        yield f"<g><title>{xml(words.tunnel(joint))}</title>" + rectangle(rect, "k kd" if is_plain else "k", 7)
        left, x, y = rect.x + 6, rect.x + 6, rect.y + 13.5
        if not is_plain:
            yield self._icon("lock", x, rect.y + 4, 8.5, 10.6)
            x += 14
        yield words_at(x, y, curve.name, "s b")
        if curve.ranges and curve.is_long:
            yield words_at(x + width(curve.name, ADDRESS, bold=True) + 8, y, curve.ranges, "ms")
        elif curve.ranges:
            yield words_at(left, y + 13, curve.ranges, "ms")
        yield "</g>"

    # --- legend

    def _legend(self) -> Iterator[str]:
        for entry in self.legend.entries:
            x, y = entry.x, entry.y
            if entry.icon in ICONS:
                wide, high = (22, 14) if entry.icon == "cloud" else (11, 13.7) if entry.icon == "lock" else (16, 16)
                yield self._icon(entry.icon, x + (26 - wide) / 2, y + 8 - high / 2, wide, high)
            else:
                yield from self._sample(entry.icon, x, y + 8)
            yield words_at(x + 32, y + 12, entry.text, "s")

    def _sample(self, kind: str, x: float, y: float) -> Iterator[str]:
        line = f"M{number(x)} {number(y)}h26"
        match kind:
            case "network":
                yield rectangle(Rect(x + 1, y - 6, 24, 12), "n", 4)
            case "encrypted":
                yield f'<path class="we" d="{line}"/>' + self._lock_at((x + 13, y))
            case "clear":
                yield f'<path class="w" d="{line}"/>'
            case "tunnel":
                yield f'<path class="t0" d="{line}"/><path class="t" d="{line}"/>'
            case "by hand":
                yield f'<path class="t0" d="{line}"/><path class="t th" d="{line}"/>'
            case "plain":
                yield f'<path class="t ta" d="{line}"/>'
            case _:
                yield f'<path class="t td" d="{line}"/>'
