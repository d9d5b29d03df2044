"""Sources and goals of expectations: nodes, interfaces, ends of tunnels, networks and addresses, patterns taken apart."""

from ipaddress import IPv4Address, IPv6Address

from netdsl.diagnostics import catalogue
from netdsl.ir.expectation import Goal
from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.ir.service import PortService
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import Context, evaluate_list
from netdsl.semantics.resolve.inside import ends_in_path, inside_of, names_tunnel
from netdsl.semantics.resolve.who import interfaces_of
from netdsl.semantics.resolve.work import Work
from netdsl.semantics.scopes import Found
from netdsl.semantics.values import Value, Word, ZonedAddress
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

EITHER = (ElementKind.NODE, ElementKind.NETWORK)


def sources_of(values: tuple[syntax.Value, ...], context: Context, work: Work) -> list[NodeId] | None:
    """Nodes, each once: those named, and every node on a network that is named. None once reported."""
    found: dict[NodeId, None] = {}
    placed_values = evaluate_list(values, context, work.diagnostics)
    is_right = len(placed_values) >= len(values)
    for placed in placed_values:
        if not isinstance(placed.value, Word):
            work.wrong_kind(placed, "a node or a network")
            is_right = False
            continue
        members = work.match(placed.value, placed.place, EITHER)
        is_right = is_right and bool(members)
        for member in members:
            nodes = _nodes(member, placed.place, work)
            is_right = is_right and nodes is not None
            found.update(dict.fromkeys(nodes or ()))
    return list(found) if is_right else None


def goals_of(
    values: tuple[syntax.Value, ...],
    context: Context,
    family: int | None,
    services: tuple[PortService, ...],
    work: Work,
) -> list[Goal] | None:
    """Each goal of a list once; None once one of them is reported."""
    found: dict[Goal, None] = {}
    placed_values = evaluate_list(values, context, work.diagnostics)
    is_right = len(placed_values) >= len(values)
    for placed in placed_values:
        if isinstance(placed.value, IPv6Address | ZonedAddress) and _is_link_local(placed, work):
            is_right = False
            continue
        goals = goal_of(placed, family, services, work)
        is_right = is_right and bool(goals)
        found.update(dict.fromkeys(goals))
    return list(found) if is_right else None


def _is_link_local(placed: Placed[Value], work: Work) -> bool:
    """Whether an address is one that only its link knows; then it is reported."""
    address = placed.value.address if isinstance(placed.value, ZonedAddress) else placed.value
    if not isinstance(address, IPv6Address) or not address.is_link_local:
        return False
    owners = [
        interface.node
        for node in work.nodes.values()
        for interface in node.interfaces.values()
        if address in work.link_locals(interface)
    ]
    work.diagnostics.report(
        catalogue.EXPECT_IMPOSSIBLE,
        f"the link-local address `{address}` is no goal: it is another one on each link",
        placed.place,
        help=f"`{owners[0]}` is all its other addresses" if len(owners) == 1 else "a node, or another address of it",
    )
    return True


def goal_of(placed: Placed[Value], family: int | None, services: tuple[PortService, ...], work: Work) -> list[Goal]:
    """What one value means as a goal; empty once reported."""
    match placed.value:
        case IPv4Address() | IPv6Address():
            return [Goal(address=placed.value, family=family, services=services)]
        case Word():
            found: list[Goal] = []
            kinds = (*EITHER, ElementKind.TUNNEL) if names_tunnel(placed.value) else EITHER
            for one in work.match(placed.value, placed.place, kinds):
                found.extend(_goals(one, placed.place, family, services, work))
            return found
        case _:
            work.wrong_kind(placed, "a node, a network or an address")
            return []


def _goals(one: Found, place: Place, family: int | None, services: tuple[PortService, ...], work: Work) -> list[Goal]:
    path = one.element.path
    if one.element.kind is ElementKind.TUNNEL:
        return _inside(one, place, family, services, work)
    if one.element.kind is ElementKind.NETWORK:
        if one.rest:
            _report_part(one, place, work)
            return []
        return [Goal(network=NetworkId(path), family=family, services=services)]
    node = work.nodes.get(NodeId(path))
    if node is None:
        return []
    if not one.rest:
        return [Goal(node=node.id, family=family, services=services)]
    return [
        Goal(node=node.id, interface=name, family=family, services=services)
        for name in interfaces_of(node, ".".join(one.rest), place, work)
    ]


def _inside(one: Found, place: Place, family: int | None, services: tuple[PortService, ...], work: Work) -> list[Goal]:
    """`tunnel.node`."""
    tunnel = TunnelId(one.element.path)
    found: list[Goal] = []
    for node in ends_in_path(one, place, work, f"`{tunnel}.NODE` is an end's address inside"):
        if (tunnel, node) not in work.virtual and inside_of(tunnel, node, place, work) is None:
            return []
        found.append(Goal(node=node, tunnel=tunnel, family=family, services=services))
    return found


def _nodes(one: Found, place: Place, work: Work) -> list[NodeId] | None:
    if one.rest:
        _report_part(one, place, work)
        return None
    if one.element.kind is ElementKind.NODE:
        id_ = NodeId(one.element.path)
        return [id_] if id_ in work.nodes else None
    network = work.networks.get(NetworkId(one.element.path))
    return None if network is None else list(dict.fromkeys(interface.node for interface in network.interfaces))


def _report_part(one: Found, place: Place, work: Work) -> None:
    message = f"a node or a network must stand here, not a part of `{one.element.path}`"
    advice = f"`{one.element.path}`"
    work.diagnostics.report(catalogue.WRONG_ELEMENT, message, place, help=advice)
