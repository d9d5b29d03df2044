"""What a lab expects, line by line, with what was found: as text and as data."""

from collections.abc import Iterator
from itertools import groupby

from netdsl.cli.flow_json import names, place_json, verdict_json
from netdsl.cli.layout import fitting, hanging, place_text
from netdsl.ir.dump import Json
from netdsl.ir.expectation import Expectation, Reaches
from netdsl.verify.sentences import block_text, claim_text
from netdsl.verify.types import Proof, Summary

_HOLDS, _FAILS = "holds", "FAILS"


def proof_table(summary: Summary, width: int) -> str:
    """Every line of every block: whether it holds, what it says, and how. Lines of at most `width` columns."""
    return "".join(f"{line}\n" for line in _lines(summary, fitting(width)))


def _lines(summary: Summary, width: int) -> Iterator[str]:
    for expectation, proofs in _blocks(summary):
        yield from hanging("", block_text(expectation) + place_text(expectation.origin), width)
        size = max(len(_word(proof)) for proof in proofs)
        for place, same in groupby(proofs, key=lambda proof: place_text(proof.line.origin)):
            yield f" {place.strip(' ()')}"
            for proof in same:
                yield from _proof(proof, size, width)
        if expectation.is_failure:
            failed = sum(not proof.holds for proof in proofs)
            verdict = "as expected" if failed else "THE FAILURE DOES NOT SHOW"
            yield from hanging("  ", f"{failed} of {len(proofs)} lines do not hold: {verdict}", width)
        yield ""


def _blocks(summary: Summary) -> Iterator[tuple[Expectation, list[Proof]]]:
    """Blocks follow one another; two may say the same, and then they are shown as one."""
    for expectation, proofs in groupby(summary.proofs, key=lambda proof: proof.expectation):
        yield expectation, list(proofs)


def _word(proof: Proof) -> str:
    """With a question mark where something raw may make it otherwise."""
    word = _HOLDS if proof.holds else "fails" if proof.expectation.is_failure else _FAILS
    return word if proof.is_exact else f"{word}?"


def _proof(proof: Proof, size: int, width: int) -> Iterator[str]:
    head = f"  {_word(proof):<{size}}  "
    yield from hanging(head, claim_text(proof.line.claim), width)
    yield from hanging(" " * len(head), how(proof), width)


def how(proof: Proof) -> str:
    """Of flows that pass: through which tunnels, encrypted where; of all others the reason, with its statement."""
    flows = proof.verdicts
    if proof.holds and flows and all(verdict.passes for verdict in flows):
        text = _passing(proof)
    else:
        text = proof.reason + place_text(proof.origin or (flows[-1].origin if flows and proof.holds else None))
    return text + (f"; {len(flows)} flows" if len(flows) > 1 else "")


def _passing(proof: Proof) -> str:
    claim, last = proof.line.claim, proof.verdicts[-1]
    if isinstance(claim, Reaches) and claim.is_negative:
        return f"{last.destination} is somebody else there: {last.reason}"
    tunnels = dict.fromkeys(tunnel for verdict in proof.verdicts for tunnel in verdict.tunnels)
    secret = dict.fromkeys(wire.network for verdict in proof.verdicts for wire in verdict.wires if wire.is_encrypted)
    parts = [f"through {', '.join(tunnels)}"] if tunnels else []
    return ", ".join([*parts, f"encrypted on {', '.join(secret)}" if secret else "in clear all the way"])


def summary_json(summary: Summary) -> dict[str, Json]:
    """The counts, and the lines in their order."""
    return {
        "counts": {"held": summary.held, "failed": summary.failed, "unverified": summary.unverified},
        "expectations": [_block(expectation, proofs) for expectation, proofs in _blocks(summary)],
    }


def _block(expectation: Expectation, proofs: list[Proof]) -> Json:
    state = expectation.state
    return {
        "title": expectation.title,
        "is_failure": expectation.is_failure,
        "points": expectation.points,
        "while": None if state is None else {"name": state.tunnel or state.link, "is_up": state.is_up},
        "place": place_json(expectation.origin),
        "lines": [_line(proof) for proof in proofs],
    }


def _line(proof: Proof) -> Json:
    tunnels = dict.fromkeys(tunnel for verdict in proof.verdicts for tunnel in verdict.tunnels)
    return {
        "text": claim_text(proof.line.claim),
        "points": proof.line.points,
        "place": place_json(proof.line.origin),
        "holds": proof.holds,
        "is_exact": proof.is_exact,
        "reason": proof.reason,
        "decided_at": place_json(proof.origin),
        "tunnels": names(tunnels),
        "flows": [verdict_json(verdict) for verdict in proof.verdicts],
    }
