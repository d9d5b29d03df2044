"""`ipsec`: who its ends are and how they prove it, and what holds for the whole of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.ids import Address, NodeId, Prefix, TunnelId
from netdsl.ir.service import Protocol, port
from netdsl.kinds.ipsec import defaults, tree
from netdsl.kinds.ipsec.bindings import BoundAuth, BoundIpsec, OwnIpsec
from netdsl.kinds.ipsec.ir import IKE_PORTS, KIND, DpdAction
from netdsl.kinds.ipsec.resolve_authentication import authentication, expected
from netdsl.kinds.ipsec.resolve_children import ChildBlock, Context, child_blocks, children, rekey
from netdsl.kinds.ipsec.resolve_device import check_lines, check_terms, has_device, routed_sides
from netdsl.kinds.ipsec.resolve_farp import farp
from netdsl.kinds.ipsec.resolve_leases import leases
from netdsl.kinds.ipsec.resolve_own import bypassed, lines_of
from netdsl.kinds.ipsec.resolve_proposals import proposals
from netdsl.kinds.ipsec.resolve_radius import radius
from netdsl.semantics.bindings import BoundCertificate, BoundTunnel, Placed
from netdsl.semantics.evaluate import evaluate_list, report_wrong_kind
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.addresses import host_range
from netdsl.semantics.resolve.devices import device_mtu
from netdsl.semantics.resolve.ends import Side, TunnelDraft, bound_ends, family_over, members_of, sides_of
from netdsl.semantics.resolve.placement import Block, block_of_lines
from netdsl.semantics.resolve.work import Work
from netdsl.semantics.values import Word
from netdsl.source import Place
from netdsl.syntax.description import ElementKind

FOREIGN_ACTIONS = {"hold": "trap", "none": "clear", "route": "trap", "start": "restart"}


def sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    unheard = Diagnostics()  # what is wrong in these lines is reported once, with the tunnel
    if has_device(block, unheard):
        return routed_sides(id_, block, item, work)
    found = sides_of(id_, block, item, work)
    pool = _pool(block, unheard)
    clients = (side for side in found or () if side.role == "client")
    for number, side in enumerate(clients):
        side.virtual = virtual_addresses(pool, number)
    return found


def virtual_addresses(pool: Sequence[Prefix], number: int) -> tuple[Address, ...]:
    """Those of a tunnel's client, counted from 0 in the order of its lines: of each family the next address that a host can
    have. The pool of the client's own connection holds no other, so that it gets this one whenever it comes."""
    found: list[Address] = []
    for family in dict.fromkeys(prefix.version for prefix in pool):
        left = number
        for prefix in (one for one in pool if one.version == family):
            first, last = host_range(prefix)
            if left <= last - first:
                found.append(prefix[first - int(prefix.network_address) + left])
                break
            left -= last - first + 1
    return tuple(found)


def tunnel(draft: TunnelDraft, work: Work) -> BoundTunnel | None:
    """None once something is reported that the rest depends on; all that does not is looked at first."""
    id_, block, item, sides = draft.id, draft.block, draft.item, draft.sides
    pool = _pool(block, work.diagnostics)
    backup = _backup(block, work)
    is_routed = has_device(block, work.diagnostics)
    check_lines(block, is_routed=is_routed, work=work)
    if sides is None:
        _settings(block_of_lines(one for one in block.items if not one.statement.said_for), work)
        return None
    _check_pool(pool, block, sum(side.role == "client" for side in sides), work)
    members = members_of(id_, sides)
    auth = authentication(block, item, members, work)
    family = family_over(sides, block, item, work)
    ends = None if family is None else bound_ends(sides, family, work)
    lines = lines_of(block, members, work)
    context = Context(id_, item, lines, members, ends or (), bool(pool))
    blocks, bypass = child_blocks(context, work), bypassed(block, members, work)
    wanted = expected(block, members, auth or {}, work)
    nodes = (None, *_with_own(context, blocks, wanted or {}))
    auths = {node: (auth or {}) | (wanted or {}).get(node, {}) if node else auth or {} for node in nodes}
    found = {node: _seen(context, blocks, node, auths[node], work) for node in nodes}
    by_all, is_right = found.pop(None), lines.is_right and wanted is not None and None not in found.values()
    if family is None or ends is None or auth is None or by_all is None or bypass is None or not is_right:
        return None
    own = {node: one for node, one in found.items() if node is not None and one is not None}
    mtu = None
    if is_routed:
        check_terms((by_all, *own.values()), item, work)
        mtu = device_mtu(block, ends, work)
    asked = radius(block, members, auth, work)
    servers = () if asked is None else (asked.server,)
    inside = replace(
        by_all.inside,
        own=own,
        backup_of=backup,
        bypass=bypass,
        farp=farp(lines, ends, work),
        leases=leases(block, members, work),
        radius=None if asked is None else asked.radius,
    )
    rounds = ((node, one) for node, first in auth.items() for one in first.rounds)
    certificates = {node: BoundCertificate(one.pki, one.identity) for node, one in rounds if one.pki is not None}
    relying = tuple(
        (one.pki, node)
        for node, others in (wanted or {}).items()
        for first in others.values()
        for one in first.rounds
        if one.pki is not None
    )
    return BoundTunnel(
        id_,
        KIND,
        ends,
        certificates,
        by_all.children_of,
        pool,
        family,
        inside,
        item.place,
        mtu,
        servers=servers,
        relying=relying,
        listening={end.node: tuple(port(Protocol.UDP, number) for number in IKE_PORTS) for end in ends},
    )


