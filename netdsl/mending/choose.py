"""What is offered for each line that does not hold: changes of the source with which it does."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from netdsl.diagnostics.fix import Fix
from netdsl.mending.bench import Bench
from netdsl.mending.candidate import Candidate, Failure
from netdsl.mending.proposers import PROPOSERS
from netdsl.mending.statements import Statements
from netdsl.packets.world import World
from netdsl.verify.types import Proof

_MOST_OFFERED = 3
_MOST_OF_ONE = 10
"""Changes of one proposer that are tried for a line."""


def near_misses(bench: Bench, world: World) -> dict[int, Proof]:
    """The proofs of lines that a change makes hold, by their number, with what nearly holds, and the changes as fixes."""
    statements = Statements(bench.sources.documents.values())
    helpful: list[tuple[Candidate, frozenset[int]]] = []
    failing: dict[int, tuple[Proof, Failure]] = {}
    for number, (block, proof) in enumerate((block, proof) for block, proofs in bench.proven for proof in proofs):
        if proof.holds or block.is_failure or not proof.is_exact or not proof.verdicts:
            continue
        failure = Failure(world.during(block.state), proof.line.claim, proof.verdicts[-1], statements)
        failing[number] = proof, failure
        if not any(number in holding for _, holding in helpful):
            helpful += _tried(bench, failure, number)
    found: dict[int, Proof] = {}
    for number, (proof, failure) in failing.items():
        offered = [candidate for candidate, holding in helpful if number in holding]
        offered = [one for one in offered if not one.is_wider] or offered[:1]
        if offered:
            found[number] = _with(proof, [_own_words(failure, candidate) for candidate in offered[:_MOST_OFFERED]])
    return found


def _own_words(failure: Failure, candidate: Candidate) -> Candidate:
    """The same change as a line's own proposers say it, where they do: another line's sentence may be about its packet."""
    own = (one for propose in PROPOSERS for one in islice(propose(failure), _MOST_OF_ONE))
    return next((one for one in own if one.edits == candidate.edits), candidate)


def _tried(bench: Bench, failure: Failure, number: int) -> Iterator[tuple[Candidate, frozenset[int]]]:
    """Of each proposer the first change with which the line holds."""
    for propose in PROPOSERS:
        for candidate in islice(propose(failure), _MOST_OF_ONE):
            holding = bench.holding(candidate.edits, number)
            if holding is not None:
                yield candidate, holding
                break


def _with(proof: Proof, offered: Sequence[Candidate]) -> Proof:
    fixes = tuple(Fix(one.sentence, one.edits) for one in offered)
    return replace(proof, near="; or: ".join(one.sentence for one in offered), fixes=fixes)
