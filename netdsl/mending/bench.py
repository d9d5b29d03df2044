"""Where changes of the source are tried: the lab with a change is compiled and proven like any other."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostic, Diagnostics
from netdsl.diagnostics.fix import Edit, edited
from netdsl.ir.expectation import Expectation
from netdsl.ir.lab import Lab
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.semantics.load import Sources
from netdsl.source import SourceFile
from netdsl.syntax.parser import parse
from netdsl.verify.claims import judge
from netdsl.verify.expectations import proofs_of, shows
from netdsl.verify.findings import check_findings
from netdsl.verify.types import Proof

Compile = Callable[[Sources, Diagnostics], Lab | None]
"""The stages up to the lab; None where there is an error."""

_MOST_TRIES = 40
_FEWEST_TRIES = 4
_MOST_NODES = 4000
"""Nodes of all labs that are compiled for trials: a bound on time (a second and a half on a small machine)."""

_ABOUT_EXPECTATIONS = frozenset(
    rule.code
    for rule in (catalogue.EXPECTATION_FAILS, catalogue.EXPECTATION_NOT_VERIFIED, catalogue.FAILURE_DOES_NOT_SHOW)
)

Proven = Sequence[tuple[Expectation, tuple[Proof, ...]]]


def tries_for(lab: Lab) -> int:
    """How many changes are tried for a lab."""
    return max(_FEWEST_TRIES, min(_MOST_TRIES, _MOST_NODES // max(1, len(lab.nodes))))


@dataclass(slots=True, eq=False)
class Bench:
    """`lab`, `proven`, `findings`: as the lab is without a change. `tries`: how many more labs may be compiled."""

    sources: Sources
    compiled: Compile
    esp: Esp
    lab: Lab
    proven: Proven
    findings: tuple[Diagnostic, ...]
    tries: int
    _known: dict[tuple[tuple[Edit, ...], int], frozenset[int] | None] = field(default_factory=dict)

    def holding(self, edits: tuple[Edit, ...], wanted: int) -> frozenset[int] | None:
        """The numbers of all lines that hold after a change; None where the wanted one does not, one that held does not
        any more, or anything new is wrong with the lab."""
        key = (edits, wanted)
        if key not in self._known:
            if self.tries <= 0:
                return None
            self.tries -= 1
            self._known[key] = self._tried(edits, wanted)
        return self._known[key]

    def _tried(self, edits: tuple[Edit, ...], wanted: int) -> frozenset[int] | None:
        diagnostics = Diagnostics()
        sources = changed(self.sources, edits, diagnostics)
        lab = None if sources is None or diagnostics.has_errors else self.compiled(sources, diagnostics)
        if lab is None or lab.expectations != self.lab.expectations:
            return None
        world = World(lab, self.esp)
        proof = [proof for _, found in self.proven for proof in found][wanted]
        if not judge(world.during(proof.expectation.state), proof.line.claim).holds:
            return None
        proven = proofs_of(world)
        if any(is_held and not is_now for is_held, is_now in zip(_held(self.proven), _held(proven), strict=True)):
            return None
        check_findings(world, diagnostics)
        if not _codes(diagnostics) <= _codes(self.findings):
            return None
        lines = [proof for _, found in proven for proof in found]
        return frozenset(number for number, line in enumerate(lines) if line.holds)


def changed(sources: Sources, edits: tuple[Edit, ...], diagnostics: Diagnostics) -> Sources | None:
    """The sources after a change, parsed anew where they differ; None where the edits overlap."""
    documents = dict(sources.documents)
    for name in {edit.span.source.name: None for edit in edits}:
        try:
            source = documents[name].source
            documents[name] = parse(SourceFile(name, edited(source, edits), source.folder), diagnostics)
        except ValueError:
            return None
    return replace(sources, documents=documents)


def _held(proven: Proven) -> list[bool]:
    """Of each line whether it holds; of a failure block whether the block does."""
    return [
        is_held
        for block, found in proven
        for is_held in ([shows(found)] if block.is_failure else [proof.holds for proof in found])
    ]


def _codes(findings: Iterable[Diagnostic]) -> Counter[str]:
    """How many findings there are of each rule that is not about expectations."""
    return Counter(found.rule.code for found in findings if found.rule.code not in _ABOUT_EXPECTATIONS)
