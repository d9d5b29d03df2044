"""The whole proof of a lab, as `check` and `compile` run it."""

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.verify.expectations import prove
from netdsl.verify.findings import check_ways
from netdsl.verify.types import Esp, Summary
from netdsl.verify.world import World


def verify(lab: Lab, diagnostics: Diagnostics, *, esp: Esp = Esp.KERNEL) -> Summary:
    """All expectations, then what is wrong without any. Without expectations linear in the lab."""
    world = World(lab, esp)
    summary = prove(world, diagnostics)
    check_ways(world, diagnostics)
    return summary
