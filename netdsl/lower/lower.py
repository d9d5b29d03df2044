"""From bindings to the lab: what every stage after this one reads."""

from collections.abc import Mapping
from dataclasses import replace

from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.network import Network
from netdsl.ir.node import Node, Route
from netdsl.ir.tunnel import TunnelEnd
from netdsl.lower.defaults import MTU
from netdsl.lower.directory import Directory, make_directory
from netdsl.lower.dns import zone_servers
from netdsl.lower.filters import lower_firewall, lower_nat
from netdsl.lower.hosts import lower_hosts
from netdsl.lower.nodes import Links, lower_interfaces, lower_resolvers, lower_services
from netdsl.lower.outer import OuterPackets
from netdsl.lower.path_mtu import PathMtus
from netdsl.lower.pki import end_entities, lower_pkis
from netdsl.lower.routes import (
    led_inside,
    lower_neighbours,
    tunnel_routes,
    unnumbered_links,
    with_links,
    with_sources,
    with_tunnel_mtu,
)
from netdsl.lower.sources import written_routes
from netdsl.lower.sysctls import lower_sysctls
from netdsl.lower.tunnels import lower_tunnels, lowerings, reservations, segment_mtus
from netdsl.semantics.bindings import Bindings, BoundNetwork
from netdsl.semantics.macs import UPLINK


def lower(bindings: Bindings) -> Lab:
    """The closed lab. Never fails on bindings without errors; linear in nodes, links and routes.

    The same bindings give the same lab, and a node added at the end changes nothing of the others' insides but what
    has to reach it.
    """
    directory = make_directory(bindings)
    entities = end_entities(bindings)
    links = Links(directory.macs, {})
    written = _written(directory)
    bare = _bare(bindings, directory, links, written)
    outer = OuterPackets(bare)
    ends = lower_tunnels(directory, outer, entities)
    measured = PathMtus(directory, outer, ends, lowerings()).measured() if ends else {}
    servers, reserved = zone_servers(directory), reservations(ends)
    mtus = segment_mtus(bindings.nodes, measured)
    return replace(
        bare,
        networks=tuple(_network(network, mtus) for network in bindings.networks.values()),
        nodes=tuple(
            _inside(
                directory,
                outer,
                measured.get(node.id, ()),
                Links(links.macs, mtus),
                written.get(node.id, ()),
                replace(node, services=lower_services(directory, servers, reserved, directory.nodes[node.id])),
            )
            for node in bare.nodes
        ),
        pkis=lower_pkis(bindings, directory, entities),
        images=tuple(bindings.images.values()),
        hosts=lower_hosts(bindings.nodes.values(), bindings.tunnels.values()),
        expectations=bindings.expectations,
        settings=bindings.settings,
        services=tuple(bindings.services.items()),
    )


def _written(directory: Directory) -> dict[NodeId, tuple[Route, ...]]:
    """What sources of routes give each node, and what its links without a prefix do."""
    bare, routes = unnumbered_links(directory), written_routes(directory)
    return {
        node.id: with_sources(node, with_links(directory, bare, node, routes.get(node.id, ())))
        for node in directory.nodes.values()
    }


def _bare(bindings: Bindings, directory: Directory, links: Links, written: Mapping[NodeId, tuple[Route, ...]]) -> Lab:
    """The lab's networks and nodes, without tunnels, filters, and what runs in nodes."""
    of_tunnels = {end.node for tunnel in bindings.tunnels.values() for end in tunnel.ends}
    nodes = (
        Node(
            id=node.id,
            host_name=node.host_name,
            kind=node.kind,
            interfaces=lower_interfaces(directory, links, node),
            loopbacks=node.loopbacks,
            routes=led_inside(node, written.get(node.id, ()))[0],
            neighbours=lower_neighbours(directory, node),
            has_uplink=node.uplink is not None,
            uplink_mac=links.macs.get((node.id, UPLINK)),
            nat=lower_nat(directory, node),
            sysctls=lower_sysctls(node, is_tunnel_end=node.id in of_tunnels),
            has_spanning_tree=node.has_spanning_tree,
            origin=node.place,
        )
        for node in bindings.nodes.values()
    )
    networks = tuple(_network(network, links.mtus) for network in bindings.networks.values())
    return Lab(bindings.name, bindings.title, networks, tuple(nodes))


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


def _inside(
    directory: Directory,
    outer: OuterPackets,
    ends: tuple[TunnelEnd, ...],
    links: Links,
    written: tuple[Route, ...],
    bare: Node,
) -> Node:
    """A bare node with its tunnels, filters, and what runs in it."""
    node = directory.nodes[bare.id]
    resolvers, domains = lower_resolvers(directory, node)
    firewall = node.firewall
    inward = led_inside(node, written)[1]
    added = with_sources(node, tunnel_routes(directory, outer, (*bare.routes, *inward), node, ends))
    return replace(
        bare,
        interfaces=lower_interfaces(directory, links, node) if links.mtus else bare.interfaces,
        routes=(*with_tunnel_mtu(directory, bare.routes, ends), *inward, *added) if ends else bare.routes,
        firewall=None if firewall is None else lower_firewall(directory, outer, node, firewall, ends),
        tunnels=ends,
        runs=node.runs,
        files=node.files,
        environment=node.environment,
        resolvers=resolvers,
        search_domains=domains,
        resources=node.resources,
        capabilities=node.capabilities,
        image=node.image,
    )
