"""Near misses of a checked lab: tried changes as the help of what does not hold."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.ir.lab import Lab
from netdsl.lower.lower import lower
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.pipeline.analysis import Checked, bound, lowered_of
from netdsl.semantics.expand import expand
from netdsl.semantics.load import Sources
from netdsl.semantics.resolve import resolve
from netdsl.verify.expectations import proofs_of, told_of
from netdsl.verify.findings import check_findings
from netdsl.verify.types import Proof, Summary

if TYPE_CHECKING:
    from netdsl.mending.bench import Bench

_ABOUT_OUTER_PACKETS = (catalogue.TUNNEL_BLOCKED_BY_FIREWALL, catalogue.TUNNEL_ENDS_DO_NOT_MEET)


def with_near_misses(checked: Checked, parameters: Mapping[str, str], *, esp: Esp = Esp.KERNEL) -> Checked:
    """The same lab, where each line that does not hold has what nearly holds as its help, after that was tried; so has an
    expectation that names make impossible, and a tunnel whose outer packets do not arrive.

    Nothing is tried where nothing is wrong, or where the lab is large. The number of labs compiled for it is bounded
    (`netdsl.mending.bench`).
    """
    if checked.lab is not None and _is_large(checked.lab):
        return checked
    errors = {found.rule for found in checked.diagnostics if found.is_error}
    if errors == {catalogue.EXPECT_IMPOSSIBLE}:
        _mend_impossible(checked, parameters, esp)
    elif checked.lab is not None and checked.summary is None:
        _mend_tunnels(checked, checked.lab, parameters, esp)
    elif checked.lab is not None and checked.summary is not None:
        return _mend_lines(checked, checked.lab, checked.summary, parameters, esp)
    return checked


def _is_large(lab: Lab) -> bool:
    from netdsl.mending.bench import tries_for  # only where something may be wrong

    return tries_for(lab) == 0


def _mend_lines(checked: Checked, lab: Lab, summary: Summary, parameters: Mapping[str, str], esp: Esp) -> Checked:
    if all(proof.holds for proof in summary.proofs):
        return checked
    from netdsl.mending.choose import near_misses  # only where something failed

    proofs, world = list(summary.proofs), World(lab, esp)
    bench = _bench(checked.sources, world, parameters, tuple(checked.diagnostics))
    for number, better in near_misses(bench, world).items():
        before, after = told_of(proofs[number]), told_of(better)
        if before is not None and after is not None:
            checked.diagnostics.replace(before, after)
        proofs[number] = better
    return replace(checked, summary=replace(summary, proofs=tuple(proofs)))


def _mend_impossible(checked: Checked, parameters: Mapping[str, str], esp: Esp) -> None:
    """The lab is whole but for these lines: what they ask fails in it, and what helps there makes them possible."""
    from netdsl.mending.choose import near_misses

    diagnostics = Diagnostics()
    bindings = resolve(expand(checked.sources, parameters, diagnostics), diagnostics)
    lab = None if bindings is None else lowered_of(bindings, diagnostics)
    if lab is None:
        return
    world = World(lab, esp)
    check_findings(world, diagnostics)
    bench = _bench(checked.sources, world, parameters, (*checked.diagnostics, *diagnostics))
    for proof in near_misses(bench, world).values():
        for found in list(checked.diagnostics):
            if found.rule is catalogue.EXPECT_IMPOSSIBLE and _is_at(found, proof):
                checked.diagnostics.replace(found, replace(found, help=proof.near, fixes=proof.fixes))


def _is_at(found: Diagnostic, proof: Proof) -> bool:
    origin = proof.line.origin
    return origin is not None and found.primary.place == origin.head


def _mend_tunnels(checked: Checked, lab: Lab, parameters: Mapping[str, str], esp: Esp) -> None:
    from netdsl.mending.choose import fixes_of, remedies_of, told

    world = World(lab, esp)
    bench = _bench(checked.sources, world, parameters, tuple(checked.diagnostics))
    for found in list(checked.diagnostics):
        offered = remedies_of(bench, world, found) if found.rule in _ABOUT_OUTER_PACKETS else []
        if offered:
            checked.diagnostics.replace(found, replace(found, help=told(offered), fixes=fixes_of(offered)))


def _bench(sources: Sources, world: World, parameters: Mapping[str, str], findings: tuple[Diagnostic, ...]) -> "Bench":
    from netdsl.mending.bench import Bench, tries_for

    def compiled(changed: Sources, diagnostics: Diagnostics) -> Lab | None:
        bindings = bound(changed, parameters, diagnostics)
        return None if bindings is None else lower(bindings)

    return Bench(sources, compiled, world.esp, world.lab, proofs_of(world), findings, tries_for(world.lab))
