"""Hosts that get a request and have its answer lost: at their router, which has no route to where it came from.

A router without a default route is asked for the networks that it knows no way to; what a host there sends to a host beside
the router, which answers by it, is followed there and back.
"""

from collections.abc import Collection, Iterator
from itertools import islice

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Address, NodeId, Prefix
from netdsl.ir.prefixes import ANYWHERE
from netdsl.packets.fabric import Fabric
from netdsl.packets.types import Hook, Outcome
from netdsl.packets.view import View
from netdsl.packets.world import World
from netdsl.verify.predict import predict

_MOST_LOOKED_UP = 5_000
"""Routers times networks: a bound on time, as are the flows followed for one router."""
_MOST_FOLLOWED = 5

_Host = tuple[View, Address, Prefix]


def check_returning(world: World, known: Collection[tuple[NodeId, Prefix]], diagnostics: Diagnostics) -> None:
    """`known`: routers with a network of which it is told already. Each router is told once."""
    routers = [
        (view, families)
        for view in world.fabric.views.values()
        if view.node.kind.forwards and not view.has_uplink and (families := _without_default(view))
    ]
    hosts = list(_hosts(world.fabric)) if routers else []
    for view, families in routers[: 1 + _MOST_LOOKED_UP // max(1, len(hosts))]:
        strangers = (
            (other, address, prefix)
            for other, address, prefix in hosts
            if address.version in families and view.route(address) is None and (view.id, prefix) not in known
        )
        _check(world, view, list(islice(strangers, _MOST_FOLLOWED)), diagnostics)


def _without_default(view: View) -> list[int]:
    """Of the families that a router has addresses of, those without a default route."""
    own = dict.fromkeys(address.version for address, *_ in view.own)
    return [version for version in own if view.main.exact(ANYWHERE[version]) is None]


def _hosts(fabric: Fabric) -> Iterator[_Host]:
    """The first host of each prefix, where one segment alone has it."""
    found: dict[Prefix, list[tuple[object, _Host]]] = {}
    for view in fabric.views.values():
        for interface in view.node.interfaces if view.node.kind.is_end_system else ():
            segment = fabric.segment_of[interface.network]
            for given in interface.addresses:
                found.setdefault(given.network, []).append((segment, (view, given.ip, given.network)))
    yield from (some[0][1] for some in found.values() if len({segment for segment, _ in some}) == 1)


def _check(world: World, router: View, strangers: list[_Host], diagnostics: Diagnostics) -> None:
    for (asker, own, prefix), (_, address, _) in _flows(world.fabric, router, strangers):
        line = asker.route(address)
        if line is not None and line.interface not in asker.interfaces and asker.source_towards(address) != own:
            continue  # into a tunnel, whose device has an address of its own
        found = predict(world, asker.id, address, source_address=own)
        if found.outcome is not Outcome.NO_WAY_BACK or found.hook is not Hook.ROUTE or found.node != router.id:
            continue
        if found.answer[-1].steps[-1].packet.destination != own:
            continue  # it was translated, to what is no network of the lab
        place, there = None if line is None else line.origin, router.node.origin
        if place is None:
            continue
        diagnostics.report(
            catalogue.ONE_WAY_PATH,
            f"`{asker.id}` has a way to `{found.request[-1].node}`, and `{router.id}` none back to {prefix}",
            place,
            related=() if there is None else (Label(there, f"no route to {prefix} here"),),
        )
        return


def _flows(fabric: Fabric, router: View, strangers: list[_Host]) -> Iterator[tuple[_Host, _Host]]:
    """From each stranger to a host beside the router that would answer it by the router."""
    beside = [
        (view, given.ip, given.network)
        for leg in router.node.interfaces
        for view, there in fabric.members.get(fabric.segment_of[leg.network], ())
        if view.node.kind.is_end_system
        for given in there.addresses
    ]
    for stranger in strangers:
        for host in beside:
            hop = host[0].route(stranger[1]) if host[1].version == stranger[1].version else None
            if hop is None or hop.gateway is None or hop.interface not in host[0].interfaces:
                continue
            found = fabric.neighbour(host[0], hop.interface, hop.gateway)
            if found is not None and found[0] is router:
                yield stranger, host
                break
