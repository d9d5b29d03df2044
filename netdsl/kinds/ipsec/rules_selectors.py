"""Rules on traffic selectors: that they do not overlap, and that an end has what its children carry."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import field
from ipaddress import IPv4Address, IPv6Address

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NodeId, TunnelId
from netdsl.ir.service import PortService
from netdsl.kinds.ipsec.bindings import bound_tunnel, in_front_of, sources_of
from netdsl.kinds.ipsec.catalogue import CHILD_NETWORKS_FOREIGN, SELECTORS_OVERLAP
from netdsl.semantics.bindings import BoundEnd, BoundTunnel
from netdsl.semantics.rules.blocks import (
    EVERYWHERE,
    Block,
    BlockMap,
    block_of,
    block_of_address,
)
from netdsl.semantics.rules.covering import services_overlap
from netdsl.semantics.rules.facts import Facts, Selectors, reversed_selectors, selectors
from netdsl.semantics.rules.tunnels import has_behind
from netdsl.source import Place


def check_selectors(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    at: dict[NodeId, list[Selectors]] = {}
    for tunnel in tunnels:
        _sides_overlap(tunnel, facts, diagnostics)
        _child_networks(tunnel, facts, diagnostics)
        for end in tunnel.ends:
            at.setdefault(end.node, [])
        for one in selectors(tunnel):
            at[one.end.node].append(one)
            at[one.peer.node].append(reversed_selectors(one))
    told: set[frozenset[str]] = set()
    for node, own in at.items():
        _children_overlap(node, own, told, facts, diagnostics)


# --- overlaps


def _sides_overlap(tunnel: BoundTunnel, facts: Facts, diagnostics: Diagnostics) -> None:
    """The two sides of a child: an address in both would be inside and outside at once, unless the end whose networks are
    inside the other's range lets them pass beside the tunnel. A range of everything on both sides is on purpose."""
    told: set[Place] = set()
    for one in selectors(tunnel):
        found = next(_overlapping(one), None) if one.child.right else None
        if found is None or one.child.place in told:
            continue
        told.add(one.child.place)
        if found.is_whole:
            _report_all(one, found, diagnostics)
        else:
            _report_both(one, found, facts, diagnostics)


@dataclass(frozen=True, slots=True)
class _Overlap:
    """`block`: what both sides have. `inner`: the end that has no more than that. `is_whole`: the other one has all."""

    block: Block
    inner: BoundEnd
    outer: BoundEnd
    is_whole: bool


def _overlapping(one: Selectors) -> Iterator[_Overlap]:
    for left in one.local:
        for right in one.remote:
            whole = EVERYWHERE[left.version]
            if not left.overlaps(right) or left == right == whole:
                continue
            block = max(left, right, key=lambda block: (block.first, -block.last))
            inner, outer = (one.end, one.peer) if block == left else (one.peer, one.end)
            is_whole = whole in (left, right)
            is_own = is_whole and block == block_of_address(inner.outer)  # a host that sends all into the tunnel
            if not is_own and (left == right or not _passes_beside(one.tunnel, inner, block)):
                yield _Overlap(block, inner, outer, is_whole)


def _passes_beside(tunnel: BoundTunnel, end: BoundEnd, block: Block) -> bool:
    return any(block_of(prefix).covers(block) for prefix in bound_tunnel(tunnel).bypass.get(end.node, ()))


def _report_both(one: Selectors, found: _Overlap, facts: Facts, diagnostics: Diagnostics) -> None:
    first, second = one.end, one.peer
    advice = (
        "give one side another range; or let the tunnel carry the gateways' own addresses, "
        "without `protecting`, and translate into it (`masquerade` here, `dnat` there)"
    )
    if not _is_on(found.outer, found.block, facts):
        advice = f"give one side another range; or `bypass {_shown(found.block)} for {found.inner.node}`"
    diagnostics.report(
        SELECTORS_OVERLAP,
        f"both ends of `{one.tunnel.id}` have {_shown(found.block)} behind them",
        second.place,
        f"of `{second.node}`",
        related=() if first.place == second.place else (Label(first.place, f"of `{first.node}`"),),
        help=advice,
    )


def _is_on(end: BoundEnd, block: Block, facts: Facts) -> bool:
    """Whether the node is on a network with such addresses."""
    legs = facts.bindings.nodes[end.node].interfaces
    return any(block_of(entry.address.network).overlaps(block) for leg in legs for entry in leg.addresses)


def _report_all(one: Selectors, found: _Overlap, diagnostics: Diagnostics) -> None:
    inner, outer, block = found.inner, found.outer, _shown(found.block)
    diagnostics.report(
        SELECTORS_OVERLAP,
        f"`{inner.node}` sends what is for {block}, behind itself, into `{one.tunnel.id}`: all is behind `{outer.node}`",
        outer.place,
        f"of `{outer.node}`",
        related=() if inner.place == outer.place else (Label(inner.place, f"of `{inner.node}`"),),
        help=f"`bypass {block} for {inner.node}` leaves it beside the tunnel",
    )


