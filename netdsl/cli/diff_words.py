"""A difference in sentences, for a terminal and for Markdown alike."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from netdsl.dataclass import dataclass
from netdsl.diff.types import (
    Change,
    Detail,
    Difference,
    ExpectationChange,
    FindingChange,
    FlowChange,
    Party,
    Standing,
    Turn,
)

HEADS: dict[Turn, str] = {
    Turn.OPENED: "now open",
    Turn.CLOSED: "no longer open",
    Turn.CLEAR: "now in clear",
    Turn.ENCRYPTED: "now encrypted",
    Turn.ANSWERED: "now answered",
    Turn.REFUSED: "no longer answered, nothing listens",
    Turn.UNKNOWN: "cannot be known any longer",
    Turn.KNOWN: "can be known now",
    Turn.UNKNOWABLE: "cannot be known, before or now",
}
_IS: dict[Standing, str] = {
    Standing.HOLDS: "holds",
    Standing.FAILS: "does not hold",
    Standing.UNKNOWN: "cannot be known",
    Standing.NOT_ASKED: "is not asked, for another error",
    Standing.ABSENT: "gone",
}
_WAS: dict[Standing, str] = {
    Standing.HOLDS: "held",
    Standing.FAILS: "did not hold",
    Standing.UNKNOWN: "could not be known",
    Standing.NOT_ASKED: "was not asked, for another error",
    Standing.ABSENT: "new",
}
_MOST_NAMES, _MOST_DETAILS = 8, 12
NOTHING = "no difference in who reaches whom, in what the labs are made of, nor in what is expected"


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence; `inner`: what belongs to it."""

    text: str
    inner: tuple[str, ...] = ()


def sections(difference: Difference) -> Iterator[tuple[str, list[Line]]]:
    """A title and its lines; those without a line are left out."""
    flows = [Line(flow_text(one)) for one in difference.flows]
    if difference.left_out:
        named = ", ".join(difference.left_out)
        flows.append(Line(f"not compared, as these are too many flows at once: {named} (--service asks for one)"))
    found = (
        ("who reaches whom", flows),
        ("what the labs are made of", [_change(one) for one in difference.changes]),
        ("what is expected", list(_expectations(difference))),
        ("findings", [_finding(one) for one in difference.findings]),
    )
    yield from ((title, lines) for title, lines in found if lines)


# --- flows


def flow_text(flow: FlowChange) -> str:
    """`now open: tcp/22 from dmz to lan`."""
    text = f"{HEADS[flow.turn]}: {', '.join(flow.services)}"
    sources, goals = _parties(flow.sources), _parties(flow.destinations)
    text += _within(flow, sources) if sources == goals else f" from {sources} to {goals}"
    match flow.turn:
        case Turn.OPENED:
            text += ", encrypted on a part of the way" if flow.is_encrypted else ""
            text += "; nothing listens there" if flow.is_answered is False else ""
        case Turn.CLOSED:
            text += ", which was encrypted" if flow.is_encrypted else ""
            text += _why(flow)
        case Turn.UNKNOWN:
            text += f" (was {flow.known})"
        case Turn.KNOWN:
            text += f" ({flow.known})"
        case _:
            pass
    return text


def _within(flow: FlowChange, names: str) -> str:
    return f" within {names}" if len(flow.sources) == 1 else f" between {names}"


def _why(flow: FlowChange) -> str:
    if not flow.reason or flow.example is None:
        return ""
    if flow.count == 1:
        return f": {flow.reason}"
    source, goal, service = flow.example
    return f" ({source.shown} to {goal.shown}, {service}: {flow.reason})"


def _parties(parties: Sequence[Party]) -> str:
    names = ["every node" if one.names is None else one.names.shown for one in parties]
    if len(names) > _MOST_NAMES:
        names = [*names[: _MOST_NAMES - 1], f"{len(names) - _MOST_NAMES + 1} others"]
    return ", ".join(names)


# --- what labs are made of


def _change(change: Change) -> Line:
    names = change.names
    if names.before is None or names.after is None:
        sign = "+" if names.before is None else "-"
        what = ", ".join(filter(None, (_value(one) for one in change.details[:_MOST_DETAILS])))
        return Line(f"{sign} {change.kind} {names.shown}" + (f": {what}" if what else ""))
    text = f"~ {change.kind} {names.before}"
    if names.is_renamed:
        because = f" ({change.because})" if change.because else ""
        text += f" is called {names.after} now{because}"
    shown = [_detail(one) for one in change.details[:_MOST_DETAILS]]
    if len(change.details) > _MOST_DETAILS:
        shown.append(f"and {len(change.details) - _MOST_DETAILS} more; --format json has them all")
    return Line(text, tuple(shown))


def _value(detail: Detail) -> str:
    value = detail.after or detail.before or ""
    return value if detail.what in ("kind", "prefix", "port") else f"{detail.what} {value}"


def _detail(detail: Detail) -> str:
    if detail.before is None:
        return f"+ {detail.what}: {detail.after}"
    if detail.after is None:
        return f"- {detail.what}: {detail.before}"
    if detail.before == detail.after:
        return f"~ {detail.what}"
    return f"~ {detail.what}: {detail.before} → {detail.after}"


# --- what is expected and found


def _expectations(difference: Difference) -> Iterator[Line]:
    """A line that stands for several sources and goals is one sentence."""

    def line(change: ExpectationChange) -> tuple[str, str, str]:
        return change.written or change.text, change.block, _stands(change)

    for (written, block, stands), changes in groupby(difference.expectations, key=line):
        first, *others = changes
        text = f"{stands}: {written if others else first.text}" + ("" if block == "expect" else f" ({block})")
        if others:
            text += f", for {len(others) + 1} pairs; {first.text}"
        yield Line(text + (f": {first.reason}" if first.reason else ""))


def _stands(change: ExpectationChange) -> str:
    before, after = change.before, change.after
    if before is Standing.ABSENT:
        return f"{_WAS[before]}, {_IS[after]}"
    if after is Standing.ABSENT:
        return f"{_IS[after]}, {_WAS[before]}"
    if (before, after) == (Standing.HOLDS, Standing.FAILS):
        return "no longer holds"
    return f"{_IS[after]} now" if after is Standing.HOLDS else f"{_IS[after]} now ({_WAS[before]})"


def _finding(finding: FindingChange) -> Line:
    sign = "+" if finding.is_new else "-"
    return Line(f"{sign} {finding.severity.value}[{finding.code}]: {finding.message}")
