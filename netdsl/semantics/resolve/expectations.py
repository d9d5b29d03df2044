"""Expectations: every line for each of its sources and goals, names resolved."""

from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network
from typing import assert_never

from netdsl.diagnostics import catalogue
from netdsl.ir import expectation as ir
from netdsl.ir.ids import NetworkId, NodeId, TunnelId
from netdsl.ir.service import PortService
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import Context, evaluate_list
from netdsl.semantics.items import CheckItem, ExpectItem
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.clauses import match_tunnels
from netdsl.semantics.resolve.dns import is_domain
from netdsl.semantics.resolve.goals import goal_of, goals_of, sources_of
from netdsl.semantics.resolve.networks import MTU_LARGEST, MTU_SMALLEST
from netdsl.semantics.resolve.ports import services
from netdsl.semantics.resolve.states import state_claims, tunnels_named
from netdsl.semantics.resolve.work import LINES, Work, report_unknown_part
from netdsl.semantics.scopes import find, locate, lookup
from netdsl.semantics.values import Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

MOST_POINTS = 1000
"""A line may be worth so much."""
MOST_FLOWS = 40_000
"""Each is followed node by node: `h* reach h*` in a lab of 200 hosts with one address each is under it."""
MOST_IN_STATES = 60_000
_FLOWS = "the flows that all expectations ask for"
_IN_STATES = "the nodes and tunnels, once for each state that expectations ask about,"


def expectations(work: Work) -> tuple[ir.Expectation, ...]:
    """All of them; reports loop-limit once where lists multiply beyond `MOST_LINES`, and stops taking apart."""
    found = (_expectation(item, work) for item in work.lab.expectations)
    return tuple(one for one in found if one is not None)


def _expectation(item: ExpectItem, work: Work) -> ir.Expectation | None:
    statement = item.statement
    title = None if statement.title is None else attributes.placed(statement.title, item, work.diagnostics)
    text = None if title is None else attributes.text(title, work.diagnostics)
    within = None if statement.within is None else attributes.placed(statement.within, item, work.diagnostics)
    delay = None if within is None else attributes.duration_us(within, work.diagnostics)
    state = None if statement.state is None else _state(statement.state, item, work)
    weight = _points(statement.points, item, 1, work)
    lines: list[ir.Expected] = []
    for check in item.checks:
        origin = check.place
        points = _points(check.points, check, weight, work)
        lines.extend(ir.Expected(claim, origin, points) for claim in _claims(check, work))
    if statement.state is not None and (state is None or not _may_be(state, item, work)):
        return None
    seconds = None if delay is None else float(Decimal(delay) / attributes.MICROSECONDS["s"])
    return ir.Expectation(
        text, statement.is_failure, state, seconds, tuple(lines), Place(statement.span, item.via), weight
    )


def _points(value: syntax.Value | None, context: Context, otherwise: int, work: Work) -> int:
    """What a line or a block says that it is worth; out-of-range where that is no reward."""
    placed = None if value is None else attributes.placed(value, context, work.diagnostics)
    points = None if placed is None else attributes.integer(placed, work.diagnostics)
    if placed is None or points is None:
        return otherwise
    if 1 <= points <= MOST_POINTS:
        return points
    message = f"`points` is a number from 1 to {MOST_POINTS}, not {points}"
    work.diagnostics.report(catalogue.OUT_OF_RANGE, message, placed.place)
    return otherwise


