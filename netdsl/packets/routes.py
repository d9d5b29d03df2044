"""A node's routing tables as the kernel has them, look-up by longest prefix, and the choice of a source address."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from ipaddress import IPv6Network

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, AddressWithPrefix, Prefix
from netdsl.ir.node import Node
from netdsl.ir.prefixes import ANYWHERE
from netdsl.ir.tunnel import device_of
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a route leads: `gateway` None is on the link. `source`: what the route says that its packets are from."""

    interface: str
    gateway: Address | None = None
    source: Address | None = None
    mtu: int | None = None
    origin: Place | None = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class Table:
    """Prefixes by length; the longest that holds an address decides. Filled once, then read."""

    _by_length: dict[int, dict[int, dict[int, tuple[Prefix, Hop]]]] = field(default_factory=lambda: {4: {}, 6: {}})
    _lengths: dict[int, list[int]] = field(default_factory=dict)

    def put(self, prefix: Prefix, hop: Hop, *, replaces: bool = True) -> None:
        shift = prefix.max_prefixlen - prefix.prefixlen
        bucket = self._by_length[prefix.version].setdefault(prefix.prefixlen, {})
        key = int(prefix.network_address) >> shift
        if replaces or key not in bucket:
            bucket[key] = (prefix, hop)
        self._lengths.clear()

    def find(self, address: Address) -> Hop | None:
        version, value, width = address.version, int(address), address.max_prefixlen
        buckets = self._by_length[version]
        lengths = self._lengths.get(version)
        if lengths is None:
            lengths = self._lengths[version] = sorted(buckets, reverse=True)
        for length in lengths:
            found = buckets[length].get(value >> (width - length))
            if found is not None:
                return found[1]
        return None

    def exact(self, prefix: Prefix) -> Hop | None:
        shift = prefix.max_prefixlen - prefix.prefixlen
        found = self._by_length[prefix.version].get(prefix.prefixlen, {}).get(int(prefix.network_address) >> shift)
        return None if found is None else found[1]

    def entries(self) -> Iterable[tuple[Prefix, Hop]]:
        return (entry for family in self._by_length.values() for bucket in family.values() for entry in bucket.values())


Devices = Mapping[str, tuple[AddressWithPrefix, ...]]
"""Addresses of the devices of tunnels that stand, by their names."""


def main_table(node: Node, uplink: str | None, devices: Devices) -> Table:
    """Connected prefixes, then the node's routes in their order (`route replace`: of equal ones the last stays; in IPv6 a
    connected one has the better metric). A route over a tunnel's device is there as long as the device is."""
    table = Table()
    given = [(each.name, address, each.origin) for each in node.interfaces for address in each.addresses]
    given += [(name, address, None) for name, addresses in devices.items() for address in addresses]
    for name, address, origin in given:
        length = address.network.prefixlen
        if length < address.max_prefixlen or address.version == 6:
            # the first address of a subnet is the primary one: later ones add no route of their own
            own = address.ip if address.version == 4 else None
            table.put(address.network, Hop(name, None, own, origin=origin), replaces=False)
    connected = {prefix for prefix, _ in table.entries()}
    own_devices = (device_of(end) for end in node.tunnels)
    missing = {device.name for device in own_devices if device is not None and device.name not in devices}
    if uplink is not None:
        for version in (4, 6):
            table.put(ANYWHERE[version], Hop(uplink))
    for route in node.routes:
        if (route.prefix.version == 6 and route.prefix in connected) or route.interface in missing:
            continue
        hop = Hop(route.interface, route.next_hop, route.source, route.mtu, route.origin)
        table.put(route.prefix, hop)
    return table


# --- the source address of what a node sends

Own = tuple[Address, int, str]
"""An address of a node, the length of its prefix, its interface; loopbacks first, then in the order of the source."""


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
    prefix (up to the address's own length); of equal ones the address added last."""
    label = _label(destination)
    best: tuple[tuple[bool, bool, bool, int, int], Address] | None = None
    for place, (address, length, name) in enumerate(own):
        common = 128 - (int(address) ^ int(destination)).bit_length()
        score = (address == destination, name == interface, _label(address) == label, min(common, length), place)
        if best is None or score > best[0]:
            best = (score, address)
    return None if best is None else best[1]
