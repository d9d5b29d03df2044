"""The part `vxlan`: a device for each segment, with head-end replication to the other ends."""

from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Interface, Node
from netdsl.ir.tunnel import Segment, TunnelEnd
from netdsl.kinds.vxlan.ir import KIND, settings_of
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.devices import child_of, tunnel_record
from netdsl.payload.part import Share, scripts
from netdsl.payload.quoting import tsv

_LACKS = "VXLAN runs in the kernel alone"


class VxlanPart:
    name = KIND

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return scripts(__package__, "part.sh")

    def share(self, node: Node, lab: Lab) -> Share | None:
        ends = [end for end in node.tunnels if end.kind == KIND]
        if not ends:
            return None
        devices = dict.fromkeys(tsv(_interface(node, end).name, _link(end, _interface(node, end))) for end in ends)
        macs = _macs_of_peers(ends, lab)
        peers = (
            tsv(
                child_of(end),
                _interface(node, end).name,
                end.peer_addresses[0],
                macs[end.peer, settings_of(end).network],
            )
            for end in ends
        )
        files = (
            PayloadFile("vxlan.tsv", "".join(devices).encode()),
            PayloadFile("vxlan-peers.tsv", "".join(peers).encode()),
        )
        return Share(files, Needs(capabilities=("NET_ADMIN",)), tuple(tunnel_record(end, lab, _LACKS) for end in ends))


def _interface(node: Node, end: TunnelEnd) -> Interface:
    assert isinstance(end.steering, Segment), "an end on a segment"
    name = end.steering.interface
    return next(interface for interface in node.interfaces if interface.name == name)


def _macs_of_peers(ends: list[TunnelEnd], lab: Lab) -> dict[tuple[NodeId | None, NetworkId], str]:
    """By node and network."""
    peers = {end.peer for end in ends}
    return {(node.id, own.network): own.mac for node in lab.nodes if node.id in peers for own in node.interfaces}


def _link(end: TunnelEnd, interface: Interface) -> str:
    """ip-link(8), VXLAN: the lab's MAC address; no group and no learning, since the forwarding database has every end. (A
    learned place is the source address of an outer packet, which an end's own translation may have changed.)"""
    settings = settings_of(end)
    where = f"local {end.local} dstport {settings.port} ttl {settings.ttl}"
    return f"address {interface.mac} type vxlan id {settings.vni} {where} nolearning"


part = VxlanPart()