Entry = tuple[Block, Selectors]


@dataclass(slots=True)
class Locals:
    """The local ranges that children with one remote range have, to be found by what overlaps them."""

    around: BlockMap[Entry] = field(default_factory=BlockMap)
    ordered: list[tuple[int, int, int]] = field(default_factory=list)  # family, first address, index
    entries: list[Entry] = field(default_factory=list)

    def add(self, block: Block, one: Selectors) -> None:
        self.around.put(block, (block, one))
        insort(self.ordered, (block.version, block.first, len(self.entries)))
        self.entries.append((block, one))

    def overlapping(self, block: Block) -> Iterator[Entry]:
        for found in self.around.around(block):
            yield from found
        start = bisect_left(self.ordered, (block.version, block.first, 0))
        for version, first, index in self.ordered[start:]:
            if version != block.version or first > block.last:
                return
            if self.entries[index][0] != block:
                yield self.entries[index]


def _children_overlap(
    node: NodeId, own: list[Selectors], told: set[frozenset[str]], facts: Facts, diagnostics: Diagnostics
) -> None:
    """No packet of a node belongs into two children. By remote range, wider ones first; then by local range."""
    pairs = [
        (remote, local, one)
        for one in own
        if one.child.left and one.child.right
        for remote in one.remote
        for local in one.local
    ]
    order = {child_name(one): index for index, (_, _, one) in enumerate(pairs)}
    taken: BlockMap[Locals] = BlockMap()
    for remote, local, one in sorted(pairs, key=lambda pair: (pair[0].version, pair[0].first, -pair[0].last)):
        takers = _takers(taken, remote, local)
        other = next((other for other in takers if _collide(other, one, facts.bindings.tunnels)), None)
        if other is not None and (names := frozenset((child_name(one), child_name(other)))) not in told:
            told.add(names)
            first, second = sorted((other, one), key=lambda each: order[child_name(each)])
            _report_children(node, first, second, diagnostics)
        if not taken.get(remote):
            taken.put(remote, Locals())
        taken[remote][0].add(local, one)


def _takers(taken: BlockMap[Locals], remote: Block, local: Block) -> Iterator[Selectors]:
    for found in taken.around(remote):
        for locals_ in found:
            for block, one in locals_.overlapping(local):
                if block == local or EVERYWHERE[block.version] not in (block, local):
                    yield one


def _collide(one: Selectors, other: Selectors, tunnels: Mapping[TunnelId, BoundTunnel]) -> bool:
    """A tunnel and its backup are never up at once."""
    if one.child is other.child:
        return False
    if one.tunnel in in_front_of(other.tunnel, tunnels) or other.tunnel in in_front_of(one.tunnel, tunnels):
        return False
    mine, theirs = one.child, other.child
    return _meet(mine.only, theirs.only) and _meet(sources_of(mine), sources_of(theirs))


def _meet(mine: tuple[PortService, ...], theirs: tuple[PortService, ...]) -> bool:
    return not mine or not theirs or any(services_overlap(a, b) for a in mine for b in theirs)


def child_name(one: Selectors) -> str:
    last = one.tunnel.id.rpartition(".")[2]
    return one.tunnel.id if one.child.name == last else f"{one.tunnel.id}.{one.child.name}"


def _report_children(node: NodeId, first: Selectors, second: Selectors, diagnostics: Diagnostics) -> None:
    diagnostics.report(
        SELECTORS_OVERLAP,
        f"the same packets of `{node}` belong into `{child_name(first)}` and into `{child_name(second)}`",
        second.child.place,
        related=() if first.child.place == second.child.place else (Label(first.child.place, "the other one"),),
        help="protect other networks, tell the children apart with `only`, or make one tunnel the `backup of` the other",
    )


def _shown(block: Block) -> str:
    address = IPv4Address(block.first) if block.version == 4 else IPv6Address(block.first)
    return f"{address}/{address.max_prefixlen - (block.size.bit_length() - 1)}"


# --- what an end has behind it


def _child_networks(tunnel: BoundTunnel, facts: Facts, diagnostics: Diagnostics) -> None:
    """Prefixes of a child's own `between`. What the end protects is looked at in `semantics/rules/tunnels.py`."""
    told: set[Place] = set()
    for one in selectors(tunnel):
        for end, blocks, prefixes in (
            (one.end, one.local, one.child.left),
            (one.peer, one.remote, one.child.right),
        ):
            node = facts.bindings.nodes[end.node]
            for block, prefix in zip(blocks, prefixes, strict=False):
                is_own = prefix in end.protected or block == block_of_address(end.outer)
                if is_own or one.child.place in told or has_behind(node, end, block, facts):
                    continue
                told.add(one.child.place)
                diagnostics.report(
                    CHILD_NETWORKS_FOREIGN,
                    f"`{child_name(one)}` carries {prefix} at `{end.node}`, which has no way to it",
                    one.child.place,
                    related=(Label(end.place, f"`{end.node}` is this end"),),
                    help="the networks of a child stand in the order of the tunnel's ends",
                )
