"""Interfaces, addresses, routes: `interfaces.tsv` and the files for `ip -batch`."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Interface

from netdsl.dataclass import dataclass
from netdsl.ir.ids import AddressWithPrefix
from netdsl.ir.link_local import LINK_LOCAL
from netdsl.ir.node import Interface, Node, Route
from netdsl.ir.tunnel import Device, Segment, Selectors
from netdsl.packets.spanning import SwitchPort
from netdsl.payload.contract import PayloadFile
from netdsl.payload.quoting import tsv

_BRIDGE = "br0"
_TIMERS = "stp_state 1 priority 32768 hello_time 100 forward_delay 200 max_age 600 ageing_time 1000"
"""Hundredths of a second; the shortest that the kernel takes (net/bridge/br_private_stp.h). Addresses age in 10 s, not in
five minutes: a change of the tree makes that shorter, but not the time until they are looked at (br_fdb_cleanup)."""
_PATH_COST = 100
"""Of every port: the kernel's own depends on what the runtime makes of interfaces (net/bridge/br_if.c, port_cost)."""


@dataclass(frozen=True, slots=True)
class SpanningTree:
    """`is_exact`: nothing that the author handed in may change it."""

    blocked: frozenset[SwitchPort]
    is_exact: bool


def network_files(node: Node, tree: SpanningTree) -> tuple[PayloadFile, ...]:
    """What `node.sh` reads to set a node's links up; empty files are left out. `tree`: of the lab's switches."""
    texts = {
        "interfaces.tsv": _interfaces(node),
        "links.batch": _links(node),
        "ports.tsv": _ports(node, tree),
        "addresses.batch": _addresses(node),
        "routes.batch": _routes(node),
    }
    texts |= {f"devices/{device.name}.batch": _device(node, device) for device in _devices(node)}
    return tuple(PayloadFile(name, text.encode()) for name, text in texts.items() if text)


def _interfaces(node: Node) -> str:
    records = [tsv(interface.mac, interface.name, "lab") for interface in node.wired]
    if node.has_uplink:
        records.append(tsv(node.uplink_mac, "uplink", "uplink"))
    return "".join(records)


def _links(node: Node) -> str:
    lines = [f"link set dev {interface.name} mtu {interface.mtu}" for interface in node.wired if interface.mtu != 1500]
    if node.kind.bridges and node.interfaces:
        tree = f" {_TIMERS}" if node.has_spanning_tree else ""
        lines.append(f"link add name {_BRIDGE} type bridge{tree}")
        lines += [f"link set dev {interface.name} master {_BRIDGE}" for interface in node.interfaces]
    if node.has_spanning_tree:
        lines += [f"link set dev {one.name} type bridge_slave cost {_PATH_COST}" for one in node.interfaces]
    return _batch(lines)


def _ports(node: Node, tree: SpanningTree) -> str:
    """What a switch's ports come to."""
    if not node.kind.bridges or not node.has_spanning_tree:
        return ""
    states = (
        (one.name, "blocking" if (node.id, one.name) in tree.blocked else "forwarding") for one in node.interfaces
    )
    return "".join(tsv(name, state if tree.is_exact else "") for name, state in states)


def _addresses(node: Node) -> str:
    lines = [line for interface in node.wired for line in _addresses_of(interface.name, _given(interface))]
    lines += _addresses_of("lo", node.loopbacks)
    return _batch(lines)


def _given(interface: Interface) -> Iterator[AddressWithPrefix]:
    """All that the source gives it."""
    yield from (IPv6Interface((int(address), LINK_LOCAL.prefixlen)) for address in interface.link_local)
    yield from interface.addresses


def _addresses_of(name: str, addresses: Iterable[AddressWithPrefix]) -> list[str]:
    """Without duplicate address detection: before its end, on `lo` as well, no IPv6 address is taken as a route's source
    (net/ipv6/route.c: ipv6_chk_addr)."""
    return [f"address add {address} dev {name}" + (" nodad" if address.version == 6 else "") for address in addresses]


@dataclass(frozen=True, slots=True)
class _Device:
    """An interface that a tunnel makes: its own, or one on a segment that it carries."""

    name: str
    mtu: int | None
    addresses: tuple[AddressWithPrefix, ...]
    has_link_local: bool = False  # of its own


def _devices(node: Node) -> Iterator[_Device]:
    interfaces = {interface.name: interface for interface in node.interfaces}
    for end in node.tunnels:
        match end.steering:
            case Device(name, addresses):
                yield _Device(name, end.mtu, addresses)
            case Segment(name):
                own = interfaces[name]
                yield _Device(name, own.mtu, tuple(_given(own)), bool(own.link_local))
            case Selectors():
                pass


def _device(node: Node, device: _Device) -> str:
    """What a device needs once it is there."""
    mtu = [] if device.mtu is None else [f"link set dev {device.name} mtu {device.mtu}"]
    bare = [f"link set dev {device.name} addrgenmode none"] if device.has_link_local else []
    routes = [_route(node, route) for route in node.routes if route.interface == device.name]
    addresses = _addresses_of(device.name, device.addresses)
    return _batch([*mtu, *bare, f"link set dev {device.name} up", *addresses, *routes])


def _routes(node: Node) -> str:
    devices = {device.name for device in _devices(node)}
    lines = [_route(node, route) for route in node.routes if route.interface not in devices]
    for neighbour in node.neighbours:
        lines.append(
            f"neighbour replace {neighbour.address} lladdr {neighbour.mac} dev {neighbour.interface} nud permanent"
        )
    return _batch(lines)


def _route(node: Node, route: Route) -> str:
    words = ["route replace"]  # the family is that of the addresses
    words.append(str(route.prefix) if route.prefix.prefixlen else "default")
    if route.next_hop is not None:
        words += ["via", str(route.next_hop)]
    words += ["dev", route.interface]
    if node.is_beyond_prefixes(route):
        words.append("onlink")
    if route.source is not None:
        words += ["src", str(route.source)]
    if route.mtu is not None:
        words += ["mtu", str(route.mtu)]
    return " ".join(words)


def _batch(lines: list[str]) -> str:
    return "".join(f"{text}\n" for text in lines)
