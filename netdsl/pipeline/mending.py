"""Near misses of a checked lab: tried changes as the help of what does not hold."""

from collections.abc import Mapping
from dataclasses import replace

from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.lower.lower import lower
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.pipeline.analysis import Checked, bound
from netdsl.semantics.load import Sources
from netdsl.verify.expectations import told_of
from netdsl.verify.types import Proof, Summary


def with_near_misses(checked: Checked, parameters: Mapping[str, str], *, esp: Esp = Esp.KERNEL) -> Checked:
    """The same lab, where each line that does not hold has what nearly holds as its help, after that was tried.

    Nothing is tried where every line holds. The number of labs compiled for it is bounded (`netdsl.mending.bench`).
    """
    summary, lab = checked.summary, checked.lab
    if lab is None or summary is None or all(proof.holds for proof in summary.proofs):
        return checked
    from netdsl.mending.bench import Bench, tries_for  # only where something failed
    from netdsl.mending.choose import near_misses

    def compiled(sources: Sources, diagnostics: Diagnostics) -> Lab | None:
        bindings = bound(sources, parameters, diagnostics)
        return None if bindings is None else lower(bindings)

    blocks, rest = [], list(summary.proofs)
    for expectation in lab.expectations:
        count = len(expectation.lines)
        blocks.append((expectation, tuple(rest[:count])))
        rest = rest[count:]
    findings = tuple(checked.diagnostics)
    bench = Bench(checked.sources, compiled, esp, lab, blocks, findings, tries_for(lab))
    return _told(checked, summary, near_misses(bench, World(lab, esp)))


def _told(checked: Checked, summary: Summary, found: Mapping[int, Proof]) -> Checked:
    proofs = list(summary.proofs)
    for number, better in found.items():
        before, after = told_of(proofs[number]), told_of(better)
        if before is not None and after is not None:
            checked.diagnostics.replace(before, after)
        proofs[number] = better
    return replace(checked, summary=replace(summary, proofs=tuple(proofs)))
