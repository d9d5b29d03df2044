"""Rules on servers of names: what their zones say, whom they ask, and whether the nodes named there have the answer."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from netdsl.dataclass import dataclass
from netdsl.diagnostics.catalogue import (
    CNAME_BESIDE_RECORDS,
    CNAME_LOOP,
    DUPLICATE_ZONE,
    FORWARDER_LOOP,
    LAME_DELEGATION,
    MISSING_GLUE,
    MIXED_NAME_SERVER,
    NO_ROOT_SERVER,
    OCCLUDED_RECORD,
)
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.dns import ROOT, Role, is_within, shown
from netdsl.ir.ids import NodeId
from netdsl.semantics.bindings import BoundNode, BoundService, Placed, WhoInterface, WhoNode
from netdsl.semantics.rules.facts import Facts
from netdsl.semantics.zones import (
    BoundDelegation,
    BoundForwarder,
    BoundNames,
    BoundRecord,
    BoundRecursion,
    BoundZone,
    Delegated,
    asked_names,
    delegated_zones,
    name_servers,
)
from netdsl.source import Place

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class _Server:
    node: BoundNode
    service: BoundService
    names: BoundNames


def check_names(facts: Facts, diagnostics: Diagnostics) -> None:
    servers = [_Server(node, *one) for node in facts.nodes for one in name_servers(node)]
    delegated = delegated_zones(facts.nodes)
    for server in servers:
        _mixed(server, delegated, diagnostics)
        _duplicate_zones(server, diagnostics)
        for zone in server.names.zones:
            _beside_cname(zone, diagnostics)
            _occluded(zone, diagnostics)
            for delegation in zone.delegations:
                _delegation(zone, delegation, facts, diagnostics)
    _no_root(servers, facts, diagnostics)
    _cname_loops(servers, diagnostics)
    _forwarder_loops(servers, facts, diagnostics)


# --- one server


def _mixed(server: _Server, delegated: Delegated, diagnostics: Diagnostics) -> None:
    names = server.names
    if names.recursion is not None:
        _mixed_recursion(server, names.recursion, diagnostics)
    elif names.forwarders and names.role(server.node.id, delegated) is Role.AUTHORITATIVE:
        node = server.node.id
        rich = next(zone for zone in names.zones if not zone.is_plain or delegated.includes(zone.name, node))
        why = "is delegated to it" if delegated.includes(rich.name, node) else "has more than addresses"
        diagnostics.report(
            MIXED_NAME_SERVER,
            f"`{server.node.id}` has a forwarder, and the zone `{shown(rich.name)}`, which {why}",
            names.forwarders[0].place,
            related=(Label(rich.place, "a server with this zone asks nobody"),),
            help="a server of its own for the zone, and here `forwarder NODE for ZONE`",
        )


def _mixed_recursion(server: _Server, recursion: BoundRecursion, diagnostics: Diagnostics) -> None:
    names = server.names
    everything = next((one for one in names.forwarders if one.zone == ROOT), None)
    if names.zones:
        diagnostics.report(
            MIXED_NAME_SERVER,
            f"`{server.node.id}` has `recursion` and the zone `{shown(names.zones[0].name)}`",
            names.zones[0].place,
            related=(Label(recursion.place, "a recursive server has no zones here"),),
            help="a server of its own for the zone; what is delegated to it is found, or `forwarder NODE for ZONE` here",
        )
    elif everything is not None:
        diagnostics.report(
            MIXED_NAME_SERVER,
            f"`{server.node.id}` has `recursion`, and a forwarder for everything",
            everything.place,
            related=(Label(recursion.place, "recursion begins at the root"),),
            help="remove one of the two, or say `forwarder NODE for ZONE`",
        )


def _duplicate_zones(server: _Server, diagnostics: Diagnostics) -> None:
    first: dict[str, BoundZone] = {}
    for zone in server.names.zones:
        earlier = first.setdefault(zone.name, zone)
        if earlier is not zone:
            diagnostics.report(
                DUPLICATE_ZONE,
                f"`{server.node.id}` serves the zone `{shown(zone.name)}` twice",
                zone.place,
                related=(Label(earlier.place, "the first one"),),
                help="put all records into one of them",
            )


# --- one zone


def _beside_cname(zone: BoundZone, diagnostics: Diagnostics) -> None:
    aliases: dict[str, BoundRecord] = {}
    for record in zone.records:
        if record.type == "cname" and record.name not in aliases:
            aliases[record.name] = record
    for name, alias in aliases.items():
        others: list[Place] = [one.place for one in zone.records if one.name == name and one is not alias]
        others += [one.place for one in zone.delegations if one.name == name]
        others += [zone.place] if name == zone.name else []
        if others:
            diagnostics.report(
                CNAME_BESIDE_RECORDS,
                f"`{shown(name)}` has a CNAME, and something else",
                alias.place,
                related=(Label(others[0], "a zone's own name has its servers" if name == zone.name else "this"),),
                help="a name with a CNAME has nothing else: keep one of them",
            )


def _occluded(zone: BoundZone, diagnostics: Diagnostics) -> None:
    """Of records and delegations."""
    glue = {server.value for one in zone.delegations for server in one.servers if isinstance(server.value, str)}
    records: tuple[BoundRecord | BoundDelegation, ...] = (*zone.records, *zone.delegations)
    for record in records:
        around = (one for one in zone.delegations if is_within(record.name, one.name))
        delegation = min(around, key=lambda one: len(one.name), default=None)
        if delegation is None:
            continue
        if isinstance(record, BoundDelegation) or record.type == "cname":  # cname-beside-records
            is_known = record.name == delegation.name
        else:
            is_known = record.type == "address" and record.name in glue
        if is_known:
            continue
        diagnostics.report(
            OCCLUDED_RECORD,
            f"`{record.name}` is in `{delegation.name}`, which `{shown(zone.name)}` has given away",
            record.place,
            related=(Label(delegation.place, "delegated here"),),
            help=f"the record belongs in the zone `{delegation.name}` of its servers",
        )


def _delegation(zone: BoundZone, delegation: BoundDelegation, facts: Facts, diagnostics: Diagnostics) -> None:
    for server in delegation.servers:
        match server.value:
            case WhoNode(node) | WhoInterface(node, _):
                _lame(delegation, node, server.place, facts, diagnostics)
            case str(name):
                _named(zone, delegation, Placed(name, server.place), facts, diagnostics)


def _named(
    zone: BoundZone, delegation: BoundDelegation, name: Placed[str], facts: Facts, diagnostics: Diagnostics
) -> None:
    """A server that the source names: whether its address comes with the delegation, and is one that has the zone."""
    records = [one for one in zone.records if one.name == name.value and one.target is not None]
    if not records and is_within(name.value, delegation.name):
        diagnostics.report(
            MISSING_GLUE,
            f"`{name.value}`, the server of `{delegation.name}`, is in that zone, and `{shown(zone.name)}` has no address"
            " of it",
            name.place,
            help=f'`delegate … to NODE` makes the glue, or `record "{name.value}." -> NODE` in `{shown(zone.name)}`',
        )
    for record in records:
        match record.target.value if record.target is not None else None:
            case WhoNode(node) | WhoInterface(node, _):
                _lame(delegation, node, name.place, facts, diagnostics)
            case _:
                pass


def _lame(delegation: BoundDelegation, node: NodeId, place: Place, facts: Facts, diagnostics: Diagnostics) -> None:
    server = facts.bindings.nodes[node]
    names = asked_names(server)
    if server.runs or (names is not None and any(zone.name == delegation.name for zone in names.zones)):
        return
    what = "serves no dns" if names is None else f"does not serve `{delegation.name}`"
    diagnostics.report(
        LAME_DELEGATION,
        f"`{delegation.name}` is delegated to `{node}`, which {what}",
        place,
        related=(Label(server.place, f"no `zone {delegation.name}` here"),),
        help=f"`serve dns {{ zone {delegation.name} … }}` in `{node}`, or another node here",
    )


# --- all servers


def _no_root(servers: list[_Server], facts: Facts, diagnostics: Diagnostics) -> None:
    if any(zone.name == ROOT for server in servers for zone in server.names.zones):
        return
    if any(node.uplink is not None or node.runs for node in facts.nodes):
        return
    for server in servers:
        if server.names.recursion is not None:
            diagnostics.report(
                NO_ROOT_SERVER,
                f"`{server.node.id}` begins at the root, which no node of the lab serves",
                server.names.recursion.place,
                help='`serve dns { zone "." { delegate NAME to NODE } }` in a node, or `forwarder NODE` here',
            )


def _cname_loops(servers: list[_Server], diagnostics: Diagnostics) -> None:
    records = (record for server in servers for zone in server.names.zones for record in zone.records)
    aliases: dict[str, BoundRecord] = {}
    for record in records:
        if record.type == "cname":
            aliases.setdefault(record.name, record)
    for circle in _circles({name: alias.text for name, alias in aliases.items()}):
        diagnostics.report(
            CNAME_LOOP,
            f"CNAMEs lead in a circle: {_way(circle)}",
            aliases[circle[0]].place,
            related=tuple(Label(aliases[one].place, "and here") for one in circle[1:]),
            help="one of them is to be an address",
        )


def _forwarder_loops(servers: list[_Server], facts: Facts, diagnostics: Diagnostics) -> None:
    """For the name of each forwarder's zone: whom its server asks, whom that one asks …"""
    told: set[tuple[NodeId, ...]] = set()
    asked = [(node.id, names) for node in facts.nodes if (names := asked_names(node)) is not None]
    for zone in dict.fromkeys(one.zone for server in servers for one in server.names.forwarders):
        asks = {node: one for node, names in asked if (one := _forwarder(names, zone)) is not None}
        for circle in _circles({node: forwarder.nodes[0].value for node, forwarder in asks.items()}):
            if circle in told:
                continue
            told.add(circle)
            diagnostics.report(
                FORWARDER_LOOP,
                f"servers ask one another in a circle: {_way(circle)}" if circle[1:] else f"`{circle[0]}` asks itself",
                asks[circle[0]].place,
                help="one of them is to know the names, or to ask another",
            )


def _forwarder(names: BoundNames, zone: str) -> BoundForwarder | None:
    """Whom a server asks for a name of a zone that it has no record of."""
    own = max((len(one.name) for one in names.zones if is_within(zone, one.name)), default=-1)
    fitting = [one for one in names.forwarders if is_within(zone, one.zone) and len(one.zone) >= own]
    return max(fitting, key=lambda one: len(one.zone), default=None)


def _circles(onward: Mapping[Name, Name]) -> Iterator[tuple[Name, ...]]:
    """Each circle of names that lead to one other each, once, from its least member on."""
    visited: set[Name] = set()
    for start in onward:
        way: dict[Name, int] = {}
        at = start
        while at in onward and at not in visited:
            visited.add(at)
            way[at] = len(way)
            at = onward[at]
        if at in way:
            circle = [*way][way[at] :]
            least = circle.index(min(circle))
            yield (*circle[least:], *circle[:least])


def _way(circle: tuple[str, ...]) -> str:
    return ", ".join(f"`{one}`" for one in (*circle, circle[0]))
