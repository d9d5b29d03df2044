"""Routes that are missing, lead to the wrong node or are for nearly the right prefix, and hosts that should forward."""

from collections.abc import Iterator

from netdsl.diagnostics.fix import Edit
from netdsl.ir.ids import Address, NodeId, Prefix
from netdsl.ir.prefixes import ANYWHERE, in_any
from netdsl.mending.candidate import Candidate, FailedLine, destinations, instead, last_packet
from netdsl.mending.names import called, network_name, network_prefix
from netdsl.mending.prefixes import mended
from netdsl.mending.statements import added_after, cited, stretch_of, word_replaced, written
from netdsl.packets.types import Hook, Hop, Outcome
from netdsl.packets.view import View
from netdsl.syntax import tree as syntax

_MOST_NEIGHBOURS = 3
_LOST = frozenset({Outcome.NO_ROUTE, Outcome.UNREACHABLE, Outcome.LOOP, Outcome.NO_WAY_BACK, Outcome.NOT_VERIFIED})
_ASTRAY = frozenset({Outcome.LOOP, Outcome.DROPPED, Outcome.REJECTED, Outcome.UNREACHABLE, Outcome.NO_WAY_BACK})
_MOST_HOPS = 4
"""Nodes at the end of a way whose routes are looked at."""


def propose_more_specific(failure: FailedLine) -> Iterator[Candidate]:
    """A route of its own for a network that a node sends the way of the others."""
    if not failure.must_pass or failure.verdict.outcome not in _ASTRAY:
        return
    is_answer = failure.verdict.outcome is Outcome.NO_WAY_BACK
    hops, first = failure.hops, failure.asker if is_answer else failure.verdict.destination
    seen: set[NodeId] = set()
    for hop, destination in () if first is None else reversed(list(destinations(first, hops))):
        view, prefix = failure.view(hop.node), network_prefix(failure.world.fabric, destination)
        route = view.route(destination)
        if view.id in seen or prefix is None or route is None or route.gateway is None or view.main.exact(prefix):
            continue
        seen.add(view.id)
        for other in _routers(failure, view, destination):
            if not other.is_local(route.gateway):
                yield from _route_by(failure, view, other, prefix)


def _route_by(failure: FailedLine, view: View, other: View, prefix: Prefix) -> Iterator[Candidate]:
    for hop in hop_names(failure, view, other):
        line = f"route {prefix} via {hop}"
        edit = new_line(failure, view, line)
        if edit is not None:
            yield Candidate(f"`{view.id}` has no route of its own to {prefix}: `{line}`", (edit,))


def propose_routes(failure: FailedLine) -> Iterator[Candidate]:
    verdict = failure.verdict
    if not failure.must_pass or verdict.outcome not in _LOST or verdict.node is None:
        return
    is_answer = verdict.outcome is Outcome.NO_WAY_BACK
    hops = failure.hops
    first = failure.asker if is_answer else verdict.destination
    if not hops:  # the sender itself has no route
        yield from _missing(failure, verdict.source, verdict.destination, is_answer=False)
        return
    if first is None or last_packet(hops[-1]) is None:
        return
    if is_answer:
        first = hops[0].steps[0].packet.destination if hops[0].steps else first
    way = list(destinations(first, hops))
    if verdict.hook is Hook.ROUTE:
        yield from _forwarding(failure, hops[-1])
    for hop, destination in reversed(way[-_MOST_HOPS:]):
        yield from _nearly(failure, failure.view(hop.node), destination)
    for hop, destination in reversed(way[-_MOST_HOPS:]):
        yield from _elsewhere(failure, failure.view(hop.node), destination)
    yield from _missing(failure, hops[-1].node, way[-1][1], is_answer=is_answer)


def propose_router(failure: FailedLine) -> Iterator[Candidate]:
    """Hosts on several networks beside the way: no route leads through them, and as routers they would have some."""
    if not failure.must_pass or failure.verdict.passes:
        return
    nodes = dict.fromkeys([failure.verdict.source, *(hop.node for hop in reversed(failure.hops))])
    beside = (other.node for name in nodes for _, other, _ in failure.world.fabric.beside(failure.view(name)))
    for node in {other.id: other for other in beside}.values():
        line = failure.statements.at(node.origin, syntax.Node)
        if line is None or not node.kind.is_end_system or len(node.interfaces) < 2:
            continue
        edit = word_replaced(line.span, line.kind, "router")
        if edit is not None:
            fault = f"`{node.id}` is on {len(node.interfaces)} networks, and a {line.kind} does not forward"
            yield Candidate(f"{fault}: `{written(line.span, (edit,))}`", (edit,))


def _forwarding(failure: FailedLine, hop: Hop) -> Iterator[Candidate]:
    """A host that packets pass through."""
    node = failure.view(hop.node).node
    line = failure.statements.at(node.origin, syntax.Node)
    if not node.kind.is_end_system or hop.in_interface is None or line is None:
        return
    edit = word_replaced(line.span, line.kind, "router")
    if edit is not None:
        fault = f"the packet passes through `{node.id}`, and a {line.kind} does not forward"
        yield Candidate(f"{fault}: `{written(line.span, (edit,))}`", (edit,))


