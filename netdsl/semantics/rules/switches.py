"""Rules on switches."""

from collections.abc import Iterable, Iterator, Sequence

from netdsl.diagnostics.catalogue import SWITCH_LOOP
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NetworkId
from netdsl.semantics.bindings import BoundInterface, BoundNode
from netdsl.semantics.rules.facts import Facts

_MOST_SHOWN = 8


def check_switches(facts: Facts, diagnostics: Diagnostics) -> None:
    """The first loop of each segment of networks and switches without a spanning tree."""
    plain = [node for node in facts.nodes if node.kind.bridges and not node.has_spanning_tree]
    told: set[NetworkId] = set()
    for loop in _loops(plain):
        segment = facts.segment_of[loop[0].network]
        if segment not in told:
            told.add(segment)
            _report(loop, diagnostics)


def _loops(switches: Iterable[BoundNode]) -> Iterator[tuple[BoundInterface, ...]]:
    """The interfaces round each loop that a switch closes, in source order."""
    on: dict[NetworkId, list[BoundInterface]] = {}
    of: dict[str, list[BoundInterface]] = {}
    for node in switches:
        of[node.id] = []
        for interface in node.interfaces:
            way = _way(interface, of, on)
            if way:
                yield (*way, interface)
            else:  # without the ports that close loops no way is ambiguous
                of[node.id].append(interface)
                on.setdefault(interface.network, []).append(interface)


def _way(
    closing: BoundInterface, of: dict[str, list[BoundInterface]], on: dict[NetworkId, list[BoundInterface]]
) -> tuple[BoundInterface, ...]:
    """From the network of an interface to its node, over others; empty where there is none."""
    ways: dict[NetworkId, tuple[BoundInterface, ...]] = {closing.network: ()}
    waiting = [closing.network]
    for network in waiting:  # grows as it is read
        for entered in on.get(network, ()):
            if entered.node == closing.node:
                return (*ways[network], entered)
            for left in of[entered.node]:
                if left.network not in ways:
                    ways[left.network] = (*ways[network], entered, left)
                    waiting.append(left.network)
    return ()


def _report(loop: Sequence[BoundInterface], diagnostics: Diagnostics) -> None:
    """`loop`: a switch's port where frames come in, its port where they leave, and so on."""
    switches, closing = list(dict.fromkeys(one.node for one in loop)), loop[-1]
    networks = list(dict.fromkeys(one.network for one in loop))
    what = f"the switches {_listed(switches)} are a loop over"
    if len(switches) == 1:
        what = f"the switch `{closing.node}` has two ports on"
    first: dict[NetworkId, BoundInterface] = {}
    for one in loop[:-1]:
        if one.network != closing.network or len(switches) == 1:
            first.setdefault(one.network, one)
    diagnostics.report(
        SWITCH_LOOP,
        f"{what} {_listed(networks)}: the first broadcast circles for ever",
        closing.place,
        "this port closes it",
        related=tuple(Label(one.place, f"`{one.node}.{one.name}`") for one in list(first.values())[:_MOST_SHOWN]),
        help=f"`stp yes` in {_listed(switches)}: a spanning tree keeps one port out of use",
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_SHOWN])
    return shown + (" …" if len(names) > _MOST_SHOWN else "")
