"""What is wrong with a lab without any `expect`: a file for each family, each asked of the engine that follows packets.

A lab that is meant to fail (`expect failure`) has none of these findings: its author knows, and the proof says which line
fails. What depends on a raw node is not told.
"""

from typing import Protocol, cast

from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.index import modules
from netdsl.packets.world import World
from netdsl.verify.findings.falls import check_falls
from netdsl.verify.findings.inside import check_inside
from netdsl.verify.findings.keepalives import check_keepalives
from netdsl.verify.findings.leaving import check_leaving
from netdsl.verify.findings.mtus import check_mtus
from netdsl.verify.findings.nesting import check_nesting
from netdsl.verify.findings.next_hops import check_next_hops
from netdsl.verify.findings.policies import check_policies
from netdsl.verify.findings.ranges import check_ranges
from netdsl.verify.findings.returning import check_returning
from netdsl.verify.findings.routes import check_routes
from netdsl.verify.findings.services import check_services
from netdsl.verify.findings.translation import check_translation
from netdsl.verify.findings.tunnels import all_open, check_tunnels


class TunnelFindings(Protocol):
    """The module `netdsl.kinds.KIND.findings`, of a kind that has findings about a lab as packets pass it."""

    def check(self, world: World, diagnostics: Diagnostics) -> None:
        """Reports them of one state of the lab."""
        ...


def check_findings(world: World, diagnostics: Diagnostics) -> None:
    """What is wrong in every state that the lab may come to."""
    if world.lab.is_meant_to_fail:
        return
    if not world.others:
        _check_findings(world, diagnostics)
        return
    found, *others = [_findings(one) for one in (world, *world.others)]
    for finding in found:
        if all(any(_is_same(finding, one) for one in other) for other in others):
            diagnostics.add(finding)


def _findings(world: World) -> tuple[Diagnostic, ...]:
    found = Diagnostics()
    _check_findings(world, found)
    return tuple(found)


def _is_same(one: Diagnostic, other: Diagnostic) -> bool:
    return (one.rule, one.primary) == (other.rule, other.primary)


def _check_findings(world: World, diagnostics: Diagnostics) -> None:
    check_next_hops(world, diagnostics)
    check_leaving(world, diagnostics)
    check_ranges(world, diagnostics)
    check_inside(world, diagnostics)
    check_services(world, diagnostics)
    check_translation(world, diagnostics)
    check_mtus(world, diagnostics)
    check_keepalives(world, diagnostics)
    for _, module in modules("findings"):
        cast(TunnelFindings, module).check(world, diagnostics)
    opened = all_open(world)
    check_policies(opened, diagnostics)
    nested = check_nesting(world, diagnostics)
    told = nested | check_tunnels(opened, nested, diagnostics)
    if any(view.raw for view in world.fabric.views.values()):
        return
    without_return = check_routes(world.fabric, diagnostics)
    check_returning(world, without_return, diagnostics)
    check_falls(world, told, diagnostics)
