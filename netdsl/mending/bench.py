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
from netdsl.ir.node import Node
from netdsl.ir.sizes import TooLarge
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.semantics.load import Sources
from netdsl.syntax.parser import parse
from netdsl.syntax.secrets import source_of
from netdsl.verify.claims import judge
from netdsl.verify.expectations import proofs_of, shows
from netdsl.verify.findings import check_findings
from netdsl.verify.types import Proof

Compile = Callable[[Sources, Diagnostics], Lab | None]
"""The stages up to the lab; None where there is an error."""

Wanted = int | Diagnostic
"""The number of a line that has to hold, or a finding that has to be gone."""

_MOST_TRIES = 40
_FEWEST_TRIES = 4
_MOST_NODES = 3000
"""Nodes of all labs that are compiled for trials: a bound on time (a second and a half of 300 nodes)."""
_LARGEST = 2000
"""Nodes, ends of tunnels, and a quarter of the lines of expectations, of a lab for which changes are tried."""
_USUAL = 8
"""Interfaces, routes, lines and so on of a node; so many more of them take as long as one node more."""

_ABOUT_EXPECTATIONS = frozenset(
    rule.code
    for rule in (catalogue.EXPECTATION_FAILS, catalogue.EXPECTATION_NOT_VERIFIED, catalogue.FAILURE_DOES_NOT_SHOW)
)

Proven = Sequence[tuple[Expectation, tuple[Proof, ...]]]


def tries_for(lab: Lab) -> int:
    """How many changes are tried for a lab; none for a large one, each of which takes seconds."""
    lines = sum(len(block.lines) for block in lab.expectations)
    size = len(lab.nodes) + sum(len(node.tunnels) for node in lab.nodes) + lines // 4
    size += max(0, sum(map(_parts, lab.nodes)) - _USUAL * len(lab.nodes)) // _USUAL
    return 0 if size > _LARGEST else max(_FEWEST_TRIES, min(_MOST_TRIES, _MOST_NODES // max(1, size)))


def _parts(node: Node) -> int:
    """How many lines the source has for a node, about: what `routing auto` adds is no line."""
    written = sum(not route.is_automatic for route in node.routes)
    lines = 0 if node.firewall is None else len(node.firewall.rules)
    nat = len(node.nat.destination) + len(node.nat.source)
    zones = (zone for served in node.services if served.names is not None for zone in served.names.zones)
    records = sum(len(zone.addresses) + len(zone.aliases) + len(zone.texts) + len(zone.pointers) for zone in zones)
    return len(node.interfaces) + written + lines + nat + len(node.services) + records


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
    _known: dict[tuple[tuple[Edit, ...], Wanted], frozenset[int] | None] = field(default_factory=dict)

    def holding(self, edits: tuple[Edit, ...], wanted: Wanted) -> frozenset[int] | None:
        """The numbers of all lines that hold after a change; None where what is wanted is not so, a line that held does
        not any more, or anything new is wrong with the lab."""
        key = (edits, wanted)
        if key not in self._known:
            if self.tries <= 0:
                return None
            self.tries -= 1
            try:
                self._known[key] = self._tried(edits, wanted)
            except TooLarge:
                self._known[key] = None
        return self._known[key]

    def _tried(self, edits: tuple[Edit, ...], wanted: Wanted) -> frozenset[int] | None:
        diagnostics = Diagnostics()
        sources = changed(self.sources, edits, diagnostics)
        lab = None if sources is None or diagnostics.has_errors else self.compiled(sources, diagnostics)
        if lab is None or lab.expectations != self.lab.expectations:
            return None
        world = World(lab, self.esp)
        if isinstance(wanted, int) and not self._holds(world, wanted):
            return None
        proven = proofs_of(world)
        if any(is_held and not is_now for is_held, is_now in zip(_held(self.proven), _held(proven), strict=True)):
            return None
        check_findings(world, diagnostics)
        if _is_worse(diagnostics, self.findings):
            return None
        if isinstance(wanted, Diagnostic) and _is_among(wanted, diagnostics):
            return None
        lines = [proof for _, found in proven for proof in found]
        return frozenset(number for number, line in enumerate(lines) if line.holds)

    def _holds(self, world: World, number: int) -> bool:
        proof = [proof for _, found in self.proven for proof in found][number]
        return judge(world.during(proof.expectation.state), proof.line.claim).holds


def _is_among(wanted: Diagnostic, findings: Iterable[Diagnostic]) -> bool:
    """Whether a finding is still there, wherever its place is now."""
    return any((one.rule, one.message) == (wanted.rule, wanted.message) for one in findings)


def changed(sources: Sources, edits: tuple[Edit, ...], diagnostics: Diagnostics) -> Sources | None:
    """The sources after a change, parsed anew where they differ; None where the edits overlap."""
    documents = dict(sources.documents)
    for name in {edit.span.source.name: None for edit in edits}:
        try:
            source = documents[name].source
            documents[name] = parse(source_of(name, edited(source, edits), source.folder), diagnostics)
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


def _is_worse(after: Iterable[Diagnostic], before: Iterable[Diagnostic]) -> bool:
    """Whether there is an error that was not, or more is wrong than was. What a fault has hidden may come to light."""
    now, then = _codes(after), _codes(before)
    errors = {found.rule.code for found in after if found.is_error}
    return any(now[code] > then[code] for code in errors) or now.total() > then.total()


def _codes(findings: Iterable[Diagnostic]) -> Counter[str]:
    """How many findings there are of each rule that is not about expectations."""
    return Counter(found.rule.code for found in findings if found.rule.code not in _ABOUT_EXPECTATIONS)
