"""Warnings for the reader of a comparison: where runs were measured, what is missing, what differs between them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from netdsl.comparing.statistics import LEAST, SURE, confidence_of_range
from netdsl.comparing.types import Column, Unit
from netdsl.comparing.units import shown
from netdsl.comparing.variation import label_of, varied
from netdsl.diagnostics.wording import counted
from netdsl.measuring.types import Machine, Round, Run

_BREAK = re.compile(r"; |\n+")
"""The end of the first cause in a trouble's message."""

_KIND = re.compile(r"[a-z0-9-]+: ")
"""The kind in a run's fact `tunnels`."""

EMULATED = "emulated"
_SLOW = "QEMU emulates the processor: this says nothing of how fast a machine with KVM is, only that it works"
_UNKNOWN = "what the machines ran on is not known: emulated or not"


def usable_rounds(run: Run) -> tuple[Round, ...]:
    """The complete rounds; all rounds if none is complete."""
    return tuple(round_ for round_ in run.rounds if not round_.is_cut) or run.rounds


def fact(run: Run, name: str) -> str:
    """The value of a fact of the runtime; empty if the runtime did not report it."""
    return next((reported.value for reported in run.facts if reported.name == name), "")


# ---------------------------------------------------------------------------------------------------------- columns


def columns(runs: Sequence[Run]) -> tuple[Column, ...]:
    """A unique name for each run, with the parameters that differ between the runs. It says so if the run was
    emulated."""
    differing = varied(runs)
    plain = [_labelled(_column(run), label_of(differing, number)) for number, run in enumerate(runs)]
    names = Counter(column.name for column in plain)
    seen: Counter[str] = Counter()
    found = []
    for column in plain:
        seen[column.name] += 1
        name = f"{column.name} #{seen[column.name]}" if names[column.name] > 1 else column.name
        found.append(Column(name, column.caveat))
    return tuple(found)


def _labelled(column: Column, label: str) -> Column:
    return Column(f"{column.name} {label}", column.caveat) if label else column


def _column(run: Run) -> Column:
    accelerator = fact(run, "accelerator")
    accelerator_lower = accelerator.lower()
    if not accelerator:
        if not run.facts or fact(run, "provider"):
            return Column(f"{run.target} (accelerator unknown)", _UNKNOWN)
        return Column(run.target)
    if "emulates" in accelerator_lower:
        part = " in part" if "kvm" in accelerator_lower else ""
        return Column(f"{run.target} ({EMULATED}{part})", _SLOW)
    if "virtualbox" in f"{accelerator_lower} {fact(run, 'provider').lower()}":
        return Column(f"{run.target} (VirtualBox)")
    if accelerator_lower.startswith("kvm"):
        return Column(f"{run.target} (KVM)")
    return Column(run.target if accelerator_lower.startswith("none") else f"{run.target} ({accelerator[:24]})")


# ---------------------------------------------------------------------------------------------------------- cautions


def cautions(runs: Sequence[Run]) -> Iterator[str]:
    """Warnings: first what makes figures incomparable, then what makes them uncertain."""
    names = [column.name for column in columns(runs)]
    for column in columns(runs):
        if column.caveat:
            yield f"{column.name}: {column.caveat}"
    yield from _other_payloads(runs, names)
    yield from _differing("tunnels by other means", names, _means(runs))
    for warning, value_of in _COMPARABLE:
        yield from _differing(warning, names, [value_of(run) for run in runs])
    if len(runs) == 1:
        yield "one run alone: nothing stands beside it"
    for name, run in zip(names, runs, strict=True):
        yield from (f"{name}: {text}" for text in _warnings(run))
    if _is_apart(runs):
        yield "the runs were not measured in turns: what the machine did meanwhile is in the difference"


def machine_text(machine: Machine) -> str:
    return (
        f"{machine.processor}, {machine.cores} cores, {shown(machine.memory, Unit.BYTES)}, {machine.architecture}, "
        f"{machine.kernel}, {machine.system}"
    )


