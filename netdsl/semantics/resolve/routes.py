"""Routes as written: prefixes, and the next hop that each goes by."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from netdsl.diagnostics import catalogue
from netdsl.ir.ids import Address, NetworkId, Prefix
from netdsl.semantics.bindings import BoundRoute, Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.addresses import candidates
from netdsl.semantics.resolve.interfaces import mac_problem
from netdsl.semantics.resolve.next_hops import next_hops
from netdsl.semantics.resolve.work import Hop, NodeDraft, Work
from netdsl.semantics.scopes import lookup
from netdsl.semantics.values import Mac, ShortAddress, Value, Word
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

MOST_ROUTES = 250_000
MOST_HOPS = 250_000
MOST_COMPARED = 5_000_000
_HOPS = "the next hops of all lines of routes"
_NEIGHBOURS = "the neighbours of all nodes, once for each address of their node,"
_ROUTES = "the routes of all nodes"


def routes(work: Work) -> None:
    for node in work.nodes.values():
        for statement, item in node.block.of(syntax.Route):
            _route(node, statement, item, work)


def neighbours(node: NodeDraft, work: Work) -> tuple[tuple[Address, str], ...]:
    """`neighbour ADDRESS MAC`: addresses on one of the node's networks."""
    found: list[tuple[Address, str]] = []
    networks = (one.addresses for one in node.interfaces.values())
    own = tuple(bound.address.network for addresses in networks for bound in addresses if not bound.is_borrowed)
    for statement, item in node.block.of(syntax.Neighbour):
        if not work.may_spend(_NEIGHBOURS, len(own), MOST_COMPARED, item.place):
            break
        address = attributes.placed(statement.address, item, work.diagnostics)
        mac = attributes.placed(statement.mac, item, work.diagnostics)
        if address is None or mac is None:
            continue
        if not isinstance(address.value, IPv4Address | IPv6Address | ShortAddress):
            work.wrong_kind(address, "an address")
            continue
        if not isinstance(mac.value, Mac):
            work.wrong_kind(mac, "a MAC address")
            continue
        problem = mac_problem(mac.value.text)
        if problem is not None:
            message = f"no neighbour can have the MAC address `{mac.value.text}`"
            work.diagnostics.report(catalogue.INVALID_MAC, message, mac.place, problem)
            continue
        complete = candidates(address.value, own)
        if complete:
            found.append((complete[0][0], mac.value.text))
        elif not node.is_broken:
            message = f"a neighbour's address is on one of the networks of `{node.id}`"
            work.diagnostics.report(catalogue.ADDRESS_OUTSIDE_PREFIX, message, address.place)
    return tuple(found)


def _route(node: NodeDraft, statement: syntax.Route, item: Item, work: Work) -> None:
    if not work.too_many.isdisjoint((_ROUTES, _HOPS)):
        node.has_broken_routes = True
        return
    hops = evaluate_list(statement.next_hops, item, work.diagnostics)
    if len(hops) < len(statement.next_hops):
        node.has_broken_routes = True
    prefixes = [] if statement.prefixes is None else _prefixes(statement.prefixes, item, work)
    if not work.may_spend(_HOPS, len(hops), MOST_HOPS, item.place):
        node.has_broken_routes = True
        return
    families = next_hops(node, hops, item.place, any(prefix.value.version == 6 for prefix in prefixes), work)
    if families is None or not work.may_spend(_ROUTES, len(prefixes), MOST_ROUTES, item.place):
        node.has_broken_routes = True
        return
    if statement.prefixes is None:
        node.routes.extend(_bound(None, hop) for hop in families)
        return
    for prefix in prefixes:
        fitting = [hop for hop in families if hop.address.version == prefix.value.version]
        if not fitting:
            _report_family(node, prefix, families, work)
        node.routes.extend(_bound(prefix.value, hop) for hop in fitting)


def _bound(prefix: Prefix | None, hop: Hop) -> BoundRoute:
    return BoundRoute(prefix, hop.address, hop.interface, hop.place)


def _prefixes(values: tuple[syntax.Value, ...], item: Item, work: Work) -> list[Placed[Prefix]]:
    """Prefixes, single addresses, and networks, which stand for all of theirs."""
    found: list[Placed[Prefix]] = []
    for placed in evaluate_list(values, item, work.diagnostics):
        found.extend(Placed(prefix, placed.place) for prefix in _destinations(placed, work))
    return found


def _destinations(placed: Placed[Value], work: Work) -> tuple[Prefix, ...]:
    match placed.value:
        case IPv4Network() | IPv6Network():
            return (placed.value,)
        case IPv4Address():
            return (IPv4Network(placed.value),)
        case IPv6Address():
            return (IPv6Network(placed.value),)
        case Word():
            element = lookup(placed.value, work.diagnostics, placed.place, (ElementKind.NETWORK,))
            network = None if element is None else work.networks.get(NetworkId(element.path))
            return () if network is None else network.prefixes
        case _:
            work.wrong_kind(placed, "a prefix or a network")
            return ()


def _report_family(node: NodeDraft, prefix: Placed[Prefix], hops: list[Hop], work: Work) -> None:
    if not hops:
        return
    hop = hops[0]
    shown = f"`{hop.node}`" if hop.node is not None else f"`{hop.address}`"
    work.diagnostics.report(
        catalogue.ROUTE_FAMILY_MISMATCH,
        f"`{node.id}` reaches the next hop {shown} by IPv{hop.address.version} only, `{prefix.value}` is IPv"
        f"{prefix.value.version}",
        prefix.place,
    )
