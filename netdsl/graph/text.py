"""The width of a text without a renderer, and text cut and wrapped to a width.

Widths are those of DejaVu Sans, the widest of the usual screen fonts (its `hmtx` table, in thousandths of the font's
size): text that fits in it fits in Arial, Helvetica and Segoe too.
"""

from unicodedata import east_asian_width

from netdsl.diagnostics.visible import visible

MONO = 602  # thousandths: DejaVu Sans Mono; Menlo and Liberation Mono have as much, Consolas less
_FIRST = 32
# fmt: off
_PLAIN = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
    603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635,
    634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
)
_BOLD = (
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995, 837, 850,
    733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716,
    712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
)
# fmt: on
_OTHER = 850  # Latin with marks, Greek, Cyrillic, arrows: hardly any character is wider
_WIDE = 1050  # East Asian, emoji


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The width in pixels in a proportional font of `size` pixels; rather too large than too small."""
    table = _BOLD if bold else _PLAIN
    return sum(_advance(character, table) for character in text) * size / 1000


def mono_width(text: str, size: float) -> float:
    """The same in a monospaced font."""
    units = (_WIDE if east_asian_width(character) in ("W", "F") else MONO for character in text)
    return sum(units) * size / 1000


def shown(text: str) -> str:
    """Text of a source for a drawing: control, invisible and direction characters replaced by visible signs."""
    return visible(text)


def cut(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text cut to `room` pixels; it ends with an ellipsis if it was cut."""
    if width(text, size, bold=bold) <= room:
        return text
    left = room - width("…", size, bold=bold)
    table = _BOLD if bold else _PLAIN
    for index, character in enumerate(text):
        left -= _advance(character, table) * size / 1000
        if left < 0:
            return text[:index].rstrip() + "…"
    return text


def wrapped(text: str, room: float, size: float, *, bold: bool = False, most: int = 3) -> tuple[str, ...]:
    """At most `most` lines of at most `room` pixels, broken at blanks; lines that are too long are cut."""
    lines: list[str] = []
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and (width(joined, size, bold=bold) <= room or len(lines) == most):
            lines[-1] = joined
        else:
            lines.append(word)
    return tuple(cut(line, room, size, bold=bold) for line in lines)


def _advance(character: str, table: tuple[int, ...]) -> int:
    code = ord(character) - _FIRST
    if 0 <= code < len(table):
        return table[code]
    return _WIDE if east_asian_width(character) in ("W", "F") else _OTHER
