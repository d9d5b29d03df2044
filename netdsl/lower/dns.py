"""What servers of names hold: zones with the names and addresses of all servers, and whom they ask."""

from collections.abc import Iterable, Iterator
from itertools import chain, count

from netdsl.dataclass import dataclass
from netdsl.ir.dns import (
    ROOT,
    AddressRecord,
    Alias,
    Delegation,
    Forwarder,
    Mail,
    NameService,
    Pointer,
    Recursion,
    Role,
    Text,
    Zone,
    is_within,
    joined,
)
from netdsl.ir.ids import Address, NodeId
from netdsl.lower.directory import Directory
from netdsl.semantics.bindings import BoundNode, Who, WhoInterface, WhoNode
from netdsl.semantics.zones import BoundNames, BoundZone, Delegated, delegated_zones, name_servers


@dataclass(frozen=True, slots=True)
class Server:
    """One server of a zone: its name, its addresses where the compiler gives the name one."""

    name: str
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneServers:
    """The servers of each zone of the lab, by what names them: those that it is delegated to; without a delegation, those
    that serve it."""

    of_zone: dict[str, dict[WhoNode | WhoInterface | str, Server]]
    delegated: Delegated

    def own(self, zone: str) -> tuple[Server, ...]:
        return tuple(self.of_zone.get(zone, {}).values())

    def inside(self, zone: BoundZone) -> dict[str, dict[Server, None]]:
        """Of the zones that a zone delegates: those that its own lines name."""
        found: dict[str, dict[Server, None]] = {}
        for line in zone.delegations:
            servers = self.of_zone[line.name]
            found.setdefault(line.name, {}).update(dict.fromkeys(servers[server.value] for server in line.servers))
        return found


def zone_servers(directory: Directory) -> ZoneServers:
    nodes = directory.nodes.values()
    served: dict[str, list[tuple[NodeId, BoundZone]]] = {}
    named: dict[str, dict[WhoNode | WhoInterface | str, None]] = {}
    for node in nodes:
        for _, names in name_servers(node):
            for zone in names.zones:
                served.setdefault(zone.name, []).append((node.id, zone))
                for one in zone.delegations:
                    named.setdefault(one.name, {}).update(dict.fromkeys(server.value for server in one.servers))
    for name, holders in served.items():
        named.setdefault(name, dict.fromkeys(WhoNode(node) for node, _ in holders))
    found = {}
    for name, servers in named.items():
        zones = [zone for _, zone in served.get(name, ())]
        found[name] = {server: _server(directory, name, server, zones) for server in servers}
    return ZoneServers(found, delegated_zones(nodes))


def _server(directory: Directory, zone: str, server: WhoNode | WhoInterface | str, zones: list[BoundZone]) -> Server:
    if isinstance(server, str):
        return Server(server)
    host = directory.nodes[server.node].host_name
    labels = chain((host,), (f"ns{number}" for number in count(1)))
    name = next(name for name in (joined(label, zone) for label in labels) if _is_free(name, server, zones))
    return Server(name, directory.addresses_of(server))


def _is_free(name: str, server: Who, zones: list[BoundZone]) -> bool:
    """Whether a server may have this name: no line says another thing about it."""
    if any(zone.is_delegated(name) for zone in zones):
        return False
    records = (record for zone in zones for record in zone.records if record.name == name)
    return all(record.target is not None and record.target.value == server for record in records)


def lower_names(
    directory: Directory, servers: ZoneServers, node: BoundNode, names: BoundNames | None
) -> NameService | None:
    if names is None:
        return None
    role = names.role(node.id, servers.delegated)
    zones = (_zone(directory, servers, zone, is_simple=role is Role.SIMPLE) for zone in names.zones)
    forwarders = (
        Forwarder(one.zone, addresses_asked(directory, node, (placed.value for placed in one.nodes)), one.place)
        for one in names.forwarders
    )
    recursion = names.recursion
    return NameService(
        role,
        tuple(zones),
        tuple(forwarders),
        None
        if recursion is None
        else Recursion(_roots(servers), directory.prefixes(recursion.clients), recursion.place),
    )


def _roots(servers: ZoneServers) -> tuple[AddressRecord, ...]:
    """The root hints."""
    return tuple(AddressRecord(one.name, one.addresses) for one in servers.own(ROOT))


def _zone(directory: Directory, servers: ZoneServers, zone: BoundZone, *, is_simple: bool) -> Zone:
    """A simple server's zone has the records that the source says; another's also its servers, and the glue of others."""
    addresses = [
        AddressRecord(record.name, directory.addresses_of(record.target.value))
        for record in zone.records
        if record.target is not None
    ]
    own = () if is_simple else servers.own(zone.name)
    inside = servers.inside(zone)
    places = {one.name: one.place for one in reversed(zone.delegations)}
    delegations = tuple(
        Delegation(name, tuple(server.name for server in named), places[name]) for name, named in inside.items()
    )
    return Zone(
        zone.name,
        tuple(server.name for server in own),
        (*addresses, *_of_servers(chain(own, *inside.values()), zone)),
        tuple(Alias(one.name, one.text) for one in zone.records if one.type == "cname"),
        tuple(Mail(one.name, one.preference, one.text) for one in zone.records if one.type == "mx"),
        tuple(Text(one.name, one.text) for one in zone.records if one.type == "txt"),
        tuple(Pointer(one.name, one.text) for one in zone.records if one.type == "ptr"),
        delegations,
        zone.place,
    )


def _of_servers(servers: Iterable[Server], zone: BoundZone) -> Iterator[AddressRecord]:
    """Addresses of the zone's servers, and of those of zones inside (glue), whose names the compiler made."""
    written = {record.name for record in zone.records}
    for server in dict.fromkeys(servers):
        if server.addresses and is_within(server.name, zone.name) and server.name not in written:
            yield AddressRecord(server.name, server.addresses)


def addresses_asked(directory: Directory, node: BoundNode, servers: Iterable[NodeId]) -> tuple[Address, ...]:
    """One address for each: on a network that both are on, or else its first of a family that the node has."""
    families = {address.version for address in directory.addresses[node.id]}
    found: dict[Address, None] = {}
    for server in servers:
        candidates = [address for address in directory.addresses[server] if address.version in families]
        near = (address for address in candidates if directory.interface_towards(node, address) is not None)
        address = next(near, candidates[0] if candidates else None)
        if address is not None:
            found[address] = None
    return tuple(found)
