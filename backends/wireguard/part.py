"""The part `wireguard`: a device for each tunnel of a node, by the kernel where it has the type, else by wireguard-go."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.tunnel import Start, TunnelEnd, own_device
from netdsl.kinds.wireguard.ir import KIND, ends_of, settings_of
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.devices import child_of
from netdsl.payload.part import Share, scripts
from netdsl.payload.peers import peer_record
from netdsl.payload.quoting import tsv

_NEEDS = Needs(("wireguard-tools", "wireguard-go"), ("NET_ADMIN",), ("/dev/net/tun",))


class WireguardPart:
    name = KIND

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        ends = ends_of(node.tunnels)
        if not ends:
            return None
        devices = dict.fromkeys(tsv(own_device(end).name, settings_of(end).memory or "-") for end in ends)
        files = (
            PayloadFile("wireguard.tsv", "".join(devices).encode()),
            PayloadFile("wireguard-peers.tsv", "".join(map(_peer, ends)).encode()),
        )
        return Share(files, _NEEDS, tuple(peer_record(end, lab) for end in ends))


def _peer(end: TunnelEnd) -> str:
    """A line of the table: the child, its device, whether this end opens it (and is the first to try again), and the
    keepalive in seconds."""
    settings = settings_of(end)
    opens = any(child.start is Start.BOOT for child in end.children)
    word = "leads" if opens and settings.is_first else "opens" if opens else "waits"
    return tsv(child_of(end), own_device(end).name, word, settings.keepalive or 0)


part = WireguardPart()
