"""`ipsec`: who its ends are and how they prove it, and what holds for the whole of it."""

from collections.abc import Sequence

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.ids import Address, Prefix, TunnelId
from netdsl.kinds.ipsec import defaults, tree
from netdsl.kinds.ipsec.bindings import BoundIpsec
from netdsl.kinds.ipsec.ir import KIND, DpdAction
from netdsl.kinds.ipsec.resolve_authentication import authentication
from netdsl.kinds.ipsec.resolve_children import Context, children, rekey
from netdsl.kinds.ipsec.resolve_proposals import proposals
from netdsl.semantics.bindings import BoundCertificate, BoundTunnel, Placed
from netdsl.semantics.evaluate import evaluate_list, report_wrong_kind
from netdsl.semantics.items import Item
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.addresses import host_range
from netdsl.semantics.resolve.ends import Side, TunnelDraft, bound_ends, family_over, members_of, sides_of
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import Work
from netdsl.syntax.description import ElementKind

FOREIGN_ACTIONS = {"hold": "trap", "none": "clear", "route": "trap", "start": "restart"}


def sides(id_: TunnelId, block: Block, item: Item, work: Work) -> list[Side] | None:
    found = sides_of(id_, block, item, work)
    pool = _pool(block, Diagnostics())  # what is wrong in it is reported once, with the tunnel
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
    ike = proposals(block.of(tree.Proposals), "ike", work)
    action, delay = _dpd(block, work)
    limits = rekey(block, work)
    reauth = attributes.only_value(block.attribute("reauth"), work.diagnostics)
    reauth_seconds = None if reauth is None else attributes.seconds(reauth, work.diagnostics)
    pool = _pool(block, work.diagnostics)
    mobike = attributes.yes_or_no(block.attribute("mobike"), defaults.MOBIKE, work.diagnostics)
    backup = _backup(block, work)
    if sides is None:
        return None
    _check_pool(pool, block, sum(side.role == "client" for side in sides), work)
    members = members_of(id_, sides)
    auth = authentication(block, item, members, work)
    family = family_over(sides, block, item, work)
    ends = None if family is None else bound_ends(sides, family, work)
    by_client = children(Context(id_, item, block, members, ends or (), bool(pool)), work)
    if family is None or ends is None or auth is None or by_client is None:
        return None
    start = next(iter(by_client.values()))[0].start.when
    inside = BoundIpsec(
        ike or defaults.IKE_PROPOSALS,
        delay,
        action or defaults.DPD_ACTION[start],
        mobike,
        limits.ike_seconds,
        auth,
        reauth_seconds,
        backup,
    )
    rounds = ((node, one) for node, first in auth.items() for one in first.rounds)
    certificates = {node: BoundCertificate(one.pki, one.identity) for node, one in rounds if one.pki is not None}
    return BoundTunnel(id_, KIND, ends, certificates, by_client, pool, family, inside, item.place)


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
                report_wrong_kind(placed.value, "a prefix", placed.place, diagnostics)
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
