"""A comparison for machines: JSON with stable keys, CSV with a value on each line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from netdsl.comparing.cautions import usable_rounds
from netdsl.comparing.figures import figures
from netdsl.comparing.paper_types import OnPaper, Paper
from netdsl.comparing.table import ratio
from netdsl.comparing.types import Column, Comparison, Quantity, Spread, Unit
from netdsl.measuring.types import Run

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


def comparison_json(comparison: Comparison, paper: Paper | None = None) -> str:
    """Values in seconds, bytes, bits and packets a second, shares of 1; `ratios`: of medians, to the first run's."""
    subject = comparison.runs[0].subject
    return as_text(
        {
            "format": "netdsl-comparison",
            "version": VERSION,
            "lab": {
                "name": subject.name,
                "title": subject.title or None,
                "digest": subject.digest,
                "nodes": subject.nodes,
                "networks": subject.networks,
                "tunnels": subject.tunnels,
                "parameters": {one.name: one.value for one in subject.parameters},
            },
            "runs": [_run(run, column) for run, column in zip(comparison.runs, comparison.columns, strict=True)],
            "warnings": list(comparison.warnings),
            "quantities": [_quantity(one) for one in comparison.quantities],
            "expectations": [
                {"place": one.place, "text": one.text, "by_run": [verdict or None for verdict in one.by_run]}
                for one in comparison.verdicts
            ],
            "paper": None if paper is None else paper_data(paper),
        }
    )


def comparison_csv(comparison: Comparison) -> str:
    """run, target, round, key, value, unit: every value of every round, each round-trip time and verdict too."""
    rows: list[tuple[object, ...]] = [("run", "target", "round", "key", "value", "unit")]
    for run, column in zip(comparison.runs, comparison.columns, strict=True):
        rows += ((column.name, run.target, *cells) for cells in _values(run))
    return as_csv(rows)


def _values(run: Run) -> Iterator[tuple[object, ...]]:
    for taken in usable_rounds(run):
        for figure in figures(run, taken):
            yield taken.number, figure.key, figure.value, figure.unit.value
        for latency in taken.latencies:
            for time in latency.times:
                yield taken.number, f"latency.{latency.path}.sample", time, Unit.SECONDS.value
        for line in taken.lines:
            yield taken.number, f"expectation {line.place} {line.text}", line.verdict, ""


def _run(run: Run, column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "caveat": column.caveat or None,
        "target": run.target,
        "netdsl": run.netdsl,
        "payload": run.subject.payload,
        "machine": {
            "processor": run.machine.processor,
            "cores": run.machine.cores,
            "memory": run.machine.memory,
            "architecture": run.machine.architecture,
            "kernel": run.machine.kernel,
            "system": run.machine.system,
        },
        "facts": {one.name: one.value for one in run.facts},
        "methods": {one.name: one.value for one in run.methods},
        "wanted": run.wanted,
        "rounds": [
            {"number": one.number, "began": one.began, "seconds": one.seconds, "load": list(one.load)}
            for one in usable_rounds(run)
        ],
    }


def _quantity(one: Quantity) -> dict[str, object]:
    return {
        "key": one.key,
        "group": one.group.value,
        "title": one.title,
        "detail": one.detail,
        "unit": one.unit.value,
        "better": one.better,
        "by_run": [_spread(each) for each in one.by_run],
        "ratios": [ratio(one, 0, number) for number in range(len(one.by_run))],
    }


def _spread(spread: Spread | None) -> dict[str, object] | None:
    if spread is None:
        return None
    return {"median": spread.median, "low": spread.low, "high": spread.high, "values": list(spread.values)}


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
