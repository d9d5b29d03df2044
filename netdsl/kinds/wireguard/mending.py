"""Near misses of WireGuard: clients that ask for one another through a gateway that does not relay; a peer that does not
protect a network of its own."""

from collections.abc import Iterator

from netdsl.ir.ids import Address
from netdsl.ir.prefixes import in_any
from netdsl.ir.tunnel import TunnelEnd, device_of
from netdsl.kinds.wireguard.ir import KIND, ends_of
from netdsl.kinds.wireguard.tree import Wireguard
from netdsl.mending.candidate import Candidate, FailedLine, arriving
from netdsl.mending.relays import relaying
from netdsl.mending.tunnels import covering, peer_origin, protecting


def propose_relay(failure: FailedLine) -> Iterator[Candidate]:
    return relaying(failure, KIND, Wireguard)


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
