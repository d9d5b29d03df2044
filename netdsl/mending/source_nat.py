"""Source translation that is missing, is for another interface, or takes what a tunnel should."""

from collections.abc import Iterator
from ipaddress import ip_network

from netdsl.diagnostics.fix import Edit
from netdsl.ir.ids import Address, Prefix
from netdsl.ir.prefixes import ANYWHERE
from netdsl.mending.candidate import Candidate, Failure, arriving, instead, last_packet
from netdsl.mending.names import called
from netdsl.mending.statements import added, values_of
from netdsl.packets.filtering import in_any
from netdsl.packets.types import Decision, Hop, Outcome, Packet
from netdsl.packets.view import View
from netdsl.source import Span
from netdsl.syntax import tree as syntax

PRIVATE: tuple[Prefix, ...] = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
"""RFC 1918 and RFC 4193."""

_MOST_ROUTERS = 3


def propose_source_nat(failure: Failure) -> Iterator[Candidate]:
    if failure.must_pass:
        if failure.verdict.outcome is Outcome.NO_WAY_BACK:
            yield from _masquerade(failure)
        yield from _excepting(failure)


def _masquerade(failure: Failure) -> Iterator[Candidate]:
    """Routers that pass the request on under its own source, to which no answer finds back."""
    stopped = failure.hops[-1] if failure.hops else None
    packet = None if stopped is None else last_packet(stopped)
    if stopped is None or packet is None or packet.destination != failure.asker:
        return
    passing = [hop for hop in failure.verdict.request if _passes_unchanged(failure.view(hop.node), hop)]
    passing.sort(key=lambda hop: not failure.view(hop.node).node.nat.source)
    for hop in passing[:_MOST_ROUTERS]:
        yield from _other_interface(failure, hop)
        if _leads_outside(failure.view(hop.node), hop, packet.destination):
            yield from _new_masquerade(failure, hop, stopped, str(packet.destination))


def _passes_unchanged(view: View, hop: Hop) -> bool:
    is_router = view.node.kind.forwards and hop.in_interface is not None and hop.out_interface is not None
    return is_router and all(step.decision not in (Decision.SNAT, Decision.ENCAPSULATE) for step in hop.steps)


def _leads_outside(view: View, hop: Hop, source: Address) -> bool:
    """Whether the packet leaves by the router's default route, or goes from a private range to addresses that are not."""
    route = view.main.exact(ANYWHERE[source.version])
    if route is not None and route.interface == hop.out_interface:
        return True
    interface = view.interfaces.get(hop.out_interface or "")
    own = () if interface is None else interface.addresses
    return in_any(source, PRIVATE) and any(
        given.version == source.version and not in_any(given.ip, PRIVATE) for given in own
    )


def _lost(stopped: Hop, address: str) -> str:
    return f"answers go to {address}, to which `{stopped.node}` has no way back"


def _other_interface(failure: Failure, hop: Hop) -> Iterator[Candidate]:
    """Source translation of the router that is for another interface."""
    for rule in failure.view(hop.node).node.nat.source:
        line = failure.statements.at(rule.origin, syntax.Masquerade) or failure.statements.at(
            rule.origin, syntax.SourceNat
        )
        if line is None or hop.out_interface is None or hop.out_interface in rule.match.out_interfaces:
            continue
        for clause in line.clauses:
            if clause.word == "out" and clause.values:
                edit = Edit(values_of(clause), hop.out_interface)
                fault = f"is not for what leaves by `{hop.out_interface}`"
                yield instead(line.span, fault, edit)


def _new_masquerade(failure: Failure, hop: Hop, stopped: Hop, address: str) -> Iterator[Candidate]:
    node = failure.statements.at(failure.view(hop.node).node.origin, syntax.Node)
    if node is None:
        return
    line = f"masquerade out {hop.out_interface}"
    blocks = [each for each in (() if node.body is None else node.body.statements) if isinstance(each, syntax.Nat)]
    edit = added(blocks[0].span, blocks[0].body, line) if blocks else added(node.span, node.body, f"nat {{ {line} }}")
    shown = line if blocks else f"nat {{ {line} }}"
    yield Candidate(f"{_lost(stopped, address)}: `{shown}` in `{hop.node}`", (edit,))


def _excepting(failure: Failure) -> Iterator[Candidate]:
    """Source translation at an end of a tunnel, of what the tunnel would have carried."""
    for hop, packet in arriving(failure):
        view, before = failure.view(hop.node), packet
        for step in hop.steps:
            if step.decision is Decision.SNAT:
                line = failure.statements.at(step.origin, syntax.Masquerade)
                if line is not None and line.clauses:
                    yield from _except_through(view, line, before)
            before = step.packet


def _except_through(view: View, line: syntax.Masquerade, packet: Packet) -> Iterator[Candidate]:
    for end in view.node.tunnels:
        if any(in_any(packet.source, one.local) and in_any(packet.destination, one.remote) for one in end.children):
            last = line.clauses[-1].span
            edit = Edit(Span(last.source, last.end, last.end), f" except through {called(end.tunnel, view.id)}")
            yield instead(line.span, f"changes the source of what tunnel `{end.tunnel}` is for", edit)