def _state(state: syntax.While, item: ExpectItem, work: Work) -> ir.WhileState | None:
    """`while T up|down`, `while A -- B down`; None once reported."""
    left = _word(state.left, "a tunnel's name" if state.right is None else "a node's name", item, work)
    if left is None:
        return None
    if state.right is None:
        element = lookup(left.value, work.diagnostics, left.place, (ElementKind.TUNNEL,))
        return None if element is None else ir.WhileState(state.is_up, TunnelId(element.path))
    right = _word(state.right, "a node's name", item, work)
    first = _link_end(left.value, left.place, work)
    second = None if right is None else _link_end(right.value, right.place, work)
    if first is None or second is None:
        return None
    shared = [network for network in first if network in second]
    links = [network for network in shared if work.networks[network].is_link] or shared
    if len(links) == 1:
        return ir.WhileState(state.is_up, None, links[0])
    place = Place(state.span, item.via)
    if links:
        message = f"{len(links)} networks lie between these two"
        advice = "name the interface: `node.if -- node.if`"
        work.diagnostics.report(catalogue.NEXT_HOP_AMBIGUOUS, message, place, help=advice)
    else:
        work.diagnostics.report(catalogue.WRONG_ELEMENT, "no link and no network lies between these two", place)
    return None


def _may_be(state: ir.WhileState, item: ExpectItem, work: Work) -> bool:
    """Whether the lab is small enough to be looked at in one state more: each is a lab of its own."""
    if state in work.states:
        return True
    work.states.add(state)
    place = Place(item.statement.span, item.via)
    return work.may_spend(_IN_STATES, len(work.nodes) + len(work.tunnels), MOST_IN_STATES, place)


def _word(value: syntax.Value, needed: str, item: ExpectItem, work: Work) -> Placed[Word] | None:
    placed = attributes.placed(value, item, work.diagnostics)
    if placed is None:
        return None
    if isinstance(placed.value, Word):
        return Placed(placed.value, placed.place)
    work.wrong_kind(placed, needed)
    return None


def _link_end(word: Word, place: Place, work: Work) -> list[NetworkId] | None:
    """The networks of a node, or of the one interface named."""
    found = locate(word, work.diagnostics, place, (ElementKind.NODE,))
    node = None if found is None else work.nodes.get(NodeId(found.element.path))
    if found is None or node is None or node.is_broken:
        return None
    if not found.rest:
        return [interface.network for interface in node.interfaces.values()]
    name = ".".join(found.rest)
    interface = node.interfaces.get(name)
    if interface is not None:
        return [interface.network]
    report_unknown_part(work, f"the node `{node.id}`", name, "interface", place, work.near(name, node.interfaces))
    return None


def _claims(item: CheckItem, work: Work) -> list[ir.Claim]:
    check = item.check
    if LINES in work.too_many:
        return []
    match check:
        case syntax.CheckReach():
            return _reaches(check, item, work)
        case syntax.CheckUp():
            return _up(check, item, work)
        case syntax.CheckEncrypted():
            return _encrypted(check, item, work)
        case syntax.CheckPath():
            return _path(check, item, work)
        case syntax.CheckResolves():
            return _resolves(check, item, work)
        case syntax.CheckRoutes():
            return _routes(check, item, work)
        case syntax.CheckUses() | syntax.CheckEnds() | syntax.CheckForm() | syntax.CheckGiven():
            return [*state_claims(check, item, work)]
        case syntax.CheckBgp():
            return []
        case _:
            assert_never(check)


def _pairs(
    sources: tuple[syntax.Value, ...], goal: syntax.Goal, item: CheckItem, work: Work, *, is_negative: bool = False
) -> list[tuple[NodeId, ir.Goal]]:
    """Each source with each goal, but nobody with itself where a list or pattern makes the pairs."""
    if _FLOWS in work.too_many:
        return []
    froms = sources_of(sources, item, work)
    ports = None if goal.service is None else services((goal.service,), item, work)
    family = None if goal.family is None else int(goal.family.removeprefix("ipv"))
    goals = goals_of(goal.nodes, item, family, ports or (), work)
    if froms is None or goals is None or (goal.service is not None and ports is None):
        return []
    advice = "a network as the goal is one line for each source"
    if not work.may_expect(len(froms) * len(goals), item.place, advice):
        return []
    counts = (len(froms) * _flows(goal, ports or (), work, is_negative=is_negative) for goal in goals)
    if not all(work.may_spend(_FLOWS, count, MOST_FLOWS, item.place) for count in counts):
        return []
    is_list = len(froms) > 1 or len(goals) > 1
    return [(one, other) for one in froms for other in goals if not (is_list and other.node == one)]


