"""Lines of a routing table that are claimed: to another next hop, for nearly the prefix, or missing."""

from collections.abc import Iterator

from netdsl.diagnostics.fix import Edit
from netdsl.ir.expectation import RoutesVia
from netdsl.ir.prefixes import ANYWHERE
from netdsl.mending.candidate import Candidate, FailedLine, instead
from netdsl.mending.prefixes import mended
from netdsl.mending.routes import hop_names, new_line, route_lines
from netdsl.mending.statements import stretch_of


def propose_table(failure: FailedLine) -> Iterator[Candidate]:
    """For `NODE routes PREFIX via NODE`."""
    claim = failure.claim
    if not isinstance(claim, RoutesVia) or claim.next_hop.node is None:
        return
    view, other = failure.view(claim.source), failure.view(claim.next_hop.node)
    is_default = claim.prefix == ANYWHERE[claim.prefix.version]
    for hop in hop_names(failure, view, other):
        for line in route_lines(failure, view):
            values = line.prefixes or ()
            place = stretch_of(line.next_hops)
            if any(value.span.text == str(claim.prefix) for value in values) or (is_default and not values):
                yield instead(line.span, f"of `{view.id}` leads to `{place.text}`", Edit(place, hop))
            for value in values if place.text == hop else ():
                text = mended(value, claim.prefix, claim.prefix.network_address)
                if text is not None:
                    yield instead(line.span, f"of `{view.id}` is not for {claim.prefix}", Edit(value.span, text))
        line_text = f"default via {hop}" if is_default else f"route {claim.prefix} via {hop}"
        edit = new_line(failure, view, line_text)
        if edit is not None:
            yield Candidate(f"`{view.id}` has no route of its own to {claim.prefix}: `{line_text}`", (edit,))
