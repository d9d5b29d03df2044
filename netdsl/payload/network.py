"""Interfaces, addresses, routes: `interfaces.tsv` and the files for `ip -batch`."""

from netdsl.ir.node import Interface, Node, NodeKind, Route
from netdsl.payload.contract import PayloadFile
from netdsl.payload.quoting import tsv

_BRIDGE = "br0"


def network_files(node: Node) -> tuple[PayloadFile, ...]:
    """What `node.sh` reads to set a node's links up; empty files are left out."""
    texts = {
        "interfaces.tsv": _interfaces(node),
        "links.batch": _links(node),
        "addresses.batch": _addresses(node),
        "routes.batch": _routes(node),
    }
    return tuple(PayloadFile(name, text.encode()) for name, text in texts.items() if text)


def _interfaces(node: Node) -> str:
    records = [tsv(interface.mac, interface.name, "lab") for interface in node.interfaces]
    if node.has_uplink:
        records.append(tsv(node.uplink_mac, "uplink", "uplink"))
    return "".join(records)


def _links(node: Node) -> str:
    lines = [
        f"link set dev {interface.name} mtu {interface.mtu}" for interface in node.interfaces if interface.mtu != 1500
    ]
    if node.kind is NodeKind.SWITCH and node.interfaces:
        lines.append(f"link add name {_BRIDGE} type bridge")
        lines += [f"link set dev {interface.name} master {_BRIDGE}" for interface in node.interfaces]
    return _batch(lines)


def _addresses(node: Node) -> str:
    lines = [line for interface in node.interfaces for line in _addresses_of(interface)]
    lines += [f"address add {address} dev lo" for address in node.loopbacks]
    return _batch(lines)


def _addresses_of(interface: Interface) -> list[str]:
    return [
        f"address add {address} dev {interface.name}" + (" nodad" if address.version == 6 else "")
        for address in interface.addresses
    ]


def _routes(node: Node) -> str:
    lines = [_route(route) for route in node.routes]
    for neighbour in node.neighbours:
        lines.append(
            f"neighbour replace {neighbour.address} lladdr {neighbour.mac} dev {neighbour.interface} nud permanent"
        )
    return _batch(lines)


def _route(route: Route) -> str:
    words = ["route replace"]  # the family is that of the addresses
    words.append(str(route.prefix) if route.prefix.prefixlen else "default")
    if route.next_hop is not None:
        words += ["via", str(route.next_hop)]
    words += ["dev", route.interface]
    if route.source is not None:
        words += ["src", str(route.source)]
    if route.mtu is not None:
        words += ["mtu", str(route.mtu)]
    return " ".join(words)


def _batch(lines: list[str]) -> str:
    return "".join(f"{text}\n" for text in lines)
