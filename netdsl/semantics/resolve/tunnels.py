"""`ipsec`: its ends, the family and addresses of its own packets, and what holds for the whole of it."""

from dataclasses import dataclass

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.ids import NetworkId, NodeId, Prefix, TunnelId
from netdsl.ir.tunnel import DpdAction
from netdsl.semantics import defaults
from netdsl.semantics.bindings import BoundEnd, BoundTunnel, Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.addresses import host_range
from netdsl.semantics.resolve.authentication import Members, authentication
from netdsl.semantics.resolve.children import Context, children, protected_by, rekey
from netdsl.semantics.resolve.outer import Named, Outer, family_of, outer
from netdsl.semantics.resolve.placement import Block, sort_block
from netdsl.semantics.resolve.proposals import proposals
from netdsl.semantics.resolve.work import Work, report_unknown_part
from netdsl.semantics.values import Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

FOREIGN_ACTIONS = {"hold": "trap", "none": "clear", "route": "trap", "start": "restart"}


@dataclass(slots=True, eq=False)
class _Side:
    """One end as written: who it is, and what it protects."""

    named: Named
    role: str
    protecting: tuple[syntax.Value, ...]
    item: Item


def tunnels(items: list[tuple[syntax.Ipsec, Item]], work: Work) -> None:
    for _, item in items:
        id_ = TunnelId(item.scope.qualified(item.name))
        if id_ in work.tunnels:
            continue  # duplicate-name was reported where it was declared
        block = sort_block(item.children, "ipsec", work.diagnostics)
        tunnel = _tunnel(id_, block, item, work)
        if tunnel is not None:
            work.tunnels[id_] = tunnel


def _tunnel(id_: TunnelId, block: Block, item: Item, work: Work) -> BoundTunnel | None:
    """None once something is reported that the rest depends on; all that does not is looked at first."""
    sides = _sides(id_, block, item, work)
    ike = proposals(block.of(syntax.Proposals), "ike", work)
    action, delay = _dpd(block, work)
    limits = rekey(block, work)
    pool = _pool(block, work)
    mobike = attributes.yes_or_no(block.attribute("mobike"), defaults.MOBIKE, work.diagnostics)
    if sides is None:
        return None
    _check_pool(pool, block, sum(side.role == "client" for side in sides), work)
    gateway = sides[0].named.node.id if sides[0].role == "gateway" else None
    members = Members(id_, tuple(side.named.node.id for side in sides), gateway)
    auth = authentication(block, item, members, work)
    family = family_of([side.named for side in sides], _over(block), item.at(_name(item).span), work)
    if family is None:
        children(Context(id_, item, block, members, (), bool(pool)), None, work)
        return None
    ends = _ends(sides, family, work)
    if ends is None:
        children(Context(id_, item, block, members, (), bool(pool)), None, work)
        return None
    by_client = children(Context(id_, item, block, members, ends, bool(pool)), family, work)
    if auth is None or by_client is None:
        return None
    first = next(iter(by_client.values()))[0].start.when
    return BoundTunnel(
        id_, "ipsec", ends, auth, ike or defaults.IKE_PROPOSALS, by_client, pool, delay,
        action or defaults.DPD_ACTION[first], mobike, limits.ike_seconds, family, item.place,
    )  # fmt: skip


def _sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[_Side] | None:
    """The ends in order, the gateway first; None once reported."""
    between = block.first(syntax.Between)
    roles = block.of(syntax.Side)
    if between is not None and roles:
        statement, line = roles[0]
        work.diagnostics.report(
            catalogue.MISPLACED_STATEMENT,
            f"`{statement.role}` and `between` do not go together",
            line.place,
            related=(Label(between[1].place, "the ends are named here"),),
            help="either `between A and B`, or a `gateway` with any number of `client`s",
        )
        return None
    found = _hub(id_, roles, item, work) if between is None else _pair(*between, work)
    return found if found is not None and _are_apart(found, work) else None


def _pair(statement: syntax.Between, item: Item, work: Work) -> list[_Side] | None:
    found = [
        *_named(statement.left, "peer", statement.left_protecting, item, work),
        *_named(statement.right, "peer", statement.right_protecting, item, work),
    ]
    if len(found) > 2:
        message = "`between` joins two ends"
        advice = "for more: a `gateway` and a `client` for each"
        work.diagnostics.report(catalogue.WRONG_ARITY, message, item.place, help=advice)
    return found if len(found) == 2 else None


def _hub(id_: TunnelId, roles: list[tuple[syntax.Side, Item]], item: Item, work: Work) -> list[_Side] | None:
    found: list[_Side] = []
    for wanted in ("gateway", "client"):
        for side, line in roles:
            if side.role == wanted:
                found.extend(_named(side.nodes, wanted, side.protecting, line, work))
    for _, line in roles:
        sort_block(line.children, "side", work.diagnostics)
    gateways = [side for side in found if side.role == "gateway"]
    if len(gateways) > 1:
        message = "a tunnel has one gateway"
        work.diagnostics.report(catalogue.WRONG_ARITY, message, gateways[1].named.place)
    has_roles = _has_both_roles(id_, roles, item, work)
    return found if has_roles and len(gateways) == 1 and len(found) > 1 else None


def _has_both_roles(id_: TunnelId, roles: list[tuple[syntax.Side, Item]], item: Item, work: Work) -> bool:
    present = {statement.role for statement, _ in roles}
    if present == {"gateway", "client"}:
        return True
    place = item.at(_name(item).span)
    if not present:
        message = f"the tunnel `{id_}` has no ends"
        advice = "`between A and B`, or a `gateway` with `client`s"
    else:
        lacking = "client" if "gateway" in present else "gateway"
        message = f"the tunnel `{id_}` has no `{lacking}`"
        advice = f"`{lacking} NODE`; of two equal ends: `between A and B`"
    work.diagnostics.report(catalogue.MISSING_STATEMENT, message, place, help=advice)
    return False


