"""A verdict as a table that a student can read: hop by hop, there and back, then what it comes to."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from netdsl.cli.layout import fitting, hanging, place_text, snippet
from netdsl.cli.ways import Changed, Passage, answer_way, request_way
from netdsl.dataclass import dataclass
from netdsl.diagnostics.visible import visible
from netdsl.ir.ids import Address
from netdsl.packets.types import Decision, Outcome, Packet, Verdict, Wire
from netdsl.packets.world import World

_WORD = 12
_SHORTEST_NAME, _LONGEST_NAME = 10, 16
_INDENT = "    "

_ENDS = (Decision.DROP, Decision.REJECT, Decision.FAIL)

RESULTS: dict[Outcome, str] = {
    Outcome.ANSWERED: "answered",
    Outcome.REFUSED: "refused",
    Outcome.DROPPED: "dropped",
    Outcome.REJECTED: "rejected",
    Outcome.NO_ROUTE: "no route",
    Outcome.UNREACHABLE: "unreachable",
    Outcome.LOOP: "goes round",
    Outcome.TOO_BIG: "too big",
    Outcome.NO_WAY_BACK: "no way back",
    Outcome.NOT_VERIFIED: "not verified",
}


def trace_table(world: World, verdict: Verdict, width: int, others: tuple[Address, ...] = ()) -> str:
    """Lines of at most `width` columns, each with a line end. `others`: further addresses of the same node."""
    return "".join(f"{line}\n" for line in _lines(world, verdict, fitting(width), others))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The page: its width and that of its first column, in characters."""

    width: int
    first: int

    def head(self, name: str, word: str) -> str:
        return f"{_INDENT}{visible(name):<{self.first}} {word:<{_WORD - 1}} "

    def below(self, text: str) -> Iterator[str]:
        yield from hanging(self.head("", ""), text, self.width)


def _lines(world: World, verdict: Verdict, width: int, others: tuple[Address, ...]) -> Iterator[str]:
    service = "ping" if verdict.service is None else str(verdict.service)
    yield from hanging("", f"{verdict.source} to {verdict.destination}, {service}", width)
    if others:
        yield from hanging("", f"(the node has other addresses: {', '.join(map(str, others))})", width)
    ways = (("REQUEST", request_way(world, verdict)), ("ANSWER", answer_way(world, verdict)))
    sheet = _Sheet(width, _first_column([*ways[0][1], *ways[1][1]]))
    for title, way in ways:
        if way:
            yield ""
            yield from hanging(f"{title}  ", str(way[0].came), width)
            yield from _way(way, sheet)
    yield ""
    yield from _result(verdict, width)


def _way(way: Sequence[Passage], sheet: _Sheet) -> Iterator[str]:
    """All hops; of a packet that goes round only the first round, and its end."""
    seen: set[tuple[str, str | None, str | None, str]] = set()
    left_out = 0
    for number, passage in enumerate(way, start=1):
        hop = passage.hop
        key = (hop.node, hop.in_interface, hop.out_interface, str(passage.came))
        if key in seen and number < len(way):
            left_out += 1
            continue
        seen.add(key)
        if left_out:
            yield f"    … and so on, {left_out} more hops"
            left_out = 0
        yield from _passage(number, passage, sheet)


def _first_column(way: Sequence[Passage]) -> int:
    hooks = [len(each.step.hook.value) for passage in way for each in passage.steps]
    networks = [len(_wire_name(wire)) for passage in way for wire in passage.hop.wires]
    return max([_SHORTEST_NAME, *(size for size in (*hooks, *networks) if size <= _LONGEST_NAME)])


def _passage(number: int, passage: Passage, sheet: _Sheet) -> Iterator[str]:
    hop = passage.hop
    parts = [str(hop.node)]
    if hop.in_interface is not None:
        parts.append(f"in {hop.in_interface}")
    if hop.out_interface is not None:
        parts.append(f"out {hop.out_interface}{_via(passage)}")
    elif not passage.steps or passage.steps[-1].step.decision not in _ENDS:
        parts.append("it is taken")
    yield from hanging(f"{number:>2}  ", ", ".join(parts), sheet.width)
    for changed in passage.steps:
        yield from _step(changed, sheet)
    for wire in hop.wires:
        yield from _wire(wire, sheet)


