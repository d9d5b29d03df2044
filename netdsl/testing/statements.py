"""Places as reports show them. `netdsl.verify.sentences` has the texts of claims and blocks."""

from netdsl.source import Place


def shown_place(place: Place | None) -> str:
    """File and line: `lab.net:52`."""
    if place is None:
        return "-"
    return f"{place.span.source.name}:{place.span.source.position(place.span.start)[0]}"
