"""The tables of the page: plain values for the templates."""

import re
from collections.abc import Callable, Iterator, Sequence

from netdsl.codegen.traits import TRAIT_NAMES
from netdsl.comparing.cautions import usable_rounds
from netdsl.comparing.figures import all_times
from netdsl.comparing.paper_table import ESTIMATES, UNKNOWN, estimate_text, limit_text, same_text
from netdsl.comparing.paper_types import Paper
from netdsl.comparing.table import is_pooled
from netdsl.comparing.types import Comparison, Group, Quantity, Unit
from netdsl.comparing.units import shown, shown_sizes, shown_spread
from netdsl.comparing.variant_types import Variants
from netdsl.comparing.variants_table import Row, flow_texts, limit_texts, names_of, rows
from netdsl.dataclass import dataclass
from netdsl.diagnostics.wording import counted
from netdsl.measuring.types import Plan, Run, Source
from netdsl.report.figures import headed, paths_of
from netdsl.runtime.meter import Fact

NOTHING = "—"
_PLACE = re.compile(r"^(?P<name>.*?):(?P<line>[1-9][0-9]{0,8})(?::[0-9]+)?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cell:
    """`count`: the number of values as text; `values`: the values themselves, if there are few."""

    figure: str
    count: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """`head`: the heading that several lines share (`fresh boot`, a path); empty for a line without one."""

    head: str
    title: str
    detail: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Same:
    """A property of each run or target. `differs`: whether the values are not all equal."""

    name: str
    values: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """`mark`: `✓`, `✗`, `~` (differs between rounds) or empty."""

    text: str
    mark: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An expectation. `anchor`: the id of its line in the page's source listing; empty if the listing lacks it."""

    place: str
    anchor: str
    text: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round: begin, duration, load of the machine, troubles."""

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
"""The largest number of values that is listed in a cell."""


def lines_of(comparison: Comparison, group: Group) -> tuple[Line, ...]:
    """The lines of a group. A title as `fresh boot: total` is split into head and title."""
    found = []
    for quantity in comparison.quantities:
        if quantity.group is group:
            head, _, title = headed(quantity).rpartition(": ")
            found.append(Line(head, title, quantity.detail.partition(": ")[0] if is_pooled(quantity) else quantity.detail,
                              tuple(_cells(quantity, comparison))))  # fmt: skip
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
        Claim(
            expectation.place,
            anchor(expectation.place, sources),
            expectation.text,
            tuple(map(_verdict, expectation.by_run)),
        )
        for expectation in comparison.verdicts
    )


_MARKS = {"passed": "✓", "failed": "✗"}


def _verdict(text: str) -> Verdict:
    return Verdict(text or "not there", _MARKS.get(text, "~" if " of " in text else ""))


def anchor(place: str, sources: Sequence[Source]) -> str:
    """The id of the source line at `lab.net:12:3`; empty if there is no such line."""
    found = _PLACE.match(place)
    if found is None:
        return ""
    for number, source in enumerate(sources, 1):
        if source.name == found["name"] and int(found["line"]) <= len(source.text.splitlines()):
            return f"line-{number}-{found['line']}"
    return ""


# ------------------------------------------------------------------------------------------------- where and how


def machines(comparison: Comparison) -> tuple[Same, ...]:
    """The properties of the machine, then the facts of the runtime, a line for each name in any run."""
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
    properties = tuple(Same(name, tuple(map(read, comparison.runs))) for name, read in fixed)
    return properties + named(tuple(run.facts for run in comparison.runs))


def methods(comparison: Comparison) -> tuple[Same, ...]:
    return named(tuple(run.methods for run in comparison.runs))


def named(facts: tuple[tuple[Fact, ...], ...]) -> tuple[Same, ...]:
    """A line for each name of a fact, in the order of first occurrence."""
    names = dict.fromkeys(fact.name for of_run in facts for fact in of_run)
    return tuple(
        Same(name, tuple("; ".join(fact.value for fact in of_run if fact.name == name) or NOTHING for of_run in facts))
        for name in names
    )


def round_lines(comparison: Comparison) -> Iterator[RoundLine]:
    for number, (run, column) in enumerate(zip(comparison.runs, comparison.columns, strict=True)):
        for round_ in run.rounds:
            yield RoundLine(
                number,
                column.name,
                f"{round_.number} of {run.wanted}" + (", cut short" if round_.is_cut else ""),
                round_.began,
                shown(round_.seconds, Unit.SECONDS),
                f"{round_.load[0]:.2f} → {round_.load[1]:.2f}",
                tuple(
                    f"{trouble.step}: {trouble.message}" + (f" ({trouble.remedy})" if trouble.remedy else "")
                    for trouble in round_.troubles
                ),
            )


def plans(comparison: Comparison) -> tuple[Same, ...]:
    """The plan of the rounds of each run."""
    read: tuple[tuple[str, Callable[[Plan], str]], ...] = (
        ("boots, in order", lambda plan: ", ".join(plan.boots) or NOTHING),
        ("rest before memory is read", lambda plan: shown(plan.steady, Unit.SECONDS)),
        ("answers asked for on each path", lambda plan: str(plan.pings)),
        ("each throughput takes", lambda plan: shown(plan.seconds, Unit.SECONDS)),
        ("bytes of user data in a UDP packet", lambda plan: ", ".join(map(str, plan.payloads)) or NOTHING),
    )
    rounds = Same("rounds", tuple(f"{run.done} of {run.wanted}" for run in comparison.runs))
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
    """`estimates`: by name, by target, a line for each case; `limits`: each with its help."""
    found = [[target.trait(name) for target in paper.targets] for name in TRAIT_NAMES]
    return OnPaperTables(
        sizes=shown_sizes(paper.nodes, paper.networks, paper.tunnels),
        same=same_text(paper),
        targets=tuple(target.target for target in paper.targets),
        traits=tuple(
            Same(
                name,
                tuple("not said" if trait is None else trait.value for trait in traits),
                tuple("" if trait is None else trait.reason for trait in traits),
            )
            for name, traits in zip(TRAIT_NAMES, found, strict=True)
        ),
        estimates=tuple(
            (name, tuple(tuple(estimate_text(target.estimates, name)) or (UNKNOWN,) for target in paper.targets))
            for name in ESTIMATES
        ),
        basis=tuple(dict.fromkeys(case.measured_on for target in paper.targets for case in target.estimates)),
        limits=tuple((limit_text(at.target, limit), limit.help) for at in paper.targets for limit in at.limits),
    )


@dataclass(frozen=True, slots=True)
class OfValues:
    """What the values of a parameter differ in on paper. `basis`: what the estimates stand on."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    flows: tuple[str, ...]
    limits: tuple[str, ...]
    basis: tuple[str, ...]


def of_values(found: Variants) -> OfValues:
    costs = (case.measured_on for one in found.variants for at in one.paper.targets for case in at.estimates)
    return OfValues(
        names_of(found), rows(found), tuple(flow_texts(found)), tuple(limit_texts(found)), tuple(dict.fromkeys(costs))
    )
