"""Near misses of kinds with a gateway and clients: clients that ask for one another, where the gateway does not relay."""

from collections.abc import Iterator

from netdsl.ir.tunnel import TunnelEnd
from netdsl.mending.candidate import Candidate, FailedLine
from netdsl.mending.statements import added, word_replaced
from netdsl.syntax.tree import Statement, WithBlock

_LINE, _CONTRARY = "relay yes", "relay no"


def relaying(failure: FailedLine, kind: str, statement: type[Statement]) -> Iterator[Candidate]:
    """For each tunnel of the kind with a gateway of which a node on the way is a client. `statement`: the class of its
    statement, which has a block."""
    told: set[str] = set()
    for hop in failure.verdict.request:
        for end in failure.view(hop.node).node.tunnels:
            if end.kind == kind and end.tunnel not in told and failure.must_pass and _may_relay(failure, end):
                told.add(end.tunnel)
                yield from _candidate(failure, end, statement)


def _may_relay(failure: FailedLine, end: TunnelEnd) -> bool:
    """Whether the end is a client of a gateway with several."""
    if end.peer is None:
        return False
    own = [one for one in failure.view(end.node).node.tunnels if one.tunnel == end.tunnel]
    others = [one for one in failure.view(end.peer).node.tunnels if one.tunnel == end.tunnel]
    return len(own) == 1 and len(others) > 1


def _candidate(failure: FailedLine, end: TunnelEnd, kind: type[Statement]) -> Iterator[Candidate]:
    statement = failure.statements.at(end.origin, kind)
    if not isinstance(statement, WithBlock) or statement.body is None:
        return
    text = f"the clients of tunnel `{end.tunnel}` reach one another with `{_LINE}`"
    contrary = word_replaced(statement.span, _CONTRARY, _LINE)
    yield Candidate(text, (contrary or added(statement.span, statement.body, _LINE),))
