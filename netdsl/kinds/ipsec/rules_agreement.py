"""Rules on what the two ends of a tunnel say differently, and what comes of it where the tunnel comes up all the same."""

from collections.abc import Iterator

from netdsl.dataclass import dataclass
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import Prefix
from netdsl.kinds.ipsec.agreeing import agreed, subset
from netdsl.kinds.ipsec.bindings import bound_child, bound_tunnel, seen_by
from netdsl.kinds.ipsec.catalogue import ENDS_DISAGREE
from netdsl.semantics.bindings import BoundChild, BoundEnd, BoundTunnel
from netdsl.source import Place


@dataclass(frozen=True, slots=True)
class _Pair:
    """A child as the first end has it, and as another end has it."""

    tunnel: BoundTunnel
    first: BoundEnd
    other: BoundEnd
    mine: BoundChild
    theirs: BoundChild


def check_agreement(tunnel: BoundTunnel, diagnostics: Diagnostics) -> None:
    """What keeps a tunnel down is told as such, of the packets."""
    for pair in _pairs(tunnel):
        _selectors(pair, diagnostics)
        _exchange(pair, diagnostics)
        _only(pair, diagnostics)
        _mode(pair, diagnostics)


def _pairs(tunnel: BoundTunnel) -> Iterator[_Pair]:
    if not bound_tunnel(tunnel).own:
        return
    first, *others = tunnel.ends
    for other in others:
        theirs = {child.name: child for child in seen_by(tunnel, other.node).children_of[other.node]}
        for mine in seen_by(tunnel, first.node).children_of[other.node]:
            yield _Pair(tunnel, first, other, mine, theirs[mine.name])


def _selectors(pair: _Pair, diagnostics: Diagnostics) -> None:
    """What passes is what both have (RFC 7296, section 2.9)."""
    for owner, mine, theirs in (
        (pair.first, pair.mine.left, pair.theirs.left),
        (pair.other, pair.mine.right, pair.theirs.right),
    ):
        common = subset(mine, theirs)
        if set(mine) != set(theirs) and common:
            message = (
                f"`{pair.first.node}` has {_shown(mine)} at `{owner.node}` in `{pair.tunnel.id}`, and `{pair.other.node}` "
                f"has {_shown(theirs)}: {_shown(common)} passes"
            )
            places = [bound_child(child).selectors_place for child in (pair.mine, pair.theirs)]
            _report(pair, message, places, "the same networks at both ends", diagnostics)
            return


def _exchange(pair: _Pair, diagnostics: Diagnostics) -> None:
    """The first keys of a child are made with those of IKE; new ones need a key exchange of its own, if it has one."""
    mine, theirs = bound_child(pair.mine), bound_child(pair.theirs)
    protocol = mine.protocol
    if protocol != theirs.protocol or agreed(mine.proposals, theirs.proposals, protocol):
        return
    if not agreed(mine.proposals, theirs.proposals, protocol, has_exchange=False):
        return
    message = (
        f"the ends of `{pair.tunnel.id}` have no key exchange in common: it comes up, and its keys cannot be renewed"
    )
    _report(pair, message, [mine.place, theirs.place], f"the same `{protocol}` at both ends", diagnostics)


def _only(pair: _Pair, diagnostics: Diagnostics) -> None:
    mine, theirs = bound_child(pair.mine), bound_child(pair.theirs)
    ours, others = ((set(child.only), set(child.only_from)) for child in (pair.mine, pair.theirs))
    if ours != others:
        message = f"the ends of `{pair.tunnel.id}` carry different services: what both have passes"
        _report(pair, message, [mine.only_place, theirs.only_place], "the same `only` at both ends", diagnostics)


def _mode(pair: _Pair, diagnostics: Diagnostics) -> None:
    if pair.mine.mode is not pair.theirs.mode:
        message = f"one end of `{pair.tunnel.id}` is in transport mode and the other is not: it comes up in tunnel mode"
        places = [bound_child(child).mode_place for child in (pair.mine, pair.theirs)]
        _report(pair, message, places, "the same `mode` at both ends", diagnostics)


def _report(pair: _Pair, message: str, places: list[Place | None], advice: str, diagnostics: Diagnostics) -> None:
    """At the line of one end, with that of the other."""
    said = [(place, end) for place, end in zip(places, (pair.first, pair.other), strict=True) if place is not None]
    (place, end), *others = said or [(pair.mine.place, pair.first)]
    related = tuple(Label(other, f"of `{each.node}`") for other, each in others if other != place)
    if not related:
        owner = pair.other if end is pair.first else pair.first
        related = (Label(owner.place, f"`{owner.node}`"),) if owner.place != place else ()
    diagnostics.report(ENDS_DISAGREE, message, place, f"of `{end.node}`", related=related, help=advice)


def _shown(prefixes: tuple[Prefix, ...]) -> str:
    return " and ".join(map(str, prefixes)) or "its virtual address"
