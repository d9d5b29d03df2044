"""The part `openvpn`: a device and a daemon for each tunnel of a node."""

from collections.abc import Iterator, Sequence

from netdsl.ir.ids import AddressWithPrefix
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.tunnel import Start, TunnelEnd, device_of
from netdsl.kinds.openvpn.ir import KIND, Role, ends_of, settings_of
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.devices import child_of
from netdsl.payload.part import Share, TunnelRecord, scripts
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
            devices.setdefault(_device(end), []).append(end)
        files = (
            PayloadFile("openvpn.tsv", "".join(_record(name, own) for name, own in devices.items()).encode()),
            PayloadFile("openvpn-peers.tsv", "".join(map(_peer, ends)).encode()),
            *(file for name, own in devices.items() for file in _files(name, own, lab)),
        )
        return Share(files, _NEEDS, tuple(_tunnel(end, lab) for end in ends))


def _record(device: str, ends: Sequence[TunnelEnd]) -> str:
    """A line of the table of devices."""
    settings = settings_of(ends[0])
    return tsv(device, settings.role, flat(settings.pki))


def _peer(end: TunnelEnd) -> str:
    """A line of the table of other ends: the child, its device, and of a server's the client's name."""
    settings = settings_of(end)
    name = settings.names[1] if settings.role is Role.SERVER else None
    return tsv(child_of(end), _device(end), name or "-")


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
    device = device_of(next(others))
    assert device is not None, "an end with a device"
    return device.addresses


def _device(end: TunnelEnd) -> str:
    device = device_of(end)
    assert device is not None, "an end with a device"
    return device.name


def _tunnel(end: TunnelEnd, lab: Lab) -> TunnelRecord:
    (child,) = end.children
    is_unsure = lab.is_meant_to_fail or lab.expects_down(end.tunnel) or child.start is not Start.BOOT
    return TunnelRecord(
        tunnel=flat(end.tunnel),
        child=child_of(end),
        piece=f"{flat(end.tunnel)}.{child.name}",
        start="boot",
        ready="may" if is_unsure else "must",
    )


part = OpenvpnPart()
