"""A comparison for machines: JSON with stable keys, CSV with a value on each line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from netdsl.comparing.paper_types import OnPaper, Paper

VERSION = 1
"""Counts up when a field changes its meaning or goes; new fields come without notice."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def paper_data(paper: Paper) -> dict[str, object]:
    """Bytes and seconds; `null` is not known."""
    return {
        "lab": paper.lab,
        "title": paper.title or None,
        "nodes": paper.nodes,
        "networks": paper.networks,
        "tunnels": paper.tunnels,
        "nodes_with_tunnels": paper.gateways,
        "same_inside": paper.is_same_inside,
        "targets": [_target(one) for one in paper.targets],
    }


def paper_json(paper: Paper) -> str:
    return as_text({"format": "netdsl-paper", "version": VERSION, **paper_data(paper)})


def paper_csv(paper: Paper) -> str:
    """target, kind (`trait`, `payload`, `estimate`, `limit`), name, value, unit, detail."""
    rows: list[tuple[object, ...]] = [("target", "kind", "name", "value", "unit", "detail")]
    for one in paper.targets:
        rows += ((one.target, "trait", trait.name, trait.value, "", trait.reason) for trait in one.traits)
        rows.append((one.target, "payload", "sha256", one.payload or "", "", ""))
        for each in one.estimates:
            figures = (("memory", each.memory, "B"), ("disk", each.disk, "B"),
                       ("fresh boot", each.fresh, "s"), ("warm boot", each.warm, "s"))  # fmt: skip
            rows += (
                (one.target, "estimate", name, "" if value is None else value, unit, each.case)
                for name, value, unit in figures
            )
        rows += ((one.target, "limit", each.severity.value, each.message, "", each.place) for each in one.limits)
    return as_csv(rows)


def _target(one: OnPaper) -> dict[str, object]:
    return {
        "target": one.target,
        "payload": one.payload,
        "traits": [{"name": each.name, "value": each.value, "reason": each.reason or None} for each in one.traits],
        "estimates": [
            {
                "case": each.case or None,
                "memory": each.memory,
                "disk": each.disk,
                "fresh": each.fresh,
                "warm": each.warm,
                "measured_on": each.measured_on,
            }
            for each in one.estimates
        ],
        "limits": [
            {
                "severity": each.severity.value,
                "code": each.code,
                "place": each.place,
                "message": each.message,
                "help": each.help or None,
            }
            for each in one.limits
        ],
    }


def as_text(document: dict[str, object]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def as_csv(rows: Iterable[tuple[object, ...]]) -> str:
    """RFC 4180. Text that a spreadsheet would take for a formula has an apostrophe before it."""
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerows(_safe(cells) for cells in rows)
    return out.getvalue()


def _safe(cells: Iterable[object]) -> Iterator[object]:
    for one in cells:
        yield f"'{one}" if isinstance(one, str) and one.startswith(_FORMULA) else one
