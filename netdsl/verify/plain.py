"""Pings at which nobody looks: through nodes that only forward, to one that has no rules either.

Their way depends on the destination alone, so that all of them to one address share a tree: each (node, interface) of it
is looked at once. What is not so simple is not decided here, and nothing that fails is.
"""

from dataclasses import dataclass, field

from netdsl.ir.ids import Address, NodeId
from netdsl.verify.fabric import Fabric, View, is_unicast
from netdsl.verify.predict import PROBE_SIZE

_MOST_HOPS = 60
_WIDEST = 65535

Place = tuple[NodeId, str | None]
"""A node, and the interface by which a packet comes to it; None: it is sent there."""


@dataclass(frozen=True, slots=True)
class _Way:
    """From a place to the node that has the address. `passed`: bits of the nodes that receive it on the way, the last
    with them."""

    end: View
    hops: int
    passed: int


@dataclass(slots=True)
class PlainWays:
    """`bits`: one for each node. `simple`: nodes that only forward, and that are not raw."""

    fabric: Fabric
    _bits: dict[NodeId, int] = field(default_factory=dict)
    _simple: frozenset[NodeId] = frozenset()
    _ways: dict[Address, dict[Place, _Way | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        views = self.fabric.views.values()
        self._bits = {view.id: 1 << number for number, view in enumerate(views)}
        if all(len(view.local_prefixes) == 1 for view in views):  # else some answer for whole ranges
            self._simple = frozenset(view.id for view in views if view.only_forwards and not view.raw)

    def answering(self, source: View, destination: Address) -> NodeId | None:
        """Who answers a ping; None: that is not so simple, ask `predict`."""
        there = self._sent(source, destination)
        if there is None:
            return None
        own = source.source_towards(destination)
        if own is None or own.is_loopback or own.is_link_local or self._meets(there, own):
            return None
        back = self._sent(there.end, own)
        if back is None or back.end is not source or self._meets(back, destination):
            return None
        return there.end.id

    def _meets(self, way: _Way, source: Address) -> bool:
        """Whether somebody on the way takes the packet's source for its own."""
        return any(way.passed & self._bits[owner] for owner in self.fabric.addresses.get(source, ()))

    def _sent(self, view: View, address: Address) -> _Way | None:
        if view.id not in self._simple or address.is_link_local or address.is_loopback or view.is_local(address):
            return None
        return self._way(view, address)

    def _way(self, view: View, address: Address) -> _Way | None:
        known = self._ways.setdefault(address, {})
        place: Place = (view.id, None)
        passed: list[Place] = []
        while place not in known:
            known[place] = None  # until it is found; for good in a circle
            if view.id not in self._simple:
                break
            if place[1] is not None and view.is_local(address):
                known[place] = _Way(view, 0, self._bits[view.id])
                break
            step = self._step(view, place[1], address)
            if step is None:
                break
            passed.append(place)
            view, place = step[0], (step[0].id, step[1])
        found = known[place]
        for before in reversed(passed):
            if found is not None:
                received = 0 if before[1] is None else self._bits[before[0]]
                found = _Way(found.end, found.hops + 1, found.passed | received) if found.hops < _MOST_HOPS else None
            known[before] = found
        return found

    def _step(self, view: View, interface: str | None, address: Address) -> tuple[View, str] | None:
        """To whom a node gives a packet of a ping; None where it does not, or where more decides than that."""
        if not is_unicast(address, view):
            return None
        if interface is not None and not view.sysctls.forwards(address.version, interface):
            return None
        route = view.route(address)
        out = None if route is None else view.interfaces.get(route.interface)
        if route is None or out is None or min(out.mtu, route.mtu or _WIDEST) < PROBE_SIZE:
            return None
        found = self.fabric.neighbour(view, out.name, route.gateway or address)
        networks = None if found is None else self.fabric.crossed(out.network, found[1].network)
        if found is None or networks is None:
            return None
        if any(self.fabric.networks[name].mtu < PROBE_SIZE for name in networks[1:]):
            return None
        return found[0], found[1].name
