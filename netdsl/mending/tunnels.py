"""Tunnels that cover less than what they are to carry."""

from collections.abc import Iterator

from netdsl.diagnostics.fix import Edit, inserted
from netdsl.ir.ids import Address, NodeId, Prefix
from netdsl.ir.prefixes import in_any
from netdsl.ir.tunnel import Child, TunnelEnd
from netdsl.mending.candidate import Candidate, FailedLine, arriving
from netdsl.mending.names import called, network_name, network_prefix
from netdsl.mending.prefixes import mended
from netdsl.mending.statements import cited, written
from netdsl.source import Place, Span
from netdsl.syntax import tree as syntax


def propose_tunnels(failure: FailedLine) -> Iterator[Candidate]:
    """For each end on the way of the request: a side of it that does not cover the packet."""
    if not failure.must_pass:
        return
    for hop, packet in arriving(failure):
        for end in failure.view(hop.node).node.tunnels:
            for child in end.children:
                yield from _sides(failure, end, child, packet.source, packet.destination)


def _sides(
    failure: FailedLine, end: TunnelEnd, child: Child, source: Address, destination: Address
) -> Iterator[Candidate]:
    covered = (
        (source, child.local, end.end_origin),
        (destination, child.remote, peer_origin(failure, end)),
    )
    lacking = [(address, prefixes, place) for address, prefixes, place in covered if not in_any(address, prefixes)]
    if any(not prefixes for _, prefixes, _ in lacking):
        return  # a virtual address
    edits = [list(covering(failure, end, place, address)) for address, _, place in lacking]
    if len(lacking) == 1:
        for edit in edits[0]:
            yield from protecting(failure, end, lacking[0][0], (edit,))
    elif len(lacking) == 2 and all(edits) and all(_is_alone(prefixes) for _, prefixes, _ in lacking):
        yield from protecting(failure, end, destination, (edits[0][0], edits[1][0]))


def _is_alone(prefixes: tuple[Prefix, ...]) -> bool:
    """Whether a side protects nothing but an outer address."""
    return all(prefix.prefixlen == prefix.max_prefixlen for prefix in prefixes)


def peer_origin(failure: FailedLine, end: TunnelEnd) -> Place | None:
    """Where the other end of one is named."""
    if end.peer is None:
        return None
    others = (other for other in failure.view(end.peer).node.tunnels if other.tunnel == end.tunnel)
    return next((other.end_origin for other in others if other.peer in (end.node, None)), None)


def protecting(failure: FailedLine, end: TunnelEnd, address: Address, edits: tuple[Edit, ...]) -> Iterator[Candidate]:
    """The tunnel with edits of its ends, of which one does not protect the address."""
    line = failure.statements.around(Place(edits[0].span), syntax.Between) or failure.statements.around(
        Place(edits[0].span), syntax.Side
    )
    if line is not None:
        fault = f"does not protect {address}"
        yield Candidate(f"{cited(line.span)} of tunnel `{end.tunnel}` {fault}: `{written(line.span, edits)}`", edits)


def covering(failure: FailedLine, end: TunnelEnd, place: Place | None, address: Address) -> Iterator[Edit]:
    """The network of the address among what an end protects: a prefix that is nearly it written as it is, or one more."""
    fabric = failure.world.fabric
    prefix, network = network_prefix(fabric, address), network_name(fabric, address)
    named, protected = _named_end(failure, place)
    if named is None or network is None:
        return
    for value in protected:
        text = mended(value, prefix, address)
        if text is not None:
            yield Edit(value.span, text)
    name = called(network, NodeId(str(end.tunnel)))
    name = failure.statements.name_in_loop(name, place) or name
    after = protected[-1].span if protected else named
    text = f", {name}" if protected else f" protecting {name}"
    yield inserted(after, text)


def _named_end(failure: FailedLine, place: Place | None) -> tuple[Span | None, tuple[syntax.Value, ...]]:
    """Where an end is named, and what it protects."""
    between = failure.statements.around(place, syntax.Between)
    if between is not None and place is not None:
        for joined in between.joined:
            if any(value.span == place.span for value in joined.nodes):
                return joined.nodes[-1].span, joined.protecting
    side = failure.statements.around(place, syntax.Side)
    if side is not None and place is not None and any(value.span == place.span for value in side.nodes):
        return side.nodes[-1].span, side.protecting
    return None, ()
