"""Rules on networks, interfaces and their addresses."""

from collections.abc import Iterator
from ipaddress import IPv6Address
from itertools import chain

from netdsl.diagnostics.catalogue import (
    DUPLICATE_ADDRESS,
    DUPLICATE_MAC,
    MTU_ABOVE_NETWORK,
    OVERLAPPING_INTERFACES,
    UNUSED_NETWORK,
)
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.joined import join, root
from netdsl.semantics.bindings import BoundInterface, BoundNode, BoundTunnel
from netdsl.semantics.rules.blocks import block_of, groups
from netdsl.semantics.rules.facts import Facts, Leg, Owner, legs_of
from netdsl.source import Place

USUAL_MTU = 1500
"""Bytes; what a network carries that does not say (Ethernet's, RFC 894)."""


def check_networks(facts: Facts, diagnostics: Diagnostics) -> None:
    _duplicate_addresses(facts, diagnostics)
    _duplicate_link_locals(facts, diagnostics)
    _duplicate_loopbacks(facts, diagnostics)
    _addresses_inside(facts, diagnostics)
    _duplicate_macs(facts, diagnostics)
    _mtu_above_network(facts, diagnostics)
    _unused_networks(facts, diagnostics)
    for node in facts.nodes:
        _overlapping_interfaces(node, facts.tunnels_of.get(node.id, ()), diagnostics)


def _duplicate_addresses(facts: Facts, diagnostics: Diagnostics) -> None:
    """One segment, one address, one interface."""
    for owners in facts.owners.values():
        first_on: dict[NetworkId, Owner] = {}
        for owner in owners:
            if owner.interface is None:
                continue
            first = first_on.setdefault(facts.segment_of[owner.interface.network], owner)
            if first is not owner:
                _report_twice(first, owner, f" on `{owner.interface.network}`", diagnostics)


def _duplicate_link_locals(facts: Facts, diagnostics: Diagnostics) -> None:
    """They are given: those by MAC addresses differ as these do."""
    for segment, interfaces in facts.interfaces_on.items():
        first_with: dict[IPv6Address, tuple[BoundInterface, Place]] = {}
        for interface in interfaces:
            for given in interface.link_local:
                first, place = first_with.setdefault(given.value, (interface, given.place))
                if place != given.place or first is not interface:
                    diagnostics.report(
                        DUPLICATE_ADDRESS,
                        f"two interfaces on `{segment}` have the link-local address {given.value}",
                        given.place,
                        "the second one",
                        related=(Label(place, f"`{first.node}.{first.name}` has it already"),),
                    )


def _duplicate_loopbacks(facts: Facts, diagnostics: Diagnostics) -> None:
    """A loopback's address belongs to one node of its domain, and to none of the domain's interfaces; but several nodes may
    say that they share it."""
    if not any(node.loopbacks for node in facts.nodes):
        return
    domain_of = _domains(facts)
    for owners in facts.owners.values():
        if len(owners) > 1 and any(owner.interface is None for owner in owners):
            for first, owner in _loopback_clashes(owners, domain_of):
                if not _is_shared(facts, first, owner):
                    _report_twice(first, owner, "", diagnostics, _sharing(first, owner))


def _addresses_inside(facts: Facts, diagnostics: Diagnostics) -> None:
    """A loopback's address is not that of a tunnel's device in its domain as well."""
    if not any(node.loopbacks for node in facts.nodes) or not facts.bindings.tunnels:
        return
    domain_of = _domains(facts)
    for node in facts.nodes:
        legs = legs_of(node, facts.tunnels_of.get(node.id, ()))
        for leg in (leg for leg in legs if node.interface(leg.interface) is None):
            for owner in facts.owners.get(leg.address.ip, ()):
                if owner.interface is None and domain_of[owner.node] == domain_of[node.id]:
                    _report_inside(node, leg, owner, diagnostics)


def _report_inside(node: BoundNode, leg: Leg, owner: Owner, diagnostics: Diagnostics) -> None:
    diagnostics.report(
        DUPLICATE_ADDRESS,
        f"the address {leg.address.ip} of `{node.id}` {leg.where} is a loopback's of `{owner.node}`",
        leg.place,
        "the second one",
        related=(Label(owner.place, f"`{owner.name}` has it already"),),
    )


def _is_shared(facts: Facts, first: Owner, second: Owner) -> bool:
    """Whether both nodes say that others may have the address."""
    nodes, address = facts.bindings.nodes, first.address.ip
    return first.node != second.node and all(address in nodes[one.node].shared for one in (first, second))


def _sharing(first: Owner, second: Owner) -> str | None:
    if first.interface is not None or second.interface is not None or first.node == second.node:
        return None
    return f"`shared {first.address.ip}` in both, where it is meant: each packet goes to the one that routes lead to"


