"""The ends of a tunnel, whatever its kind: who they are, their outer addresses, what they protect."""

from dataclasses import field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import Address, NetworkId, NodeId, Prefix, TunnelId
from netdsl.semantics.bindings import BoundEnd, Inside, Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.outer import Named, Outer, family_of, outer
from netdsl.semantics.resolve.placement import Block, sort_block
from netdsl.semantics.resolve.work import Work, report_unknown_part
from netdsl.semantics.scopes import find
from netdsl.semantics.values import Value, Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind
from netdsl.syntax.statements import statements

_HUB = "for more: a `gateway` and a `client` for each"


@dataclass(slots=True, eq=False)
class Side:
    """One end as written: who it is, and what it protects. `inside` None: the node's policies take its packets. `virtual`:
    the addresses that a client is given. `own`: the lines of its own block, of a gateway or client."""

    named: Named
    role: str
    protecting: tuple[syntax.Value, ...]
    item: Item
    inside: Inside | None = None
    virtual: tuple[Address, ...] = ()
    own: Block = field(default_factory=Block)


@dataclass(slots=True, eq=False)
class TunnelDraft:
    """A tunnel with its ends as written; `sides` None: something was reported about them."""

    id: TunnelId
    item: Item
    block: Block
    sides: list[Side] | None


@dataclass(slots=True, eq=False)
class Members:
    """A tunnel's ends: its name, its nodes in order, and the one that clients connect to."""

    tunnel: str
    nodes: tuple[NodeId, ...]
    gateway: NodeId | None


def sides_of(id_: TunnelId, block: Block, item: Item, work: Work, *, may_be_mesh: bool = False) -> list[Side] | None:
    """The ends in order, the gateway first; None once reported. `may_be_mesh`: `between` may name more than two."""
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
    if between is None:
        found = _hub(id_, roles, item, work)
    else:
        found = _equals(*between, work) if may_be_mesh else _pair(*between, work, _HUB)
    return found if found is not None and _are_apart(found, work) else None


def _pair(statement: syntax.Between, item: Item, work: Work, advice: str) -> list[Side] | None:
    found = [side for one in statement.joined for side in _named(one.nodes, "peer", one.protecting, item, work)]
    if len(found) > 2:
        message = "`between` joins two ends"
        work.diagnostics.report(catalogue.WRONG_ARITY, message, item.place, help=advice)
    return found if len(found) == 2 else None


def _equals(statement: syntax.Between, item: Item, work: Work) -> list[Side] | None:
    """Any number of equal ends; what follows a list of several nodes is protected by which of them is not said."""
    found: list[Side] = []
    for one in statement.joined:
        named = _named(one.nodes, "peer", one.protecting, item, work)
        if one.protecting and len(named) > 1:
            message = "several ends do not protect the same"
            advice = "`protecting` after each: `between A protecting NETS and B protecting NETS and C`"
            work.diagnostics.report(catalogue.WRONG_ARITY, message, item.at(one.protecting[0].span), help=advice)
            return None
        found += named
    return found if len(found) > 1 else None


def pair_of(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """Two equal ends, both named by `between`, for kinds that have no other form; None once reported."""
    line = _between(id_, "`between A and B`", block, item, work)
    found = None if line is None else _pair(*line, work, "another tunnel joins another pair")
    return found if found is not None and _are_apart(found, work) else None


def mesh_of(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    """Any number of equal ends, all named by `between`, which protect nothing; None once reported."""
    found = _between(id_, "`between A, B and C`", block, item, work)
    if found is None:
        return None
    statement, line = found
    protected = [value for one in statement.joined for value in one.protecting]
    if protected:
        message = f"the tunnel `{id_}` carries a whole network, its ends protect none"
        work.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, line.at(protected[0].span))
        return None
    sides = [end for one in statement.joined for end in _named(one.nodes, "peer", (), line, work)]
    return sides if len(sides) > 1 and _are_apart(sides, work) else None


def _between(id_: TunnelId, shape: str, block: Block, item: Item, work: Work) -> tuple[syntax.Between, Item] | None:
    """The block's line; None once reported. A `gateway` in its place was reported as misplaced."""
    found = block.first(syntax.Between)
    if found is None and not any(isinstance(line.statement, syntax.Side) for line in item.children):
        message = f"the tunnel `{id_}` has no ends"
        work.diagnostics.report(catalogue.MISSING_STATEMENT, message, name_place(item), help=shape)
    return found


def _hub(id_: TunnelId, roles: list[tuple[syntax.Side, Item]], item: Item, work: Work) -> list[Side] | None:
    found: list[Side] = []
    word = statements().description_of(item.statement).word
    for wanted in ("gateway", "client"):
        for side, line in roles:
            if side.role == wanted:
                own = sort_block(line.children, f"{word} {wanted}", work.diagnostics)
                named = _named(side.nodes, wanted, side.protecting, line, work)
                for one in named:
                    one.own = own
                found.extend(named)
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
    place = name_place(item)
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
) -> list[Side]:
    """The ends that a list names: nodes, or interfaces of nodes, or patterns of either."""
    found: list[Side] = []
    networks = _networks(protecting, item, work)
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
                    advice = work.near(name, node.interfaces)
                    report_unknown_part(work, f"the node `{node.id}`", name, "interface", placed.place, advice)
                continue
            found.append(Side(Named(node, interface, placed.place, networks), role, protecting, item))
    return found


