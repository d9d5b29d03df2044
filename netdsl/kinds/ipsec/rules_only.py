"""Rules on the types of ICMP that children carry."""

from collections.abc import Sequence

from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.icmp import MESSAGES, is_kind_of
from netdsl.ir.ids import NodeId
from netdsl.ir.service import Protocol
from netdsl.kinds.ipsec.bindings import bound_child
from netdsl.kinds.ipsec.catalogue import ONLY_ICMP_TYPE, ONLY_IMPOSSIBLE
from netdsl.semantics.bindings import BoundChild, BoundTunnel
from netdsl.semantics.rules.facts import families, selectors
from netdsl.source import Place

_PAIRS = {"echo-request": ("echo-reply", "their replies"), "echo-reply": ("echo-request", "the requests")}


def check_only(tunnels: tuple[BoundTunnel, ...], diagnostics: Diagnostics) -> None:
    between: dict[frozenset[NodeId], list[BoundChild]] = {}
    for tunnel in tunnels:
        _families(tunnel, diagnostics)
        for end in tunnel.ends[1:]:
            nodes = frozenset((tunnel.ends[0].node, end.node))
            between.setdefault(nodes, []).extend(tunnel.children_of[end.node])
    told: set[Place] = set()
    for children in between.values():
        _halves(children, told, diagnostics)


def _families(tunnel: BoundTunnel, diagnostics: Diagnostics) -> None:
    """A child has something to carry in each family of its networks."""
    told: set[Place] = set()
    for one in selectors(tunnel):
        place = bound_child(one.child).only_place
        if place is None or place in told:
            continue
        for version in sorted(families(one.local) & families(one.remote)):
            if all(each.icmp_type and MESSAGES[each.icmp_type].form(version) is None for each in one.child.only):
                told.add(place)
                shown = ", ".join(f"`{each}`" for each in one.child.only)
                message = f"IPv{version} has no {shown}, and `{tunnel.id}` carries networks of IPv{version}"
                advice = "`only icmp` carries all messages of both families; or a child for each family"
                diagnostics.report(ONLY_IMPOSSIBLE, message, place, help=advice)
                break


def _halves(children: Sequence[BoundChild], told: set[Place], diagnostics: Diagnostics) -> None:
    for child in children:
        place = bound_child(child).only_place
        for name, (other, what) in _PAIRS.items():
            is_typed = any(each.icmp_type == name for each in child.only)
            if not is_typed or place is None or place in told or any(_carries(each, other) for each in children):
                continue
            told.add(place)
            diagnostics.report(
                ONLY_ICMP_TYPE,
                f"`{child.name}` carries `icmp/{name}`, and {what} go beside it: a policy takes the types that it has",
                place,
                related=() if child.place == place else (Label(child.place, "the child"),),
                help=f"`only icmp/{name}, icmp/{other}` carries both, `only icmp` all of ICMP",
            )


def _carries(child: BoundChild, name: str) -> bool:
    return not child.only or any(
        each.protocol is Protocol.ICMP and is_kind_of(name, each.icmp_type) for each in child.only
    )