def _with_own(context: Context, blocks: Sequence[ChildBlock], wanted: Collection[NodeId]) -> list[NodeId]:
    """The ends that have lines of their own, in their order."""
    said = context.lines.nodes.union(wanted, *(block.lines.nodes for block in blocks))
    return [node for node in context.members.nodes if node in said]


def _seen(
    context: Context, blocks: Sequence[ChildBlock], node: NodeId | None, auth: Mapping[NodeId, BoundAuth], work: Work
) -> OwnIpsec | None:
    """The tunnel as an end has it; None: as it is said for all."""
    settings = _settings(context.lines.of(node, work), work)
    by_client = children(context, blocks, node, work)
    if by_client is None:
        return None
    start = next(iter(by_client.values()))[0].start.when
    inside = BoundIpsec(
        settings.ike or defaults.IKE_PROPOSALS,
        settings.dpd_seconds,
        settings.dpd_action or defaults.DPD_ACTION[start],
        settings.mobike,
        settings.ike_rekey_seconds,
        auth,
        settings.ike_reauth_seconds,
        encap=settings.encap,
        ike_place=settings.ike_place,
    )
    return OwnIpsec(inside, by_client)


@dataclass(frozen=True, slots=True)
class _Settings:
    ike: tuple[str, ...] | None
    dpd_seconds: int
    dpd_action: DpdAction | None
    mobike: bool
    encap: bool
    ike_rekey_seconds: int | None
    ike_reauth_seconds: int | None
    ike_place: Place | None


def _settings(block: Block, work: Work) -> _Settings:
    """What the lines of the whole tunnel say of IKE."""
    action, delay = _dpd(block, work)
    reauth = attributes.only_value(block.attribute("reauth"), work.diagnostics)
    return _Settings(
        proposals(block.of(tree.Proposals), "ike", work),
        delay,
        action,
        attributes.yes_or_no(block.attribute("mobike"), defaults.MOBIKE, work.diagnostics),
        attributes.yes_or_no(block.attribute("encap"), defaults.ENCAP, work.diagnostics),
        rekey(block, work).ike_seconds,
        None if reauth is None else attributes.seconds(reauth, work.diagnostics),
        next((line.place for statement, line in block.of(tree.Proposals) if statement.protocol == "ike"), None),
    )


def _backup(block: Block, work: Work) -> Placed[TunnelId] | None:
    """The tunnel whose backup it is; None where there is none, and once reported."""
    line, start = block.first(tree.Backup), block.first(tree.Start)
    if line is None:
        return None
    if start is not None:
        message = "a backup has no `start`: it opens when the other tunnel is down"
        work.diagnostics.report(catalogue.MISPLACED_STATEMENT, message, start[1].place)
    placed = attributes.placed(line[0].tunnel, line[1], work.diagnostics)
    element = None if placed is None else work.element(placed, (ElementKind.TUNNEL,), "a tunnel's name")
    return None if element is None else Placed(TunnelId(element.path), line[1].place)


def _dpd(block: Block, work: Work) -> tuple[DpdAction | None, int]:
    line = block.first(tree.Dpd)
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


def _pool(block: Block, diagnostics: Diagnostics) -> tuple[Prefix, ...]:
    """The virtual addresses; each family's must be enough for all clients."""
    found: list[Prefix] = []
    for statement, item in block.of(tree.Pool):
        for placed in evaluate_list(statement.prefixes, item, diagnostics):
            if isinstance(placed.value, Prefix):
                found.append(placed.value)
            else:
                is_server = isinstance(placed.value, Word) and placed.value.text == "dhcp"
                advice = "`pool PREFIX from NODE`: each client's address is known beforehand" if is_server else None
                report_wrong_kind(placed.value, "a prefix", placed.place, diagnostics, advice)
    return tuple(found)


def _check_pool(pool: tuple[Prefix, ...], block: Block, clients: int, work: Work) -> None:
    """pool-exhausted: strongSwan gives out what hosts can have, as a network does."""
    line = block.first(tree.Pool)
    for family in {prefix.version for prefix in pool}:
        ranges = [host_range(prefix) for prefix in pool if prefix.version == family]
        room = sum(last - first + 1 for first, last in ranges)
        if room < clients and line is not None:
            message = f"the pool has {room} IPv{family} addresses for {clients} clients"
            work.diagnostics.report(
                catalogue.POOL_EXHAUSTED, message, line[1].place, help="a shorter prefix has room for more"
            )
