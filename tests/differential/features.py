"""What a lab has, read from the compiled lab: the generator's word is not asked."""

from collections.abc import Iterator
from itertools import combinations

from netdsl.ir.filter import DestinationNat, FilterRule, Match, SourceNat, Verdict
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.prefixes import in_any
from netdsl.ir.tunnel import TunnelEnd
from tests.differential.tunnels import kinds

FEATURES = (
    "v4", "v6", "routes by hand", "routing auto", "several sites", "overlapping ranges", "inner router",
    "masquerade", "masquerade with except", "netmap", "snat of a service", "dnat", "dnat to another port",
    "firewall", "policy drop", "accept", "drop", "reject", "in or out", "from or to", "service in a filter",
    "state", "flags", "stateless", "type of icmp",
    "while", "http", "tcp", "udp", "wrong on purpose", "through", "nested tunnels",
    "switch", "ring of switches", "commands",
    "own netmask", "interface without address", "shared address", "borrowed address", "link-local next hop",
    *(feature for kind in kinds().values() for feature in kind.FEATURES),
)  # fmt: skip
"""Each is in a fifth of the labs or more."""
KERNEL_FEATURES = tuple(feature for kind in kinds().values() for feature in kind.KERNEL_FEATURES)
"""Each is in a fifth of the labs for nodes whose kernel has all, or more."""


def features_of(lab: Lab, source: str) -> frozenset[str]:
    found = {*_of_networks(lab), *(feature for node in lab.nodes for feature in _of_node(node))}
    if "# wrong on purpose" in source:
        found.add("wrong on purpose")
    return frozenset(found)


def _of_networks(lab: Lab) -> Iterator[str]:
    prefixes = [(network, prefix) for network in lab.networks for prefix in network.prefixes]
    yield from (f"v{prefix.version}" for _, prefix in prefixes)
    switched = {frozenset(i.network for i in node.interfaces) for node in lab.nodes if node.kind.bridges}
    for (one, a), (other, b) in combinations(prefixes, 2):
        is_one_segment = any({one.id, other.id} <= joined for joined in switched)
        if one is not other and a.version == b.version and a.overlaps(b) and not is_one_segment:
            yield "overlapping ranges"
    if sum(node.kind.forwards and node.id.startswith("gw-") for node in lab.nodes) > 1:
        yield "several sites"
    if switched:
        yield "switch"
    lengths = {network.id: {prefix.prefixlen for prefix in network.prefixes} for network in lab.networks}
    given = [(each.network, one) for node in lab.nodes for each in node.interfaces for one in each.addresses]
    if any(lengths[network] and one.network.prefixlen not in lengths[network] for network, one in given):
        yield "own netmask"
    loopbacks = [own for node in lab.nodes for own in node.loopbacks]
    if len(set(loopbacks)) < len(loopbacks):
        yield "shared address"
    if any(node.has_spanning_tree for node in lab.nodes):
        yield "ring of switches"
    ends = [end for node in lab.nodes for end in node.tunnels]
    if any(_is_within(inner, outer) for inner in ends for outer in ends):
        yield "nested tunnels"


def _is_within(inner: TunnelEnd, outer: TunnelEnd) -> bool:
    """Whether the outer packets of one end are for a child of the other, which takes all protocols."""
    if inner.tunnel == outer.tunnel or inner.local is None:
        return False
    children = [child for child in outer.children if not (child.only_local or child.only_remote)]
    mine = [child for child in children if in_any(inner.local, child.local)]
    return any(in_any(peer, child.remote) for child in mine for peer in inner.peer_addresses)


def _of_node(node: Node) -> Iterator[str]:
    for route in node.routes:
        if route.origin is not None and route.next_hop is not None:
            yield "routing auto" if route.is_automatic else "routes by hand"
    if node.id.startswith("in-"):
        yield "inner router"
    for served in node.services:
        yield served.kind
    if node.runs:
        yield "commands"
    if not node.kind.bridges:
        yield from _of_addresses(node)
    yield from _of_nat(node)
    yield from _of_firewall(node)
    for end in node.tunnels:
        yield from kinds()[end.kind].features(end, node)
    rules: list[FilterRule | DestinationNat | SourceNat] = [*node.nat.destination, *node.nat.source]
    rules += [rule for rule in (node.firewall.rules if node.firewall else ()) if isinstance(rule, FilterRule)]
    if any(rule.state is not None for rule in rules):
        yield "while"


def _of_addresses(node: Node) -> Iterator[str]:
    if any(not interface.addresses for interface in node.interfaces):
        yield "interface without address"
    if len(set(node.addresses)) < len(node.addresses):
        yield "borrowed address"
    if any(route.next_hop is not None and route.next_hop.is_link_local for route in node.routes):
        yield "link-local next hop"


def _of_nat(node: Node) -> Iterator[str]:
    for there in node.nat.destination:
        yield "dnat"
        if there.port is not None and any(service.first != there.port for service in there.match.services):
            yield "dnat to another port"
    for here in node.nat.source:
        match = here.match
        if here.prefix is not None:
            yield "netmap"
        elif match.services:
            yield "snat of a service"
        else:
            yield "masquerade"
        if match.not_through_kinds or match.not_through or match.not_destinations:
            yield "masquerade with except"


def _of_firewall(node: Node) -> Iterator[str]:
    if node.firewall is None:
        return
    yield "firewall"
    if node.firewall.is_stateless:
        yield "stateless"
    if any(verdict is Verdict.DROP for _, verdict in node.firewall.policies):
        yield "policy drop"
    for rule in node.firewall.rules:
        if isinstance(rule, FilterRule):
            yield str(rule.verdict)
            yield from _of_match(rule.match)


def _of_match(match: Match) -> Iterator[str]:
    if match.in_interfaces or match.out_interfaces:
        yield "in or out"
    if match.sources or match.destinations:
        yield "from or to"
    if match.services:
        yield "service in a filter"
    if any(service.icmp_type is not None for service in match.services):
        yield "type of icmp"
    if match.through or match.through_kinds:
        yield "through"
    if match.states:
        yield "state"
    if match.flags or match.not_flags:
        yield "flags"
