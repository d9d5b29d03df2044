"""A rough estimate of a round's duration before the first round is measured, for the progress display only."""

from typing import assert_never

from netdsl.codegen.contract import Options
from netdsl.codegen.registry import target_of
from netdsl.codegen.traits import Costs, Described, Linear
from netdsl.ir.lab import Lab
from netdsl.measuring.types import BootKind, Path, Plan
from netdsl.pipeline.compilation import keyless_payload

_PING = 0.02  # seconds between two pings
_OVERHEAD = 5.0  # seconds per path for starting the tools and opening tunnels
_TEST = 3.0  # seconds for a line of an `expect` block, recordings included


def guessed_round(lab: Lab, target: str, options: Options, plan: Plan, paths: tuple[Path, ...]) -> float | None:
    """Seconds, by the costs that the target's backends state, for the slowest case; None if they state none."""
    costs = [
        case
        for backend in target_of(target).backends
        if isinstance(backend, Described)
        for case in _costs(backend, lab, options)
    ]
    boots = [seconds for case in costs if (seconds := _boots(case, lab, plan)) is not None]
    if not boots:
        return None
    lines = sum(len(block.lines) for block in lab.expectations)
    path = plan.pings * _PING + plan.seconds * (1 + len(plan.payloads)) + _OVERHEAD
    return max(boots) + len(plan.boots) * plan.steady + len(paths) * path + lines * _TEST


def _costs(backend: Described, lab: Lab, options: Options) -> tuple[Costs, ...]:
    return backend.traits(lab, keyless_payload(lab), options).costs


def _boots(costs: Costs, lab: Lab, plan: Plan) -> float | None:
    total = 0.0
    for kind in plan.boots:
        line = _line(costs, kind)
        if line is None:
            return None
        total += line.of(lab)
    return total


def _line(costs: Costs, kind: BootKind) -> Linear | None:
    match kind:
        case BootKind.FRESH:
            return costs.fresh
        case BootKind.WARM:
            return costs.warm
        case _:
            assert_never(kind)
