"""What the page's tables say, decided: plain values for the templates."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from netdsl.codegen.traits import TRAIT_NAMES
from netdsl.comparing.cautions import usable_rounds
from netdsl.comparing.figures import all_times
from netdsl.comparing.paper_table import ESTIMATES, UNKNOWN, estimate_text, limit_text, same_text
from netdsl.comparing.paper_types import Paper
from netdsl.comparing.table import is_pooled
from netdsl.comparing.types import Comparison, Group, Quantity, Unit
from netdsl.comparing.units import shown, shown_spread
from netdsl.diagnostics.wording import counted
from netdsl.measuring.types import Plan, Run, Source
from netdsl.report.figures import headed, paths_of
from netdsl.runtime.meter import Fact

NOTHING = "—"
_PLACE = re.compile(r"^(?P<name>.*?):(?P<line>[1-9][0-9]{0,8})(?::[0-9]+)?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cell:
    """`count` says of how many values; `values` are these, where there are few."""

    figure: str
    count: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """`head` is what several lines share: `fresh boot`, a path; empty where a line stands alone."""

    head: str
    title: str
    detail: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Same:
    """A property in each run or target. `differs`: not all say the same."""

    name: str
    values: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """`mark` is `✓`, `✗`, `~` (not the same in every round) or nothing."""

    text: str
    mark: str


@dataclass(frozen=True, slots=True)
class Claim:
    """`anchor`: of its line among the sources; empty where it is not there."""

    place: str
    anchor: str
    text: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One round: when, how long, the machine's load, what went wrong."""

    run: int
    name: str
    number: str
    began: str
    took: str
    load: str
    troubles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathLine:
    name: str
    source: str
    destination: str
    address: str
    way: str
    hops: int
    services: str


_MOST = 12
"""Values that are written out."""


def lines_of(comparison: Comparison, group: Group) -> tuple[Line, ...]:
    """Titles are split where they say of what they are and which figure it is: `fresh boot: total`."""
    found = []
    for one in comparison.quantities:
        if one.group is group:
            head, _, title = headed(one).rpartition(": ")
            found.append(Line(head, title, one.detail.partition(": ")[0] if is_pooled(one) else one.detail,
                              tuple(_cells(one, comparison))))  # fmt: skip
    return tuple(found)


def _cells(quantity: Quantity, comparison: Comparison) -> Iterator[Cell | None]:
    for run, spread in zip(comparison.runs, quantity.by_run, strict=True):
        if spread is None:
            yield None
        elif is_pooled(quantity):
            path = quantity.key.removeprefix(f"{Group.LATENCY}.").rpartition(".")[0]
            answers = len(all_times(usable_rounds(run), path))
            yield Cell(shown_spread(spread, quantity.unit), counted(answers, "answer"), ())
        else:
            values = tuple(shown(value, quantity.unit).replace(" ", "\u00a0") for value in spread.values)
            few = values if 1 < len(values) <= _MOST else ()
            yield Cell(shown_spread(spread, quantity.unit), f"n = {len(values)}", few)


def claims(comparison: Comparison) -> tuple[Claim, ...]:
    sources = comparison.runs[0].subject.sources
    return tuple(
        Claim(one.place, anchor(one.place, sources), one.text, tuple(map(_verdict, one.by_run)))
        for one in comparison.verdicts
    )


_MARKS = {"passed": "✓", "failed": "✗"}


def _verdict(text: str) -> Verdict:
    return Verdict(text or "not there", _MARKS.get(text, "~" if " of " in text else ""))


def anchor(place: str, sources: Sequence[Source]) -> str:
    """The id of the line that `lab.net:12:3` names; empty where there is no such line."""
    found = _PLACE.match(place)
    if found is None:
        return ""
    for number, one in enumerate(sources, 1):
        if one.name == found["name"] and int(found["line"]) <= len(one.text.splitlines()):
            return f"line-{number}-{found['line']}"
    return ""


# ------------------------------------------------------------------------------------------------- where and how


def machines(comparison: Comparison) -> tuple[Same, ...]:
    """The machine's fingerprint, then the facts, a line for each name that any run has."""
    fixed: tuple[tuple[str, Callable[[Run], str]], ...] = (
        ("processor", lambda run: run.machine.processor),
        ("cores", lambda run: str(run.machine.cores)),
        ("memory of the machine", lambda run: shown(run.machine.memory, Unit.BYTES)),
        ("architecture", lambda run: run.machine.architecture),
        ("kernel of the machine", lambda run: run.machine.kernel),
        ("system", lambda run: run.machine.system),
        ("netdsl", lambda run: run.netdsl),
        ("payload of the nodes", lambda run: run.subject.payload),
    )
    known = tuple(Same(name, tuple(map(read, comparison.runs))) for name, read in fixed)
    return known + named(tuple(run.facts for run in comparison.runs))


