"""The spanning tree of a lab's switches: which of their ports take frames.

IEEE 802.1D-1998 clause 8.6 as net/bridge/br_stp.c does it. The payload gives all bridges one priority, timers in common and
all ports one path cost, and puts the ports into the bridge in the order of the source, so that the tree is known here:
the bridge with the lowest MAC address of a port is the root (br_stp_recalculate_bridge_id), ports are numbered from 1.
A switch without a spanning tree passes the messages of the others on (br_handle_frame, BR_NO_STP): the networks that it
joins are one LAN to them.
"""

from collections.abc import Collection, Mapping

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.joined import join, roots
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node

SwitchPort = tuple[NodeId, str]
"""A switch, and the name of its interface."""

_Bridge = tuple[str, NodeId]
"""A switch with a spanning tree: its identifier, the lowest MAC address of its ports, and its name."""


@dataclass(frozen=True, slots=True)
class _Port:
    at: SwitchPort
    bridge: _Bridge
    number: int
    lan: NetworkId


def blocked_ports(lab: Lab, cut: Collection[NetworkId] = ()) -> frozenset[SwitchPort]:
    """Ports that the spanning tree keeps out of use. `cut`: networks that carry nothing."""
    switches = [node for node in lab.nodes if node.kind.bridges and node.has_spanning_tree and node.interfaces]
    if not switches:
        return frozenset()
    lan_of = _lans(lab, cut)
    ports = [port for node in switches for port in _ports(node, lan_of, cut)]
    on: dict[NetworkId, list[_Port]] = {}
    of: dict[_Bridge, list[_Port]] = {}
    for port in ports:
        on.setdefault(port.lan, []).append(port)
        of.setdefault(port.bridge, []).append(port)
    levels = _levels(of, on)
    designated = {lan: min(there, key=lambda port: _rank(port, levels)) for lan, there in on.items()}
    used = {port.at for port in designated.values()}
    for bridge, own in of.items():
        if levels[bridge]:  # the root has no root port
            towards = min(own, key=lambda port: (*_rank(designated[port.lan], levels), port.number))
            used.add(towards.at)
    return frozenset(port.at for port in ports if port.at not in used)


def _rank(port: _Port, levels: Mapping[_Bridge, int]) -> tuple[int, _Bridge, int]:
    """What a configuration message of the port says after the root: cost, bridge, port."""
    return levels[port.bridge], port.bridge, port.number


def _ports(node: Node, lan_of: Mapping[NetworkId, NetworkId], cut: Collection[NetworkId]) -> list[_Port]:
    bridge = (min(interface.mac for interface in node.interfaces), node.id)
    return [
        _Port((node.id, interface.name), bridge, number, lan_of[interface.network])
        for number, interface in enumerate(node.interfaces, 1)
        if interface.network not in cut
    ]


def _lans(lab: Lab, cut: Collection[NetworkId]) -> dict[NetworkId, NetworkId]:
    """Of each network the first of those that switches without a spanning tree join with it."""
    joined = {network.id: network.id for network in lab.networks}
    for node in lab.nodes:
        if node.kind.bridges and not node.has_spanning_tree:
            networks = [interface.network for interface in node.interfaces if interface.network not in cut]
            for other in networks[1:]:
                join(joined, networks[0], other)
    return roots(joined)


def _levels(of: Mapping[_Bridge, list[_Port]], on: Mapping[NetworkId, list[_Port]]) -> dict[_Bridge, int]:
    """How many LANs are between each bridge and the root of those that it hears of."""
    levels: dict[_Bridge, int] = {}
    for start in sorted(of):
        if start in levels:
            continue
        levels[start] = 0
        waiting = [start]
        seen: set[NetworkId] = set()
        for bridge in waiting:  # grows as it is read
            for lan in (port.lan for port in of[bridge] if port.lan not in seen):
                seen.add(lan)
                for other in on[lan]:
                    if other.bridge not in levels:
                        levels[other.bridge] = levels[bridge] + 1
                        waiting.append(other.bridge)
    return levels
