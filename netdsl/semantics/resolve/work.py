"""What resolving works on: the lab half built, and the sink. Drafts are frozen into `Bindings` at the end."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from ipaddress import IPv6Address
from typing import TypeVar

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import Address, AddressWithPrefix, NetworkId, NodeId, PkiId, Prefix, TunnelId
from netdsl.ir.link_local import link_local_of
from netdsl.ir.network import Driver, Impairment
from netdsl.ir.node import NodeKind
from netdsl.ir.service import PortService
from netdsl.semantics.bindings import (
    BoundAddress,
    BoundPki,
    BoundRoute,
    BoundService,
    BoundTunnel,
    Inside,
    Placed,
)
from netdsl.semantics.evaluate import report_wrong_kind
from netdsl.semantics.items import Element, Expanded, Item
from netdsl.semantics.macs import UPLINK, allocate_macs
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.scopes import (
    MOST_FINDINGS,
    Found,
    Kinds,
    Tally,
    lookup,
    match,
    natural_key,
    report_no_match,
    segment_matches,
)
from netdsl.semantics.values import Value, Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

MOST_MATCHED = 1_000_000
"""Far more than a lab has, little enough to hold."""
MATCHED = "the names that patterns stand for, each use counted,"
MOST_COMPARED = 10_000_000
COMPARED = "the names that patterns are compared with, each pattern with all names,"
MOST_INTERFACES = 1_000_000
INTERFACES = "the interfaces that patterns stand for, each use counted,"
MOST_ADDRESSES = 250_000
MOST_LINES = 100_000
LINES = "the lines of all expectations, taken apart,"

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class InterfaceDraft:
    """An interface; `written` are its addresses as in the source; `wants_addresses`: there are none, and it gets some.
    `lender`: whose address it is to borrow. `link_local`: those that are given. `is_broken`: an error was reported."""

    node: NodeId
    name: str
    network: NetworkId
    written: tuple[Placed[Value], ...]
    mac: str | None
    mtu: int | None
    place: Place
    wants_addresses: bool
    addresses: list[BoundAddress] = field(default_factory=list)
    is_broken: bool = False
    lender: Placed[Value] | None = None
    link_local: list[Placed[IPv6Address]] = field(default_factory=list)
    is_unnumbered: bool = False

    def of_family(self, family: int) -> list[AddressWithPrefix]:
        return [bound.address for bound in self.addresses if bound.address.version == family]


@dataclass(slots=True, eq=False)
class NetworkDraft:
    id: NetworkId
    prefixes: tuple[Prefix, ...]
    driver: Driver | None
    mtu: int | None
    impairment: Impairment | None
    is_link: bool
    place: Place
    block: Block
    interfaces: list[InterfaceDraft] = field(default_factory=list)
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """A next hop decided: its address and the own interface (or the device of a tunnel) that it is on."""

    address: Address
    interface: str
    node: NodeId | None
    place: Place


@dataclass(slots=True, eq=False)
class NodeDraft:
    """A node. `segments` maps a layer-2 segment to the node's interfaces on it. `is_broken`: an error in one of its
    interfaces was reported, so that what is missing in it is not worth a message."""

    id: NodeId
    kind: NodeKind
    item: Item
    block: Block
    interfaces: dict[str, InterfaceDraft] = field(default_factory=dict)
    devices: dict[str, tuple[TunnelId, Place]] = field(default_factory=dict)  # of tunnels: where each is named
    segments: dict[NetworkId, list[InterfaceDraft]] = field(default_factory=dict)
    loopbacks: list[Placed[AddressWithPrefix]] = field(default_factory=list)
    shared: set[Address] = field(default_factory=set)  # of the loopbacks those that other nodes may have
    routes: list[BoundRoute] = field(default_factory=list)
    services: tuple[BoundService, ...] = ()
    is_broken: bool = False
    has_broken_routes: bool = False

    @property
    def addresses(self) -> list[Address]:
        """Its interfaces' in the order of the source."""
        return [bound.address.ip for interface in self.interfaces.values() for bound in interface.addresses]

    @property
    def uses_ipv6(self) -> bool:
        """Whether it has an address of IPv6, a link-local one too where it is given."""
        own = (*self.addresses, *(loopback.value.ip for loopback in self.loopbacks))
        is_given = any(interface.link_local for interface in self.interfaces.values())
        return is_given or any(address.version == 6 for address in own)

    @property
    def mac_addresses(self) -> Iterator[tuple[str, str | None]]:
        """Its interfaces with the MAC addresses that are given, an uplink last."""
        yield from ((interface.name, interface.mac) for interface in self.interfaces.values())
        if self.block.of(syntax.Uplink):
            yield UPLINK, None

    @property
    def has_auto_routing(self) -> bool:
        line = self.block.first(syntax.Routing)
        return line is not None and line[0].mode == "auto"


