"""A lab as packets of one service see it: where two labs are the same in that, nothing about the service has changed.

Left out is what cannot touch its packets: lines of filters and translation for other ports, services at other ports, what
a node is called in its host name, the limits that it has. What tunnels and routes have come to is compared beside that, as
the packets that bring up a tunnel are not the service's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import TypeAlias, TypeVar

from netdsl.diff.services import ServiceClass, carriers, has_ports_only, is_of
from netdsl.ir.filter import DestinationNat, FilterRule, Nat, SourceNat, TunnelAccept
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, Resources, Served
from netdsl.ir.service import Protocol, port
from netdsl.ir.service_kinds import listens_on
from netdsl.packets.steering import CHOSEN_PORT
from netdsl.packets.world import World

Ports: TypeAlias = Set[tuple[Protocol, int]]
Line = TypeVar("Line", FilterRule | TunnelAccept, DestinationNat, SourceNat)


def are_seen_alike(before: Lab, after: Lab, asked: ServiceClass) -> bool:
    """Whether packets of a service find the same in both labs, given that the same tunnels stand and the same routes are
    learned."""
    own = _own_ports((before, after), asked)
    kept = own | carriers((before, after))
    if (before.networks, before.pkis, before.images) != (after.networks, after.pkis, after.images):
        return False
    if len(before.nodes) != len(after.nodes):
        return False
    if _has_ports_of_its_own(before) or _has_ports_of_its_own(after):
        return before.nodes == after.nodes
    pairs = zip(before.nodes, after.nodes, strict=True)
    return all(one == other or _seen(one, kept, own) == _seen(other, kept, own) for one, other in pairs)


def _has_ports_of_its_own(lab: Lab) -> bool:
    """Whether lines for ports may decide about answers to a tunnel's packets: behind address translation these go to a
    port that no line names, and a stateless firewall asks lines about answers too."""
    has_tunnels = any(node.tunnels for node in lab.nodes)
    return has_tunnels and any(node.firewall is not None and node.firewall.is_stateless for node in lab.nodes)


def are_settled_alike(before: World, after: World) -> bool:
    """Whether the same tunnels stand, over the same connections, and nodes have learned the same; in each state that the
    labs may come to by the order in which tunnels come up."""
    olds, news = (before, *before.others), (after, *after.others)
    return len(olds) == len(news) and all(_settled(old) == _settled(new) for old, new in zip(olds, news, strict=True))


def _settled(world: World) -> tuple[object, ...]:
    states = world.tunnels
    connections = {
        tunnel: [(one.here, one.there, one.seen, one.seen_port) for one in each]
        for tunnel, each in states.connections.items()
    }
    nodes: Mapping[str, tuple[object, ...]] = {
        view.id: (view.learned, view.silent, view.doubts, frozenset(view.up)) for view in world.fabric.views.values()
    }
    return world.order, connections, states.children_up, states.standing, states.lost, states.contended, nodes


def _own_ports(labs: Sequence[Lab], asked: ServiceClass) -> Ports:
    """The port that is asked, those that destinations are translated to, and the client's, which answers go to."""
    if asked.probe is None or asked.probe.first is None:
        return frozenset()
    protocol = asked.probe.protocol
    translated = {rule.port for lab in labs for node in lab.nodes for rule in node.nat.destination}
    ports = {asked.probe.first, CHOSEN_PORT, *(one for one in translated if one is not None)}
    return frozenset((protocol, one) for one in ports)


def _seen(node: Node, kept: Ports, own: Ports) -> Node:
    firewall = node.firewall
    if firewall is not None:
        firewall = replace(firewall, rules=tuple(_lines(firewall.rules, kept)))
    nat = Nat(tuple(_lines(node.nat.destination, kept)), tuple(_lines(node.nat.source, kept)))
    return replace(
        node,
        firewall=firewall,
        nat=nat,
        services=tuple(_bare(one) for one in node.services if _listens(one, own)),
        host_name="",
        resources=Resources(),
        search_domains=(),
        resolvers=(),
    )


def _lines(rules: Iterable[Line], ports: Ports) -> Iterator[Line]:
    """Those that may be for these ports, with these alone."""
    for rule in rules:
        if isinstance(rule, TunnelAccept) or not has_ports_only(rule.match.services):
            yield rule
            continue
        services = tuple(
            port(protocol, number)
            for protocol, number in sorted(ports, key=lambda one: (one[0].number, one[1]))
            if is_of(rule.match.services, protocol, number)
        )
        if services:
            yield replace(rule, match=replace(rule.match, services=services))


def _listens(served: Served, own: Ports) -> bool:
    return any((one.protocol, one.first) in own for one in listens_on(served.kind, served.service))


def _bare(served: Served) -> Served:
    """That something answers there, not what it says."""
    return Served(served.kind, "", served.service)
