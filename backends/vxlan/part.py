"""The part `vxlan`: a device for each segment, with head-end replication to the other ends."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Interface, Node
from netdsl.ir.tunnel import Segment, TunnelEnd
from netdsl.kinds.vxlan.ir import KIND, settings_of
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.devices import child_of, tunnel_record
from netdsl.payload.part import Share, scripts
from netdsl.payload.quoting import tsv


class VxlanPart:
    name = KIND

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        ends = [end for end in node.tunnels if end.kind == KIND]
        if not ends:
            return None
        devices = dict.fromkeys(tsv(_interface(node, end).name, _link(end, _interface(node, end))) for end in ends)
        peers = (tsv(child_of(end), _interface(node, end).name, end.peer_addresses[0]) for end in ends)
        files = (
            PayloadFile("vxlan.tsv", "".join(devices).encode()),
            PayloadFile("vxlan-peers.tsv", "".join(peers).encode()),
        )
        return Share(files, Needs(capabilities=("NET_ADMIN",)), tuple(tunnel_record(end, lab) for end in ends))


def _interface(node: Node, end: TunnelEnd) -> Interface:
    assert isinstance(end.steering, Segment), "an end on a segment"
    name = end.steering.interface
    return next(interface for interface in node.interfaces if interface.name == name)


def _link(end: TunnelEnd, interface: Interface) -> str:
    """ip-link(8), VXLAN: the lab's MAC address; no group, since the flood list is in the forwarding database."""
    settings = settings_of(end)
    where = f"local {end.local} dstport {settings.port} ttl {settings.ttl}"
    return f"address {interface.mac} type vxlan id {settings.vni} {where}"


part = VxlanPart()
