"""Resuming a run, if everything that figures depend on is unchanged."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

from netdsl.measuring.failures import CannotResume
from netdsl.measuring.types import BootKind, Machine, Plan, Run, Subject

_TOLERANCE = 0.01  # of the memory: the kernel's own share changes a little from boot to boot


def resumed(old: Run, new: Run, path: Path, runs: int | None) -> Run:
    """The old run with the wanted number of rounds: `runs`, or as before if None, but at least the complete ones.

    Raises CannotResume if `old` differs from `new`.
    """
    reasons = list(_differences(old, new))
    if reasons:
        raise CannotResume(f"{path} cannot be gone on with: {'; '.join(reasons)} (--anew measures from the beginning)")
    return replace(old, wanted=max(runs or old.wanted, old.done))


def _differences(old: Run, new: Run) -> Iterator[str]:
    if old.target != new.target:
        yield f"it is of the target {old.target}"
    if old.subject.digest != new.subject.digest:
        yield _other_lab(old.subject, new.subject)
        return  # plan and paths of another lab
    if old.subject.payload != new.subject.payload:
        yield "the nodes have another payload since (another netdsl?)"
    if old.netdsl != new.netdsl:
        yield f"it was measured by netdsl {old.netdsl}"
    yield from _other_machine(old.machine, new.machine)
    yield from _other_plan(old.plan, new.plan)
    if old.paths != new.paths and old.plan.pairs == new.plan.pairs:
        names = ", ".join(path.name for path in old.paths) or "none"
        yield f"its paths are others ({names})"


def _other_lab(old: Subject, new: Subject) -> str:
    if old.name != new.name:
        return f"it is of the lab {old.name}"
    if old.parameters != new.parameters:
        before, now = (" ".join(f"-D {one.name}={one.value}" for one in each.parameters) for each in (old, new))
        return f"its parameters were {before or 'none'}, and are {now or 'none'}"
    return "the lab was changed since"


def _other_machine(old: Machine, new: Machine) -> Iterator[str]:
    for field in fields(Machine):
        before, now = getattr(old, field.name), getattr(new, field.name)
        if field.name == "memory" and abs(before - now) <= _TOLERANCE * max(before, now):
            continue
        if before != now:
            yield f"the machine's {field.name} was {before}, and is {now}"


_OPTIONS = {"boots": "--boot", "steady": "--rest", "pings": "--pings", "seconds": "--seconds", "pairs": "--path"}
"""The options of the command line by the plan's fields; a field without one is the library's alone."""


def _other_plan(old: Plan, new: Plan) -> Iterator[str]:
    for field in fields(Plan):
        before, now = getattr(old, field.name), getattr(new, field.name)
        if before != now:
            name = _OPTIONS.get(field.name, f"`{field.name}`")
            yield f"{name} was {_shown(field.name, before)}, and is {_shown(field.name, now)}"


def _shown(name: str, value: object) -> str:
    """A field of a plan as its option takes it."""
    match name, value:
        case "boots", tuple() if len(value) == len(BootKind):
            return "both"
        case "pairs", None:
            return "none (--no-paths)"
        case "pairs", ():
            return "what the lab suggests"
        case "pairs", tuple():
            return ", ".join(" ".join(pair) for pair in value)
        case _, tuple():
            return ", ".join(map(str, value))
        case _, float():
            return f"{value:g}"
        case _:
            return str(value)
