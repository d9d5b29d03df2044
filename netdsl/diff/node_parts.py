"""What changed in one node."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from netdsl.diff.details import lines, listed, valued, with_names
from netdsl.diff.types import Detail
from netdsl.ir.filter import DestinationNat, Firewall, SourceNat
from netdsl.ir.ids import NetworkId
from netdsl.ir.node import Interface, Node, Resources, Route

_OTHER = "other ones"


def node_details(
    before: Node | None, after: Node | None, renamed: Mapping[str, str], *, is_same_lab: bool
) -> Iterator[Detail]:
    """`renamed`: names of the first lab in the second. MAC addresses come from names, and are told where neither the lab's
    nor the node's changed."""
    yield from valued("kind", before and before.kind.value, after and after.kind.value)
    yield from _interfaces(_of(before), _of(after), renamed)
    if before is None or after is None:
        return
    yield from listed("loopback", before.loopbacks, after.loopbacks)
    yield from listed("route", map(_route, before.routes), map(_route, after.routes))
    yield from listed("neighbour", *((f"{e.address} is {e.mac}" for e in one.neighbours) for one in (before, after)))
    yield from valued("uplink", before.has_uplink, after.has_uplink)
    yield from _filters(before.firewall, after.firewall, renamed)
    yield from lines("nat line", _nat(before, renamed), _nat(after, {}))
    yield from listed("run", before.runs, after.runs)
    yield from _files(before, after)
    yield from listed("env", *((f"{name} = {value}" for name, value in one.environment) for one in (before, after)))
    yield from listed("sysctl", *((f"{name} = {value}" for name, value in one.sysctls) for one in (before, after)))
    yield from listed("resolver", before.resolvers, after.resolvers)
    yield from listed("search domain", before.search_domains, after.search_domains)
    yield from listed("capability", before.capabilities, after.capabilities)
    yield from valued("image", before.image, after.image)
    yield from valued("spanning tree", before.has_spanning_tree, after.has_spanning_tree)
    yield from valued("cpus", before.resources.cpus, after.resources.cpus)
    yield from valued("memory", _bytes(before.resources), _bytes(after.resources))
    if is_same_lab and before.id == after.id:
        yield from _macs(before, after)


def _bytes(resources: Resources) -> str | None:
    return None if resources.memory_bytes is None else f"{resources.memory_bytes} B"


def _nat(node: Node, renamed: Mapping[str, str]) -> Iterator[DestinationNat | SourceNat]:
    for rules in (node.nat.destination, node.nat.source):
        yield from (with_names(one, renamed) for one in rules)


# --- interfaces and routes


def _of(node: Node | None) -> Sequence[Interface]:
    return () if node is None else node.interfaces


def _interfaces(
    before: Sequence[Interface], after: Sequence[Interface], renamed: Mapping[str, str]
) -> Iterator[Detail]:
    olds = {one.name: replace(one, network=_now(one.network, renamed)) for one in before}
    news = {one.name: one for one in after}
    for name in dict.fromkeys((*news, *olds)):
        old, new = olds.get(name), news.get(name)
        if old is None or new is None or old.network != new.network:
            yield Detail(f"interface {name}", *(None if one is None else _interface(one) for one in (old, new)))
            continue
        yield from listed(f"address of {name}", old.addresses, new.addresses)
        yield from valued(f"mtu of {name}", old.mtu, new.mtu)
        yield from valued(f"link-local address of {name}", old.link_local, new.link_local)


def _now(network: NetworkId, renamed: Mapping[str, str]) -> NetworkId:
    return NetworkId(renamed.get(network, network))


def _interface(interface: Interface) -> str:
    return " ".join((f"on {interface.network}", ", ".join(map(str, interface.addresses)))).rstrip()


def _macs(before: Node, after: Node) -> Iterator[Detail]:
    olds = {one.name: one for one in before.interfaces}
    for new in after.interfaces:
        old = olds.get(new.name)
        if old is not None and old.network == new.network:
            yield from valued(f"mac address of {new.name}", old.mac, new.mac)
    yield from valued("mac address of the uplink", before.uplink_mac, after.uplink_mac)


def _route(route: Route) -> str:
    parts = ["default" if route.prefix.prefixlen == 0 else str(route.prefix)]
    if route.next_hop is not None:
        parts += ["via", str(route.next_hop)]
    parts += ["on", route.interface]
    if route.source is not None:
        parts += ["from", str(route.source)]
    if route.mtu is not None:
        parts += ["mtu", str(route.mtu)]
    return " ".join(parts)


# --- filters and files


def _filters(before: Firewall | None, after: Firewall | None, renamed: Mapping[str, str]) -> Iterator[Detail]:
    if before is None or after is None:
        yield from valued("firewall", before and "yes", after and "yes")
    if before is not None and after is not None:
        yield from valued("stateless firewall", before.is_stateless, after.is_stateless)
    yield from listed("policy", _policies(before), _policies(after))
    olds = () if before is None else [with_names(one, renamed) for one in before.rules]
    yield from lines("filter line", olds, () if after is None else after.rules)


def _policies(firewall: Firewall | None) -> list[str]:
    found = () if firewall is None else firewall.policies
    return [f"{chain.value} {verdict.value}" for chain, verdict in found]


def _files(before: Node, after: Node) -> Iterator[Detail]:
    olds, news = ({one.path: one for one in node.files} for node in (before, after))
    for path in dict.fromkeys((*news, *olds)):
        old, new = olds.get(path), news.get(path)
        if old is None or new is None:
            yield Detail("file", *(None if one is None else path for one in (old, new)))
        elif old != new:
            yield Detail(f"content of {path}", _OTHER, _OTHER)
