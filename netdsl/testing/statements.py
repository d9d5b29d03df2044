"""Claims in the words of the language, one line each: what tables and reports name."""

from typing import assert_never

from netdsl.ir.expectation import (
    Claim,
    Encrypted,
    Expectation,
    Goal,
    GoesThrough,
    Reaches,
    Resolves,
    RoutesVia,
    TunnelUp,
    WhileState,
)
from netdsl.source import Place


def spoken(claim: Claim) -> str:
    """One line of a block, lists taken apart."""
    match claim:
        case Reaches():
            verb = "cannot reach" if claim.is_negative else "reaches"
            node, service = claim.answered_by or (None, None)
            by = "" if node is None else f" answered by {node}" + (f".{service}" if service else "")
            through = f" through {', '.join(claim.through)}" if claim.through else ""
            whole = f" without fragmentation up to {claim.whole_up_to}" if claim.whole_up_to is not None else ""
            return f"{claim.source} {verb} {_goal(claim.goal)}{by}{through}{whole}"
        case TunnelUp():
            name = claim.tunnel if claim.child is None else f"{claim.tunnel}.{claim.child}"
            return f"{name} is {'not ' if claim.is_negative else ''}up"
        case Encrypted():
            on = f" on {', '.join(claim.networks)}" if claim.networks else ""
            return f"{claim.source} to {_goal(claim.goal)} is {'not ' if claim.is_negative else ''}encrypted{on}"
        case GoesThrough():
            verb = "goes not through" if claim.is_negative else "goes through"
            return f"{claim.source} to {_goal(claim.goal)} {verb} {', '.join(claim.nodes)}"
        case Resolves():
            return f"{claim.source} resolves {claim.name} to {_goal(claim.goal)}"
        case RoutesVia():
            return f"{claim.source} routes {claim.prefix} via {_goal(claim.next_hop)}"
        case _:
            assert_never(claim)


def _goal(goal: Goal) -> str:
    if goal.node is not None:
        name = f"{goal.node}.{goal.interface}" if goal.interface else str(goal.node)
    else:
        name = str(goal.network if goal.network is not None else goal.address)
    words = [name, *([f"ipv{goal.family}"] if goal.family else []), ", ".join(map(str, goal.services))]
    return " ".join(word for word in words if word)


def spoken_state(state: WhileState) -> str:
    """`while T down`; a link by its network's name."""
    return f"while {state.tunnel or state.link} {'up' if state.is_up else 'down'}"


def heading(expectation: Expectation) -> str:
    """What tells a block from the others: its title, else its conditions."""
    words = ["expect", *(["failure"] if expectation.is_failure else [])]
    words += [f'"{expectation.title}"'] if expectation.title else []
    words += [spoken_state(expectation.state)] if expectation.state else []
    return " ".join(words)


def shown_place(place: Place | None) -> str:
    """`lab.net:52`: a line is enough for a statement."""
    if place is None:
        return "-"
    return f"{place.span.source.name}:{place.span.source.position(place.span.start)[0]}"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
