"""The whole proof of a lab, as `check` and `compile` run it."""

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.verify.expectations import prove
from netdsl.verify.findings import check_findings
from netdsl.verify.types import Summary


def verify(lab: Lab, diagnostics: Diagnostics, *, esp: Esp = Esp.KERNEL) -> Summary | None:
    """What is wrong without any expectation, then all expectations. Without expectations linear in the lab.

    None: there is an error among the former, and what is expected was not asked: each failure would only follow from it.
    """
    world = World(lab, esp)
    check_findings(world, diagnostics)
    return None if diagnostics.has_errors else prove(world, diagnostics)
