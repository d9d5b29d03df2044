"""The comparison of targets without running them, for a terminal."""

from collections.abc import Iterator, Sequence

from netdsl.codegen.traits import TRAIT_NAMES
from netdsl.comparing.columns import row, side_by_side, wrapped
from netdsl.comparing.paper_types import Estimate, Limit, OnPaper, Paper, Severity
from netdsl.comparing.types import Unit
from netdsl.comparing.units import shown_roughly, shown_sizes

NARROWEST, WIDEST = 60, 110
_HEAD = 10
_LEAST = 22  # columns of one target; targets that do not fit are in a table below
_DIGEST = 16
_WORDS = {Severity.CANNOT: "cannot make this lab", Severity.DIFFERS: "makes it otherwise"}
UNKNOWN = "not known"
ESTIMATE_TEXT = (
    "estimate, not measured (docs/estimates.md): memory of all nodes and what runs them, at rest; "
    "boots until every node is ready"
)
ESTIMATES = ("memory", "disk", "fresh boot", "warm boot")


def paper_table(paper: Paper, width: int) -> str:
    """Lines of at most `width` columns, clamped to 60 to 110."""
    width = min(max(width, NARROWEST), WIDEST)
    return "".join(f"{line}\n" for line in _lines(paper, width))


def paper_heading(paper: Paper) -> str:
    title = f" ({paper.title})" if paper.title else ""
    return f"{paper.lab}{title}: {shown_sizes(paper.nodes, paper.networks, paper.tunnels)}"


def same_text(paper: Paper) -> str:
    """What is equal in all targets: the payload, by its digest."""
    possible = [target for target in paper.targets if target.payload is not None]
    if not possible:
        return "no target can make this lab"
    digests = list(dict.fromkeys(target.payload or "" for target in possible))
    if len(digests) > 1:
        return f"the nodes differ inside: {', '.join(digest[:_DIGEST] for digest in digests)}"
    names = " and ".join(target.target for target in possible)
    return f"names, addresses, routes, filters, tunnels, services: payload {digests[0][:_DIGEST]} in {names}"


def estimate_text(estimates: Sequence[Estimate], name: str) -> Iterator[str]:
    """A line for each case of a target: `about 2.1 GiB (emulated)`, `not known (KVM)`."""
    for estimate in estimates:
        case = f" ({estimate.case})" if estimate.case else ""
        yield f"{estimate_value(estimate, name)}{case}"


def _estimates(target: OnPaper, name: str) -> tuple[str, ...]:
    return tuple(estimate_text(target.estimates, name)) or (UNKNOWN if target.is_possible else "-",)


def estimate_value(estimate: Estimate, name: str) -> str:
    """The estimate called `name`: `memory`, `disk`, `fresh boot` or `warm boot`."""
    match name:
        case "memory" | "disk":
            size = estimate.memory if name == "memory" else estimate.disk
            return UNKNOWN if size is None else f"about {shown_roughly(size, Unit.BYTES)}"
        case _:
            seconds = estimate.fresh if name == "fresh boot" else estimate.warm
            return UNKNOWN if seconds is None else f"about {shown_roughly(seconds, Unit.SECONDS)}"


def _lines(paper: Paper, width: int) -> Iterator[str]:
    yield from wrapped(paper_heading(paper), width, "  ")
    yield "on paper: nothing was started"
    room = max(1, (width - _HEAD) // (_LEAST + 2))
    for first in range(0, len(paper.targets), room):
        yield ""
        yield from _grid(paper.targets[first : first + room], width)
    yield ""
    yield from row(("the same", same_text(paper)), (_HEAD, width - _HEAD - 2))
    yield from _limits(paper, width)


def _grid(targets: Sequence[OnPaper], width: int) -> Iterator[str]:
    column = (width - _HEAD) // len(targets) - 2
    widths = (_HEAD, *(column for _ in targets))
    yield from row(("", *(target.target for target in targets)), widths)
    yield from row(("", *("-" * min(column, len(target.target)) for target in targets)), widths)
    for name in TRAIT_NAMES:
        yield from _trait(name, targets, widths)
    yield ""
    yield from wrapped(ESTIMATE_TEXT, width)
    for name in ESTIMATES:
        cells = [
            [line for text in _estimates(target, name) for line in wrapped(text, column, "  ")] for target in targets
        ]
        yield from side_by_side([[name], *cells], widths)


def _trait(name: str, targets: Sequence[OnPaper], widths: Sequence[int]) -> Iterator[str]:
    """The row of a trait: values with their indented reasons; a value that all targets share is written once."""
    found = [target.trait(name) for target in targets]
    values = ["not said" if trait is None else trait.value for trait in found]
    reasons = ["" if trait is None else trait.reason for trait in found]
    if len(targets) > 1 and len(set(values)) == 1:
        all_columns = sum(widths[1:]) + 2 * (len(targets) - 1)
        yield from row((name, values[0]), (widths[0], all_columns))
        name, values = "", ["" for _ in values]
    cells = [
        [*(wrapped(value, width) if value else []), *(_indented(reason, width) if reason else [])]
        for value, reason, width in zip(values, reasons, widths[1:], strict=True)
    ]
    yield from side_by_side([[name], *cells], widths)


def _indented(text: str, width: int) -> list[str]:
    return wrapped(text, width, "  ", "  ")


def _limits(paper: Paper, width: int) -> Iterator[str]:
    for target in paper.targets:
        for limit in target.limits:
            yield ""
            yield from wrapped(limit_text(target.target, limit), width, "  ")
            if limit.help:
                yield from wrapped(f"help: {limit.help}", width, "    ", "  ")
    without = [target.target for target in paper.targets if not target.limits]
    if without:
        yield ""
        yield from wrapped(f"{' and '.join(without)} can do all of this lab as it says", width)


def limit_text(target: str, limit: Limit) -> str:
    return f"{target} {_WORDS[limit.severity]} ({limit.place}): {limit.message}"
