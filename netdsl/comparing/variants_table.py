"""One source with several values of a parameter, on paper: the rows of its table, and the table for a terminal."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from netdsl.comparing.columns import row, wrapped
from netdsl.comparing.paper_table import ESTIMATE_TEXT, ESTIMATES, NARROWEST, UNKNOWN, WIDEST, estimate_text, limit_text
from netdsl.comparing.units import shown_sizes
from netdsl.comparing.variant_types import PAYLOADS, Flow, PathOnPaper, TunnelOnPaper, Variant, Variants, WayOnPaper
from netdsl.dataclass import dataclass
from netdsl.packets.types import Esp

_HEAD = 22
_LEAST = 24
_DIGEST = 12
_MOST_FLOWS = 20
_NOTHING = "-"
_ESP = {Esp.KERNEL: "ESP of the kernel", Esp.USER: "ESP in user space"}


@dataclass(frozen=True, slots=True)
class Row:
    """What each value has, in their order; a part of a cell is a line. `head`: the group that the row begins, or empty."""

    name: str
    cells: tuple[tuple[str, ...], ...]
    head: str = ""


def heading(found: Variants) -> str:
    first = found.variants[0].paper
    title = f" ({first.title})" if first.title else ""
    return f"{first.lab}{title}: {found.parameter} = {', '.join(one.value for one in found.variants)}"


def names_of(found: Variants) -> tuple[str, ...]:
    """`vpn=ipsec` for each value; of several parameters the value has their names already."""
    return tuple(one.value if "=" in one.value else f"{found.parameter}={one.value}" for one in found.variants)


def rows(found: Variants) -> tuple[Row, ...]:
    """The table: size, tunnels, every path, who reaches whom, what is in the nodes, estimates for each target."""
    return (*_of_lab(found), *_of_paths(found), *_of_nodes(found))


def _of_lab(found: Variants) -> Iterator[Row]:
    def each(*texts: Iterator[str]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(text) or (_NOTHING,) for text in texts)

    labs = found.variants
    yield Row("size", tuple((shown_sizes(one.paper.nodes, one.paper.networks, one.paper.tunnels),) for one in labs))
    yield Row("tunnels", each(*(map(_tunnel, one.tunnels) for one in labs)))
    yield Row("MTU inside", each(*((_bytes(of.mtu) for of in one.tunnels) for one in labs)))
    yield Row("who reaches whom", tuple(tuple(_reach(one)) for one in labs))
    yield Row("expectations", tuple((one.said,) for one in labs))


def _tunnel(tunnel: TunnelOnPaper) -> str:
    return f"{tunnel.name}: {tunnel.kind}, {'encrypted' if tunnel.is_hiding else 'in clear'}"


def _bytes(size: int | None) -> str:
    return UNKNOWN if size is None else f"{size} bytes"


def _reach(one: Variant) -> Iterator[str]:
    if one.reach is None:
        yield "too many flows to be followed"
        return
    clear = one.reach.answered - one.reach.encrypted
    yield f"{one.reach.answered} of {one.reach.flows} flows are answered"
    yield f"{one.reach.encrypted} encrypted, {clear} in clear"
    if one.reach.unknown:
        yield f"{one.reach.unknown} cannot be known"


# --- paths


def _of_paths(found: Variants) -> Iterator[Row]:
    for number, path in enumerate(found.variants[0].paths):
        ways = [one.paths[number] for one in found.variants]
        yield Row("way", tuple(_by_way(one, _way) for one in ways), f"path {path.name} ({path.address})")
        yield Row("encrypted on", tuple(_by_way(one, lambda way: ", ".join(way.hidden)) for one in ways))
        for index, payload in enumerate(PAYLOADS):
            yield Row(f"{payload} bytes of data", tuple(_by_way(one, partial(_size, index)) for one in ways))
        yield Row("largest in one piece", tuple(_by_way(one, _largest) for one in ways))


def _by_way(path: PathOnPaper, text_of: Callable[[WayOnPaper], str]) -> tuple[str, ...]:
    texts = [(way, text_of(way) or _NOTHING) for way in path.ways]
    if len({text for _, text in texts}) == 1:
        return (texts[0][1],)
    return tuple(f"{text} ({_ESP[way.esp]})" if way.esp is not None else text for way, text in texts)


def _way(way: WayOnPaper) -> str:
    if way.reason:
        return f"does not pass: {way.reason}"
    return f"through {', '.join(way.tunnels)}" if way.tunnels else "in clear"


def _size(index: int, way: WayOnPaper) -> str:
    if way.reason:
        return ""
    carried = way.sizes[index]
    if carried.outside is None:
        return f"{carried.inside}: not in one piece, or in a stream"
    return f"{carried.inside} -> {carried.outside} bytes (+{carried.grown})"


def _largest(way: WayOnPaper) -> str:
    if way.reason:
        return ""
    return "any" if way.largest is None else f"{way.largest} bytes"


# --- nodes


def _of_nodes(found: Variants) -> Iterator[Row]:
    labs = found.variants
    payloads = [next((at.payload for at in one.paper.targets if at.payload is not None), None) for one in labs]
    yield Row("payload", tuple((UNKNOWN if one is None else one[:_DIGEST],) for one in payloads), "nodes")
    shared = set.intersection(*(set(one.packages) for one in labs))
    more = [tuple(name for name in one.packages if name not in shared) for one in labs]
    yield Row("packages, not shared", tuple((", ".join(names) or _NOTHING,) for names in more))
    for number, target in enumerate(labs[0].paper.targets):
        for name in ESTIMATES:
            cells = tuple(_estimates(one, number, name) for one in labs)
            yield Row(name, cells, f"{target.target}, estimated" if name == ESTIMATES[0] else "")


def _estimates(one: Variant, number: int, name: str) -> tuple[str, ...]:
    target = one.paper.targets[number]
    if not target.is_possible:
        return ("cannot make this lab",)
    return tuple(estimate_text(target.estimates, name)) or (UNKNOWN,)


# --- for a terminal


def variants_table(found: Variants, width: int) -> str:
    """Lines of at most `width` columns, clamped to 60 to 110."""
    width = min(max(width, NARROWEST), WIDEST)
    return "".join(f"{line}\n" for line in _lines(found, width))


def _lines(found: Variants, width: int) -> Iterator[str]:
    yield from wrapped(heading(found), width, "  ")
    yield "on paper: nothing was started"
    room = max(1, (width - _HEAD) // (_LEAST + 2))
    table = rows(found)
    numbers = range(len(found.variants))
    for first in range(0, len(numbers), room):
        yield ""
        yield from _grid(found, table, numbers[first : first + room], width)
    yield ""
    yield from wrapped(ESTIMATE_TEXT, width)
    yield from _flows(found, width)
    yield from _limits(found, width)


def _grid(found: Variants, table: Sequence[Row], shown: Sequence[int], width: int) -> Iterator[str]:
    column = min((width - _HEAD) // len(shown) - 2, 40)
    widths = (_HEAD, *(column for _ in shown))
    names = names_of(found)
    yield from row(("", *(names[number] for number in shown)), widths)
    for one in table:
        if one.head:
            yield ""
            yield from wrapped(one.head.upper() if " " not in one.head else one.head, width, "  ")
        lines = max(len(one.cells[number]) for number in shown)
        for line in range(lines):
            cells = [one.cells[number][line] if line < len(one.cells[number]) else "" for number in shown]
            yield from row((one.name if line == 0 else "", *cells), widths, "  ")


def flow_texts(found: Variants, most: int = _MOST_FLOWS) -> Iterator[str]:
    """`client to server (10.1.0.10): encrypted with ipsec, wireguard; in clear with none`, at most so many."""
    for flow in (found.flows or ())[:most]:
        ends = dict.fromkeys(flow.by_value)
        parts = [f"{end} with {', '.join(_values(found, flow, end))}" for end in ends]
        yield f"{flow.source} to {flow.destination} ({flow.address}): {'; '.join(parts)}"
    if len(found.flows or ()) > most:
        yield f"and {len(found.flows or ()) - most} more flows"


def _values(found: Variants, flow: Flow, end: str) -> Iterator[str]:
    return (one.value for one, seen in zip(found.variants, flow.by_value, strict=True) if seen == end)


def _flows(found: Variants, width: int) -> Iterator[str]:
    yield ""
    if found.flows is None:
        yield from wrapped("who reaches whom is not compared: there are too many flows", width, "  ")
    elif not found.flows:
        yield from wrapped("who reaches whom, and what of it is encrypted, is the same with all values", width, "  ")
    else:
        yield "who reaches whom, where it is not the same"
        for text in flow_texts(found):
            yield from wrapped(text, width, "    ", "  ")


def limit_texts(found: Variants) -> Iterator[str]:
    """What a target cannot do, or does otherwise, with which values."""
    told: dict[str, list[str]] = {}
    for one in found.variants:
        for at in one.paper.targets:
            for limit in at.limits:
                told.setdefault(limit_text(at.target, limit), []).append(one.value)
    for text, values in told.items():
        yield f"{found.parameter} = {', '.join(values)}: {text}"


def _limits(found: Variants, width: int) -> Iterator[str]:
    for text in limit_texts(found):
        yield ""
        yield from wrapped(text, width, "  ")