def _loopback_clashes(owners: tuple[Owner, ...], domain_of: dict[NodeId, NetworkId]) -> Iterator[tuple[Owner, Owner]]:
    first_in: dict[NetworkId, Owner] = {}
    for owner in owners:
        first = first_in.setdefault(domain_of[owner.node], owner)
        if first is not owner and (first.interface is None or owner.interface is None):
            yield first, owner


def _report_twice(first: Owner, second: Owner, where: str, diagnostics: Diagnostics, advice: str | None = None) -> None:
    address = second.address.ip
    whose = "the same node's" if first.node == second.node else f"`{first.node}`'s"
    diagnostics.report(
        DUPLICATE_ADDRESS,
        f"the address {address} of `{second.node}` is {whose} too{where}",
        second.place,
        "the second one",
        related=(Label(first.place, f"`{first.name}` has it already"),),
        help=advice,
    )


def _domains(facts: Facts) -> dict[NodeId, NetworkId]:
    """Each node's domain: nodes that segments join, cut where a node translates the source of what leaves."""
    nodes = facts.bindings.nodes
    names = [NetworkId(f"network {segment}") for segment in facts.interfaces_on]
    joined = {name: name for name in chain(names, (NetworkId(f"node {node}") for node in nodes))}
    for segment, interfaces in facts.interfaces_on.items():
        for interface in interfaces:
            if not _translates(nodes[interface.node], interface.name):
                join(joined, NetworkId(f"network {segment}"), NetworkId(f"node {interface.node}"))
    return {node: root(joined, NetworkId(f"node {node}")) for node in nodes}


def _translates(node: BoundNode, interface: str) -> bool:
    """Whether a node changes the source of what leaves by an interface."""
    outs = (rule.match.out_interfaces for rule in node.source_nat)
    return any(not out or any(placed.value == interface for placed in out) for out in outs)


def _duplicate_macs(facts: Facts, diagnostics: Diagnostics) -> None:
    for interfaces in facts.interfaces_on.values():
        first_with: dict[str, BoundInterface] = {}
        for interface in interfaces:
            if interface.mac is None:
                continue
            first = first_with.setdefault(interface.mac, interface)
            if first is not interface:
                diagnostics.report(
                    DUPLICATE_MAC,
                    f"the MAC address {interface.mac} of `{interface.node}` is on `{interface.network}` twice",
                    interface.place,
                    "the second one",
                    related=(Label(first.place, f"`{first.node}.{first.name}` has it already"),),
                )


def _mtu_above_network(facts: Facts, diagnostics: Diagnostics) -> None:
    for node in facts.nodes:
        for interface in node.interfaces:
            network = facts.bindings.networks[interface.network]
            limit = network.mtu if network.mtu is not None else USUAL_MTU
            if interface.mtu is not None and interface.mtu > limit:
                diagnostics.report(
                    MTU_ABOVE_NETWORK,
                    f"`{node.id}.{interface.name}` has an MTU of {interface.mtu}, "
                    f"and `{network.id}` carries {limit} bytes",
                    interface.place,
                    related=(Label(network.place, f"{limit} bytes here"),),
                    help=f"give the network `mtu {interface.mtu}`, or the interface at most {limit}",
                )


def _unused_networks(facts: Facts, diagnostics: Diagnostics) -> None:
    used = {interface.network for node in facts.nodes for interface in node.interfaces}
    for network in facts.bindings.networks.values():
        if network.id not in used and facts.bindings.nodes:
            diagnostics.report(
                UNUSED_NETWORK,
                f"no node is on network `{network.id}`",
                network.place,
                help=f"`interface on {network.id.rpartition('.')[2]}` in a node puts it there",
            )


def _overlapping_interfaces(node: BoundNode, tunnels: tuple[BoundTunnel, ...], diagnostics: Diagnostics) -> None:
    """A node cannot tell by which of two interfaces an address is reached. A switch has no need to."""
    if node.kind.bridges or len(node.interfaces) + len(tunnels) < 2:
        return
    legs = tuple(legs_of(node, tunnels))
    told: set[tuple[str, str]] = set()
    for group in groups([(block_of(leg.address.network), number) for number, leg in enumerate(legs)]):
        _, outer = group[0]
        for _, number in group[1:]:
            first, second = legs[min(outer, number)], legs[max(outer, number)]
            pair = (first.interface, second.interface)
            if first.interface != second.interface and pair not in told:
                told.add(pair)
                _report_overlap(node, first, second, diagnostics)


def _report_overlap(node: BoundNode, first: Leg, second: Leg, diagnostics: Diagnostics) -> None:
    diagnostics.report(
        OVERLAPPING_INTERFACES,
        f"`{node.id}` is on overlapping networks: {first.address.network} by `{first.interface}`, "
        f"{second.address.network} by `{second.interface}`",
        second.place,
        second.where,
        related=(Label(first.place, first.where),),
        help="a node finds a network by its range: give one of them another, or put a second node there",
    )
