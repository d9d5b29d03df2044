"""The matrix of a lab as a table: a character for each pair, numbers for heads, a legend, and the reasons."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from netdsl.cli.layout import fitting, hanging
from netdsl.cli.trace_table import RESULTS
from netdsl.dataclass import dataclass
from netdsl.diagnostics.visible import visible, width_of
from netdsl.ir.ids import Address, NodeId
from netdsl.packets.types import Outcome
from netdsl.verify.types import Cell

SIGNS: dict[Outcome, str] = {
    Outcome.ANSWERED: "+",
    Outcome.REFUSED: "r",
    Outcome.DROPPED: "-",
    Outcome.REJECTED: "x",
    Outcome.NO_ROUTE: "n",
    Outcome.UNREACHABLE: "u",
    Outcome.LOOP: "o",
    Outcome.TOO_BIG: "b",
    Outcome.NO_WAY_BACK: "w",
    Outcome.NOT_VERIFIED: "?",
}
ENCRYPTED, REFUSED_ENCRYPTED, SELF = "E", "R", "."
_LEGEND = {ENCRYPTED: "answered, encrypted on a part of the way", REFUSED_ENCRYPTED: "refused, through a tunnel"}
_LONGEST_NAME = 30
_MOST_REASONS = 20
_GROUP = 5


def sign(cell: Cell) -> str:
    if not cell.is_exact:
        return SIGNS[Outcome.NOT_VERIFIED]
    if cell.is_encrypted and cell.passes:
        return ENCRYPTED if cell.outcome is Outcome.ANSWERED else REFUSED_ENCRYPTED
    return SIGNS[cell.outcome]


@dataclass(frozen=True, slots=True)
class _Column:
    """A node under addresses that everybody sees alike. `letter` tells the columns of one node apart."""

    number: int
    letter: str
    node: NodeId
    addresses: tuple[Address, ...]

    @property
    def head(self) -> str:
        return f"{self.number}{self.letter}"


def matrix_table(cells: Sequence[Cell], order: Sequence[NodeId], spoken: Mapping[Address, str], width: int) -> str:
    """`order`: all nodes of the lab, whose places are the numbers; `spoken`: names of addresses. Lines of at most `width`
    columns (wider tables are cut into several)."""
    return "".join(f"{line}\n" for line in _lines(cells, order, spoken, fitting(width)))


def _lines(cells: Sequence[Cell], order: Sequence[NodeId], spoken: Mapping[Address, str], width: int) -> Iterator[str]:
    if not cells:
        yield "no two nodes"
        return
    numbers = {node: place for place, node in enumerate(order, start=1)}
    columns = _columns(cells, numbers)
    found = {(cell.source, cell.address, cell.destination): sign(cell) for cell in cells}
    sources = tuple(dict.fromkeys(cell.source for cell in cells))
    rows = [
        (node, [SELF if one.node == node else found[node, one.addresses[0], one.node] for one in columns])
        for node in sources
    ]
    yield from _grid(rows, columns, numbers, width)
    yield ""
    yield from _names(sources, columns, numbers, spoken, width)
    yield from _signs(rows)
    yield from _reasons(cells, numbers, columns, width)


def _columns(cells: Sequence[Cell], numbers: dict[NodeId, int]) -> tuple[_Column, ...]:
    """Addresses of a node are together in one column unless somebody sees them differently."""
    seen: dict[NodeId, dict[Address, list[tuple[NodeId, str]]]] = {}
    for cell in cells:
        seen.setdefault(cell.destination, {}).setdefault(cell.address, []).append((cell.source, sign(cell)))
    columns: list[_Column] = []
    for node in sorted(seen, key=numbers.__getitem__):
        alike: dict[tuple[tuple[NodeId, str], ...], list[Address]] = {}
        for address, signs in seen[node].items():
            alike.setdefault(tuple(signs), []).append(address)
        for place, addresses in enumerate(alike.values()):
            columns.append(_Column(numbers[node], _letter(place) if len(alike) > 1 else "", node, tuple(addresses)))
    return tuple(columns)


def _letter(place: int) -> str:
    return chr(ord("a") + place) if place < 26 else f"{_letter(place // 26 - 1)}{_letter(place % 26)}"


# --- the grid


def _grid(
    rows: Sequence[tuple[NodeId, list[str]]], columns: Sequence[_Column], numbers: dict[NodeId, int], width: int
) -> Iterator[str]:
    digits = len(str(max(numbers.values())))
    size = max(width_of(node) for node, _ in rows)
    size = size if size <= _LONGEST_NAME else 0
    heads = {node: f"{numbers[node]:>{digits}} {visible(node) if size else ''}" for node, _ in rows}
    indent = digits + 1 + size + 2
    room = width - indent
    is_spaced = 2 * len(columns) <= room + 1
    at_once = len(columns) if is_spaced else max(_GROUP, room * _GROUP // (_GROUP + 1))
    for start in range(0, len(columns), at_once):
        if start:
            yield ""
        part = columns[start : start + at_once]
        for line in _heads(part):
            yield f"{' ' * indent}{_joined(line, is_spaced)}".rstrip()
        for node, signs in rows:
            pad = " " * (indent - width_of(heads[node]))
            yield f"{heads[node]}{pad}{_joined(signs[start : start + at_once], is_spaced)}"


def _heads(columns: Sequence[_Column]) -> Iterator[list[str]]:
    """The heads from top to bottom: numbers end on one line, letters stand below."""
    digits = max(len(str(one.number)) for one in columns)
    for place in range(digits):
        yield [f"{one.number:>{digits}}"[place] for one in columns]
    for place in range(max(len(one.letter) for one in columns)):
        yield [one.letter[place : place + 1] or " " for one in columns]


def _joined(signs: Sequence[str], is_spaced: bool) -> str:
    if is_spaced:
        return " ".join(signs)
    return " ".join("".join(signs[start : start + _GROUP]) for start in range(0, len(signs), _GROUP))


# --- the legend


def _names(
    sources: Sequence[NodeId],
    columns: Sequence[_Column],
    numbers: dict[NodeId, int],
    spoken: Mapping[Address, str],
    width: int,
) -> Iterator[str]:
    """What the heads mean that no row shows: nodes that only answer, addresses that are seen apart."""
    is_long = max(width_of(node) for node in sources) > _LONGEST_NAME
    if is_long:
        yield from hanging("", "; ".join(f"{numbers[node]} {node}" for node in sources), width)
    for node, several in groupby(columns, key=lambda column: column.node):
        for one in several:
            if one.letter:
                text = f"{node} by {', '.join(spoken.get(address, str(address)) for address in one.addresses)}"
                yield from hanging(f"{one.head:>5}  ", text, width)
            elif node not in sources:
                yield f"{one.head:>5}  {visible(node)}"


def _signs(rows: Sequence[tuple[NodeId, list[str]]]) -> Iterator[str]:
    used = {each for _, signs in rows for each in signs}
    words = {SIGNS[outcome]: RESULTS[outcome] for outcome in Outcome}
    words[SIGNS[Outcome.ANSWERED]] = "answered, in clear all the way"
    words |= _LEGEND | {SELF: "itself"}
    for number, each in enumerate(each for each in words if each in used):
        yield f"{'signs' if number == 0 else '':>5}  {each} {words[each]}"


def _reasons(
    cells: Sequence[Cell], numbers: dict[NodeId, int], columns: Sequence[_Column], width: int
) -> Iterator[str]:
    """Why not: each reason once, with how many pairs have it and the first of them."""
    heads = {(column.node, address): column.head for column in columns for address in column.addresses}
    failing = [cell for cell in cells if not cell.passes]
    counts = Counter((sign(cell), _spoken(cell)) for cell in failing)
    firsts: dict[tuple[str, str], str] = {}
    for cell in failing:
        pair = f"{numbers[cell.source]} to {heads[cell.destination, cell.address]}"
        firsts.setdefault((sign(cell), _spoken(cell)), pair)
    if counts:
        yield ""
        yield "why not (pairs, the first of them, the reason)"
    most = counts.most_common(_MOST_REASONS)
    for (mark, text), count in most:
        yield from hanging(f"{mark} {count:>5}  {firsts[mark, text]:<9} ", text, width)
    if len(counts) > len(most):
        yield f"  and {len(counts) - len(most)} more reasons; --format csv has them all"
    inexact = sum(not cell.is_exact for cell in cells)
    if inexact:
        yield ""
        yield from hanging(
            "", f"{inexact} answers are not exact: commands, files or sysctls of nodes, or a way out", width
        )


def _spoken(cell: Cell) -> str:
    """The reason for any pair that has the same: the ends are not named; lines of the lab, in backticks, stay."""
    text = cell.reason.replace(f"`{cell.source}`", "the source").replace(f"`{cell.destination}`", "the destination")
    whole = re.compile(
        rf"(?<![\w.:]){re.escape(str(cell.address))}(?!\w|\.\d|/{'|:' if cell.address.version == 6 else ''})"
    )
    parts = text.split("`")
    return "`".join(part if number % 2 else whole.sub("its address", part) for number, part in enumerate(parts))