def _flows(goal: ir.Goal, ports: tuple[PortService, ...], work: Work, *, is_negative: bool) -> int:
    """How many flows a line asks for at most: by each service, to each address of each node of the goal."""
    if goal.network is not None:
        nodes = [work.nodes[interface.node] for interface in work.networks[goal.network].interfaces]
    else:
        nodes = [] if goal.node is None else [work.nodes[goal.node]]
    asks_all = is_negative if not ports else any(port.first != port.last for port in ports)
    flows = (
        (max(1, len(ports)) + (len(node.services) if asks_all else 0))
        * (1 if goal.network is not None else max(1, len(node.addresses)))
        for node in nodes
    )
    return max(1, len(ports), sum(flows))


def _reaches(check: syntax.CheckReach, item: CheckItem, work: Work) -> list[ir.Claim]:
    answered = None if check.answered_by is None else _answered_by(check.answered_by, item, work)
    through = _through(check.through, item, work)
    pairs = _pairs(check.sources, check.goal, item, work, is_negative=check.is_negative)
    size = None if check.whole_up_to is None else _size(check.whole_up_to, item, work)
    if through is None or (check.answered_by is not None and answered is None):
        return []
    if check.whole_up_to is not None and size is None:
        return []
    return [ir.Reaches(source, goal, check.is_negative, answered, through, size) for source, goal in pairs]


def _size(value: syntax.Value, item: CheckItem, work: Work) -> int | None:
    """Bytes of a packet of IP; out-of-range for what no link carries."""
    placed = attributes.placed(value, item, work.diagnostics)
    size = None if placed is None else attributes.integer(placed, work.diagnostics)
    if placed is None or size is None or MTU_SMALLEST[4] <= size <= MTU_LARGEST:
        return size
    advice = f"bytes with the header of IP, from {MTU_SMALLEST[4]} to {MTU_LARGEST}"
    message = f"no packet of {size} bytes is asked for"
    work.diagnostics.report(catalogue.OUT_OF_RANGE, message, placed.place, help=advice)
    return None


def _through(values: tuple[syntax.Value, ...], item: CheckItem, work: Work) -> tuple[TunnelId, ...] | None:
    found: list[TunnelId] = []
    placed_values = evaluate_list(values, item, work.diagnostics)
    is_right = len(placed_values) >= len(values)
    for placed in placed_values:
        if not isinstance(placed.value, Word):
            work.wrong_kind(placed, "a tunnel's name")
            is_right = False
            continue
        tunnels = match_tunnels(placed.value, placed.place, work)
        is_right = is_right and bool(tunnels)
        found.extend(tunnels)
    return tuple(found) if is_right else None


def _answered_by(value: syntax.Value, item: CheckItem, work: Work) -> tuple[NodeId, str | None] | None:
    """`node` or `node.service`."""
    placed = attributes.placed(value, item, work.diagnostics)
    if placed is None:
        return None
    if not isinstance(placed.value, Word):
        work.wrong_kind(placed, "a node, or a service of a node")
        return None
    servers = [] if find(placed.value) is not None else _servers_of(placed.value.text, work)
    if servers:
        message = f"`{placed.value.text}` is a service, and no node"
        whole = f"with its node: `{servers[0]}.{placed.value.text}`"
        work.diagnostics.report(catalogue.UNKNOWN_EXPECTED_SERVICE, message, placed.place, help=whole)
        return None
    found = locate(placed.value, work.diagnostics, placed.place, (ElementKind.NODE,))
    node = None if found is None else work.nodes.get(NodeId(found.element.path))
    if found is None or node is None:
        return None
    if not found.rest:
        return node.id, None
    name = ".".join(found.rest)
    names = [service.name for service in node.services]
    if name in names:
        return node.id, name
    if not any(isinstance(one.statement, syntax.Serve) for one in node.item.children) or names:
        served = ", ".join(f"`{one}`" for one in names[:8])
        advice = work.near(name, names) or (f"it serves {served}" if names else None)
        message = f"`{node.id}` serves nothing called `{name}`"
        work.diagnostics.report(catalogue.UNKNOWN_EXPECTED_SERVICE, message, placed.place, help=advice)
    return None


