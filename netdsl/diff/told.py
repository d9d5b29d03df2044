"""Flows that changed, in groups as they are told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from netdsl.diff.flows import Compared, Turned
from netdsl.diff.groups import Block, End, Homes, Pair, blocks, homes_of, parties
from netdsl.diff.people import People
from netdsl.diff.services import spoken
from netdsl.diff.types import FlowChange, Turn

_Kind: TypeAlias = tuple[Turn, bool, str]
"""What is told apart: the change, whether the flow is encrypted, what is known of it."""
_Found: TypeAlias = dict[int, Turned]
"""By service."""


def told(compared: Compared, people: People) -> tuple[FlowChange, ...]:
    """In the order of `Turn`; what is about more services first."""
    homes, reach = homes_of(people), _slots(people)
    by_kind: dict[_Kind, dict[tuple[int, int], dict[int, _Found]]] = {}
    for (source, slot), by_class in compared.turned.items():
        for service, several in by_class.items():
            for one in several:
                pairs = by_kind.setdefault((one.turn, one.is_encrypted, one.known), {})
                pair = pairs.setdefault((source, people.slots[slot].node), {})
                pair.setdefault(slot, {})[service] = one
    found: list[FlowChange] = []
    order = list(Turn)
    for kind in sorted(by_kind, key=lambda one: (order.index(one[0]), one[1], one[2])):
        found += _of_kind(kind, by_kind[kind], compared, people, homes, reach)
    return tuple(found)


def _slots(people: People) -> Mapping[int, Sequence[int]]:
    found: dict[int, list[int]] = {at: [] for at in range(len(people.nodes))}
    for at, slot in enumerate(people.slots):
        found[slot.node].append(at)
    return found


def _of_kind(
    kind: _Kind,
    pairs: Mapping[tuple[int, int], Mapping[int, _Found]],
    compared: Compared,
    people: People,
    homes: Homes,
    reach: Mapping[int, Sequence[int]],
) -> Iterator[FlowChange]:
    by_services: dict[frozenset[int], dict[Pair, list[Turned]]] = {}
    for (source, goal), slots in pairs.items():
        families = people.families[source]
        fitting = [slot for slot in reach[goal] if people.slots[slot].versions & families or slot in slots]
        for services, own in _alike(slots).items():
            end = End(goal) if len(own) == len(fitting) else End(goal, tuple(sorted(own)))
            flows = [turned for slot in own for turned in slots[slot].values()]
            by_services.setdefault(services, {})[End(source), end] = flows
    for services in sorted(by_services, key=lambda one: (-len(one), sorted(one))):
        texts = spoken(compared.classes, services)
        for block in blocks(by_services[services].keys(), homes):
            sources, goals = parties(block, homes, people)
            inside = [pair for pair in _inside(block, homes) if pair in by_services[services]]
            flows = [one for pair in inside for one in by_services[services][pair]]
            yield FlowChange(
                kind[0],
                texts,
                sources,
                goals,
                is_encrypted=kind[1],
                is_answered=_common(one.is_answered for one in flows),
                known=kind[2],
                count=len(flows),
                reason=flows[0].reason,
                example=(people.nodes[inside[0][0].node], people.nodes[inside[0][1].node], texts[0]),
            )


def _alike(slots: Mapping[int, _Found]) -> dict[frozenset[int], list[int]]:
    found: dict[frozenset[int], list[int]] = {}
    for slot, by_service in slots.items():
        found.setdefault(frozenset(by_service), []).append(slot)
    return found


def _inside(block: Block, homes: Homes) -> Iterator[Pair]:
    sources, goals = block
    for source in sources:
        for goal in goals:
            for one in homes.of(source):
                yield from ((one, other) for other in homes.of(goal) if one.node != other.node)


def _common(values: Iterable[bool]) -> bool | None:
    found = set(values)
    return found.pop() if len(found) == 1 else None
