"""Ports of a node that a tunnel listens on, and something else: a service, or a tunnel of another kind."""

from collections.abc import Iterator
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.diagnostics.catalogue import PORT_TAKEN
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NodeId
from netdsl.ir.service import PortService
from netdsl.ir.service_kinds import listens_on
from netdsl.semantics.bindings import BoundNode, BoundTunnel
from netdsl.semantics.rules.facts import Facts
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class _Listener:
    """`owner`: of a tunnel its kind, all of whose tunnels may share a port or have a rule of their own."""

    ports: PortService
    owner: str
    shown: str
    place: Place = field(compare=False)

    @property
    def first(self) -> int:
        return self.ports.first or 0

    @property
    def last(self) -> int:
        return self.ports.last if self.ports.last is not None else self.first


def check_ports(facts: Facts, diagnostics: Diagnostics) -> None:
    """port-taken, of two tunnels once for all of their nodes."""
    told: set[tuple[Place, Place]] = set()
    for node in facts.nodes:
        tunnels = facts.tunnels_of.get(node.id, ())
        if tunnels:
            _check(node, tunnels, told, diagnostics)


def _check(
    node: BoundNode, tunnels: tuple[BoundTunnel, ...], told: set[tuple[Place, Place]], diagnostics: Diagnostics
) -> None:
    """In the order of ports each overlaps the one that reaches furthest so far, or none."""
    widest: _Listener | None = None
    for one in sorted(_listeners(node, tunnels), key=lambda one: (one.ports.protocol.name, one.first, one.last)):
        if widest is None or widest.ports.protocol is not one.ports.protocol or widest.last < one.first:
            widest = one
            continue
        if widest.owner != one.owner and (widest.place, one.place) not in told:
            told.add((widest.place, one.place))
            _report(node.id, widest, one, diagnostics)
        widest = max(widest, one, key=lambda listener: listener.last)


def _listeners(node: BoundNode, tunnels: tuple[BoundTunnel, ...]) -> Iterator[_Listener]:
    """Of the tunnels of a kind with one port the first."""
    for served in node.services:
        for ports in listens_on(served.kind, served.service):
            yield _Listener(ports, "", f"the service `{served.name}`", served.place)
    seen: set[tuple[str, PortService]] = set()
    for tunnel in tunnels:
        for ports in tunnel.listening.get(node.id, ()):
            if (tunnel.kind, ports) not in seen:
                seen.add((tunnel.kind, ports))
                yield _Listener(ports, tunnel.kind, f"the tunnel `{tunnel.id}`", tunnel.place)


def _report(node: NodeId, one: _Listener, other: _Listener, diagnostics: Diagnostics) -> None:
    """At the tunnel, of two at the second one."""
    first, second = (one, other) if other.owner else (other, one)
    diagnostics.report(
        PORT_TAKEN,
        f"{first.shown} and {second.shown} of `{node}` listen on {min(first.ports, second.ports, key=_width)}",
        second.place,
        related=(Label(first.place, f"{first.shown} has the port"),),
        help="another port for one of the two",
    )


def _width(ports: PortService) -> int:
    return (ports.last or 0) - (ports.first or 0)