def _servers_of(name: str, work: Work) -> list[NodeId]:
    """The nodes that serve something of this name."""
    return [node.id for node in work.nodes.values() if any(service.name == name for service in node.services)]


def _up(check: syntax.CheckUp, item: CheckItem, work: Work) -> list[ir.Claim]:
    """`is not down` is `is up`."""
    is_negative = check.is_negative is check.is_up
    named = tunnels_named(check.tunnels, item, work)
    return [ir.TunnelUp(*one.value, is_negative) for one in named] if work.may_expect(len(named), item.place) else []


def _encrypted(check: syntax.CheckEncrypted, item: CheckItem, work: Work) -> list[ir.Claim]:
    networks: list[NetworkId] = []
    placed_values = evaluate_list(check.networks, item, work.diagnostics)
    is_right = len(placed_values) >= len(check.networks)
    for placed in placed_values:
        if not isinstance(placed.value, Word):
            work.wrong_kind(placed, "a network's name")
            is_right = False
            continue
        found = work.whole(placed.value, placed.place, (ElementKind.NETWORK,))
        is_right = is_right and bool(found)
        networks.extend(NetworkId(one.path) for one in found)
    pairs = _pairs(check.sources, check.goal, item, work)
    if not is_right:
        return []
    return [ir.Encrypted(source, goal, check.is_negative, tuple(networks)) for source, goal in pairs]


def _path(check: syntax.CheckPath, item: CheckItem, work: Work) -> list[ir.Claim]:
    nodes = sources_of(check.nodes, item, work)
    pairs = _pairs(check.sources, check.goal, item, work)
    if nodes is None:
        return []
    return [ir.GoesThrough(source, goal, check.is_negative, tuple(nodes)) for source, goal in pairs]


def _resolves(check: syntax.CheckResolves, item: CheckItem, work: Work) -> list[ir.Claim]:
    sources = sources_of(check.sources, item, work)
    goals = goals_of(check.address, item, None, (), work) if check.address else [None]
    name = attributes.placed(check.name, item, work.diagnostics)
    text = None if name is None else name.value.text if isinstance(name.value, Word) else name.value
    if name is None or sources is None or goals is None:
        return []
    if not isinstance(text, str):
        work.wrong_kind(name, "a domain name")
        return []
    if not is_domain(text):
        work.diagnostics.report(catalogue.INVALID_ZONE, "the text is no domain name", name.place)
        return []
    if not work.may_expect(len(sources) * len(goals), item.place):
        return []
    return [ir.Resolves(source, text, goal) for source in sources for goal in goals]


def _routes(check: syntax.CheckRoutes, item: CheckItem, work: Work) -> list[ir.Claim]:
    sources = sources_of(check.sources, item, work)
    prefix = attributes.placed(check.prefix, item, work.diagnostics)
    hop = attributes.placed(check.next_hop, item, work.diagnostics)
    goals = None if hop is None else goal_of(hop, None, (), work)
    if sources is None or prefix is None or not goals:
        return []
    if not isinstance(prefix.value, IPv4Network | IPv6Network):
        work.wrong_kind(prefix, "a prefix")
        return []
    if not work.may_expect(len(sources), item.place):
        return []
    return [ir.RoutesVia(source, prefix.value, goals[0]) for source in sources]