def _networks(values: tuple[syntax.Value, ...], item: Item, work: Work) -> frozenset[NetworkId]:
    """The networks that a `protecting` list names; what is wrong in it is reported with its prefixes."""
    words = (placed.value for placed in evaluate_list(values, item, work.diagnostics) if isinstance(placed.value, Word))
    found = (find(word) for word in words)
    return frozenset(NetworkId(one.element.path) for one in found if one is not None)


def _are_apart(sides: list[Side], work: Work) -> bool:
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


def members_of(id_: TunnelId, sides: list[Side]) -> Members:
    gateway = sides[0].named.node.id if sides[0].role == "gateway" else None
    return Members(id_, tuple(side.named.node.id for side in sides), gateway)


def _over(block: Block) -> int | None:
    line = block.first(syntax.Over)
    return None if line is None else int(line[0].family.removeprefix("ipv"))


def family_over(sides: list[Side], block: Block, item: Item, work: Work) -> int | None:
    """The family of the outer packets: what `over` says, else the only one; None once reported."""
    return family_of([side.named for side in sides], _over(block), name_place(item), work)


def bound_ends(sides: list[Side], family: int, work: Work) -> tuple[BoundEnd, ...] | None:
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
        _end(side, address, found)
        for side, address, found in zip(sides, (own, *back), protected, strict=True)
        if address is not None and found is not None
    )


def _end(side: Side, address: Outer, protected: tuple[Prefix, ...]) -> BoundEnd:
    at = next((one for one in side.named.at if one.version == address.address.version), None)
    return BoundEnd(
        side.named.node.id,
        side.role,
        address.address,
        address.interface,
        protected,
        side.named.place,
        side.inside,
        side.virtual,
        at,
    )


def name_place(item: Item) -> Place:
    """Where a tunnel's name stands."""
    assert isinstance(item.statement, syntax.Named), "a tunnel declares a name"
    return item.at(item.statement.name.span)


def ends_named(
    values: tuple[syntax.Value, ...], item: Item, members: Members, work: Work
) -> list[Placed[NodeId]] | None:
    """The ends of the tunnel that a list names (`for NODES`, `by NODES`); None once one of them is reported."""
    found: list[Placed[NodeId]] = []
    placed_values = evaluate_list(values, item, work.diagnostics)
    is_right = len(placed_values) >= len(values)
    for placed in placed_values:
        nodes = _nodes(placed, work)
        is_right = is_right and bool(nodes)
        for node in nodes:
            if node in members.nodes:
                found.append(Placed(node, placed.place))
                continue
            shown = ", ".join(f"`{one}`" for one in members.nodes)
            work.diagnostics.report(
                catalogue.WRONG_ELEMENT,
                f"`{node}` is no end of the tunnel `{members.tunnel}`",
                placed.place,
                help=f"its ends are {shown}",
            )
            is_right = False
    return found if is_right else None


def _nodes(placed: Placed[Value], work: Work) -> list[NodeId]:
    if not isinstance(placed.value, Word):
        work.wrong_kind(placed, "a node's name")
        return []
    return [NodeId(one.path) for one in work.whole(placed.value, placed.place, (ElementKind.NODE,))]


def protected_by(values: tuple[syntax.Value, ...], item: Item, work: Work) -> tuple[Prefix, ...] | None:
    """Prefixes of a `protecting` list or a child's: a network is all of its own. None once reported."""
    prefixes: dict[Prefix, None] = {}
    placed_values = evaluate_list(values, item, work.diagnostics)
    is_right = len(placed_values) >= len(values)
    for placed in placed_values:
        found = _protected(placed, work)
        is_right = is_right and found is not None
        prefixes.update(dict.fromkeys(found or ()))
    return tuple(prefixes) if is_right else None


def _protected(placed: Placed[Value], work: Work) -> tuple[Prefix, ...] | None:
    match placed.value:
        case IPv4Network() | IPv6Network():
            return (placed.value,)
        case IPv4Address() | IPv6Address():
            return (host_prefix(placed.value),)
        case Word():
            found = work.whole(placed.value, placed.place, (ElementKind.NETWORK,))
            drafts = [work.networks.get(NetworkId(one.path)) for one in found]
            if not drafts or any(draft is None or draft.is_broken for draft in drafts):
                return None
            prefixes: list[Prefix] = []
            for draft in drafts:
                assert draft is not None, "checked above"
                prefixes.extend(draft.prefixes)
            if prefixes:
                return tuple(prefixes)
            message = f"`{drafts[0].id if drafts[0] else ''}` has no prefix to protect"
            work.diagnostics.report(catalogue.NETWORK_WITHOUT_PREFIX, message, placed.place)
            return None
        case _:
            work.wrong_kind(placed, "a network or a prefix")
            return None


def host_prefix(address: Address) -> Prefix:
    return IPv4Network(address) if isinstance(address, IPv4Address) else IPv6Network(address)
