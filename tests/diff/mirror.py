"""A difference in the other direction, for labs in which nothing is renamed."""

from dataclasses import replace

from netdsl.diff import Change, Detail, Difference, FlowChange, Names, Party, Turn
from netdsl.diff.types import ExpectationChange, FindingChange

_TURNED = {
    Turn.OPENED: Turn.CLOSED,
    Turn.ENCRYPTED: Turn.CLEAR,
    Turn.ANSWERED: Turn.REFUSED,
    Turn.UNKNOWN: Turn.KNOWN,
    Turn.UNKNOWABLE: Turn.UNKNOWABLE,
}
_TURNED |= {other: one for one, other in _TURNED.items()}


def parts(found: Difference, *, is_mirrored: bool = False) -> tuple[object, ...]:
    """All that is in a difference, whatever its order; mirrored: of the two labs exchanged."""
    if is_mirrored:
        found = replace(
            found,
            lab=_names(found.lab),
            changes=tuple(map(_change, found.changes)),
            flows=tuple(map(_flow, found.flows)),
            expectations=tuple(map(_expectation, found.expectations)),
            findings=tuple(map(_finding, found.findings)),
        )
    changes = {(one.kind, one.names, frozenset(one.details), one.because) for one in found.changes}
    flows = {
        (
            one.turn,
            one.services,
            frozenset(map(_party_key, one.sources)),
            frozenset(map(_party_key, one.destinations)),
            one.is_encrypted,
            one.is_answered,
            one.known,
            one.count,
        )
        for one in found.flows
    }
    rest = (frozenset(found.expectations), frozenset(found.findings), found.asked, found.left_out)
    return (found.lab, changes, flows, *rest)


def _party_key(party: Party) -> tuple[object, ...]:
    return party.names, frozenset(party.nodes), party.is_network, party.address


def _names(names: Names) -> Names:
    return Names(names.after, names.before)


def _change(one: Change) -> Change:
    details = tuple(Detail(each.what, each.after, each.before) for each in one.details)
    return replace(one, names=_names(one.names), details=details)


def _party(one: Party) -> Party:
    return Party(
        None if one.names is None else _names(one.names),
        tuple(map(_names, one.nodes)),
        one.is_network,
        None if one.address is None else _names(one.address),
    )


def _flow(one: FlowChange) -> FlowChange:
    sources, goals = (tuple(map(_party, parties)) for parties in (one.sources, one.destinations))
    return replace(one, turn=_TURNED[one.turn], sources=sources, destinations=goals)


def _expectation(one: ExpectationChange) -> ExpectationChange:
    return replace(one, before=one.after, after=one.before)


def _finding(one: FindingChange) -> FindingChange:
    return replace(one, is_new=not one.is_new)
