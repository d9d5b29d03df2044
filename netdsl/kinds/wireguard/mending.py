"""Near misses of WireGuard: clients that ask for one another through a gateway that does not relay; a peer that does not
protect a network of its own."""

from collections.abc import Iterator

from netdsl.ir.ids import Address
from netdsl.ir.prefixes import in_any
from netdsl.ir.tunnel import TunnelEnd, device_of
from netdsl.kinds.wireguard.ir import ends_of
from netdsl.kinds.wireguard.tree import Wireguard
from netdsl.mending.candidate import Candidate, FailedLine, arriving
from netdsl.mending.statements import added
from netdsl.mending.tunnels import covering, peer_origin, protecting

_LINE = "relay yes"


def propose_relay(failure: FailedLine) -> Iterator[Candidate]:
    """For each tunnel with a gateway of which a node on the way is a client."""
    told: set[str] = set()
    for hop in failure.verdict.request:
        for end in ends_of(failure.view(hop.node).node.tunnels):
            if end.tunnel not in told and failure.must_pass and _may_relay(failure, end):
                told.add(end.tunnel)
                yield from _relaying(failure, end)


def _may_relay(failure: FailedLine, end: TunnelEnd) -> bool:
    """Whether the end is a client of a gateway with several."""
    if end.peer is None:
        return False
    own = [one for one in ends_of(failure.view(end.node).node.tunnels) if one.tunnel == end.tunnel]
    others = [one for one in ends_of(failure.view(end.peer).node.tunnels) if one.tunnel == end.tunnel]
    return len(own) == 1 and len(others) > 1


def _relaying(failure: FailedLine, end: TunnelEnd) -> Iterator[Candidate]:
    statement = failure.statements.at(end.origin, Wireguard)
    if statement is not None:
        text = f"the clients of tunnel `{end.tunnel}` reach one another with `{_LINE}`"
        yield Candidate(text, (added(statement.span, statement.body, _LINE),))


def propose_protecting(failure: FailedLine) -> Iterator[Candidate]:
    """For each end on the way whose peer is on the network of the destination, which its device does not take."""
    if not failure.must_pass:
        return
    for hop, packet in arriving(failure):
        for end in ends_of(failure.view(hop.node).node.tunnels):
            if _is_behind_unsaid(failure, end, packet.destination):
                for edit in covering(failure, end, peer_origin(failure, end), packet.destination):
                    yield from protecting(failure, end, packet.destination, (edit,))


def _is_behind_unsaid(failure: FailedLine, end: TunnelEnd, destination: Address) -> bool:
    device = device_of(end)
    if end.peer is None or device is None or in_any(destination, device.takes or ()):
        return False
    interfaces = failure.view(end.peer).node.interfaces
    return any(destination in given.network for one in interfaces for given in one.addresses)


PROPOSERS = (propose_relay, propose_protecting)
