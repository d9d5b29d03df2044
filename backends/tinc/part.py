"""The part `tinc`: a TUN device and a daemon for each tunnel of a node."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.tunnel import Start, TunnelEnd, device_of
from netdsl.kinds.tinc.ir import KIND, ends_of, settings_of
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.devices import child_of
from netdsl.payload.part import Share, TunnelRecord, scripts
from netdsl.payload.quoting import flat, tsv

_NEEDS = Needs(("tinc",), ("NET_ADMIN",), ("/dev/net/tun",))


class TincPart:
    name = KIND

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh", "host-up.sh", "host-down.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        ends = ends_of(node.tunnels)
        if not ends:
            return None
        devices = dict.fromkeys(tsv(device_name(end)) for end in ends)
        files = (
            PayloadFile("tinc.tsv", "".join(devices).encode()),
            PayloadFile("tinc-peers.tsv", "".join(map(_peer, ends)).encode()),
        )
        return Share(files, _NEEDS, tuple(_record(end, lab) for end in ends))


def device_name(end: TunnelEnd) -> str:
    """The interface of an end's tunnel, which its files are called by."""
    device = device_of(end)
    assert device is not None, "an end with a device"
    return device.name


def _peer(end: TunnelEnd) -> str:
    """A line of the table: the child, its device, what the other daemon calls itself."""
    return tsv(child_of(end), device_name(end), settings_of(end).peer_name)


def _record(end: TunnelEnd, lab: Lab) -> TunnelRecord:
    (child,) = end.children
    is_unsure = lab.is_meant_to_fail or lab.expects_down(end.tunnel) or child.start is not Start.BOOT
    return TunnelRecord(
        tunnel=flat(end.tunnel),
        child=child_of(end),
        piece=f"{flat(end.tunnel)}.{child.name}",
        start="boot",
        ready="may" if is_unsure else "must",
    )


part = TincPart()
