"""Resuming a run, if everything that figures depend on is unchanged."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

from netdsl.measuring.failures import CannotResume
from netdsl.measuring.types import Machine, Plan, Run

_TOLERANCE = 0.01  # of the memory: the kernel's own share changes a little from boot to boot


def resumed(old: Run, new: Run, path: Path, runs: int | None) -> Run:
    """The old run with the wanted number of rounds: `runs`, or as before if None, but at least the complete ones.

    Raises CannotResume if `old` differs from `new`.
    """
    reasons = list(_differences(old, new))
    if reasons:
        raise CannotResume(f"{path} cannot be gone on with: {'; '.join(reasons)} (--anew measures from the beginning)")
    return replace(old, wanted=max(runs or old.wanted, sum(not round_.is_cut for round_ in old.rounds)))


def _differences(old: Run, new: Run) -> Iterator[str]:
    if old.target != new.target:
        yield f"it is of the target {old.target}"
    if old.subject.digest != new.subject.digest:
        is_other = old.subject.name != new.subject.name
        yield f"it is of the lab {old.subject.name}" if is_other else "the lab was changed since"
    elif old.subject.payload != new.subject.payload:
        yield "the nodes have another payload since (another netdsl?)"
    if old.netdsl != new.netdsl:
        yield f"it was measured by netdsl {old.netdsl}"
    yield from _other_machine(old.machine, new.machine)
    yield from _other_plan(old.plan, new.plan)
    if old.paths != new.paths:
        names = ", ".join(path.name for path in old.paths) or "none"
        yield f"its paths are others ({names})"


def _other_machine(old: Machine, new: Machine) -> Iterator[str]:
    for field in fields(Machine):
        before, now = getattr(old, field.name), getattr(new, field.name)
        if field.name == "memory" and abs(before - now) <= _TOLERANCE * max(before, now):
            continue
        if before != now:
            yield f"the machine's {field.name} was {before}, and is {now}"


def _other_plan(old: Plan, new: Plan) -> Iterator[str]:
    for field in fields(Plan):
        before, now = getattr(old, field.name), getattr(new, field.name)
        if before != now:
            yield f"{field.name} was {_shown(before)}, and is {_shown(now)}"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