def _named(
    values: tuple[syntax.Value, ...], role: str, protecting: tuple[syntax.Value, ...], item: Item, work: Work
) -> list[_Side]:
    """The ends that a list names: nodes, or interfaces of nodes, or patterns of either."""
    found: list[_Side] = []
    for placed in evaluate_list(values, item, work.diagnostics):
        if not isinstance(placed.value, Word):
            work.wrong_kind(placed, "an end of the tunnel (a node, or its interface)")
            continue
        for one in work.match(placed.value, placed.place, (ElementKind.NODE,)):
            node = work.nodes.get(NodeId(one.element.path))
            if node is None:
                continue
            interface = node.interfaces.get(".".join(one.rest)) if one.rest else None
            if one.rest and interface is None:
                if not node.is_broken:
                    name = ".".join(one.rest)
                    advice = did_you_mean(name, node.interfaces)
                    report_unknown_part(work, f"the node `{node.id}`", name, "interface", placed.place, advice)
                continue
            found.append(_Side(Named(node, interface, placed.place), role, protecting, item))
    return found


def _are_apart(sides: list[_Side], work: Work) -> bool:
    seen: dict[NodeId, Place] = {}
    for side in sides:
        id_ = side.named.node.id
        if id_ in seen:
            work.diagnostics.report(
                catalogue.TUNNEL_TO_SELF,
                f"`{id_}` is at both ends of the tunnel" if len(sides) == 2 else f"`{id_}` is an end twice",
                side.named.place,
                related=(Label(seen[id_], "it is an end here too"),),
            )
            return False
        seen[id_] = side.named.place
    return True


def _ends(sides: list[_Side], family: int, work: Work) -> tuple[BoundEnd, ...] | None:
    """The ends with their outer addresses; the gateway's is the same for all clients."""
    first, *others = sides
    towards = [outer(first.named, other.named, family, work) for other in others]
    back = [  # one mistake, one message: an end is asked for its way once the other has found its own
        outer(other.named, first.named, family, work) if found is not None else None
        for other, found in zip(others, towards, strict=True)
    ]
    protected = [protected_by(side.protecting, side.item, work) for side in sides]
    own = towards[0]
    if own is None or any(one is None for one in (*towards, *back, *protected)):
        return None
    differing = next((index for index, one in enumerate(towards) if one != own), None)
    if differing is not None:
        other = towards[differing]
        assert other is not None, "checked above"
        work.diagnostics.report(
            catalogue.TUNNEL_END_AMBIGUOUS,
            f"`{first.named.node.id}` reaches its clients by {own.address} and by {other.address}",
            first.named.place,
            help=f"say which: `{first.named.node.id}.{own.interface}` or `{first.named.node.id}.{other.interface}`",
        )
        return None
    return tuple(
        _end(side, address, found, family)
        for side, address, found in zip(sides, (own, *back), protected, strict=True)
        if address is not None and found is not None
    )


def _end(
    side: _Side, address: Outer, protected: tuple[tuple[Prefix, ...], tuple[NetworkId, ...]], family: int
) -> BoundEnd:
    del family  # the protected prefixes may be of both
    return BoundEnd(side.named.node.id, side.role, address.address, address.interface, *protected, side.named.place)


def _over(block: Block) -> int | None:
    line = block.first(syntax.Over)
    return None if line is None else int(line[0].family.removeprefix("ipv"))


def _dpd(block: Block, work: Work) -> tuple[DpdAction | None, int]:
    line = block.first(syntax.Dpd)
    if line is None:
        return None, defaults.DPD_SECONDS
    statement, item = line
    delay = attributes.placed(statement.delay, item, work.diagnostics)
    action = attributes.placed(statement.action, item, work.diagnostics)
    actions = tuple(str(one) for one in DpdAction)
    name = (
        None if action is None
        else attributes.word_among(action, actions, "what to do with a dead peer", work.diagnostics, FOREIGN_ACTIONS)
    )  # fmt: skip
    time = None if delay is None else attributes.seconds(delay, work.diagnostics)
    return None if name is None else DpdAction(name), time or defaults.DPD_SECONDS


def _pool(block: Block, work: Work) -> tuple[Prefix, ...]:
    """The virtual addresses; each family's must be enough for all clients."""
    found: list[Placed[Prefix]] = []
    for statement, item in block.of(syntax.Pool):
        for placed in evaluate_list(statement.prefixes, item, work.diagnostics):
            if isinstance(placed.value, Prefix):
                found.append(Placed(placed.value, placed.place))
            else:
                work.wrong_kind(placed, "a prefix")
    return tuple(one.value for one in found)


def _check_pool(pool: tuple[Prefix, ...], block: Block, clients: int, work: Work) -> None:
    """pool-exhausted: strongSwan gives out what hosts can have, as a network does."""
    line = block.first(syntax.Pool)
    for family in {prefix.version for prefix in pool}:
        ranges = [host_range(prefix) for prefix in pool if prefix.version == family]
        room = sum(last - first + 1 for first, last in ranges)
        if room < clients and line is not None:
            message = f"the pool has {room} IPv{family} addresses for {clients} clients"
            work.diagnostics.report(
                catalogue.POOL_EXHAUSTED, message, line[1].place, help="a shorter prefix has room for more"
            )


def _name(item: Item) -> syntax.Value:
    assert isinstance(item.statement, syntax.Ipsec)
    return item.statement.name