@dataclass(slots=True, eq=False)
class Work:
    """The maps are in source order. An id that is in `lab`'s scopes and not here belongs to something broken.

    `insides`: the ends of each tunnel, known before routes are resolved, `virtual`: the addresses of clients; `tunnels` are
    whole after them. `has_broken_ends`: of a tunnel an error was reported, so that addresses inside it are not known.
    `carried`: the networks of tunnels. `file_bytes`: of the files that nodes read, each use counted."""

    lab: Expanded
    diagnostics: Diagnostics
    networks: dict[NetworkId, NetworkDraft] = field(default_factory=dict)
    nodes: dict[NodeId, NodeDraft] = field(default_factory=dict)
    insides: dict[TunnelId, dict[NodeId, Inside | None]] = field(default_factory=dict)  # None: no route leads in
    virtual: dict[tuple[TunnelId, NodeId], tuple[Address, ...]] = field(default_factory=dict)
    has_broken_ends: bool = False
    carried: set[NetworkId] = field(default_factory=set)
    tunnels: dict[TunnelId, BoundTunnel] = field(default_factory=dict)
    pkis: dict[PkiId, BoundPki] = field(default_factory=dict)
    services: dict[str, tuple[PortService, ...] | None] = field(default_factory=dict)  # named ones; None: wrong
    unfinished_services: set[str] = field(default_factory=set)
    segment_of: dict[NetworkId, NetworkId] = field(default_factory=dict)
    on_segment: dict[NetworkId, list[InterfaceDraft]] = field(default_factory=dict)
    matches: dict[tuple[int, str, Kinds], tuple[Found, ...]] = field(default_factory=dict)
    interfaces: dict[tuple[NodeId, str], list[str]] = field(default_factory=dict)  # by pattern
    states: set[WhileState] = field(default_factory=set)  # that expectations ask about
    spent: dict[str, int] = field(default_factory=dict)  # of what is bounded for the whole lab
    too_many: set[str] = field(default_factory=set)  # of these: what there is more of than may be
    file_bytes: int = 0
    unmatched: set[Place] = field(default_factory=set)  # where a pattern was reported to match nothing
    pkis_in: dict[int, tuple[PkiId, ...]] = field(default_factory=dict)
    owners: dict[Address, list[tuple[InterfaceDraft, BoundAddress]]] | None = None
    macs: dict[tuple[NodeId, str], str] | None = None
    with_link_local: dict[NetworkId, dict[IPv6Address, list[NodeId]]] = field(default_factory=dict)  # by segment

    def element(self, placed: Placed[Value], kinds: Kinds, needed: str) -> Element | None:
        """The one element that a value names; None once reported. `needed` has its article."""
        if not isinstance(placed.value, Word):
            report_wrong_kind(placed.value, needed, placed.place, self.diagnostics)
            return None
        return lookup(placed.value, self.diagnostics, placed.place, kinds)

    def node(self, placed: Placed[Value]) -> NodeDraft | None:
        """The node that a value names; None once reported, or where the node is broken beyond use."""
        element = self.element(placed, (ElementKind.NODE,), "a node's name")
        return None if element is None else self.nodes.get(NodeId(element.path))

    def network(self, placed: Placed[Value]) -> NetworkDraft | None:
        element = self.element(placed, (ElementKind.NETWORK,), "a network's name")
        return None if element is None else self.networks.get(NetworkId(element.path))

    def match(self, word: Word, place: Place, kinds: Kinds) -> tuple[Found, ...]:
        """`scopes.match`, with each pattern looked for once in a scope: a loop may say the same ten thousand times."""
        if "*" not in word.text:
            return match(word, self.diagnostics, place, kinds)
        key = (id(word.scope), word.text, kinds)
        found = self.matches.get(key)
        if found is None or (not found and place not in self.unmatched and self.diagnostics.reported <= MOST_FINDINGS):
            if COMPARED in self.too_many:
                return ()
            tally = Tally()
            found = self.matches[key] = match(word, self.diagnostics, place, kinds, tally)
            self.unmatched.update(() if found else (place,))
            if not self.may_spend(COMPARED, tally.names, MOST_COMPARED, place):
                return ()
        advice = "a network or a prefix says the same in one"
        return found if self.may_spend(MATCHED, len(found), MOST_MATCHED, place, advice) else ()

    def may_spend(self, what: str, count: int, most: int, place: Place, advice: str | None = None) -> bool:
        """Whether the lab may have so many more of what is bounded all together; reported once. Where `what` is among
        `too_many`, what would be counted next need not be made."""
        total = self.spent[what] = self.spent.get(what, 0) + count
        if total > most and what not in self.too_many:
            self.too_many.add(what)
            self.diagnostics.report(catalogue.LOOP_LIMIT, f"{what} are more than {most}", place, help=advice)
        return what not in self.too_many

    def whole(self, word: Word, place: Place, kinds: Kinds) -> tuple[Element, ...]:
        """The elements that a word or a pattern of a list stands for, no parts of one. Empty once reported."""
        if "*" not in word.text:
            element = lookup(word, self.diagnostics, place, kinds)
            return () if element is None else (element,)
        found = self.match(word, place, kinds)
        elements = tuple(one.element for one in found if not one.rest)
        if found and not elements and place not in self.unmatched:
            self.unmatched.add(place)
            report_no_match(word, self.diagnostics, place, kinds)
        return elements

    def may_expect(self, lines: int, place: Place, advice: str | None = None) -> bool:
        """Whether so many lines of expectations more, lists taken apart, are within `MOST_LINES`; reported once."""
        return self.may_spend(LINES, lines, MOST_LINES, place, advice)

    def may_have_addresses(self, count: int, place: Place) -> bool:
        """Whether nodes may have so many addresses more, of interfaces and loopbacks."""
        return self.may_spend("the addresses of all nodes", count, MOST_ADDRESSES, place)

    def at_most(self, most: int, what: str, items: list[tuple[T, Item]]) -> list[tuple[T, Item]]:
        """Statements of one kind; where there are too many that is reported, and the rest left out."""
        if len(items) > most:
            message = f"the lab has {len(items):,} {what}, and {most:,} are the most"
            self.diagnostics.report(catalogue.LOOP_LIMIT, message, items[most][1].place)
        return items[:most]

    def owners_of(self, address: Address) -> list[tuple[InterfaceDraft, BoundAddress]]:
        """Who has an address; for messages, so that the table is made when the first is due."""
        if self.owners is None:
            self.owners = {}
            for node in self.nodes.values():
                for interface in node.interfaces.values():
                    for bound in interface.addresses:
                        self.owners.setdefault(bound.address.ip, []).append((interface, bound))
        return self.owners.get(address, [])

    def link_locals(self, interface: InterfaceDraft) -> tuple[IPv6Address, ...]:
        """Those that an interface has: given ones, or the one by its MAC address. These are made when the first is due."""
        if interface.link_local:
            return tuple(given.value for given in interface.link_local)
        if self.macs is None:
            self.macs = allocate_macs(
                (node.id, name, mac) for node in self.nodes.values() for name, mac in node.mac_addresses
            )
        return (link_local_of(self.macs[interface.node, interface.name]),)

    def link_local_owners(self, segment: NetworkId, address: IPv6Address) -> list[NodeId]:
        """The nodes that have a link-local address on a segment; switches have none."""
        found = self.with_link_local.get(segment)
        if found is None:
            found = self.with_link_local[segment] = {}
            for interface in self.on_segment[segment]:
                if not self.nodes[interface.node].kind.bridges:
                    for own in self.link_locals(interface):
                        found.setdefault(own, []).append(interface.node)
        return found.get(address, [])

    def interfaces_like(self, node: NodeDraft, pattern: str, place: Place) -> list[str]:
        """The interfaces of a node that a name or a pattern stands for, sorted by number."""
        if "*" not in pattern:
            return [pattern] if pattern in node.interfaces else []
        key = (node.id, pattern)
        found = self.interfaces.get(key)
        if found is None:
            if not self.may_spend(COMPARED, len(node.interfaces), MOST_COMPARED, place):
                return []
            matching = (name for name in node.interfaces if segment_matches(pattern, name))
            found = self.interfaces[key] = sorted(matching, key=natural_key)
        return found if self.may_spend(INTERFACES, len(found), MOST_INTERFACES, place) else []

    def near(self, name: str, names: Iterable[str]) -> str | None:
        """`did_you_mean`, while there are not so many findings that it would take too long."""
        return None if self.diagnostics.reported > MOST_FINDINGS else did_you_mean(name, names)

    def wrong_kind(self, placed: Placed[Value], needed: str, advice: str | None = None) -> None:
        report_wrong_kind(placed.value, needed, placed.place, self.diagnostics, advice)


def report_unknown_part(
    work: Work, whole: str, name: str, part: str, place: Place, help_text: str | None = None
) -> None:
    """unknown-name for what follows an element in a path: `whole` (with its kind) has no `part` called `name`."""
    work.diagnostics.report(catalogue.UNKNOWN_NAME, f"{whole} has no {part} `{name}`", place, help=help_text)
