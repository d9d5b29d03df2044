"""The proof of a lab's `expect` blocks: each line that does not hold is a diagnostic with its reason."""

from collections.abc import Iterable, Sequence
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostic, Diagnostics, Label, finding
from netdsl.ir.expectation import Claim, Expectation, Resolves, WhileState
from netdsl.ir.lab import Lab
from netdsl.ir.sizes import TooLarge
from netdsl.packets.types import Esp, Hop, Verdict
from netdsl.packets.world import World
from netdsl.source import Place
from netdsl.verify.claims import Finding, judge
from netdsl.verify.near import near_miss
from netdsl.verify.types import Proof, Summary

MOST_HOPS = 300_000
"""Nodes on the ways of all flows that expectations ask for."""


def check_expectations(lab: Lab, diagnostics: Diagnostics, *, esp: Esp = Esp.KERNEL) -> Summary:
    """Prove every line. A line that fails is an error at its place; one that depends on something raw, a warning; a
    failure block of which all lines hold, an error at its own."""
    return prove(World(lab, esp), diagnostics)


def prove(world: World, diagnostics: Diagnostics) -> Summary:
    """The same for a world that is there already."""
    proven = proofs_of(world)
    held = failed = 0
    for expectation, found in proven:
        if expectation.is_failure:
            is_held = shows(found)
            held, failed = held + is_held, failed + (not is_held)
            if not is_held and expectation.origin is not None:
                _report_whole(expectation, found, diagnostics)
            continue
        for proof in found:
            held, failed = held + proof.holds, failed + (not proof.holds)
            told = None if proof.holds else told_of(proof)
            if told is not None:
                diagnostics.add(told)
    proofs = tuple(proof for _, found in proven for proof in found)
    return Summary(proofs, held, failed, sum(not proof.is_exact for proof in proofs))


def proofs_of(world: World) -> list[tuple[Expectation, tuple[Proof, ...]]]:
    """Each block with the proofs of its lines. Raises TooLarge where the ways of all flows have too many nodes."""
    prover = _Prover(world)
    return [
        (each, tuple(prover.proof(each, number) for number in range(len(each.lines))))
        for each in world.lab.expectations
    ]


def shows(found: Sequence[Proof]) -> bool:
    """Whether a failure block holds: one of its lines does not."""
    return not found or any(not proof.holds for proof in found)


@dataclass(slots=True)
class _Prover:
    """The worlds of the states asked for, and what is known of claims: lists and `*` ask the same again."""

    world: World
    _worlds: dict[WhileState | None, World] = field(default_factory=dict)
    _known: dict[tuple[WhileState | None, Claim], Finding] = field(default_factory=dict)
    _hops: int = 0

    def proof(self, expectation: Expectation, number: int) -> Proof:
        line = expectation.lines[number]
        key = (expectation.state, line.claim)
        if key not in self._known:
            self._known[key] = judge(self._during(expectation.state), line.claim)
            self._hops += sum(len(each.request) + len(each.answer) for each in self._known[key].verdicts)
            if self._hops > MOST_HOPS:
                message = f"the flows that all expectations ask for pass more than {MOST_HOPS} nodes, each way counted"
                raise TooLarge(message, line.origin or expectation.origin)
        found = self._known[key]
        near = found.near
        if not found.holds and found.verdicts:
            near = near_miss(self._during(expectation.state), found.verdicts[-1])
        return Proof(expectation, line, found.holds, found.reason, found.origin, found.verdicts, found.is_exact, near)

    def _during(self, state: WhileState | None) -> World:
        if state not in self._worlds:
            self._worlds[state] = self.world.during(state)
        return self._worlds[state]


# --- messages


def told_of(proof: Proof) -> Diagnostic | None:
    """The finding of a line that does not hold; None where nothing says where it stands."""
    place = proof.line.origin or proof.expectation.origin
    if place is None:
        return None
    rule = catalogue.EXPECTATION_FAILS if proof.is_exact else catalogue.EXPECTATION_NOT_VERIFIED
    related = tuple(_related(proof, place))
    return finding(rule, _sentence(proof), place, related=related, help=_help(proof), fixes=proof.fixes)


def _sentence(proof: Proof) -> str:
    state = proof.expectation.state
    during = ""
    if state is not None:
        what = f"`{state.tunnel}`" if state.tunnel is not None else f"the link `{state.link}`"
        during = f", while {what} is {'up' if state.is_up else 'down'}"
    where = f" (line {_line(proof.origin)})" if proof.origin is not None and proof.verdicts else ""
    if proof.is_exact:
        return f"this does not hold{during}: {proof.reason}{where}"
    return f"this cannot be known{during}; as written: {proof.reason}{where}"


def _line(origin: Place) -> int:
    return origin.span.source.position(origin.span.start)[0]


def _related(proof: Proof, place: Place) -> list[Label]:
    found: list[Label] = []
    if proof.origin is not None and proof.origin.span != place.span:
        found.append(Label(proof.origin, "decided here"))
    return found


def _help(proof: Proof) -> str | None:
    if not proof.verdicts:
        return proof.near
    last: Verdict = proof.verdicts[-1]
    if not proof.is_exact:
        named = ", ".join(f"`{node}`" for node in last.raw)
        what = f"commands, files, sysctls or tunnels of {named}"
        return f"{what} may change it: only the running lab can tell" if named else None
    said = [] if proof.near is None else [proof.near]
    if isinstance(proof.line.claim, Resolves) and len(proof.verdicts) > 1:
        said.append(f"asked, one after another: {_named(_server(one) for one in proof.verdicts)}")
    elif len(last.request) > 1:
        said.append(f"the request's way: {_way(last.request)}")
    return "; ".join(said) or None


def _way(hops: tuple[Hop, ...]) -> str:
    return _named(hop.node for hop in hops)


def _server(verdict: Verdict) -> str:
    return str(verdict.destination) if verdict.answered_by is None else verdict.answered_by[0]


def _named(nodes: Iterable[str]) -> str:
    names = list(nodes)
    shown = [name for index, name in enumerate(names) if index == 0 or name != names[index - 1]]
    return ", ".join(f"`{name}`" for name in (shown if len(shown) <= 8 else [*shown[:7], shown[-1]]))


def _report_whole(expectation: Expectation, found: Sequence[Proof], diagnostics: Diagnostics) -> None:
    assert expectation.origin is not None, "asked before"
    is_exact = all(proof.is_exact for proof in found)
    rule = catalogue.FAILURE_DOES_NOT_SHOW if is_exact else catalogue.EXPECTATION_NOT_VERIFIED
    message = "a failure is expected, and every line of this block holds"
    diagnostics.report(
        rule, message, expectation.origin, help="a fault that no line shows is no fault for who looks for it"
    )