_COMPARABLE: tuple[tuple[str, Callable[[Run], str]], ...] = (
    ("other machines", lambda run: machine_text(run.machine)),
    ("other versions of netdsl", lambda run: run.netdsl),
    ("other plans", lambda run: _plan_text(run)),
    ("other paths (under load another memory)", lambda run: ", ".join(path.name for path in run.paths) or "none"),
)
"""Properties that must be equal for figures to be comparable: the warning, and the property of a run."""


def _other_payloads(runs: Sequence[Run], names: Sequence[str]) -> Iterator[str]:
    """Runs with the same parameters that laid something else into the nodes."""
    differing = varied(runs)
    labels = [label_of(differing, number) for number in range(len(runs))]
    for label in dict.fromkeys(labels):
        alike = [number for number, other in enumerate(labels) if other == label]
        payloads = [runs[number].subject.payload[:12] for number in alike]
        yield from _differing("other nodes inside (payload)", [names[number] for number in alike], payloads)


def _means(runs: Sequence[Run]) -> list[str]:
    """Where the tunnels of each run are: `gre: kernel, vxlan: user space`; of runs with other parameters, which may have
    other kinds, `user space` without the kind."""
    found = [fact(run, "tunnels") for run in runs]
    return [", ".join(sorted(set(_KIND.sub("", one).split(", ")))) for one in found] if varied(runs) else found


def _plan_text(run: Run) -> str:
    plan = run.plan
    return (
        f"boots {' and '.join(plan.boots)}, {plan.pings} pings, {plan.seconds:g} s, rest {plan.steady:g} s, "
        f"UDP {', '.join(map(str, plan.payloads)) or 'none'}"
    )


def _differing(warning: str, names: Sequence[str], values: Sequence[str]) -> Iterator[str]:
    """A warning if the values differ. An empty value is unknown and differs from none."""
    found: dict[str, list[str]] = {}
    for name, value in zip(names, values, strict=True):
        if value:
            found.setdefault(value, []).append(name)
    if len(found) > 1:
        parts = (f"{value} ({', '.join(runs)})" for value, runs in found.items())
        yield f"{warning}: {'; '.join(parts)}"


def _warnings(run: Run) -> Iterator[str]:
    done, cut = run.done, len(run.rounds) - run.done
    if not run.is_complete:
        yield f"{done} of {run.wanted} rounds are done"
    if cut:
        yield (
            f"{counted(cut, 'round')} cut short and left out"
            if done
            else f"{counted(cut, 'round')} cut short: what there is of it is shown"
        )
    if 0 < done < LEAST:
        yield f"{counted(done, 'round')}: too few to say how far the figures spread"
    if LEAST <= done < SURE:
        yield (
            f"{counted(done, 'round')}: an interval of so few is at most their range, which holds the true median "
            f"{confidence_of_range(done) * 100:.0f} times in 100, not 95"
        )
    most = max((load for round_ in usable_rounds(run) for load in round_.load), default=0.0)
    if most > 2 * max(run.machine.cores, 1):
        yield f"the machine was busy (load up to {most:.1f} on {run.machine.cores} cores): times are longer for it"
    troubles = Counter(trouble.step for round_ in usable_rounds(run) for trouble in round_.troubles)
    for step, times in troubles.items():
        first = next(t.message for round_ in usable_rounds(run) for t in round_.troubles if t.step == step)
        cause, *more = _BREAK.split(first.strip(), maxsplit=1)
        yield f"{step} failed in {counted(times, 'round')}: {cause}{' …' if more else ''}"
    unheld = [round_.number for round_ in usable_rounds(run) for boot in round_.boots if boot.holding is None]
    if unheld:
        yield f"not every expectation was seen to hold in {counted(len(set(unheld)), 'round')}: there is no total there"


def _is_apart(runs: Sequence[Run]) -> bool:
    """Whether a run began after the last round of another had begun. ISO 8601 in UTC sorts as text."""
    spans = [
        (min(began), max(began)) for run in runs if len(began := [round_.began for round_ in run.rounds]) >= 2
    ]  # fmt: skip
    return any(earlier_last < later_first for _, earlier_last in spans for later_first, _ in spans)