def methods(comparison: Comparison) -> tuple[Same, ...]:
    return named(tuple(run.methods for run in comparison.runs))


def named(facts: tuple[tuple[Fact, ...], ...]) -> tuple[Same, ...]:
    """Facts of the same name beside one another, names in the order in which they come first."""
    names = dict.fromkeys(fact.name for all_ in facts for fact in all_)
    return tuple(
        Same(name, tuple("; ".join(fact.value for fact in all_ if fact.name == name) or NOTHING for all_ in facts))
        for name in names
    )


def turns(comparison: Comparison) -> Iterator[Turn]:
    for run, (one, column) in enumerate(zip(comparison.runs, comparison.columns, strict=True)):
        for turn in one.rounds:
            yield Turn(
                run,
                column.name,
                f"{turn.number} of {one.wanted}" + (", cut short" if turn.is_cut else ""),
                turn.began,
                shown(turn.seconds, Unit.SECONDS),
                f"{turn.load[0]:.2f} → {turn.load[1]:.2f}",
                tuple(
                    f"{trouble.step}: {trouble.message}" + (f" ({trouble.remedy})" if trouble.remedy else "")
                    for trouble in turn.troubles
                ),
            )


def plans(comparison: Comparison) -> tuple[Same, ...]:
    """What a round did, for each run."""
    read: tuple[tuple[str, Callable[[Plan], str]], ...] = (
        ("boots, in order", lambda plan: ", ".join(plan.boots) or NOTHING),
        ("rest before memory is read", lambda plan: shown(plan.steady, Unit.SECONDS)),
        ("answers asked for on each path", lambda plan: str(plan.pings)),
        ("each throughput takes", lambda plan: shown(plan.seconds, Unit.SECONDS)),
        ("bytes of user data in a UDP packet", lambda plan: ", ".join(map(str, plan.payloads)) or NOTHING),
    )
    rounds = Same("rounds", tuple(f"{len(run.rounds)} of {run.wanted}" for run in comparison.runs))
    return (rounds, *(Same(name, tuple(say(run.plan) for run in comparison.runs)) for name, say in read))


def path_lines(comparison: Comparison) -> tuple[PathLine, ...]:
    return tuple(
        PathLine(
            path.name,
            path.source,
            path.destination,
            path.address,
            f"through {', '.join(path.tunnels)}" if path.tunnels else "in clear",
            path.hops,
            ", ".join(path.services) or NOTHING,
        )
        for path in paths_of(comparison)
    )


# ------------------------------------------------------------------------------------------------------- on paper


@dataclass(frozen=True, slots=True)
class OnPaperTables:
    sizes: str
    same: str
    targets: tuple[str, ...]
    traits: tuple[Same, ...]
    estimates: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    basis: tuple[str, ...]
    limits: tuple[tuple[str, str], ...]


def on_paper(paper: Paper) -> OnPaperTables:
    """`estimates`: for each name, for each target, a line for each case; `limits` with their help."""
    found = [[one.trait(name) for one in paper.targets] for name in TRAIT_NAMES]
    return OnPaperTables(
        sizes=sizes(paper.nodes, paper.networks, paper.tunnels),
        same=same_text(paper),
        targets=tuple(one.target for one in paper.targets),
        traits=tuple(
            Same(
                name,
                tuple("not said" if one is None else one.value for one in all_),
                tuple("" if one is None else one.reason for one in all_),
            )
            for name, all_ in zip(TRAIT_NAMES, found, strict=True)
        ),
        estimates=tuple(
            (name, tuple(tuple(estimate_text(one.estimates, name)) or (UNKNOWN,) for one in paper.targets))
            for name in ESTIMATES
        ),
        basis=tuple(dict.fromkeys(each.measured_on for one in paper.targets for each in one.estimates)),
        limits=tuple((limit_text(one.target, limit), limit.help) for one in paper.targets for limit in one.limits),
    )


def sizes(nodes: int, networks: int, tunnels: int) -> str:
    return ", ".join((counted(nodes, "node"), counted(networks, "network"), counted(tunnels, "tunnel")))
