"""`farp yes [for NODES]`: ends that answer ARP for what is behind the other ends."""

from collections.abc import Mapping

from netdsl.ir.ids import NodeId
from netdsl.kinds.ipsec.resolve_own import Lines
from netdsl.semantics.bindings import BoundEnd
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.work import Work
from netdsl.source import Place


def farp(lines: Lines, ends: tuple[BoundEnd, ...], work: Work) -> Mapping[NodeId, Place]:
    """The ends for which it is said, and where; without `for` the gateway, or both of two ends."""
    found: dict[NodeId, Place] = {}
    for end in ends:
        line = lines.of(end.node, work).attribute("farp")
        if line is None or not attributes.yes_or_no(line, False, work.diagnostics):
            continue
        if end.role != "client" or line[0].nodes:
            found[end.node] = line[1].place
    return found
