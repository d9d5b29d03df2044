"""The part `tinc`: a TUN device and a daemon for each tunnel of a node."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd, own_device
from netdsl.kinds.tinc.ir import KIND, ends_of, settings_of
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.devices import child_of
from netdsl.payload.part import Share, scripts
from netdsl.payload.peers import peer_record
from netdsl.payload.quoting import tsv

_NEEDS = Needs(("tinc",), ("NET_ADMIN",), ("/dev/net/tun",))


class TincPart:
    name = KIND

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh", "host-up.sh", "host-down.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        ends = ends_of(node.tunnels)
        if not ends:
            return None
        devices = dict.fromkeys(tsv(own_device(end).name) for end in ends)
        files = (
            PayloadFile("tinc.tsv", "".join(devices).encode()),
            PayloadFile("tinc-peers.tsv", "".join(map(_peer, ends)).encode()),
        )
        return Share(files, _NEEDS, tuple(peer_record(end, lab) for end in ends))


def _peer(end: TunnelEnd) -> str:
    """A line of the table: the child, its device, what the other daemon calls itself."""
    return tsv(child_of(end), own_device(end).name, settings_of(end).peer_name)


part = TincPart()
