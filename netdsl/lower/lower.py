"""From bindings to the lab: what every stage after this one reads."""

from collections.abc import Mapping

from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.network import Network
from netdsl.ir.node import Node, Route
from netdsl.ir.tunnel import TunnelEnd
from netdsl.lower.allocate import allocate_macs
from netdsl.lower.auto_routing import automatic_routes
from netdsl.lower.defaults import MTU, UPLINK
from netdsl.lower.directory import Directory, make_directory
from netdsl.lower.filters import lower_firewall, lower_nat
from netdsl.lower.hosts import lower_hosts
from netdsl.lower.nodes import Links, lower_interfaces, lower_resolvers, lower_services
from netdsl.lower.path_mtu import PathMtus
from netdsl.lower.paths import RoutingTables
from netdsl.lower.pki import end_entities, lower_pkis
from netdsl.lower.routes import lower_lines, lower_neighbours, tunnel_routes, with_tunnel_mtu
from netdsl.lower.sysctls import lower_sysctls
from netdsl.lower.tunnels import lower_tunnels, lowerings, segment_mtus
from netdsl.semantics.bindings import Bindings, BoundNetwork, BoundNode

Ends = dict[NodeId, tuple[TunnelEnd, ...]]


def lower(bindings: Bindings) -> Lab:
    """The closed lab. Never fails on bindings without errors; linear in nodes, links and routes.

    The same bindings give the same lab, and a node added at the end changes nothing of the others' insides but what
    has to reach it.
    """
    directory = make_directory(bindings)
    entities = end_entities(bindings)
    automatic = automatic_routes(directory)
    tables = {node.id: (*lower_lines(node), *automatic.get(node.id, ())) for node in bindings.nodes.values()}
    ends, tables = _with_tunnels(directory, tables, lower_tunnels(directory, tables, entities))
    mtus = segment_mtus(bindings.nodes, ends)
    macs = allocate_macs(bindings.nodes.values())
    return Lab(
        bindings.name,
        bindings.title,
        tuple(_network(network, mtus) for network in bindings.networks.values()),
        tuple(_node(directory, tables, ends, Links(macs, mtus), node) for node in bindings.nodes.values()),
        lower_pkis(bindings, directory, entities),
        tuple(bindings.images.values()),
        lower_hosts(bindings.nodes.values()),
        bindings.expectations,
        bindings.settings,
        tuple(bindings.services.items()),
    )


def _with_tunnels(
    directory: Directory, tables: dict[NodeId, tuple[Route, ...]], ends: Ends
) -> tuple[Ends, dict[NodeId, tuple[Route, ...]]]:
    """The ends with the MTU inside, the routing tables with what tunnels need."""
    needed = {node: tunnel_routes(directory, tables, directory.nodes[node], own) for node, own in ends.items()}
    complete: RoutingTables = tables | {node: tables[node] + routes for node, routes in needed.items()}
    measured = PathMtus(directory, complete, ends, lowerings()).measured()
    final = dict(tables)
    for node, own in measured.items():
        added = tunnel_routes(directory, tables, directory.nodes[node], own)
        final[node] = (*with_tunnel_mtu(directory, tables[node], own), *added)
    return measured, final


def _network(network: BoundNetwork, mtus: Mapping[NetworkId, int]) -> Network:
    return Network(
        network.id,
        network.prefixes,
        network.mtu or mtus.get(network.id, MTU),
        network.driver,
        network.impairment,
        network.is_link,
        network.place,
    )


def _node(directory: Directory, tables: RoutingTables, ends: Ends, links: Links, node: BoundNode) -> Node:
    resolvers, domains = lower_resolvers(directory, node)
    tunnels = ends.get(node.id, ())
    firewall = node.firewall
    return Node(
        id=node.id,
        host_name=node.host_name,
        kind=node.kind,
        interfaces=lower_interfaces(directory, links, node),
        loopbacks=node.loopbacks,
        routes=tables[node.id],
        neighbours=lower_neighbours(directory, node),
        has_uplink=node.uplink is not None,
        uplink_mac=links.macs.get((node.id, UPLINK)),
        firewall=None if firewall is None else lower_firewall(directory, tables, node, firewall, tunnels),
        nat=lower_nat(directory, node),
        tunnels=tunnels,
        services=lower_services(directory, node),
        runs=node.runs,
        files=node.files,
        environment=node.environment,
        sysctls=lower_sysctls(node, is_tunnel_end=bool(tunnels)),
        resolvers=resolvers,
        search_domains=domains,
        resources=node.resources,
        image=node.image,
        origin=node.place,
    )
