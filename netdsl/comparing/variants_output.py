"""One source with several values of a parameter, on paper: JSON, CSV, Markdown."""

from collections.abc import Iterator

from netdsl.comparing.machine import VERSION, as_text, paper_data
from netdsl.comparing.paper_table import ESTIMATE_TEXT
from netdsl.comparing.variant_types import PathOnPaper, Variant, Variants
from netdsl.comparing.variants_table import flow_texts, heading, limit_texts, names_of, rows
from netdsl.diagnostics.markdown import table, text
from netdsl.diagnostics.spreadsheet import csv_text


def variants_json(found: Variants) -> str:
    """Sizes in bytes of IP packets; `null`: unknown, or not in one piece."""
    return as_text({"format": "netdsl-variants", "version": VERSION, **variants_data(found)})


def variants_data(found: Variants) -> dict[str, object]:
    values = [one.value for one in found.variants]
    return {
        "parameter": found.parameter,
        "variants": [_variant(one) for one in found.variants],
        "flows": None
        if found.flows is None
        else [
            {
                "source": flow.source,
                "destination": flow.destination,
                "address": flow.address,
                "by_value": dict(zip(values, flow.by_value, strict=True)),
            }
            for flow in found.flows
        ],
    }


def _variant(one: Variant) -> dict[str, object]:
    reach = one.reach
    return {
        "value": one.value,
        "expectations": one.said,
        "tunnels": [{"name": of.name, "kind": of.kind, "encrypted": of.is_hiding, "mtu": of.mtu} for of in one.tunnels],
        "paths": [_path(path) for path in one.paths],
        "reach": None
        if reach is None
        else {
            "flows": reach.flows,
            "answered": reach.answered,
            "encrypted": reach.encrypted,
            "unknown": reach.unknown,
        },
        "packages": list(one.packages),
        "paper": paper_data(one.paper),
    }


def _path(path: PathOnPaper) -> dict[str, object]:
    return {
        "source": path.source,
        "destination": path.destination,
        "address": path.address,
        "ways": [
            {
                "esp": None if way.esp is None else way.esp.value,
                "tunnels": list(way.tunnels),
                "encrypted_on": list(way.hidden),
                "clear_on": list(way.clear),
                "sizes": [
                    {"payload": of.payload, "inside": of.inside, "outside": of.outside, "overhead": of.grown}
                    for of in way.sizes
                ],
                "largest": way.largest,
                "reason": way.reason or None,
            }
            for way in path.ways
        ],
    }


def variants_csv(found: Variants) -> str:
    """Columns: value, group, name, text. What the table has, a line of a cell each."""
    lines: list[tuple[object, ...]] = [("value", "group", "name", "text")]
    group = ""
    for one in rows(found):
        group = one.head or group
        for variant, cell in zip(found.variants, one.cells, strict=True):
            lines += ((variant.value, group, one.name, part) for part in cell)
    return csv_text(lines)


def variants_markdown(found: Variants) -> str:
    return "".join(f"{line}\n" for line in _markdown(found))


def _markdown(found: Variants) -> Iterator[str]:
    yield f"**{text(heading(found))}**, on paper: nothing was started"
    yield ""
    lines = [["", *map(text, names_of(found))]]
    for one in rows(found):
        if one.head:
            lines.append([f"**{text(one.head)}**", *("" for _ in one.cells)])
        lines.append([text(one.name), *("<br>".join(map(text, cell)) for cell in one.cells)])
    yield from table(lines)
    yield ""
    yield f"*{text(ESTIMATE_TEXT)}*"
    texts = (*flow_texts(found), *limit_texts(found))
    if texts:
        yield ""
    yield from (f"- {text(one)}" for one in texts)
