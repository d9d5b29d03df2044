"""Rules on what stands in a node: services, files, sysctls, resolvers, images."""

from netdsl.diagnostics.catalogue import (
    DHCP_WITHOUT_NETWORK,
    DUPLICATE_FILE,
    DUPLICATE_SERVICE,
    RESOLVER_UNREACHABLE,
    SYSCTL_CONFLICT,
    UNUSED_IMAGE,
)
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NodeId
from netdsl.ir.service import PortService
from netdsl.ir.service_kinds import listens_on, service_kinds
from netdsl.semantics.bindings import BoundNode, BoundService, Placed
from netdsl.semantics.rules.facts import Facts
from netdsl.semantics.zones import name_servers
from netdsl.source import Place

FORWARDING = (
    "net.ipv4.ip_forward",
    "net.ipv4.conf.all.forwarding",
    "net.ipv6.conf.all.forwarding",
)
"""What makes a node a router or a host; netdsl sets them by the node's kind."""

NO_IPV6 = ("net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.default.disable_ipv6")


def check_services(facts: Facts, diagnostics: Diagnostics) -> None:
    for node in facts.nodes:
        if len(node.services) > 1:
            _duplicate_services(node, diagnostics)
        _givers(node, diagnostics)
        if len(node.files) > 1:
            _duplicate_files(node, diagnostics)
        if node.sysctls:
            _sysctls(node, facts, diagnostics)
        for placed in node.resolvers:
            _server_of_names(node, placed, "resolver", facts, diagnostics)
        for _, names in name_servers(node):
            for forwarder in names.forwarders:
                for placed in forwarder.nodes:
                    _server_of_names(node, placed, "forwarder", facts, diagnostics)
    _unused_images(facts, diagnostics)


def _duplicate_services(node: BoundNode, diagnostics: Diagnostics) -> None:
    """In the order of ports each overlaps the one that reaches furthest so far, or none."""
    listening = [(port, served) for served in node.services for port in listens_on(served.kind, served.service)]
    told: set[tuple[str, str]] = set()
    widest: tuple[PortService, BoundService] | None = None
    for port, served in sorted(listening, key=lambda one: (one[0].protocol.name, _ports(one[0]))):
        if widest is None or widest[0].protocol is not port.protocol or _ports(widest[0])[1] < _ports(port)[0]:
            widest = port, served
            continue
        first, second = sorted((widest[1], served), key=node.services.index)
        if (first.name, second.name) not in told:
            told.add((first.name, second.name))
            diagnostics.report(
                DUPLICATE_SERVICE,
                f"`{node.id}` serves `{first.name}` and `{second.name}` on {port}",
                second.place,
                related=(Label(first.place, f"`{first.name}` has it already"),),
                help="give one of them another port",
            )
        widest = max(widest, (port, served), key=lambda one: _ports(one[0])[1])


def _givers(node: BoundNode, diagnostics: Diagnostics) -> None:
    """A server of addresses has the networks of its node, which have to have room for others."""
    own = (given.address.network for interface in node.interfaces for given in interface.addresses)
    if any(network.version == 4 and network.prefixlen <= 30 for network in own):
        return
    for served in node.services:
        if service_kinds()[served.kind].gives_addresses:
            message = f"`{node.id}` serves `{served.name}`, and is on no IPv4 network whose addresses it could give"
            advice = f"an `interface` of `{node.id}` with an address of such a network"
            diagnostics.report(DHCP_WITHOUT_NETWORK, message, served.place, help=advice)


def _ports(service: PortService) -> tuple[int, int]:
    if service.first is None:
        return 0, 65535
    return service.first, service.last if service.last is not None else service.first


def _duplicate_files(node: BoundNode, diagnostics: Diagnostics) -> None:
    first_at: dict[str, Place] = {}
    for file, place in zip(node.files, node.file_places or (node.place,) * len(node.files), strict=True):
        if file.path not in first_at:
            first_at[file.path] = place
            continue
        first = first_at[file.path]
        diagnostics.report(
            DUPLICATE_FILE,
            f"two files of `{node.id}` are at {file.path}",
            place,
            related=() if first == place else (Label(first, "the first one"),),
            help="keep one, or give one another path",
        )


def _sysctls(node: BoundNode, facts: Facts, diagnostics: Diagnostics) -> None:
    """Against what the node is, and against itself."""
    first_of: dict[str, tuple[str, Place]] = {}
    places = node.sysctl_places or (node.place,) * len(node.sysctls)
    for (key, value), place in zip(node.sysctls, places, strict=True):
        against = _against(node, key, value, facts)
        first_value, first_place = first_of.setdefault(key, (value, place))
        if against is not None:
            diagnostics.report(
                SYSCTL_CONFLICT,
                f"`{key} = {value}` contradicts what `{node.id}` is",
                place,
                related=(Label(node.place, against[0]),),
                help=against[1],
            )
        elif first_value != value:
            diagnostics.report(
                SYSCTL_CONFLICT,
                f"`{key}` of `{node.id}` is {first_value} and {value}",
                place,
                related=() if first_place == place else (Label(first_place, f"{first_value} here"),),
                help="keep one",
            )


def _against(node: BoundNode, key: str, value: str, facts: Facts) -> tuple[str, str] | None:
    """What the node is that the sysctl denies, and the remedy."""
    if key in FORWARDING and (value != "0") != node.kind.forwards:
        if node.kind.forwards:
            return "a router forwards", f"make `{node.id}` a `host`, or leave the line out"
        return f"a {node.kind} does not forward", f"make `{node.id}` a `router`, or leave the line out"
    if key in NO_IPV6 and value != "0" and 6 in facts.families_of[node.id]:
        return "it has an IPv6 address", "leave the line out, or the IPv6 addresses"
    return None


def _server_of_names(node: BoundNode, asked: Placed[NodeId], word: str, facts: Facts, diagnostics: Diagnostics) -> None:
    """`word`: the line that names the server."""
    server = facts.bindings.nodes[asked.value]
    mine, its = facts.families_of[node.id], facts.families_of[server.id]
    if not any(name_servers(server)) and not server.runs:
        diagnostics.report(
            RESOLVER_UNREACHABLE,
            f"`{server.id}`, the {word} of `{node.id}`, serves no dns",
            asked.place,
            related=(Label(server.place, "no `serve dns` here"),),
            help=f"`serve dns {{ zone … }}` in `{server.id}`",
        )
    elif mine and its and not mine & its:
        diagnostics.report(
            RESOLVER_UNREACHABLE,
            f"`{node.id}` has IPv{min(mine)} only and its {word} `{server.id}` IPv{min(its)} only",
            asked.place,
            related=(Label(server.place, f"IPv{min(its)} only"),),
        )


def _unused_images(facts: Facts, diagnostics: Diagnostics) -> None:
    used = {node.image for node in facts.nodes}
    for image in facts.bindings.images.values():
        if image.id not in used and image.origin is not None:
            diagnostics.report(
                UNUSED_IMAGE,
                f"no node uses the image `{image.id}`",
                image.origin,
                help=f"`image {image.id}` in a node uses it",
            )
