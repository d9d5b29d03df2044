"""Addresses: short ones completed from a prefix, missing ones allocated, all of them checked against their network.

Allocation is in source order, per segment and prefix, the lowest host address that nobody on the segment is given. So a
node added at the end moves nobody, and the work is linear: each prefix has one cursor that only goes up.
"""

from dataclasses import field
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_interface,
)

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.ir.ids import Address, AddressWithPrefix, NetworkId, Prefix
from netdsl.semantics.bindings import BoundAddress, Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.unnumbered import borrow, is_link_local, take_link_local
from netdsl.semantics.resolve.work import InterfaceDraft, NetworkDraft, NodeDraft, Work
from netdsl.semantics.texts import text_of
from netdsl.semantics.values import LongAddress, ShortAddress, Value
from netdsl.source import Place
from netdsl.syntax import tree as syntax


@dataclass(slots=True, eq=False)
class Pool:
    """The host addresses of a prefix: what is taken, and where the search for a free one goes on."""

    prefix: Prefix
    next: int
    last: int
    taken: set[int] = field(default_factory=set)

    def allocate(self) -> Address | None:
        while self.next <= self.last:
            candidate = self.next
            self.next += 1
            if candidate not in self.taken:
                kind = IPv4Address if self.prefix.version == 4 else IPv6Address
                return kind(candidate)
        return None


def host_range(prefix: Prefix) -> tuple[int, int]:
    """The first and last address that a node can have, as numbers.

    A prefix's own address and IPv4's broadcast address are nobody's, but all of a /31, /32, /127 and /128 are usable
    (RFC 3021, RFC 6164). The own address of an IPv6 prefix is its routers' anycast address (RFC 4291 section 2.6.1).
    """
    first, last = int(prefix.network_address), int(prefix.broadcast_address)
    if prefix.max_prefixlen - prefix.prefixlen <= 1:
        return first, last
    return first + 1, last - 1 if prefix.version == 4 else last


def addresses(work: Work) -> None:
    """Completes what is written everywhere, then allocates what is not."""
    pools: dict[tuple[NetworkId, Prefix], Pool] = {}
    for network in work.networks.values():
        for prefix in network.prefixes:
            key = (work.segment_of[network.id], prefix)
            if key not in pools:
                pools[key] = Pool(prefix, *host_range(prefix))
    for network in work.networks.values():
        for interface in network.interfaces:
            _given(interface, network, pools, work)
    for node in work.nodes.values():
        for interface in node.interfaces.values():
            if interface.wants_addresses and not node.kind.bridges and not interface.is_broken:
                _allocated(interface, work.networks[interface.network], pools, work)
        _loopbacks(node, work)
        borrow(node, work)


def complete(short: ShortAddress | IPv6Address, prefix: Prefix) -> Address | None:
    """The address of `prefix` that ends as `short` does; None where there is none."""
    if isinstance(short, IPv6Address):
        if prefix.version != 6 or int(short) & int(prefix.netmask):
            return None
        return IPv6Address(int(prefix.network_address) | int(short))
    if not isinstance(prefix, IPv4Network):
        return None
    kept = prefix.network_address.packed[: 4 - len(short.octets)]
    candidate = IPv4Address(kept + bytes(short.octets))
    return candidate if candidate in prefix else None


def with_prefix(address: Address, prefix: Prefix) -> AddressWithPrefix:
    if isinstance(address, IPv4Address):
        return IPv4Interface((int(address), prefix.prefixlen))
    return IPv6Interface((int(address), prefix.prefixlen))


def candidates(value: Address | ShortAddress, prefixes: tuple[Prefix, ...]) -> list[tuple[Address, Prefix]]:
    """Which addresses of these prefixes a value can mean: one as a rule, none, or several for a short one."""
    if not isinstance(value, ShortAddress):
        within = [prefix for prefix in prefixes if prefix.version == value.version and value in prefix]
        if within:
            return [(value, max(within, key=lambda prefix: prefix.prefixlen))]
        if isinstance(value, IPv4Address):
            return []
    completed = ((complete(value, prefix), prefix) for prefix in prefixes)
    return [(address, prefix) for address, prefix in completed if address is not None]


def _given(
    interface: InterfaceDraft, network: NetworkDraft, pools: dict[tuple[NetworkId, Prefix], Pool], work: Work
) -> None:
    if interface.written and work.nodes[interface.node].kind.bridges:
        message = f"`{interface.node}` is a switch, whose interfaces have no addresses"
        work.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, interface.written[0].place)
        return
    segment = work.segment_of[network.id]
    for placed in interface.written:
        value, length = _apart(placed.value)
        if is_link_local(value):
            take_link_local(interface, value, length, placed.place, work)
            continue
        found = _completed(placed, network, work)
        if found is None:
            interface.is_broken = work.nodes[interface.node].is_broken = True
            continue
        own, prefix = found
        pools[segment, prefix].taken.add(int(own.ip))
        interface.addresses.append(BoundAddress(own, placed.place))


def _completed(placed: Placed[Value], network: NetworkDraft, work: Work) -> tuple[AddressWithPrefix, Prefix] | None:
    """The address as the node has it, and the prefix of the network that it is in."""
    value, length = _apart(placed.value)
    if not isinstance(value, IPv4Address | IPv6Address | ShortAddress):
        work.wrong_kind(placed, "an address")
        return None
    if network.is_broken:
        return None
    if network.prefixes:
        return completed(value, length, placed.place, network.id, network.prefixes, work)
    work.diagnostics.report(
        catalogue.NETWORK_WITHOUT_PREFIX,
        f"`{network.id}` has no prefix that `{text_of(value)}` could be in",
        placed.place,
        help=f"`network {network.id} PREFIX`" if not network.is_link else "a link's prefix stands after its ends",
    )
    return None


