"""The part `wireguard`: a device for each tunnel of a node, by the kernel where it has the type, else by wireguard-go."""

from netdsl.ir.ids import Address
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
        devices = dict.fromkeys(map(_device, ends))
        files = (
            PayloadFile("wireguard.tsv", "".join(devices).encode()),
            PayloadFile("wireguard-peers.tsv", "".join(map(_peer, ends)).encode()),
        )
        return Share(files, _NEEDS, tuple(peer_record(end, lab) for end in ends))


def _device(end: TunnelEnd) -> str:
    """A line of the table: the device, the bytes of memory for its daemon, its port."""
    settings = settings_of(end)
    return tsv(own_device(end).name, settings.memory or "-", settings.port)


def _peer(end: TunnelEnd) -> str:
    """A line of the table: the child, its device, whether this end opens it (and is the first to try again), the keepalive
    in seconds, where the peer is at first, the prefixes that are its."""
    settings, device = settings_of(end), own_device(end)
    opens = any(child.start is Start.BOOT for child in end.children)
    word = "leads" if opens and settings.is_first else "opens" if opens else "waits"
    at = "-" if settings.endpoint is None else _endpoint(settings.endpoint, settings.peer_port)
    prefixes = ",".join(map(str, device.takes or ()))
    return tsv(child_of(end), device.name, word, settings.keepalive or 0, at, prefixes)


def _endpoint(address: Address, port: int) -> str:
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


part = WireguardPart()
