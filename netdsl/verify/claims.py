"""Whether one line of an `expect` block holds, and the sentence that says why."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.ir.expectation import (
    Claim,
    Encrypted,
    Goal,
    GoesThrough,
    OfTunnel,
    Reaches,
    Resolves,
    RoutesVia,
    StateClaim,
    TunnelUp,
)
from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.service import PortService
from netdsl.packets.identical import Identical
from netdsl.packets.types import Outcome, Verdict
from netdsl.packets.world import World
from netdsl.source import Place
from netdsl.verify.answers import Reply, Said
from netdsl.verify.goals import Target, next_hop_addresses, probes, targets, unaddressed
from netdsl.verify.predict import PROBE_SIZE, predict
from netdsl.verify.resolving import Resolution, given_to_programs
from netdsl.verify.sentences import tunnel_text
from netdsl.verify.state import compared, encryption_doubt, said_at, states_for, why_no_state


@dataclass(frozen=True, slots=True)
class Finding:
    """`origin`: the statement that decided; `near`: what would hold instead."""

    holds: bool
    reason: str
    verdicts: tuple[Verdict, ...] = ()
    origin: Place | None = None
    is_exact: bool = True
    near: str | None = None


def judge(world: World, claim: Claim) -> Finding:
    """What is not alike in all states that the lab may come to cannot be known."""
    others = world.others
    found = _judged(world, claim)
    for other in others:
        instead = _judged(other, claim)
        if (instead.holds, instead.is_exact) != (found.holds, found.is_exact):
            reason = f"it {other.order.reason}; {found.reason}" if found.is_exact else found.reason
            return replace(found, holds=False, reason=reason, origin=None, is_exact=False, near=None)
    return found


def _judged(world: World, claim: Claim) -> Finding:
    match claim:
        case Reaches():
            return _cannot_reach(world, claim) if claim.is_negative else _reaches(world, claim)
        case Encrypted():
            return _encryption(world, claim)
        case GoesThrough():
            return _each(world, claim.source, claim.goal, lambda verdict: _through(verdict, claim))
        case TunnelUp():
            return _up(world, claim)
        case Resolves():
            return _resolves(world, claim)
        case RoutesVia():
            return _routes(world, claim)
        case OfTunnel():
            return _state(world, claim)
        case _:
            assert_never(claim)


def _asked(source: NodeId, target: Target, probe: PortService | None) -> str:
    return f"`{source}` to {target}" + (f" {probe}" if probe is not None else "")


# --- reaches


def _reaches(world: World, claim: Reaches) -> Finding:
    size = PROBE_SIZE if claim.whole_up_to is None else claim.whole_up_to
    return _each(world, claim.source, claim.goal, lambda verdict: _answers(verdict, claim), size=size)


def _answers(verdict: Verdict, claim: Reaches) -> str | None:
    """What is missing in a flow that is to be answered; None: nothing."""
    if verdict.outcome is not Outcome.ANSWERED:
        return verdict.reason
    if claim.answered_by is not None:
        node, service = claim.answered_by
        if (
            verdict.answered_by is None
            or verdict.answered_by[0] != node
            or service not in (None, verdict.answered_by[1])
        ):
            return f"{verdict.reason}, not `{node}{'.' + service if service else ''}`"
    missing = [tunnel for tunnel in claim.through if tunnel not in verdict.tunnels]
    return f"it arrives, but not through tunnel `{missing[0]}`" if missing else None


def _each(
    world: World, source: NodeId, goal: Goal, lacks: Callable[[Verdict], str | None], *, size: int = PROBE_SIZE
) -> Finding:
    """Every node of a goal by every service, under one of its addresses: the first that does, or the first.

    `size`: of the packets, none of which is cut. What passes does so in every smaller size too.
    """
    followed: list[Verdict] = []
    for target in targets(world, source, goal):
        for probe in probes(world, target, goal.services, is_negative=False):
            verdict, reason = _best(world, source, target, probe, lacks, size)
            if verdict is None:
                return Finding(False, unaddressed(world, target), tuple(followed))
            followed.append(verdict)
            if reason is not None:
                origin = None if verdict.passes else verdict.origin
                return Finding(False, reason, tuple(followed), origin, _is_exact(followed))
    if not followed:
        return Finding(False, "there is nobody to ask")
    return Finding(True, followed[-1].reason, tuple(followed), None, _is_exact(followed))


def _best(
    world: World,
    source: NodeId,
    target: Target,
    probe: PortService | None,
    lacks: Callable[[Verdict], str | None],
    size: int,
) -> tuple[Verdict | None, str | None]:
    first: tuple[Verdict | None, str | None] = (None, None)
    for address in target.addresses:
        verdict = predict(world, source, address, probe, size=size)
        reason = lacks(verdict) or _elsewhere(verdict, target, probe)
        if reason is None:
            return verdict, None
        if first[0] is None or (first[0].is_exact and not verdict.is_exact):  # one address that may answer is enough
            first = (verdict, reason)
    return first


def _elsewhere(verdict: Verdict, target: Target, probe: PortService | None) -> str | None:
    """A node that is asked by name has to answer itself, unless its router redirects the port."""
    if target.node is None or verdict.answered_by is None or verdict.answered_by[0] == target.node or probe is not None:
        return None
    return f"the address {verdict.destination} leads to `{verdict.answered_by[0]}`, not to `{target.node}`"


def _is_exact(verdicts: list[Verdict]) -> bool:
    return all(verdict.is_exact for verdict in verdicts)


def _cannot_reach(world: World, claim: Reaches) -> Finding:
    followed: list[Verdict] = []
    for target in targets(world, claim.source, claim.goal):
        for probe in probes(world, target, claim.goal.services, is_negative=True):
            for address in target.addresses:
                verdict = predict(world, claim.source, address, probe)
                followed.append(verdict)
                if _gets_there(verdict, target, claim):
                    reason = f"{_asked(claim.source, target, probe)} gets through: {verdict.reason}"
                    return Finding(False, reason, tuple(followed), verdict.origin, verdict.is_exact)
    reason = followed[-1].reason if followed else "there is nobody to ask"
    return Finding(True, reason, tuple(followed), None, _is_exact(followed))


def _gets_there(verdict: Verdict, target: Target, claim: Reaches) -> bool:
    if not verdict.passes or verdict.answered_by is None:
        return False
    if target.node is not None and verdict.answered_by[0] != target.node and not claim.goal.services:
        return False  # somebody else has the same address there
    if claim.answered_by is not None or claim.through:
        return _answers(verdict, claim) is None
    return True


# --- on the way


def _encryption(world: World, claim: Encrypted) -> Finding:
    """Of a tunnel whose ends may agree on algorithms that encrypt, or on others, it cannot be known."""
    found = _each(world, claim.source, claim.goal, lambda verdict: _encrypted(verdict, claim))
    wires = (wire for verdict in found.verdicts if verdict.passes for wire in verdict.wires)
    asked = (wire for wire in wires if not claim.networks or wire.network in claim.networks)
    for tunnel in dict.fromkeys(each for wire in asked for each in wire.packet.tunnels):
        doubt = encryption_doubt(Identical(world), tunnel)
        if doubt is not None:
            text = f"whether `{tunnel}` encrypts is the choice of the end that answers"
            return Finding(False, text, found.verdicts, said_at(world, tunnel)[0], is_exact=False, near=doubt)
    return found


def _encrypted(verdict: Verdict, claim: Encrypted) -> str | None:
    if not verdict.passes:
        return verdict.reason
    for network in claim.networks:
        wires = [wire for wire in verdict.wires if wire.network == network]
        if not wires:
            return f"it does not cross `{network}`"
        if claim.is_negative:
            if any(wire.is_encrypted for wire in wires):
                return f"on `{network}` it goes in tunnel `{_tunnel_on(verdict, network)}`"
        elif not all(wire.is_encrypted for wire in wires):
            clear = next(wire for wire in wires if not wire.is_encrypted)
            what = f"in {clear.packet.header}, not encrypted" if clear.packet.inner is not None else "in clear"
            return f"on `{network}` it is {what} ({clear.packet})"
    if claim.is_negative and not claim.networks and verdict.is_encrypted:
        return "it is encrypted on a part of its way"
    if not claim.is_negative and not claim.networks and not verdict.is_encrypted:
        return "it is in clear all the way"
    return None


def _tunnel_on(verdict: Verdict, network: NetworkId) -> str:
    return next(
        (str(wire.packet.tunnel) for wire in verdict.wires if wire.network == network and wire.packet.tunnel), ""
    )


def _through(verdict: Verdict, claim: GoesThrough) -> str | None:
    if not verdict.passes:
        return verdict.reason
    passed = [hop.node for hop in verdict.request]
    for node in claim.nodes:
        if (node in passed) is claim.is_negative:
            way = ", ".join(f"`{name}`" for name in dict.fromkeys(passed))
            return f"its way is {way}"
    return None


# --- what is no flow


def _up(world: World, claim: TunnelUp) -> Finding:
    is_up = world.is_up(claim.tunnel, claim.child)
    reason = f"`{tunnel_text(claim)}` comes up" if is_up else world.why_down(claim.tunnel)
    return Finding(is_up is not claim.is_negative, reason, (), *said_at(world, claim.tunnel))


def _state(world: World, claim: StateClaim) -> Finding:
    """Of a tunnel that is down nothing holds, nor does its contrary."""
    origin, is_exact = said_at(world, claim.tunnel)
    found = [compared(claim, state) for state in states_for(world, claim)]
    if not found:
        return Finding(False, why_no_state(world, claim) or world.why_down(claim.tunnel), (), origin, is_exact)
    unsure = next((one for one in found if one.doubt is not None), None)
    if unsure is not None:
        return Finding(False, unsure.text, (), unsure.origin or origin, is_exact=False, near=unsure.doubt)
    wrong = next((one for one in found if one.is_so is claim.is_negative), None)
    if wrong is None:
        return Finding(True, found[0].text, (), found[0].origin or origin, is_exact)
    near = None if claim.is_negative or wrong.instead is None else f"`{wrong.instead}` holds"
    return Finding(False, wrong.text, (), wrong.origin or origin, is_exact, near)


def _resolves(world: World, claim: Resolves) -> Finding:
    view = world.view(claim.source)
    name = claim.name.lower()
    known = world.named.get(name, ())
    if known:
        reason = f"/etc/hosts says {', '.join(map(str, known))}"
        return _resolved(world, claim, Reply(Said.ADDRESSES, reason, known), not view.raw)
    if not view.node.resolvers:
        reason = f"`{view.id}` has no resolver, and the name is in no hosts file"
        return _resolved(world, claim, Reply(Said.FAILURE, reason), not view.raw)
    resolution = Resolution(world)
    reply = resolution.by_program(view, name)
    return _resolved(world, claim, reply, reply.is_exact, tuple(resolution.verdicts))


def _resolved(
    world: World, claim: Resolves, reply: Reply, is_exact: bool, verdicts: tuple[Verdict, ...] = ()
) -> Finding:
    if claim.goal is None:
        return Finding(not reply.addresses, reply.reason, verdicts, reply.origin, is_exact)
    wanted = {address for target in targets(world, claim.source, claim.goal) for address in target.addresses}
    found = wanted.intersection(given_to_programs(world.view(claim.source), reply.addresses))
    reason = reply.reason
    if not found and wanted.intersection(reply.addresses):
        reason += f"; `{claim.source}` has no IPv4 address, so that its programs are given the IPv6 ones alone"
    return Finding(bool(found), reason, verdicts, reply.origin, is_exact)


def _routes(world: World, claim: RoutesVia) -> Finding:
    view = world.view(claim.source)
    hop = view.main.exact(claim.prefix) or view.main.find(claim.prefix.network_address)
    wanted = next_hop_addresses(world, claim)
    if hop is None:
        return Finding(False, f"`{view.id}` has no route to {claim.prefix}", (), view.node.origin, not view.raw)
    if hop.gateway is None:
        reason = f"`{view.id}` is on {claim.prefix} itself, by `{hop.interface}`"
    else:
        reason = f"`{view.id}` sends it to {hop.gateway}"
    return Finding(hop.gateway in wanted, reason, (), hop.origin, not view.raw)