def completed(
    value: Address | ShortAddress,
    length: int | None,
    place: Place,
    whose: str,
    prefixes: tuple[Prefix, ...],
    work: Work,
) -> tuple[AddressWithPrefix, Prefix] | None:
    """An address as a node has it, with `length` if that is not the prefix's own, and which of the prefixes of `whose` (a
    network, a tunnel) it is in; None once reported: outside all, in several, nobody's."""
    found = candidates(value, prefixes)
    if not found:
        _report_outside(value, place, whose, prefixes, work)
        return None
    if len(found) > 1:
        options = " or ".join(f"`{address}`" for address, _ in found)
        message = f"`{text_of(value)}` fits {len(found)} prefixes of `{whose}`"
        work.diagnostics.report(catalogue.AMBIGUOUS_ADDRESS, message, place, help=f"write {options}")
        return None
    address, prefix = found[0]
    own = with_prefix(address, prefix) if length is None else ip_interface(f"{address}/{length}")
    first, last = host_range(own.network)
    if first <= int(address) <= last:
        return own, prefix
    what = "the network's own address" if int(address) < first else "its broadcast address"
    if prefix.version == 6:
        what = "the anycast address of its routers"
    kind = type(address)
    work.diagnostics.report(
        catalogue.RESERVED_ADDRESS,
        f"no node can have `{address}`, the {'first' if int(address) < first else 'last'} address of `{own.network}`",
        place,
        f"that is {what}",
        help=f"its nodes have `{kind(first)}` to `{kind(last)}`",
    )
    return None


def _apart(value: Value) -> tuple[Value, int | None]:
    """An address, and the prefix length that it says of its own. The first of two or the only one looks like a prefix."""
    match value:
        case LongAddress(address):
            return address.ip, address.network.prefixlen
        case IPv4Network() | IPv6Network() if value.max_prefixlen - value.prefixlen <= 1:
            return value.network_address, value.prefixlen
        case _:
            return value, None


def _report_outside(
    value: Address | ShortAddress, place: Place, whose: str, prefixes: tuple[Prefix, ...], work: Work
) -> None:
    family = 4 if isinstance(value, ShortAddress | IPv4Address) else 6
    same = [prefix for prefix in prefixes if prefix.version == family]
    message = f"`{text_of(value)}` is in no prefix of `{whose}`"
    if not same:
        advice = f"`{whose}` has no IPv{family} prefix, only {_listed(prefixes)}"
    elif isinstance(value, ShortAddress) or len(same) == 1:
        advice = f"`{whose}` is {_listed(tuple(same))}"
    else:
        advice = f"the nearest prefix of `{whose}` is `{nearest(value, same)}`"
    work.diagnostics.report(catalogue.ADDRESS_OUTSIDE_PREFIX, message, place, help=advice)


def nearest(address: Address, prefixes: list[Prefix]) -> Prefix:
    """The prefix that shares the most leading bits with the address."""
    return min(prefixes, key=lambda prefix: int(address) ^ int(prefix.network_address))


def _listed(prefixes: tuple[Prefix, ...]) -> str:
    return ", ".join(f"`{prefix}`" for prefix in prefixes)


def _allocated(
    interface: InterfaceDraft, network: NetworkDraft, pools: dict[tuple[NetworkId, Prefix], Pool], work: Work
) -> None:
    for prefix in network.prefixes:
        address = pools[work.segment_of[network.id], prefix].allocate()
        if address is None:
            if not network.is_broken:
                work.diagnostics.report(
                    catalogue.POOL_EXHAUSTED,
                    f"no address is left in `{prefix}` for `{interface.node}` on `{network.id}`",
                    interface.place,
                    help=f"a shorter prefix than /{prefix.prefixlen} has room for more",
                )
            network.is_broken = interface.is_broken = work.nodes[interface.node].is_broken = True
            continue
        interface.addresses.append(BoundAddress(with_prefix(address, prefix), interface.place))


def _loopbacks(node: NodeDraft, work: Work) -> None:
    for statement, item in node.block.of(syntax.Loopback):
        node.loopbacks += _on_loopback(statement.addresses, item, work)
    for shared, item in node.block.attributes("shared"):
        found = _on_loopback(shared.values, item, work)
        node.loopbacks += found
        node.shared.update(one.value.ip for one in found)


def _on_loopback(values: tuple[syntax.Value, ...], item: Item, work: Work) -> list[Placed[AddressWithPrefix]]:
    """Addresses of a node by themselves; what is wrong is left out, and reported."""
    found: list[Placed[AddressWithPrefix]] = []
    written = evaluate_list(values, item, work.diagnostics)
    for placed in written if work.may_have_addresses(len(written), item.place) else ():
        value = placed.value
        if isinstance(value, IPv4Network | IPv6Network) and value.prefixlen == value.max_prefixlen:
            value = value.network_address
        if not isinstance(value, IPv4Address | IPv6Address):
            work.wrong_kind(placed, "a complete address")
        elif value.is_loopback or value.is_unspecified or value.is_multicast or value.is_link_local:
            message = f"`{value}` cannot be a node's own address"
            work.diagnostics.report(catalogue.RESERVED_ADDRESS, message, placed.place)
        else:
            own = with_prefix(value, IPv4Network(value) if isinstance(value, IPv4Address) else IPv6Network(value))
            found.append(Placed(own, placed.place))
    return found
