"""The states of nodes as a table, one line a node, and what there is to say of one."""

from collections.abc import Iterable, Iterator, Sequence

from netdsl.diagnostics.visible import visible, width_of
from netdsl.runtime.driver import NodeState
from netdsl.runtime.inside import READY, records

_HEADS = ("NODE", "STATE", "HEALTH", "TUNNELS", "DAEMONS", "REASON")
_GAP = 2
_LEAST_REASON = 20
_NONE = "-"


def status_table(states: Sequence[NodeState], width: int | None) -> Iterator[str]:
    """Heads, a line for each node, and below the last lines of what has ended. `width`: of the terminal, where a reason is
    cut (`status NODE` has all of it); None: nothing is cut."""
    rows = [_HEADS, *map(_row, states)]
    widths = [max(width_of(row[column]) for row in rows) for column in range(len(_HEADS) - 1)]
    room = None if width is None else max(width - sum(widths) - _GAP * len(widths), _LEAST_REASON)
    for row in rows:
        cells = [_padded(cell, size) for cell, size in zip(row, widths, strict=False)]
        yield f"{''.join(cells)}{_cut(visible(row[-1]), room)}".rstrip()
    for state in states:
        if state.last:
            yield ""
            yield f"{state.node}: {state.reason}"
            yield from _last(state)


def node_report(state: NodeState) -> Iterator[str]:
    """All that is known of a node: what it says of itself in columns, and the last lines of what has ended in it."""
    yield f"{state.node}: {state.state}" + ("" if state.health == _NONE else f", {state.health}")
    if state.reason:
        yield f"  {state.reason}"
    yield from _last(state)
    lines = [line.split("\t") for line in state.detail[1:]]
    for word in dict.fromkeys(fields[0] for fields in lines):
        yield from _columns([fields for fields in lines if fields[0] == word])


def _row(state: NodeState) -> tuple[str, ...]:
    tunnels = [tunnel["state"] == "up" for tunnel in records(state.detail, "tunnel")]
    daemons = [daemon["state"] == "running" for daemon in records(state.detail, "daemon")]
    return state.node, state.state, state.health, _share(tunnels, "up"), _share(daemons, "running"), state.reason


def _share(good: Sequence[bool], word: str) -> str:
    return f"{sum(good)}/{len(good)} {word}" if good else _NONE


def _last(state: NodeState) -> Iterator[str]:
    return (f"  | {line}" for line in state.last)


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [
        max((width_of(row[place]) for row in rows if place < len(row)), default=0) for place in range(_longest(rows))
    ]
    for row in rows:
        yield f"  {''.join(_padded(cell, size) for cell, size in zip(row, widths, strict=False))}".rstrip()


def _longest(rows: Iterable[Sequence[str]]) -> int:
    return max(map(len, rows))


def _padded(text: str, size: int) -> str:
    return visible(text) + " " * (size - width_of(text) + _GAP)


def _cut(text: str, room: int | None) -> str:
    if room is None or width_of(text) <= room:
        return text
    while text and width_of(text) >= room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def is_well(states: Iterable[NodeState]) -> bool:
    return all(state.health == READY for state in states)
