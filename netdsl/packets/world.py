"""A lab in one state (which tunnels and links are down), ready to be asked about flows."""

from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property

from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import Address, NetworkId, NodeId, TunnelId
from netdsl.ir.lab import Lab
from netdsl.packets.fabric import Fabric, make_fabric
from netdsl.packets.orders import USUAL, Order, others_than
from netdsl.packets.settling import settle
from netdsl.packets.tracking import Tracker
from netdsl.packets.tunnels import TunnelStates, packets_of
from netdsl.packets.types import Esp
from netdsl.packets.view import View

MOST_ORDERS = 48
"""Orders that are tried."""


def _state(world: "World") -> frozenset[object]:
    return frozenset(one.agreement for each in world.tunnels.connections.values() for one in each)


def _tried(worlds: list["World"]) -> Iterator[Order]:
    """Each order once, of a list that grows as it is read."""
    tried = {USUAL}
    for world in worlds:
        for order in others_than(world.order, world.tunnels):
            if order not in tried:
                tried.add(order)
                yield order


def esps_of(lab: Lab) -> tuple[Esp, ...]:
    """The kinds of ESP by which the lab's flows may differ: in a lab without tunnels whose packets are exempt from policies
    there is no ESP, and the first kind stands for both."""
    kinds = {end.kind for node in lab.nodes for end in node.tunnels}
    return tuple(Esp) if any(packets_of(kind).IS_EXEMPT for kind in kinds) else (Esp.KERNEL,)


class World:
    """Indexes over a lab, built once and linear in it. Not changed by what is asked.

    `esp`: whose ESP the nodes use. `held`: tunnels taken down by hand (then traps go too); `forced`: tunnels by hand that
    somebody has opened; `cut`: networks that carry nothing; `order`: in which tunnels have come up.
    """

    def __init__(
        self,
        lab: Lab,
        esp: Esp = Esp.KERNEL,
        *,
        held: Iterable[TunnelId] = (),
        forced: Iterable[TunnelId] = (),
        cut: Iterable[NetworkId] = (),
        order: Order = USUAL,
    ) -> None:
        self.lab = lab
        self.esp = esp
        self.held, self.forced, self.cut = frozenset(held), frozenset(forced), frozenset(cut)
        self.order = order
        self._stood: Set[tuple[TunnelId, NodeId, NodeId]] | None = None
        self.fabric: Fabric = make_fabric(lab, self.cut, is_user_space=esp is Esp.USER, held=self.held)
        if self.held or self.cut:
            self.fabric.before = self._before
        self.tunnels: TunnelStates = settle(self.fabric, self.held, self.forced, order)

    def _before(self) -> Set[tuple[TunnelId, NodeId, NodeId]]:
        if self._stood is None:
            whole = World(self.lab, self.esp, forced=self.forced).tunnels.connections.values()
            self._stood = {(one.here.tunnel, one.here.node, one.there.node) for each in whole for one in each}
        return self._stood

    @cached_property
    def others(self) -> tuple["World", ...]:
        """The other states that the lab may come to, by the order in which its tunnels come up; none of one of these. Where
        there are too many, its fabric has the nodes of which it is not known."""
        if self.order != USUAL:
            return ()
        if sum(1 for _ in others_than(USUAL, self.tunnels)) > MOST_ORDERS:
            self._doubt()
            return ()
        found, waiting = {_state(self): self}, [self]
        for number, order in enumerate(_tried(waiting)):
            if number == MOST_ORDERS:
                self._doubt()
                return ()
            other = World(self.lab, self.esp, held=self.held, forced=self.forced, cut=self.cut, order=order)
            if _state(other) not in found:
                found[_state(other)] = other
                waiting.append(other)
        return tuple(waiting[1:])

    def _doubt(self) -> None:
        """About all nodes between which tunnels may be up or not."""
        chosen = (pair for pair, _ in self.tunnels.openers)
        nodes = {node for _, ends in (*self.tunnels.lost, *self.tunnels.contended, *chosen) for node in ends}
        self.fabric.unsure |= nodes
        for node in sorted(nodes):
            self.view(node).doubts = tuple(dict.fromkeys((*self.view(node).doubts, node)))

    @cached_property
    def named(self) -> Mapping[str, tuple[Address, ...]]:
        """The addresses of each name in the lab's hosts file, in its order."""
        found: dict[str, tuple[Address, ...]] = {}
        for address, names in self.lab.hosts:
            for name in dict.fromkeys(names):
                found[name] = (*found.get(name, ()), address)
        return found

    def view(self, node: NodeId) -> View:
        return self.fabric.views[node]

    def tracker(self) -> Tracker:
        return Tracker(self.tunnels.standing)

    def is_up(self, tunnel: TunnelId, child: str | None = None) -> bool:
        """Whether a tunnel (or one of its children) is up at all its ends."""
        return self.tunnels.is_up(self.lab, tunnel, child)

    def why_down(self, tunnel: TunnelId) -> str:
        failure = self.tunnels.failures.get(tunnel)
        return f"nobody opens tunnel `{tunnel}` by itself" if failure is None else failure.text

    def during(self, state: WhileState | None) -> "World":
        """The same lab while a tunnel is down (up), or a link between two nodes."""
        if state is None:
            return self
        if state.tunnel is not None:
            held = self.held - {state.tunnel} if state.is_up else self.held | {state.tunnel}
            forced = self.forced | {state.tunnel} if state.is_up else self.forced
            return World(self.lab, self.esp, held=held, forced=forced, cut=self.cut)
        link = frozenset() if state.link is None else frozenset({state.link})
        cut = self.cut - link if state.is_up else self.cut | link
        return World(self.lab, self.esp, held=self.held, forced=self.forced, cut=cut)
