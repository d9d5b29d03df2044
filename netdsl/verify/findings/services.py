"""Services that the firewall of their own node lets nobody ask."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import product

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.filter import Chain, FilterRule, Firewall, Match, WhileTunnel
from netdsl.ir.filter import Verdict as Action
from netdsl.ir.ids import Address, Prefix
from netdsl.ir.kind_names import named_services
from netdsl.ir.node import Served
from netdsl.ir.prefixes import ANYWHERE, in_any
from netdsl.ir.service import PortService
from netdsl.ir.service_kinds import listens_on
from netdsl.packets.filtering import Ruling, Sight, ruling
from netdsl.packets.view import View
from netdsl.packets.world import World
from netdsl.source import Place
from netdsl.verify.predict import PROBE_SIZE, probe

_MOST_ASKED = 2000
"""Packets that a firewall is asked about for each service. Where it tells more apart, nothing is told."""


def check_services(world: World, diagnostics: Diagnostics) -> None:
    for view in world.fabric.views.values():
        firewall = view.node.firewall
        for served in view.node.services if firewall is not None and not view.raw else ():
            blocker = None if firewall is None else _blocker(view, firewall, served)
            if blocker is not None and served.origin is not None:
                diagnostics.report(
                    catalogue.SERVICE_BLOCKED,
                    f"`{view.id}` serves `{served.name}` on {served.service}, and its own firewall lets nobody in",
                    served.origin,
                    related=(Label(blocker, "dropped here"),),
                    help=f"`accept input {_spoken(served.service)}`",
                )


def _spoken(service: PortService) -> str:
    """A service by its name, where it has one of its own."""
    named = (name for name, services in named_services().items() if services == (service,))
    return next(named, str(service))


def _blocker(view: View, firewall: Firewall, served: Served) -> Place | None:
    """The line (or the block, for its policy) that drops what asks for the service, where all of it is dropped."""
    stopped: Ruling | None = None
    for number, (sight, rule) in enumerate(_asking(view, firewall, served)):
        found = ruling(firewall, Chain.INPUT, sight, view.ends, partial(_holds, view, rule))
        if found.verdict is Action.ACCEPT or number == _MOST_ASKED:
            return None
        stopped = stopped or found
    return None if stopped is None else stopped.origin


def _holds(view: View, rule: FilterRule | None, state: WhileTunnel) -> bool:
    """A rule `while T up` is asked in the state that it is for."""
    return view.is_active(state) or (rule is not None and rule.state == state)


def _asking(view: View, firewall: Firewall, served: Served) -> Iterator[tuple[Sight, FilterRule | None]]:
    """One packet of each class that the input chain tells apart, as far as an `accept` takes it (the rule is given then).

    First a packet from a source that no rule names: what stops that one stops the rest.
    """
    rules = [rule for rule in firewall.rules if isinstance(rule, FilterRule) and rule.chain is Chain.INPUT]
    named = [prefix for rule in rules for prefix in rule.match.sources]
    named += [prefix for ends in view.ends.values() for _, remote in ends.pairs for prefix in remote]
    for service, address in product(listens_on(served.kind, served.service), _addresses(view)):
        sources = list(_representatives(ANYWHERE[address.version], named))
        unnamed = (source for source in sources if not in_any(source, named))
        packet = probe(next(unnamed, sources[0]), address, service, PROBE_SIZE)
        yield from ((Sight(packet, name, None, False, False), None) for name in (*view.interfaces, *_devices(view)))
    for rule in rules if view.local else ():
        if rule.verdict is Action.ACCEPT:
            yield from (
                (sight, rule) for sight in _of(rule.match, view, named, listens_on(served.kind, served.service))
            )


def _of(match: Match, view: View, named: list[Prefix], ports: Iterable[PortService]) -> Iterator[Sight]:
    for service, address in product(ports, _addresses(view)):
        wide = match.sources or (ANYWHERE[address.version],)
        for prefix in (one for one in wide if one.version == address.version):
            names = (*(match.in_interfaces or view.interfaces), *_devices(view))
            for source, name in product(_representatives(prefix, named), names):
                came = bool(match.through or match.through_kinds)
                yield Sight(probe(source, address, service, PROBE_SIZE), name, None, came, False)


def _addresses(view: View) -> list[Address]:
    """Those of a node itself, the ones among them that a tunnel gives it too."""
    return sorted(view.local, key=lambda address: (address.version, int(address)))


def _devices(view: View) -> Iterator[str]:
    """Interfaces that tunnels have of their own: what comes out of them comes by these."""
    return (
        ends.device for ends in view.ends.values() if ends.device is not None and ends.device not in view.interfaces
    )


def _representatives(prefix: Prefix, named: Iterable[Prefix]) -> Iterator[Address]:
    """An address of each part of a prefix that the named ones cut it into."""
    first, last = prefix.network_address, prefix.broadcast_address
    cuts = {int(one.network_address) for one in named if one.version == prefix.version}
    cuts |= {int(one.broadcast_address) + 1 for one in named if one.version == prefix.version}
    inside = sorted(cut for cut in cuts if int(first) < cut <= int(last))
    yield from (first, *(first + (cut - int(first)) for cut in inside))
