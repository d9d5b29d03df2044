"""Which earlier rule takes every packet of a later one. Sound, not complete: one rule has to cover the other alone."""

from dataclasses import field, replace
from itertools import product

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Flag, State
from netdsl.ir.icmp import MESSAGES, is_kind_of
from netdsl.ir.ids import TunnelId
from netdsl.ir.service import PortService, Protocol
from netdsl.semantics.bindings import BoundMatch, BoundState
from netdsl.semantics.rules.blocks import Block, Blocks, all_covered
from netdsl.semantics.rules.facts import Facts, enters_by_policy

MOST_KEYS = 64
"""A rule that combines more addresses and services than this is not looked up by them, but tried each time."""
MOST_TRIED = 8
"""So many rules of that kind are tried, the first ones."""
MOST_ALIKE = 64
"""So many rules that are looked up by the same services and addresses are tried, the first ones."""


@dataclass(frozen=True, slots=True)
class Space:
    """The packets that a rule takes; an empty tuple means any.

    `is_limited`: not all of them (`limit`). `has_exceptions`: it leaves some out (`except`), so that it covers nothing.
    `through`: (kind, tunnel), or (kind, None) for every tunnel of a kind. `has_devices`: some of these have a device, by
    which their packets come and go in place of the node's interfaces.
    """

    sources: Blocks
    destinations: Blocks
    services: tuple[PortService, ...]
    in_interfaces: frozenset[str]
    out_interfaces: frozenset[str]
    through: frozenset[tuple[str, TunnelId | None]]
    has_devices: bool
    state: BoundState | None
    is_limited: bool = False
    has_exceptions: bool = False
    states: frozenset[State] = frozenset()
    flags: frozenset[Flag] = frozenset()
    not_flags: frozenset[Flag] = frozenset()


def space_of(match: BoundMatch, state: BoundState | None, is_limited: bool, facts: Facts) -> Space:
    tunnels = facts.bindings.tunnels
    named = [tunnels[placed.value] for placed in match.through]
    of_kinds = [
        tunnel for tunnel in (tunnels.values() if match.through_kinds else ()) if tunnel.kind in match.through_kinds
    ]
    return Space(
        facts.blocks_of_all(match.sources),
        facts.blocks_of_all(match.destinations),
        match.services,
        frozenset(placed.value for placed in match.in_interfaces),
        frozenset(placed.value for placed in match.out_interfaces),
        frozenset([*((tunnel.kind, tunnel.id) for tunnel in named), *((kind, None) for kind in match.through_kinds)]),
        not all(map(enters_by_policy, (*named, *of_kinds))),
        state,
        is_limited,
        bool(match.not_through or match.not_through_kinds or match.not_destinations or match.not_sources),
        frozenset(placed.value for placed in match.states),
        frozenset(placed.value for placed in match.flags),
        frozenset(placed.value for placed in match.not_flags),
    )


def covers(outer: Space, inner: Space) -> bool:
    """Whether `outer` takes every packet that `inner` could."""
    if outer.is_limited or outer.has_exceptions:
        return False
    return (
        (outer.state is None or outer.state == inner.state)
        and _covers_addresses(outer.sources, inner.sources)
        and _covers_addresses(outer.destinations, inner.destinations)
        and services_cover(outer.services, inner.services)
        and _covers_names(outer.in_interfaces, inner.in_interfaces)
        and _covers_names(outer.out_interfaces, inner.out_interfaces)
        and _covers_tunnels(outer, inner)
        and _covers_states(outer, inner)
    )


def _covers_addresses(outer: Blocks, inner: Blocks) -> bool:
    return not outer or (bool(inner) and all_covered(inner, outer))


def _covers_names(outer: frozenset[str], inner: frozenset[str]) -> bool:
    return not outer or (bool(inner) and inner <= outer)


def _covers_states(outer: Space, inner: Space) -> bool:
    is_of_state = not outer.states or (bool(inner.states) and inner.states <= outer.states)
    return is_of_state and outer.flags <= inner.flags and outer.not_flags <= inner.not_flags


