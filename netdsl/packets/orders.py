"""The orders in which the connections of a lab may have come up, where that decides what stands afterwards.

All nodes of a lab start at once, and each end tries again until its tunnel is up. A connection that has come up stands
until its end hears no more of the other one, though its packets may be led elsewhere meanwhile; and of several that leave
by one address and port the first keeps the port (net/netfilter/nf_nat_core.c: get_unique_tuple tries the packet's own
source port first, and nf_nat_inet_fn gives what no rule translates, a local process' packets too, a null binding, which has
to be unique as well). So one lab may come to rest in several states. They are looked for where a state says that there may
be another one: who lost a connection, who would have another one if it were earlier or later.
"""

from collections.abc import Iterator
from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId
from netdsl.ir.tunnel import TunnelEnd
from netdsl.packets.tunnels import Pair, TunnelStates, packets_of, pair_of

_MOST_LATE = 8
"""Connections of which each is tried as the last one to come up."""


@dataclass(frozen=True, slots=True)
class Order:
    """What came up when. `early`: connections that came up before the others, and still stand; `late`: the one that comes
    up when all others stand; `first`, `last`: the one that was opened before, after the others; `opener`: the node that
    opened one, in place of its peer."""

    early: frozenset[Pair] = frozenset()
    late: Pair | None = None
    first: Pair | None = None
    last: Pair | None = None
    opener: tuple[Pair, NodeId] | None = None

    @property
    def reason(self) -> str:
        """Why the state may be another one, in words after 'it'."""
        if self.opener is not None:
            return f"depends on which end opens {_named(self.opener[0])}: the other one chooses"
        at = self.first or self.last
        if at is not None:
            return f"depends on when {_named(at)} was opened: the first of several behind one address keeps its port"
        if self.late is not None:
            return f"depends on when {_named(self.late)} came up, before or after others"
        which = " and ".join(_named(pair) for pair in sorted(self.early, key=_place))
        return f"depends on when {which} came up: another one takes its packets since"

    def place(self, end: TunnelEnd) -> tuple[int, bool]:
        """Of ends that open their tunnels one after another."""
        pair = pair_of(end)
        return (pair == self.last) - (pair == self.first), (pair, end.node) != self.opener


USUAL = Order()
"""That in which the lab names its nodes."""


def others_than(order: Order, states: TunnelStates) -> Iterator[Order]:
    """The orders to try beside one that led to these states."""
    if not order.early and order.late is None:
        yield from _by_coming_up(order, states)
    if order.first is None and order.last is None:
        for pair in sorted(states.contended, key=_place):
            yield replace(order, first=pair)
            yield replace(order, last=pair)
    if order.opener is None:
        for opener in sorted(states.openers, key=lambda one: (_place(one[0]), one[1])):
            yield replace(order, opener=opener)


def _by_coming_up(order: Order, states: TunnelStates) -> Iterator[Order]:
    lost = sorted(states.lost, key=_place)
    for early in dict.fromkeys((*(frozenset({pair}) for pair in lost), frozenset(lost))):
        if early:
            yield replace(order, early=early)
    negotiated = [pair for pair in sorted(states.pairs, key=_place) if _is_negotiated(pair, states)]
    if (lost or _is_missing(states)) and len(negotiated) <= _MOST_LATE:
        for pair in negotiated:
            yield replace(order, late=pair)


def _is_missing(states: TunnelStates) -> bool:
    """Whether a connection that an end opens by itself is not there."""
    return bool(states.failures.keys() - states.held - states.waiting)


def _is_negotiated(pair: Pair, states: TunnelStates) -> bool:
    return any(packets_of(one.here.kind).IS_NEGOTIATED for one in states.connections[pair[0]] if one.pair == pair)


def _named(pair: Pair) -> str:
    tunnel, nodes = pair
    ends = " and ".join(f"`{node}`" for node in sorted(nodes))
    return f"tunnel `{tunnel}` of {ends}"


def _place(pair: Pair) -> tuple[str, list[str]]:
    return pair[0], sorted(pair[1])
