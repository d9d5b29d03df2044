"""Table cells for a terminal: wrapped, never cut, without control characters."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from netdsl.diagnostics.visible import columns as columns_of
from netdsl.diagnostics.visible import visible, width_of

GAP = "  "


def wrapped(text: str, width: int, indent: str = "", first: str = "") -> list[str]:
    """Lines of at most `width` columns (wide characters count twice), control characters replaced by visible signs. The
    first begins with `first`, all others with `indent`. A word longer than a line is broken."""
    lines: list[str] = []
    line = ""
    for word in visible(text).split():
        for piece in _pieces(word, max(width - max(len(indent), len(first)), 2)):
            start = indent if lines else first
            if line.strip() and width_of(line) + 1 + width_of(piece) <= width:
                line = f"{line} {piece}"
                continue
            if line.strip():
                lines.append(line)
                start = indent
            line = f"{start}{piece}"
    if line.strip():
        lines.append(line)
    return lines or [""]


def side_by_side(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    """Columns of lines that are no wider than `widths`."""
    for lines in zip_longest(*cells, fillvalue=""):
        padded = (f"{line}{' ' * (width - width_of(line))}" for line, width in zip(lines, widths, strict=True))
        yield GAP.join(padded).rstrip()


def row(texts: Sequence[str], widths: Sequence[int], indent: str = "") -> Iterator[str]:
    """One row of cells, each wrapped to its width."""
    return side_by_side(
        [wrapped(text, width, indent) for text, width in zip(texts, widths, strict=True)],
        widths,
    )


def _pieces(word: str, width: int) -> Iterator[str]:
    while width_of(word) > width:
        count = 0
        room = width
        for character in word:
            room -= columns_of(character)
            if room < 0:
                break
            count += 1
        yield word[:count]
        word = word[count:]
    yield word
