"""A node's routing tables as the kernel has them, look-up by longest prefix, and the choice of a source address."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from ipaddress import IPv6Network

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, AddressWithPrefix, Prefix
from netdsl.ir.node import Node, Route
from netdsl.ir.prefixes import ANYWHERE, in_any
from netdsl.ir.tunnel import own_devices
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a route leads: `gateway` None is on the link. `source`: what the route says that its packets are from."""

    interface: str
    gateway: Address | None = None
    source: Address | None = None
    mtu: int | None = None
    origin: Place | None = field(default=None, compare=False, repr=False)


MAIN = "main"
_MAIN_ORDER = 32766  # the kernel's own rule (net/ipv4/fib_rules.c, fib_default_rules_init)
_METRIC = {4: 0, 6: 1024}  # of a route that names none (IP6_RT_PRIO_USER)
_CONNECTED = {4: 0, 6: 256}  # of an interface's own prefixes (IP6_RT_PRIO_ADDRCONF)


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Routes of one table of a node, as a source has them.

    `order`: the preference of the rule that leads to the table (ip-rule(8)); of the tables that know an address the one
    with the lowest decides. `leaves_out_marked`: the rule leaves out what the daemon that fills the table sends itself, by
    its mark. `metric`: of all these routes; None: the kernel's default. `leaves_out`: destinations that a rule before it
    leads to `main`.
    """

    routes: tuple[Route, ...]
    name: str = MAIN
    order: int = _MAIN_ORDER
    leaves_out_marked: bool = False
    metric: int | None = None
    leaves_out: tuple[Prefix, ...] = ()


NextHop = tuple[str, Address]
"""An interface, and a node's address on it."""


@dataclass(slots=True)
class Table:
    """A routing table in use: of the prefixes that hold an address the longest decides, of equal ones the lowest metric.
    Filled once, then read."""

    name: str = MAIN
    order: int = _MAIN_ORDER
    leaves_out_marked: bool = False
    leaves_out: tuple[Prefix, ...] = ()
    _by_length: dict[int, dict[int, dict[int, list[tuple[int, Hop]]]]] = field(default_factory=lambda: {4: {}, 6: {}})
    _lengths: dict[int, list[int]] = field(default_factory=dict)

    def put(self, prefix: Prefix, hop: Hop, metric: int, *, replaces: bool = True) -> None:
        """`replaces`: also a route of the same metric (`ip route replace`)."""
        shift = prefix.max_prefixlen - prefix.prefixlen
        bucket = self._by_length[prefix.version].setdefault(prefix.prefixlen, {})
        found = bucket.setdefault(int(prefix.network_address) >> shift, [])
        if replaces or all(other != metric for other, _ in found):
            found[:] = [*(one for one in found if one[0] != metric), (metric, hop)]
            found.sort(key=lambda one: one[0])
        self._lengths.clear()

    def find(self, address: Address, silent: frozenset[NextHop] = frozenset()) -> Hop | None:
        """`silent`: next hops that are passed over where another route leads to the address too."""
        if in_any(address, self.leaves_out):
            return None
        found = self._covering(address)
        first = next(found, None)
        if first is None or not silent:
            return first
        answering = (
            hop for hop in (first, *found) if hop.gateway is None or (hop.interface, hop.gateway) not in silent
        )
        return next(answering, first)

    def _covering(self, address: Address) -> Iterator[Hop]:
        """All routes to an address, the best first."""
        version, value, width = address.version, int(address), address.max_prefixlen
        buckets = self._by_length[version]
        lengths = self._lengths.get(version)
        if lengths is None:
            lengths = self._lengths[version] = sorted(buckets, reverse=True)
        for length in lengths:
            for _, hop in buckets[length].get(value >> (width - length), ()):
                yield hop

    def exact(self, prefix: Prefix) -> Hop | None:
        shift = prefix.max_prefixlen - prefix.prefixlen
        found = self._by_length[prefix.version].get(prefix.prefixlen, {}).get(int(prefix.network_address) >> shift)
        return found[0][1] if found else None

    def hops(self) -> Iterator[Hop]:
        """The best of each prefix."""
        return (
            found[0][1]
            for family in self._by_length.values()
            for bucket in family.values()
            for found in bucket.values()
        )

    def next_hops(self, version: int) -> set[NextHop]:
        """Of all routes of a family."""
        hops = (hop for bucket in self._by_length[version].values() for found in bucket.values() for _, hop in found)
        return {(hop.interface, hop.gateway) for hop in hops if hop.gateway is not None}


