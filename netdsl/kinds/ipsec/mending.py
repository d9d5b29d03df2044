"""Near misses of IPsec: addresses behind a tunnel that hosts ask for on their own network, where nobody answers."""

from collections.abc import Iterator

from netdsl.ir.ids import Address, NodeId, Prefix
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipsec import tree
from netdsl.kinds.ipsec.ir import ends_of
from netdsl.mending.candidate import Candidate, FailedLine
from netdsl.mending.names import called
from netdsl.mending.statements import added
from netdsl.packets.types import Hook, Outcome


def propose_farp(failure: FailedLine) -> Iterator[Candidate]:
    """Each end that could answer for the address that the flow stops at."""
    verdict = failure.verdict
    if not failure.must_pass or verdict.hook is not Hook.NEIGHBOUR or verdict.node is None:
        return
    wanted = failure.asker if verdict.outcome is Outcome.NO_WAY_BACK else verdict.destination
    view, fabric = failure.view(verdict.node), failure.world.fabric
    segments = {fabric.segment_of[interface.network] for interface in view.node.interfaces}
    for other in dict.fromkeys(one.id for segment in segments for one, _ in fabric.members[segment]):
        for end in ends_of(failure.view(other).node.tunnels):
            if other != view.id and not end.answers_arp and _is_behind(wanted, end):
                yield from _answering(failure, end)


def _is_behind(address: Address | None, end: TunnelEnd) -> bool:
    ranges: list[Prefix] = [*end.pools, *(prefix for child in end.children for prefix in child.remote)]
    return address is not None and any(
        prefix.version == 4 and prefix.prefixlen > 0 and address in prefix for prefix in ranges
    )


def _answering(failure: FailedLine, end: TunnelEnd) -> Iterator[Candidate]:
    statement = failure.statements.at(end.origin, tree.Ipsec)
    if statement is None:
        return
    line = "farp yes" if end.pools else f"farp yes for {called(end.node, NodeId(str(end.tunnel)))}"
    fault = f"nobody answers ARP there for what is behind tunnel `{end.tunnel}`"
    yield Candidate(f"{fault}: `{line}` lets `{end.node}` answer", (added(statement.span, statement.body, line),))


PROPOSERS = (propose_farp,)
