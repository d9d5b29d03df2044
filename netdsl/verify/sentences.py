"""Claims in the words of the language, for one source and one goal: what tables and reports name."""

from typing import assert_never

from netdsl.ir.expectation import (
    Begun,
    BehindNat,
    Claim,
    Encrypted,
    Expectation,
    Given,
    Goal,
    GoesThrough,
    HasForm,
    OfTunnel,
    Reaches,
    Resolves,
    RoutesVia,
    StateClaim,
    TunnelUp,
    Uses,
    WhileState,
)
from netdsl.ir.ids import end_name


def claim_text(claim: Claim) -> str:
    """`a.client-1 reaches 10.1.0.99 tcp/8080 answered by server.app`."""
    match claim:
        case Reaches():
            return _reaches(claim)
        case Encrypted():
            text = f"{claim.source} to {goal_text(claim.goal)} is {'not ' if claim.is_negative else ''}encrypted"
            return text + (f" on {', '.join(claim.networks)}" if claim.networks else "")
        case GoesThrough():
            verb = "goes not" if claim.is_negative else "goes"
            return f"{claim.source} to {goal_text(claim.goal)} {verb} through {', '.join(claim.nodes)}"
        case TunnelUp():
            return f"{tunnel_text(claim)} is {'not ' if claim.is_negative else ''}up"
        case Resolves():
            if claim.goal is None:
                return f"{claim.source} cannot resolve {claim.name}"
            return f"{claim.source} resolves {claim.name} to {goal_text(claim.goal)}"
        case RoutesVia():
            return f"{claim.source} routes {claim.prefix} via {goal_text(claim.next_hop)}"
        case OfTunnel():
            return _state(claim)
        case _:
            assert_never(claim)


def tunnel_text(claim: TunnelUp | StateClaim) -> str:
    """`sites.calls`, `road.carol`."""
    if claim.child is not None:
        return f"{claim.tunnel}.{claim.child}"
    if isinstance(claim, TunnelUp) or claim.end is None:
        return claim.tunnel
    return end_name(claim.tunnel, claim.end)


def _state(claim: StateClaim) -> str:
    name, negation = tunnel_text(claim), "not " if claim.is_negative else ""
    match claim:
        case Uses():
            return " ".join(filter(None, (f"{name} uses {negation}{claim.protocol}", "-".join(claim.algorithms))))
        case Begun():
            return f"{name} is {negation}begun by {claim.node}"
        case BehindNat():
            return f"{name} is {negation}behind nat at {claim.node}"
        case HasForm():
            return f"{name} is {negation}{claim.form}"
        case Given():
            return f"{claim.node} has {negation}{claim.address} from {name}"
        case _:
            assert_never(claim)


def _reaches(claim: Reaches) -> str:
    parts = [claim.source, "cannot reach" if claim.is_negative else "reaches", goal_text(claim.goal)]
    if claim.answered_by is not None:
        node, service = claim.answered_by
        parts += ["answered by", node if service is None else f"{node}.{service}"]
    if claim.through:
        parts += ["through", ", ".join(claim.through)]
    if claim.whole_up_to is not None:
        parts.append(f"without fragmentation up to {claim.whole_up_to}")
    return " ".join(parts)


def goal_text(goal: Goal) -> str:
    """`server.lan ipv6 tcp/80, tcp/443`."""
    who = goal.address or goal.network or _node_text(goal)
    family = "" if goal.family is None else f" ipv{goal.family}"
    services = ", ".join(map(str, goal.services))
    return f"{who}{family}{' ' if services else ''}{services}"


def _node_text(goal: Goal) -> str:
    if goal.tunnel is not None:
        return f"{goal.tunnel}.{goal.node}"
    return f"{goal.node}.{goal.interface}" if goal.interface else f"{goal.node}"


def state_text(state: WhileState) -> str:
    """`while vpn down`."""
    return f"while {state.tunnel or state.link} {'up' if state.is_up else 'down'}"


def block_text(expectation: Expectation) -> str:
    """The head of a block: `expect failure "title" while vpn down`."""
    parts = ["expect", "failure"] if expectation.is_failure else ["expect"]
    if expectation.title is not None:
        parts.append(f'"{expectation.title}"')
    if expectation.state is not None:
        parts.append(state_text(expectation.state))
    return " ".join(parts)
