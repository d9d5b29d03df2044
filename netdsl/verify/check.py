"""The whole proof of a lab, as `check` and `compile` run it."""

from dataclasses import replace

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.verify.by_esp import dependences
from netdsl.verify.expectations import prove
from netdsl.verify.findings import check_findings
from netdsl.verify.types import Summary


def verify(lab: Lab, diagnostics: Diagnostics, *, esp: Esp = Esp.KERNEL) -> Summary | None:
    """What is wrong without any expectation, then all expectations. Without expectations linear in the lab.

    None: there is an error among the former, and what is expected was not asked: each failure would only follow from it.
    What depends on the kind of ESP is in the summary.
    """
    world = World(lab, esp)
    check_findings(world, diagnostics)
    if diagnostics.has_errors:
        return None
    summary = prove(world, diagnostics)
    return replace(summary, depending=dependences(world, summary.proofs))
