"""Source translation that is missing, is for another interface, or takes what a tunnel should."""

from collections.abc import Iterator
from ipaddress import ip_network

from netdsl.diagnostics.fix import Edit, inserted
from netdsl.ir.ids import Address, Prefix
from netdsl.ir.prefixes import ANYWHERE, in_any
from netdsl.ir.tunnel import Selectors
from netdsl.mending.candidate import Candidate, FailedLine, arriving, instead, last_packet
from netdsl.mending.names import called
from netdsl.mending.statements import added, values_of
from netdsl.packets.types import Decision, Hook, Hop, Outcome, Packet
from netdsl.packets.view import View
from netdsl.syntax import tree as syntax

PRIVATE: tuple[Prefix, ...] = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
"""RFC 1918 and RFC 4193."""

_MOST_ROUTERS = 3


def propose_source_nat(failure: FailedLine) -> Iterator[Candidate]:
    verdict = failure.verdict
    if failure.must_pass:
        if verdict.outcome is Outcome.NO_WAY_BACK or verdict.hook is Hook.SOURCE_CHECK:
            yield from _masquerade(failure)
        yield from _excepting(failure)


def _masquerade(failure: FailedLine) -> Iterator[Candidate]:
    """Routers that pass the request on under its own source: no answer finds back to that, or it is not believed."""
    stopped = failure.hops[-1] if failure.hops else None
    packet = None if stopped is None else last_packet(stopped)
    if stopped is None or packet is None or failure.asker is None:
        return
    is_doubted = failure.verdict.hook is Hook.SOURCE_CHECK
    if failure.asker != (packet.source if is_doubted else packet.destination):
        return
    fault = f"answers go to {failure.asker}, to which `{stopped.node}` has no way back"
    if is_doubted:
        fault = f"`{stopped.node}` does not believe that it comes from {failure.asker}"
    passing = [hop for hop in failure.verdict.request if _passes_unchanged(failure.view(hop.node), hop)]
    passing.sort(key=lambda hop: not failure.view(hop.node).node.nat.source)
    for hop in passing[:_MOST_ROUTERS]:
        yield from _other_interface(failure, hop)
        if _leads_outside(failure.view(hop.node), hop, failure.asker):
            yield from _new_masquerade(failure, hop, fault)


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


def _other_interface(failure: FailedLine, hop: Hop) -> Iterator[Candidate]:
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


def _new_masquerade(failure: FailedLine, hop: Hop, fault: str) -> Iterator[Candidate]:
    """Around the tunnels of the node that take packets by their addresses; then for those too."""
    view = failure.view(hop.node)
    node = failure.statements.at(view.node.origin, syntax.Node)
    if node is None:
        return
    kinds = dict.fromkeys(end.kind for end in view.node.tunnels if isinstance(end.steering, Selectors))
    line = f"masquerade out {hop.out_interface}"
    lines = [line] if not kinds else [f"{line} except through {', '.join(kinds)}", line]
    blocks = [each for each in (() if node.body is None else node.body.statements) if isinstance(each, syntax.Nat)]
    for each in lines:
        shown = each if blocks else f"nat {{ {each} }}"
        edit = added(blocks[0].span, blocks[0].body, shown) if blocks else added(node.span, node.body, shown)
        yield Candidate(f"{fault}: `{shown}` in `{hop.node}`", (edit,))


def _excepting(failure: FailedLine) -> Iterator[Candidate]:
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
            edit = inserted(line.clauses[-1].span, f" except through {called(end.tunnel, view.id)}")
            yield instead(line.span, f"changes the source of what tunnel `{end.tunnel}` is for", edit)
