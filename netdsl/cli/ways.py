"""The ways of a verdict, with what every step found and what it left: what a table and JSON show."""

from collections.abc import Iterator
from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address
from netdsl.packets.tracking import reverse
from netdsl.packets.types import Esp, Hop, Packet, Step, Verdict
from netdsl.packets.world import World
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Changed:
    """A step and the packet before it."""

    step: Step
    before: Packet


@dataclass(frozen=True, slots=True)
class NextHop:
    """What the routing table of a node says: the gateway (None: on the link) and the statement that says so."""

    gateway: Address | None
    origin: Place | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A hop: the packet as it came to the node, what was done, and which route it left by."""

    hop: Hop
    came: Packet
    steps: tuple[Changed, ...]
    next_hop: NextHop | None


def request_way(world: World, verdict: Verdict) -> tuple[Passage, ...]:
    """The way there; empty where the source could not send at all."""
    first = _first(verdict.request)
    if first is None:
        return ()
    source = world.view(verdict.source).source_towards(verdict.destination)
    port = first.destination_port if verdict.service is None else verdict.service.first or first.destination_port
    sent = replace(
        first, source=source or first.source, destination=verdict.destination, destination_port=port
    )  # before the source's own translation
    return tuple(_passages(world, verdict.request, sent))


def answer_way(world: World, verdict: Verdict) -> tuple[Passage, ...]:
    """The way of the answer; empty where there is none."""
    first, way = _first(verdict.answer), request_way(world, verdict)
    if first is None or not way:
        return ()
    last = way[-1].steps[-1].step.packet if way[-1].steps else way[-1].came
    return tuple(_passages(world, verdict.answer, reverse(last, is_error=first.is_error)))


def _first(hops: tuple[Hop, ...]) -> Packet | None:
    """The first packet that a way mentions, out of its tunnel."""
    for hop in hops:
        for packet in (*(step.packet for step in hop.steps), *(wire.packet for wire in hop.wires)):
            while packet.inner is not None:
                packet = packet.inner
            return packet
    return None


def _passages(world: World, hops: tuple[Hop, ...], packet: Packet) -> Iterator[Passage]:
    for hop in hops:
        came = packet
        steps: list[Changed] = []
        for step in hop.steps:
            steps.append(Changed(step, packet))
            packet = step.packet
        yield Passage(hop, came, tuple(steps), _next_hop(world, hop))


def _next_hop(world: World, hop: Hop) -> NextHop | None:
    for wire in hop.wires:  # the first ones are those of a network that a tunnel carries
        is_marked = wire.packet.inner is not None and world.esp is Esp.USER
        route = world.view(hop.node).route(wire.packet.destination, is_marked=is_marked)
        if route is not None and route.interface == hop.out_interface:
            return NextHop(route.gateway, route.origin)
    return None
