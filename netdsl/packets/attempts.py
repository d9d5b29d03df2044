"""The attempts of tunnels' ends to open them, one after the other."""

from collections.abc import Iterable
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId, TunnelId
from netdsl.ir.tunnel import TunnelEnd
from netdsl.packets.fabric import Fabric
from netdsl.packets.orders import USUAL, Order
from netdsl.packets.tracking import FlowIn, Flows
from netdsl.packets.tunnels import Connection, Failure, Pair, TunnelStates, packets_of, pair_of


@dataclass(slots=True)
class Attempts:
    """In an order. `kept`: connections that stand, whatever becomes of their packets; `waits`: what is not opened yet.

    Of one round: `found`, `joined` ends of two that have found each other, `standing` flows, `owners` of these; ends that
    `failed`, with the flows of their attempts.
    """

    fabric: Fabric
    states: TunnelStates
    order: Order
    kept: dict[Pair, Connection] = field(default_factory=dict)
    waits: Pair | None = None
    found: dict[TunnelId, list[Connection]] = field(default_factory=dict)
    joined: set[tuple[TunnelId, NodeId, NodeId | None]] = field(default_factory=set)
    standing: Flows = field(default_factory=dict)
    owners: dict[FlowIn, TunnelEnd] = field(default_factory=dict)
    failed: list[tuple[TunnelEnd, Flows]] = field(default_factory=list)

    def round(self) -> dict[TunnelId, list[Connection]]:
        """All of them once: the connections that come up."""
        self.found, self.joined, self.standing, self.owners = {}, set(), {}, {}
        self.failed = []
        for noted in (self.states.failures, self.states.waiting, self.states.contended):
            noted.clear()
        for connection in self.kept.values():
            self._add(connection)
        for end in self._ends():
            why = self._held_back(end)
            if why is not None:
                self.states.failures[end.tunnel] = why
            elif self._is_opened(end):
                self._open(end)
        self._contend_with_failed()
        return self.found

    def _ends(self) -> list[TunnelEnd]:
        ends = [end for view in self.fabric.views.values() for end in view.node.tunnels]
        return ends if self.order == USUAL else sorted(ends, key=self.order.place)

    def _held_back(self, end: TunnelEnd) -> Failure | None:
        if end.tunnel in self.states.held:
            return Failure(f"tunnel `{end.tunnel}` is held down")
        front = self.states.in_front(end) if self._is_opened(end) else None
        if front is None:
            return None
        self.states.waiting.add(end.tunnel)
        return Failure(f"`{front}` is up, whose backup it is")

    def _is_opened(self, end: TunnelEnd) -> bool:
        """Whether the end opens the tunnel now, and the other one has not."""
        pair = pair_of(end)
        if (end.tunnel, end.node, end.peer) in self.joined or pair in self.kept or pair == self.waits:
            return False
        return bool(end.peer_addresses) and any(self.states.opens(end.tunnel, child) for child in end.children)

    def _open(self, end: TunnelEnd) -> None:
        connection, flows = self._connect(end, self.standing)
        if isinstance(connection, Failure):
            self.failed.append((end, flows))
        if self.fabric.clashes:
            self._contend(end, connection, [self.owners[key] for key in self.fabric.clashes])
        if isinstance(connection, Failure):
            self.states.failures.setdefault(end.tunnel, connection)
            if pair_of(end) == self.order.first:
                self._own(end, flows)
            return
        self._add(connection)
        if connection.pair in self.order.early:
            self.kept[connection.pair] = connection

    def _add(self, connection: Connection) -> None:
        self.found.setdefault(connection.here.tunnel, []).append(connection)
        self._own(connection.here, connection.flows)
        both = (connection.here, connection.there) if connection.there.peer is not None else ()
        self.joined.update((one.tunnel, one.node, one.peer) for one in both)

    def _own(self, end: TunnelEnd, flows: Flows) -> None:
        self.standing.update(flows)
        self.owners.update(dict.fromkeys(flows, end))

    # --- what another order would change

    def _contend(self, end: TunnelEnd, came: Connection | Failure, owners: Iterable[TunnelEnd]) -> None:
        """Whose connection would be another one in another order: that of the end, whose packets met flows of others, and
        those of these others."""
        alone, flows = self._connect(end, {})
        if isinstance(came, Failure):
            self.failed[-1] = end, flows
        if _agreement(alone) != _agreement(came):
            self.states.contended.add(pair_of(end))
        self._contend_with(flows, owners)

    def _contend_with(self, flows: Flows, owners: Iterable[TunnelEnd]) -> list[Pair]:
        """The owners whose connection is another one if these flows were there before."""
        found = []
        for owner in {pair_of(one): one for one in owners}.values():
            pair = pair_of(owner)
            usual = next((one.agreement for one in self.found.get(owner.tunnel, ()) if one.pair == pair), None)
            if _agreement(self._connect(owner, flows)[0]) != usual:
                found.append(pair)
        self.states.contended.update(found)
        return found

    def _contend_with_failed(self) -> None:
        """An end whose tunnel stays down tries again and again, and each time its packets have a port at a NAT."""
        for end, flows in self.failed:
            owners = [self.owners[key] for key in flows if key in self.owners and self.owners[key] is not end]
            if self._contend_with(flows, owners):
                self.states.contended.add(pair_of(end))

    def _connect(self, end: TunnelEnd, standing: Flows) -> tuple[Connection | Failure, Flows]:
        """What comes of an attempt, and its flows."""
        self.fabric.clashes, self.fabric.attempted = set(), {}
        found = packets_of(end.kind).connect(self.fabric, self.fabric.views[end.node], end, standing)
        return found, self.fabric.attempted


def _agreement(found: Connection | Failure) -> object:
    return None if isinstance(found, Failure) else found.agreement
