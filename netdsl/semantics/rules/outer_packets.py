"""Whether a node can tell the outer packets of its tunnels apart."""

from collections.abc import Callable, Sequence
from itertools import permutations

from netdsl.diagnostics.catalogue import TUNNELS_NOT_TOLD_APART
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NodeId
from netdsl.semantics.bindings import BoundEnd, BoundTunnel

Mark = Callable[[BoundTunnel, BoundEnd, BoundEnd], object]
"""Of a tunnel, one of its ends and another: what tells its packets from those of other tunnels of the kind there."""

OTHER_ADDRESSES = "one tunnel that protects what both do, or other addresses as the ends of one (`between A.IF and B`)"
"""The remedy where the addresses alone tell tunnels apart."""


def addresses(_tunnel: BoundTunnel, end: BoundEnd, other: BoundEnd) -> object:
    """The mark of a kind whose packets have nothing but the two outer addresses."""
    return end.outer, other.reached


def check_told_apart(
    tunnels: Sequence[BoundTunnel], mark: Mark, what: str, remedy: str, diagnostics: Diagnostics
) -> None:
    """`what` two tunnels have in common, and what tells them apart, in the user's words. Linear in the ends."""
    seen: dict[tuple[NodeId, object], BoundTunnel] = {}
    told: set[str] = set()
    for tunnel in tunnels:
        for end, other in permutations(tunnel.ends, 2):
            before = seen.setdefault((end.node, mark(tunnel, end, other)), tunnel)
            if before is tunnel or tunnel.id in told:
                continue
            told.add(tunnel.id)
            diagnostics.report(
                TUNNELS_NOT_TOLD_APART,
                f"`{end.node}` cannot tell the packets of `{tunnel.id}` from those of `{before.id}`",
                tunnel.place,
                related=(Label(before.place, what),),
                help=remedy,
            )
