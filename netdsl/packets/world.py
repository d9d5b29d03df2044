"""A lab in one state (which tunnels and links are down), ready to be asked about flows."""

from collections.abc import Iterable, Mapping, Set
from functools import cached_property

from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import Address, NetworkId, NodeId, TunnelId
from netdsl.ir.lab import Lab
from netdsl.packets.fabric import Fabric, make_fabric
from netdsl.packets.settling import settle
from netdsl.packets.tracking import Tracker
from netdsl.packets.tunnels import TunnelStates, packets_of
from netdsl.packets.types import Esp
from netdsl.packets.view import View


def esps_of(lab: Lab) -> tuple[Esp, ...]:
    """The kinds of ESP by which the lab's flows may differ: in a lab without tunnels that come to an agreement there is no
    ESP, and the first kind stands for both."""
    kinds = {end.kind for node in lab.nodes for end in node.tunnels}
    return tuple(Esp) if any(packets_of(kind).IS_NEGOTIATED for kind in kinds) else (Esp.KERNEL,)


class World:
    """Indexes over a lab, built once and linear in it. Not changed by what is asked.

    `esp`: whose ESP the nodes use. `held`: tunnels taken down by hand (then traps go too); `forced`: tunnels by hand that
    somebody has opened; `cut`: networks that carry nothing.
    """

    def __init__(
        self,
        lab: Lab,
        esp: Esp = Esp.KERNEL,
        *,
        held: Iterable[TunnelId] = (),
        forced: Iterable[TunnelId] = (),
        cut: Iterable[NetworkId] = (),
    ) -> None:
        self.lab = lab
        self.esp = esp
        self.held, self.forced, self.cut = frozenset(held), frozenset(forced), frozenset(cut)
        self._stood: Set[tuple[TunnelId, NodeId, NodeId]] | None = None
        self.fabric: Fabric = make_fabric(lab, self.cut, is_user_space=esp is Esp.USER, held=self.held)
        if self.held or self.cut:
            self.fabric.before = self._before
        self.tunnels: TunnelStates = settle(self.fabric, self.held, self.forced)

    def _before(self) -> Set[tuple[TunnelId, NodeId, NodeId]]:
        if self._stood is None:
            whole = World(self.lab, self.esp, forced=self.forced).tunnels.connections.values()
            self._stood = {(one.here.tunnel, one.here.node, one.there.node) for each in whole for one in each}
        return self._stood

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