# --- routes that are written


def _nearly(failure: FailedLine, view: View, destination: Address) -> Iterator[Candidate]:
    """Routes of the node for nearly the prefix that the packet goes to."""
    wanted = network_prefix(failure.world.fabric, destination)
    for line in route_lines(failure, view):
        for value in line.prefixes or ():
            text = mended(value, wanted, destination)
            if text is not None:
                yield instead(line.span, f"of `{view.id}` does not lead to {destination}", Edit(value.span, text))
                yield from _other_network(failure, line, value, destination)


def _other_network(
    failure: FailedLine, line: syntax.Route, written_prefix: syntax.Value, destination: Address
) -> Iterator[Candidate]:
    """The network itself, of whose prefix a route has nearly another."""
    wanted, name = network_prefix(failure.world.fabric, destination), network_name(failure.world.fabric, destination)
    network = None if name is None else failure.world.fabric.networks[name]
    statement = None if network is None else failure.statements.at(network.origin, syntax.Network)
    for value in () if statement is None else statement.prefixes:
        if statement is not None and value.span.text == str(wanted):
            edit = Edit(value.span, written_prefix.span.text)
            fault = f"has nearly the prefix of {cited(line.span)}"
            yield Candidate(f"{cited(statement.span)} {fault}: `{written(statement.span, (edit,))}`", (edit,))


def route_lines(failure: FailedLine, view: View) -> Iterator[syntax.Route]:
    found = {route.origin.span: route.origin for route in view.node.routes if route.origin is not None}
    for place in found.values():
        line = failure.statements.at(place, syntax.Route)
        if line is not None:
            yield line


def _elsewhere(failure: FailedLine, view: View, destination: Address) -> Iterator[Candidate]:
    """The route that the packet takes at the node, to another next hop."""
    route = view.route(destination)
    line = None if route is None else failure.statements.at(route.origin, syntax.Route)
    if route is None or line is None or route.gateway is None:
        return
    place = stretch_of(line.next_hops)
    for other in _routers(failure, view, destination):
        if not other.is_local(route.gateway):
            for name in hop_names(failure, view, other):
                fault = f"of `{view.id}` leads to `{place.text}`, and not to {destination}"
                yield instead(line.span, fault, Edit(place, name))


def _routers(failure: FailedLine, view: View, destination: Address) -> Iterator[View]:
    """Nodes beside it that forward, those first that have the address on a network of their own, then those that know a
    way."""
    found: dict[NodeId, View] = {}
    for _, other, _ in failure.world.fabric.beside(view):
        if other.node.kind.forwards:
            found.setdefault(other.id, other)

    def rank(other: View) -> int:
        route = other.route(destination)
        if route is None:
            return 3
        if route.gateway is None:
            return 0
        return 2 if view.is_local(route.gateway) else 1

    yield from sorted(found.values(), key=rank)[:_MOST_NEIGHBOURS]


def hop_names(failure: FailedLine, view: View, other: View) -> Iterator[str]:
    """The next hop as a node; where several segments join the two, as the interface there."""
    there = [leg for _, beside, leg in failure.world.fabric.beside(view) if beside is other]
    name = called(other.id, view.id)
    name = failure.statements.name_in_loop(name, view.node.origin) or name
    if len(there) == 1:
        yield name
    else:
        yield from (f"{name}.{leg.name}" for leg in there)


# --- routes that are missing


def _missing(failure: FailedLine, name: NodeId, destination: Address, *, is_answer: bool) -> Iterator[Candidate]:
    view = failure.view(name)
    own = (given.network for leg in view.node.interfaces for given in leg.addresses)
    if view.route(destination) is not None or in_any(destination, own):
        return
    prefix = network_prefix(failure.world.fabric, destination)
    has_default = view.main.exact(ANYWHERE[destination.version]) is not None
    lines: list[str] = []
    for other in _routers(failure, view, destination):
        for hop in hop_names(failure, view, other):
            default = [] if has_default or view.has_uplink else [f"default via {hop}"]
            route = [] if prefix is None or view.node.kind.is_end_system else [f"route {prefix} via {hop}"]
            lines += [*route, *default] if is_answer else [*default, *route]
    what = f"`{name}` has no route to {destination}"
    if is_answer:
        what = f"answers go to {destination}, and `{name}` has no route there"
    for line in lines:
        edit = new_line(failure, view, line)
        if edit is not None:
            yield Candidate(f"{what}: `{line}`", (edit,))


def new_line(failure: FailedLine, view: View, line: str) -> Edit | None:
    """After the last interface of the node, or the last of its routes."""
    node = failure.statements.at(view.node.origin, syntax.Node)
    if node is None or node.body is None:
        return None
    before = [each for each in node.body.statements if isinstance(each, (syntax.Interface, syntax.Route))]
    return added_after(before[-1].span, node.body, line) if before else None
