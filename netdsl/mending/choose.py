"""What is offered for each line that does not hold: changes of the source with which it does."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from netdsl.diagnostics.core import Diagnostic
from netdsl.diagnostics.fix import Edit, Fix
from netdsl.ir.expectation import RoutesVia, TunnelUp, WhileState
from netdsl.mending.bench import Bench, Wanted
from netdsl.mending.candidate import Candidate, FailedLine
from netdsl.mending.outer import failing_tunnels, outer_failures
from netdsl.mending.proposers import proposers_for
from netdsl.mending.statements import Statements
from netdsl.packets.world import World
from netdsl.verify.predict import predict
from netdsl.verify.types import Proof

_MOST_OFFERED = 3
_MOST_OF_ONE = 10
"""Changes of one proposer that are tried for a line."""
_MOST_FAILING = 100
"""So many lines that do not hold are helped, the first ones."""


def near_misses(bench: Bench, world: World) -> dict[int, Proof]:
    """The proofs of lines that a change makes hold, by their number, with what nearly holds, and the changes as fixes."""
    statements = Statements(bench.sources.documents.values())
    helpful: list[tuple[Candidate, frozenset[int]]] = []
    failing: dict[int, tuple[Proof, list[FailedLine]]] = {}
    worlds: dict[WhileState | None, World] = {}
    for number, (block, proof) in enumerate((block, proof) for block, proofs in bench.proven for proof in proofs):
        if proof.holds or block.is_failure or not proof.is_exact or len(failing) == _MOST_FAILING:
            continue
        if block.state not in worlds:
            worlds[block.state] = world.during(block.state)
        failures = list(_failures(worlds[block.state], proof, statements))
        failing[number] = proof, failures
        if not any(number in holding for _, holding in helpful):
            helpful += _tried(bench, failures, number)
    found: dict[int, Proof] = {}
    for number, (proof, failures) in failing.items():
        offered = [candidate for candidate, holding in helpful if number in holding]
        offered = [one for one in offered if not one.is_wider] or offered[:1]
        if offered:
            found[number] = _with(proof, [_own_words(failures, candidate) for candidate in offered[:_MOST_OFFERED]])
    return found


def remedies_of(bench: Bench, world: World, finding: Diagnostic) -> list[Candidate]:
    """Changes after which a finding is gone that is about the outer packets of tunnels."""
    statements = Statements(bench.sources.documents.values())
    tunnels = dict.fromkeys(
        end.tunnel for node in world.lab.nodes for end in node.tunnels if not world.is_up(end.tunnel)
    )
    failures = (
        failure
        for tunnel in tunnels
        for failure in outer_failures(world, TunnelUp(tunnel, None, is_negative=False), [tunnel], statements)
    )
    return [candidate for candidate, _ in islice(_tried(bench, failures, finding), _MOST_OFFERED)]


def _failures(world: World, proof: Proof, statements: Statements) -> Iterator[FailedLine]:
    """The flow of the line that decided, then the outer packets of tunnels that it may need."""
    claim, verdict = proof.line.claim, proof.verdicts[-1] if proof.verdicts else None
    if isinstance(claim, RoutesVia):
        asked = predict(world, claim.source, claim.prefix.network_address)
        yield FailedLine(world, claim, asked, statements)
    if verdict is not None:
        yield FailedLine(world, claim, verdict, statements)
    yield from outer_failures(world, claim, failing_tunnels(world, claim, verdict), statements)


def _proposed(failures: Iterable[FailedLine]) -> Iterator[Iterator[Candidate]]:
    """What each proposer says."""
    for failure in failures:
        for propose in proposers_for(failure.claim):
            yield islice(propose(failure), _MOST_OF_ONE)


def _own_words(failures: Iterable[FailedLine], candidate: Candidate) -> Candidate:
    """The same change as a line's own proposers say it, where they do: another line's sentence may be about its packet."""
    own = (one for proposed in _proposed(failures) for one in proposed)
    return next((one for one in own if one.edits == candidate.edits), candidate)


def _tried(bench: Bench, failures: Iterable[FailedLine], wanted: Wanted) -> Iterator[tuple[Candidate, frozenset[int]]]:
    """Of each proposer the first change with which what is wanted is so."""
    found: set[tuple[Edit, ...]] = set()
    for proposed in _proposed(failures):
        for candidate in proposed:
            holding = bench.holding(candidate.edits, wanted)
            if holding is not None and candidate.edits not in found:
                found.add(candidate.edits)
                yield candidate, holding
            if holding is not None:
                break


def _with(proof: Proof, offered: Sequence[Candidate]) -> Proof:
    return replace(proof, near=told(offered), fixes=fixes_of(offered))


def told(offered: Sequence[Candidate]) -> str:
    return "; or: ".join(one.sentence for one in offered)


def fixes_of(offered: Sequence[Candidate]) -> tuple[Fix, ...]:
    return tuple(Fix(one.sentence, one.edits) for one in offered)
