"""The part `openvpn`: a device and a daemon for each tunnel of a node."""

from collections.abc import Iterator, Sequence

from netdsl.ir.ids import AddressWithPrefix
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd, own_device
from netdsl.kinds.openvpn.ir import KIND, Role, ends_of, settings_of
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.devices import child_of
from netdsl.payload.part import Share, scripts
from netdsl.payload.peers import peer_record
from netdsl.payload.quoting import flat, tsv

from .configuration import client, configuration

_NEEDS = Needs(("openvpn", "socat"), ("NET_ADMIN",), ("/dev/net/tun",))


class OpenvpnPart:
    name = KIND

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh", "event.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        ends = ends_of(node.tunnels)
        if not ends:
            return None
        devices: dict[str, list[TunnelEnd]] = {}
        for end in ends:
            devices.setdefault(own_device(end).name, []).append(end)
        files = (
            PayloadFile("openvpn.tsv", "".join(_record(name, own) for name, own in devices.items()).encode()),
            PayloadFile("openvpn-peers.tsv", "".join(map(_peer, ends)).encode()),
            *(file for name, own in devices.items() for file in _files(name, own, lab)),
        )
        return Share(files, _NEEDS, tuple(peer_record(end, lab) for end in ends))


def _record(device: str, ends: Sequence[TunnelEnd]) -> str:
    """A line of the table of devices."""
    settings = settings_of(ends[0])
    return tsv(device, settings.role, flat(settings.pki))


def _peer(end: TunnelEnd) -> str:
    """A line of the table of other ends: the child, its device, and of a server's the client's name."""
    settings = settings_of(end)
    name = settings.names[1] if settings.role is Role.SERVER else None
    return tsv(child_of(end), own_device(end).name, name or "-")


def _files(device: str, ends: Sequence[TunnelEnd], lab: Lab) -> Iterator[PayloadFile]:
    settings = settings_of(ends[0])
    has_lists = any(pki.has_crl for pki in lab.pkis if pki.id == settings.pki)
    yield PayloadFile(f"openvpn/{device}.conf", configuration(ends, has_lists=has_lists).encode())
    if settings.role is Role.SERVER:
        for end in ends:
            yield PayloadFile(f"openvpn/{child_of(end)}.client", client(end, _inside(end, lab)).encode())


def _inside(end: TunnelEnd, lab: Lab) -> tuple[AddressWithPrefix, ...]:
    """The addresses of the other end's device."""
    others = (one for one in lab.tunnel_ends(end.tunnel) if one.node == end.peer)
    return own_device(next(others)).addresses


part = OpenvpnPart()