Devices = Mapping[str, tuple[AddressWithPrefix, ...]]
"""Addresses of the devices of tunnels that stand, by their names."""


def make_tables(node: Node, uplink: str | None, devices: Devices, learned: Iterable[RoutingTable]) -> tuple[Table, ...]:
    """A node's tables in the order in which they are asked. In `main` is what the kernel makes of addresses
    (of an IPv4 subnet's, the first one: later ones are secondary), then what the payload writes, then what is learned."""
    main = Table()
    given = [(each.name, address, each.origin) for each in node.interfaces for address in each.addresses]
    given += [(name, address, None) for name, addresses in devices.items() for address in addresses]
    for name, address, origin in given:
        length, version = address.network.prefixlen, address.version
        if length < address.max_prefixlen or version == 6:
            own = address.ip if version == 4 else None
            main.put(address.network, Hop(name, None, own, origin=origin), _CONNECTED[version], replaces=False)
    if uplink is not None:
        for version in (4, 6):
            main.put(ANYWHERE[version], Hop(uplink), _METRIC[version])
    missing = {device.name for device in own_devices(node.tunnels) if device.name not in devices}
    written = RoutingTable(tuple(route for route in node.routes if route.interface not in missing))
    tables = {MAIN: main}
    for source in (written, *learned):
        empty = Table(source.name, source.order, source.leaves_out_marked, source.leaves_out)
        table = tables.setdefault(source.name, empty)
        for route in source.routes:
            hop = Hop(route.interface, route.next_hop, route.source, route.mtu, route.origin)
            table.put(route.prefix, hop, _METRIC[route.prefix.version] if source.metric is None else source.metric)
    return tuple(sorted(tables.values(), key=lambda table: table.order))


# --- the source address of what a node sends

Own = tuple[Address, int, str]
"""An address of a node, the length of its prefix, its interface; loopbacks first, then in the order of the source, devices
of tunnels last."""


def source_for(destination: Address, hop: Hop, own: Sequence[Own]) -> Address | None:
    """What the kernel writes as source. None: the node has no address of this family."""
    own = [one for one in own if one[0].version == destination.version]
    if hop.source is not None and hop.source.version == destination.version:
        return hop.source
    if destination.version == 4:
        return _source4(hop.gateway or destination, hop.interface, own)
    return _source6(destination, hop.interface, own)


def _source4(towards: Address, interface: str, own: Sequence[Own]) -> Address | None:
    """inet_select_addr: of the interface's primary addresses one whose subnet has the next hop, or the first; else that of
    another interface, `lo` first."""
    here = [one for one in own if one[2] == interface]
    near = (address for address, length, _ in here if _is_near(address, length, towards))
    return next(near, next((address for address, *_ in (*here, *own)), None))


def _is_near(address: Address, length: int, other: Address) -> bool:
    shift = address.max_prefixlen - length
    return int(address) >> shift == int(other) >> shift


# RFC 6724 §2.1, the default policy table as net/ipv6/addrlabel.c has it
_LABELS: tuple[tuple[IPv6Network, int], ...] = tuple(
    (IPv6Network(prefix), label)
    for prefix, label in (
        ("::1/128", 0), ("::ffff:0:0/96", 4), ("::/96", 3), ("2001::/32", 6), ("2001:10::/28", 7), ("3ffe::/16", 12),
        ("2002::/16", 2), ("fec0::/10", 11), ("fc00::/7", 5), ("::/0", 1),
    )
)  # fmt: skip


def _label(address: Address) -> int:
    return next(label for prefix, label in _LABELS if address in prefix)


def _source6(destination: Address, interface: str, own: Sequence[Own]) -> Address | None:
    """RFC 6724 §5 as ipv6_dev_get_saddr does it: the same address, the outgoing interface, the label, the longest common
    prefix (up to the address's own length); of equal ones those of the interface made first, there the address added
    last."""
    label = _label(destination)
    best: tuple[tuple[bool, bool, bool, int, int, int], Address] | None = None
    devices: dict[str, int] = {}
    for number, (address, length, name) in enumerate(own):
        common = 128 - (int(address) ^ int(destination)).bit_length()
        place = -devices.setdefault(name, len(devices))
        is_alike = _label(address) == label
        score = (address == destination, name == interface, is_alike, min(common, length), place, number)
        if best is None or score > best[0]:
            best = (score, address)
    return None if best is None else best[1]
