"""What a reader has to know before the figures: what ran where, what is missing, what was not alike."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from netdsl.comparing.statistics import LEAST, SURE, confidence_of_range
from netdsl.comparing.types import Column, Unit
from netdsl.comparing.units import shown
from netdsl.diagnostics.wording import counted
from netdsl.measuring.types import Machine, Round, Run

_BREAK = re.compile(r"; |\n+")
"""Where the first of what was wrong ends, in a trouble's message."""

EMULATED = "emulated"
_SLOW = "QEMU emulates the processor: this says nothing of how fast a machine with KVM is, only that it works"
_NOBODY = "what the machines ran on is not known: emulated or not"


def usable_rounds(run: Run) -> tuple[Round, ...]:
    """Those that got to their end; where none did, what there is."""
    return tuple(one for one in run.rounds if not one.is_cut) or run.rounds


def fact(run: Run, name: str) -> str:
    """Empty where the runtime did not say."""
    return next((one.value for one in run.facts if one.name == name), "")


# ---------------------------------------------------------------------------------------------------------- columns


def columns(runs: Sequence[Run]) -> tuple[Column, ...]:
    """A name for each run, none twice, that never hides an emulation."""
    plain = [_column(run) for run in runs]
    names = Counter(one.name for one in plain)
    seen: Counter[str] = Counter()
    found = []
    for one in plain:
        seen[one.name] += 1
        name = f"{one.name} #{seen[one.name]}" if names[one.name] > 1 else one.name
        found.append(Column(name, one.caveat))
    return tuple(found)


def _column(run: Run) -> Column:
    accelerator = fact(run, "accelerator")
    told = accelerator.lower()
    if not accelerator:
        if not run.facts or fact(run, "provider"):
            return Column(f"{run.target} (accelerator unknown)", _NOBODY)
        return Column(run.target)
    if "emulates" in told:
        part = " in part" if "kvm" in told else ""
        return Column(f"{run.target} ({EMULATED}{part})", _SLOW)
    if "virtualbox" in f"{told} {fact(run, 'provider').lower()}":
        return Column(f"{run.target} (VirtualBox)")
    if told.startswith("kvm"):
        return Column(f"{run.target} (KVM)")
    return Column(run.target if told.startswith("none") else f"{run.target} ({accelerator[:24]})")


# ---------------------------------------------------------------------------------------------------------- cautions


def cautions(runs: Sequence[Run]) -> Iterator[str]:
    """From what makes figures incomparable to what makes them uncertain."""
    names = [one.name for one in columns(runs)]
    for column in columns(runs):
        if column.caveat:
            yield f"{column.name}: {column.caveat}"
    for what, of in _ALIKE:
        yield from _differing(what, names, [of(run) for run in runs])
    if len(runs) == 1:
        yield "one run alone: nothing stands beside it"
    for name, run in zip(names, runs, strict=True):
        yield from (f"{name}: {text}" for text in _own(run))
    if _is_apart(runs):
        yield "the runs were not measured in turns: what the machine did meanwhile is in the difference"


def machine_text(machine: Machine) -> str:
    return (
        f"{machine.processor}, {machine.cores} cores, {shown(machine.memory, Unit.BYTES)}, {machine.architecture}, "
        f"{machine.kernel}, {machine.system}"
    )


_ALIKE: tuple[tuple[str, Callable[[Run], str]], ...] = (
    ("other nodes inside (payload)", lambda run: run.subject.payload[:12]),
    ("other machines", lambda run: machine_text(run.machine)),
    ("other versions of netdsl", lambda run: run.netdsl),
    ("IPsec by other means", lambda run: f"in {fact(run, 'esp')}" if fact(run, "esp") else ""),
    ("other plans", lambda run: _plan_text(run)),
    ("other paths (under load another memory)", lambda run: ", ".join(path.name for path in run.paths) or "none"),
)
"""What has to be alike for figures to be comparable, and how it is said."""


def _plan_text(run: Run) -> str:
    plan = run.plan
    return (
        f"boots {' and '.join(plan.boots)}, {plan.pings} pings, {plan.seconds:g} s, rest {plan.steady:g} s, "
        f"UDP {', '.join(map(str, plan.payloads)) or 'none'}"
    )


def _differing(what: str, names: Sequence[str], values: Sequence[str]) -> Iterator[str]:
    """Empty values are not known, and differ from nothing."""
    found: dict[str, list[str]] = {}
    for name, value in zip(names, values, strict=True):
        if value:
            found.setdefault(value, []).append(name)
    if len(found) > 1:
        parts = (f"{value} ({', '.join(who)})" for value, who in found.items())
        yield f"{what}: {'; '.join(parts)}"


def _own(run: Run) -> Iterator[str]:
    cut = sum(one.is_cut for one in run.rounds)
    done = len(run.rounds) - cut
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
    most = max((load for one in usable_rounds(run) for load in one.load), default=0.0)
    if most > 2 * max(run.machine.cores, 1):
        yield f"the machine was busy (load up to {most:.1f} on {run.machine.cores} cores): times are longer for it"
    troubles = Counter(trouble.step for one in usable_rounds(run) for trouble in one.troubles)
    for step, times in troubles.items():
        first = next(t.message for one in usable_rounds(run) for t in one.troubles if t.step == step)
        what, *more = _BREAK.split(first.strip(), maxsplit=1)
        yield f"{step} failed in {counted(times, 'round')}: {what}{' …' if more else ''}"
    unheld = [one.number for one in usable_rounds(run) for boot in one.boots if boot.holding is None]
    if unheld:
        yield f"not every expectation was seen to hold in {counted(len(set(unheld)), 'round')}: there is no total there"


def _is_apart(runs: Sequence[Run]) -> bool:
    """Whether one began when another one's last round had begun: ISO 8601 in UTC is ordered as text."""
    spans = [
        (min(began), max(began)) for run in runs if len(began := [one.began for one in run.rounds]) >= 2
    ]  # fmt: skip
    return any(one[1] < other[0] for one in spans for other in spans)
