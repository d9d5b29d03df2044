"""Going on with a run: only where it is the same in everything that a figure depends on."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

from netdsl.measuring.failures import CannotResume
from netdsl.measuring.types import Machine, Plan, Run

_ALMOST = 0.01  # the memory that a kernel keeps for itself changes a little from boot to boot


def resumed(old: Run, new: Run, path: Path, runs: int | None) -> Run:
    """The old run, to go on with, as `new` has it. `runs` None: as many as it wanted; never fewer than there are.

    Raises CannotResume."""
    reasons = list(_differences(old, new))
    if reasons:
        raise CannotResume(f"{path} cannot be gone on with: {'; '.join(reasons)} (--anew measures from the beginning)")
    return replace(old, wanted=max(runs or old.wanted, sum(not one.is_cut for one in old.rounds)))


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
    for each in fields(Machine):
        before, now = getattr(old, each.name), getattr(new, each.name)
        if each.name == "memory" and abs(before - now) <= _ALMOST * max(before, now):
            continue
        if before != now:
            yield f"the machine's {each.name} was {before}, and is {now}"


def _other_plan(old: Plan, new: Plan) -> Iterator[str]:
    for each in fields(Plan):
        before, now = getattr(old, each.name), getattr(new, each.name)
        if before != now:
            yield f"{each.name} was {_shown(before)}, and is {_shown(now)}"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