def _covers_tunnels(outer: Space, inner: Space) -> bool:
    """`through KIND` covers `through T` for a tunnel of the kind; a rule for interfaces of the node covers no device."""
    if not outer.through:
        return not inner.has_devices or not (outer.in_interfaces or outer.out_interfaces)
    return bool(inner.through) and all(one in outer.through or (one[0], None) in outer.through for one in inner.through)


def services_cover(outer: tuple[PortService, ...], inner: tuple[PortService, ...]) -> bool:
    if not outer:
        return True
    return bool(inner) and all(any(service_covers(one, other) for one in outer) for other in inner)


def service_covers(outer: PortService, inner: PortService) -> bool:
    if outer.protocol is not inner.protocol:
        return False
    if outer.icmp_type is not None or inner.icmp_type is not None:
        return is_kind_of(inner.icmp_type, outer.icmp_type) and outer.first is None
    if outer.first is None:
        return True
    if inner.first is None:
        return False
    return outer.first <= inner.first and _last(inner) <= _last(outer)


def services_overlap(one: PortService, other: PortService) -> bool:
    if one.protocol is not other.protocol:
        return False
    if one.icmp_type is not None and other.icmp_type is not None:
        return is_kind_of(one.icmp_type, other.icmp_type) or is_kind_of(other.icmp_type, one.icmp_type)
    if one.first is None or other.first is None:
        return True
    return one.first <= _last(other) and other.first <= _last(one)


def _last(service: PortService) -> int:
    """The last port; call it for services with ports."""
    last = service.last if service.last is not None else service.first
    assert last is not None
    return last


# --- finding it among many

ServiceKey = PortService | Protocol | None
"""A service of one port, a protocol for its ranges of ports, None for any service."""


@dataclass(slots=True)
class Earlier:
    """The rules so far, in one chain. Adding and finding take about the same time however many there are: a rule is kept
    under its services and addresses, and looked for under all the wider ones of those that occur."""

    _kept: dict[tuple[ServiceKey, Block | None, Block | None], list[tuple[Space, int]]] = field(default_factory=dict)
    _sizes: set[tuple[int, int]] = field(default_factory=set)  # family and size of every block kept
    _wide: list[tuple[Space, int]] = field(default_factory=list)

    def add(self, space: Space, index: int) -> None:
        if space.is_limited or space.has_exceptions:
            return
        if max(1, len(space.sources)) * max(1, len(space.destinations)) * max(1, len(space.services)) > MOST_KEYS:
            if len(self._wide) < MOST_TRIED:
                self._wide.append((space, index))
            return
        self._sizes.update((block.version, block.size) for block in space.sources + space.destinations)
        services = dict.fromkeys(map(_key, space.services)) or (None,)
        for key in product(services, space.sources or (None,), space.destinations or (None,)):
            alike = self._kept.setdefault(key, [])
            if len(alike) < MOST_ALIKE:
                alike.append((space, index))

    def covering(self, space: Space) -> int | None:
        """The index of the first rule so far that takes every packet of this one."""
        keys = product(_wider_services(space), self._wider(space.sources), self._wider(space.destinations))
        kept = (*(self._kept.get(key, ()) for key in keys), self._wide)
        firsts = (next((index for other, index in rules if covers(other, space)), None) for rules in kept)
        return min((index for index in firsts if index is not None), default=None)

    def _wider(self, blocks: Blocks) -> list[Block | None]:
        """What a covering rule may hold the first of these blocks by."""
        wider: list[Block | None] = [None]
        if blocks:
            version, first, last = blocks[0]
            for family, size in self._sizes:
                start = first - first % size
                if family == version and start + size > last:
                    wider.append(Block(version, start, start + size - 1))
        return wider


def _key(service: PortService) -> ServiceKey:
    is_single = service.icmp_type is not None or (service.first is not None and service.first == _last(service))
    return service if is_single else service.protocol


def _wider_services(space: Space) -> tuple[ServiceKey, ...]:
    if not space.services:
        return (None,)
    service = space.services[0]
    found = (None, service.protocol, service)
    if service.icmp_type is None or (kind := MESSAGES[service.icmp_type].type) is None:
        return found
    return (*found, replace(service, icmp_type=kind))
