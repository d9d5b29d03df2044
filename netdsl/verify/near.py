"""What would nearly have let a dropped packet pass: the line that lacks one thing, the tunnel that covers less."""

from collections.abc import Iterator
from enum import Enum, auto

from netdsl.ir.filter import Chain, FilterRule, Firewall, State
from netdsl.ir.filter import Verdict as Action
from netdsl.ir.ids import Prefix
from netdsl.ir.prefixes import in_any
from netdsl.packets.filtering import has_flags, service_fits, spoken
from netdsl.packets.types import Hook, Outcome, Packet, Verdict
from netdsl.packets.view import View
from netdsl.packets.world import World

_CHAINS = {Hook.INPUT: Chain.INPUT, Hook.OUTPUT: Chain.OUTPUT, Hook.FORWARD: Chain.FORWARD}
_MOST_NAMED = 3


class Lack(Enum):
    """A condition of a rule that a packet does not meet."""

    SERVICE = auto()
    SOURCE = auto()
    DESTINATION = auto()
    IN = auto()
    OUT = auto()
    CONNECTION = auto()
    STATE = auto()
    THROUGH = auto()


def chain_at(hook: Hook) -> Chain | None:
    """The chain of the firewall that a hook has."""
    return _CHAINS.get(hook)


def near_miss(world: World, verdict: Verdict) -> str | None:
    """One sentence about a request that a filter has dropped or rejected; None where there is nothing to say."""
    chain = None if verdict.hook is None else chain_at(verdict.hook)
    is_filtered = verdict.outcome in (Outcome.DROPPED, Outcome.REJECTED)
    if chain is None or verdict.node is None or not is_filtered or not verdict.request or not verdict.request[-1].steps:
        return None
    view, packet, arrived = (
        world.view(verdict.node),
        verdict.request[-1].steps[-1].packet,
        verdict.request[-1].in_interface,
    )
    firewall = view.node.firewall
    if firewall is None or verdict.request[-1].node != view.id:
        return None
    said = [one for one in (_rule(firewall, chain, view, packet, arrived), _tunnel(view, packet)) if one is not None]
    return "; ".join(said) or None


def _rule(firewall: Firewall, chain: Chain, view: View, packet: Packet, arrived: str | None) -> str | None:
    """The first `accept` of the chain that fails by one of its conditions alone."""
    for rule in firewall.rules:
        if not isinstance(rule, FilterRule) or rule.chain is not chain or rule.verdict is not Action.ACCEPT:
            continue
        lacking = list(lacks(rule, view, packet, arrived))
        if len(lacking) == 1 and rule.origin is not None:
            line = rule.origin.span.source.position(rule.origin.span.start)[0]
            return f"`{spoken(rule.origin, 'accept')}` (line {line}) takes {lacking[0][1]}"
    return None


def lacks(rule: FilterRule, view: View, packet: Packet, arrived: str | None) -> Iterator[tuple[Lack, str]]:
    """Each condition that a packet does not meet, with what the rule takes instead. Those about tunnels are never met."""
    match = rule.match
    if match.services and not any(service_fits(service, packet) for service in match.services):
        yield Lack.SERVICE, f"{_listed(match.services)} only"
    if match.sources and not in_any(packet.source, match.sources):
        yield Lack.SOURCE, f"what comes from {_listed(match.sources)} only, not from {packet.source}"
    if match.destinations and not in_any(packet.destination, match.destinations):
        yield Lack.DESTINATION, f"what goes to {_listed(match.destinations)} only, not to {packet.destination}"
    if match.in_interfaces and arrived not in match.in_interfaces:
        yield Lack.IN, f"what comes in by `{'`, `'.join(match.in_interfaces)}` only"
    route = view.route(packet.destination)
    if match.out_interfaces and (route is None or route.interface not in match.out_interfaces):
        yield Lack.OUT, f"what leaves by `{'`, `'.join(match.out_interfaces)}` only"
    if match.states and State.NEW not in match.states:
        yield Lack.CONNECTION, f"packets whose state is {_listed(match.states)} only"
    if not has_flags(match, packet):
        flags = (*match.flags, *(f"no {one}" for one in match.not_flags))
        yield Lack.CONNECTION, f"packets with the flags {_listed(flags)} only"
    if rule.state is not None and not view.is_active(rule.state):
        yield Lack.STATE, f"it while `{rule.state.tunnel}` is {'up' if rule.state.is_up else 'down'} only"
    through = (*match.through, *match.through_kinds)
    if through:
        yield Lack.THROUGH, f"only what goes through `{'`, `'.join(through)}`"


def _tunnel(view: View, packet: Packet) -> str | None:
    """A tunnel of this node to where the packet goes, or from where it comes, that does not cover both."""
    for end in view.node.tunnels:
        for child in end.children:
            for here, there in ((packet.source, packet.destination), (packet.destination, packet.source)):
                is_here, is_there = in_any(here, child.local), in_any(there, child.remote)
                if is_here is not is_there:
                    covered = f"{_listed(child.local)} to {_listed(child.remote)}"
                    return f"tunnel `{end.tunnel}` covers only {covered}"
    return None


def _listed(things: tuple[object, ...] | tuple[Prefix, ...]) -> str:
    shown = ", ".join(map(str, things[:_MOST_NAMED]))
    return shown + (" …" if len(things) > _MOST_NAMED else "")
