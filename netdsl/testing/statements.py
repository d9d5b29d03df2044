"""How reports name places; claims and blocks are put into words by `netdsl.verify.sentences`."""

from netdsl.source import Place


def shown_place(place: Place | None) -> str:
    """`lab.net:52`: a line is enough for a statement."""
    if place is None:
        return "-"
    return f"{place.span.source.name}:{place.span.source.position(place.span.start)[0]}"