def _via(passage: Passage) -> str:
    found = passage.next_hop
    if found is None or found.gateway is None:
        return ""
    return f" via {found.gateway}{place_text(found.origin)}"


def _step(changed: Changed, sheet: _Sheet) -> Iterator[str]:
    step = changed.step
    head = sheet.head(step.hook.value, step.decision.value)
    yield from hanging(head, step.text + place_text(step.origin), sheet.width)
    for line in changes(changed):
        yield from sheet.below(line)


def changes(changed: Changed) -> Iterator[str]:
    """What a step changed in the packet, in words; nothing where it left it as it was."""
    before, after, decision = changed.before, changed.step.packet, changed.step.decision
    match decision:
        case Decision.ENCAPSULATE:
            yield f"{before} ({_bytes(before)})"
            yield f"-> {after} ({_bytes(after)})"
        case Decision.DECAPSULATE:
            yield f"-> {after}"
        case Decision.DNAT | Decision.SNAT | Decision.RESTORE:
            yield from _ends(before, after)
        case Decision.ACCEPT | Decision.DROP | Decision.REJECT | Decision.DELIVER | Decision.REFUSE | Decision.FAIL:
            return
        case _:
            assert_never(decision)


def _bytes(packet: Packet) -> str:
    return f"{packet.size} B" if packet.has_size else "in a stream"


def _ends(before: Packet, after: Packet) -> Iterator[str]:
    for name, old, new in (
        ("source", (before.source, before.source_port), (after.source, after.source_port)),
        ("destination", (before.destination, before.destination_port), (after.destination, after.destination_port)),
    ):
        if old != new:
            yield f"{name} {_end(*old)} -> {_end(*new)}"


def _end(address: Address, port: int) -> str:
    if not port:
        return str(address)
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def wire_word(wire: Wire) -> str:
    """What a listener on the network sees: the encapsulation, and whether its content can be read."""
    packet = wire.packet
    if packet.inner is None:
        return "clear"
    return packet.header if wire.is_encrypted else f"{packet.header} clear"


def _wire_name(wire: Wire) -> str:
    return f"~ {wire.network}"


def _wire(wire: Wire, sheet: _Sheet) -> Iterator[str]:
    name, packet = _wire_name(wire), wire.packet
    if len(name) > sheet.first:
        yield from hanging(_INDENT, name, sheet.width)
        name = ""
    yield from hanging(sheet.head(name, wire_word(wire)), str(packet), sheet.width)
    while packet.inner is not None:
        packet = packet.inner
        yield from sheet.below(f"inside: {packet}")


def _result(verdict: Verdict, width: int) -> Iterator[str]:
    head, reason = RESULTS[verdict.outcome].upper(), verdict.reason
    if verdict.raw:
        head, nodes = RESULTS[Outcome.NOT_VERIFIED].upper(), ", ".join(verdict.raw)
        reason = (
            f"{RESULTS[verdict.outcome]} if commands, files, sysctls and tunnels of {nodes} change nothing: {reason}"
        )
    yield from hanging(f"{head}  ", reason, width)
    if verdict.passes:
        yield from hanging("  ", f"on the wire: {protection(verdict)}", width)
    elif verdict.node is not None and verdict.hook is not None:
        yield from hanging("  ", f"at {verdict.node}, {verdict.hook.value}", width)
    yield from snippet(verdict.origin, width)


def protection(verdict: Verdict) -> str:
    """`encrypted on isp-a, isp-s; clear on a.lan, cloud`."""
    secret = tuple(dict.fromkeys(wire.network for wire in verdict.wires if wire.is_encrypted))
    clear = tuple(dict.fromkeys(wire.network for wire in verdict.wires if not wire.is_encrypted))
    parts = [f"{word} on {', '.join(names)}" for word, names in (("encrypted", secret), ("clear", clear)) if names]
    return "; ".join(parts) or "no network is crossed"
