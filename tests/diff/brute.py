"""A difference, taken apart into single flows, and the same flows followed one by one."""

import re
from collections.abc import Iterator
from random import Random

from netdsl.diff import Access, Difference, Turn
from netdsl.diff.flows import FlowState, _state, _turns
from netdsl.diff.types import Party
from netdsl.ir.ids import Address, NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.service import WITH_PORTS, PortService, port
from netdsl.packets.world import World
from netdsl.verify.predict import predict
from netdsl.verify.types import Cell

_ABSENT = FlowState(Access.ABSENT)
Flow = tuple[str, str, str]
"""Who asks, who is asked, under what address."""


def is_in(service: PortService | None, texts: tuple[str, ...]) -> bool:
    """Whether a port is one of those that a change is about."""
    if service is None:
        return "ping" in texts
    found = False
    for text in texts:
        match = re.fullmatch(r"(tcp|udp)(?:/([\d-]+)| but ([\d, -]+))?", text)
        if match is None or match[1] != str(service.protocol):
            continue
        if match[2]:
            found |= _holds(match[2], service.first)
        elif match[3]:
            found |= not any(_holds(part, service.first) for part in match[3].split(", "))
        else:
            found = True
    return found


def _holds(text: str, number: int | None) -> bool:
    first, _, last = text.partition("-")
    return number is not None and int(first) <= number <= int(last or first)


def told(found: Difference, service: PortService | None, labs: tuple[Lab, Lab]) -> dict[Flow, set[Turn]]:
    """What a difference says of each flow of a service; nothing of those that it says nothing about."""
    addresses = [{str(node.id): _addresses(lab, node.id) for node in lab.nodes} for lab in labs]
    turned: dict[Flow, set[Turn]] = {}
    for change in found.flows:
        if not is_in(service, change.services):
            continue
        for source in (names.shown for party in change.sources for names in party.nodes):
            for party in change.destinations:
                for goal in (names.shown for names in party.nodes):
                    for address in _of(party, goal, addresses) if source != goal else ():
                        flow = (source, goal, address)
                        assert change.turn not in turned.get(flow, ()), (change, flow)
                        turned.setdefault(flow, set()).add(change.turn)
    return turned


def _of(party: Party, node: str, addresses: list[dict[str, tuple[str, ...]]]) -> Iterator[str]:
    if party.address is not None:
        yield party.address.shown
        return
    yield from dict.fromkeys((*addresses[1].get(node, ()), *addresses[0].get(node, ())))


def _addresses(lab: Lab, node: NodeId) -> tuple[str, ...]:
    found = next(one for one in lab.nodes if one.id == node)
    own = (*found.addresses, *(address for end in found.tunnels for address in end.virtual))
    return tuple(map(str, dict.fromkeys(own)))


def followed(worlds: tuple[World, World], service: PortService | None) -> dict[Flow, set[Turn]]:
    """The same by following each flow in each lab; of labs whose nodes have the same names and addresses."""
    olds, news = (dict(_states(world, service)) for world in worlds)
    turned: dict[Flow, set[Turn]] = {}
    for flow in {*olds, *news}:
        turns = {one.turn for one in _turns(olds.get(flow, _ABSENT), news.get(flow, _ABSENT))}
        if turns:
            turned[flow] = turns
    return turned


def _states(world: World, service: PortService | None) -> Iterator[tuple[Flow, FlowState]]:
    from ipaddress import ip_address

    ends = [node.id for node in world.lab.nodes if not node.kind.bridges]
    for source in ends:
        for goal in ends:
            for address in _addresses(world.lab, goal) if source != goal else ():
                asked: Address = ip_address(address)
                found = predict(world, source, asked, service)
                cell = Cell(source, goal, asked, found.outcome, found.is_encrypted, found.is_exact, found.reason)
                yield (source, goal, address), _state(cell)


def some_services(rng: Random, asked: tuple[str, ...], count: int) -> list[PortService | None]:
    """A ping, ports that lines name, and ports that they do not."""
    named = [
        port(WITH_PORTS[protocol], int(number))
        for text in asked
        for protocol, number in re.findall(r"(tcp|udp)/(\d+)", text)
    ]
    others = [port(WITH_PORTS[each], rng.randrange(1, 65536)) for each in ("tcp", "udp")]
    return [None, *others, *rng.sample(named, min(count, len(named)))]
