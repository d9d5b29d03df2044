"""A comparison for programs: JSON with stable keys, CSV with one value per line."""

import json
from collections.abc import Iterator

from netdsl.comparing.cautions import usable_rounds
from netdsl.comparing.figures import figures
from netdsl.comparing.paper_types import OnPaper, Paper
from netdsl.comparing.table import ratio
from netdsl.comparing.types import Column, Comparison, Quantity, Spread, Unit
from netdsl.diagnostics.spreadsheet import csv_text
from netdsl.measuring.types import Run

VERSION = 1
"""Incremented when a field changes its meaning or is removed; fields can be added without an increment."""


def paper_data(paper: Paper) -> dict[str, object]:
    """Sizes in bytes, times in seconds; `null`: unknown."""
    return {
        "lab": paper.lab,
        "title": paper.title or None,
        "nodes": paper.nodes,
        "networks": paper.networks,
        "tunnels": paper.tunnels,
        "nodes_with_tunnels": paper.gateways,
        "same_inside": paper.is_same_inside,
        "targets": [_target(target) for target in paper.targets],
    }


def paper_json(paper: Paper) -> str:
    return as_text({"format": "netdsl-paper", "version": VERSION, **paper_data(paper)})


def paper_csv(paper: Paper) -> str:
    """Columns: target, kind (`trait`, `payload`, `estimate`, `limit`), name, value, unit, detail."""
    rows: list[tuple[object, ...]] = [("target", "kind", "name", "value", "unit", "detail")]
    for target in paper.targets:
        rows += ((target.target, "trait", trait.name, trait.value, "", trait.reason) for trait in target.traits)
        rows.append((target.target, "payload", "sha256", target.payload or "", "", ""))
        for estimate in target.estimates:
            figures = (("memory", estimate.memory, "B"), ("disk", estimate.disk, "B"),
                       ("fresh boot", estimate.fresh, "s"), ("warm boot", estimate.warm, "s"))  # fmt: skip
            rows += (
                (target.target, "estimate", name, "" if value is None else value, unit, estimate.case)
                for name, value, unit in figures
            )
        rows += (
            (target.target, "limit", limit.severity.value, limit.message, "", limit.place) for limit in target.limits
        )
    return csv_text(rows)


def _target(target: OnPaper) -> dict[str, object]:
    return {
        "target": target.target,
        "payload": target.payload,
        "traits": [
            {"name": trait.name, "value": trait.value, "reason": trait.reason or None} for trait in target.traits
        ],
        "estimates": [
            {
                "case": estimate.case or None,
                "memory": estimate.memory,
                "disk": estimate.disk,
                "fresh": estimate.fresh,
                "warm": estimate.warm,
                "measured_on": estimate.measured_on,
            }
            for estimate in target.estimates
        ],
        "limits": [
            {
                "severity": limit.severity.value,
                "code": limit.code,
                "place": limit.place,
                "message": limit.message,
                "help": limit.help or None,
            }
            for limit in target.limits
        ],
    }


def comparison_json(
    comparison: Comparison, paper: Paper | None = None, variants: dict[str, object] | None = None
) -> str:
    """`variants`: what the values of a parameter differ in on paper (`variants_data`). Values in seconds, bytes, bits and
    packets per second, shares of 1. `ratios`: of the medians to the first run's."""
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
                "parameters": {item.name: item.value for item in subject.parameters},
            },
            "varied": {item.name: list(item.by_run) for item in comparison.varied},
            "runs": [_run(run, column) for run, column in zip(comparison.runs, comparison.columns, strict=True)],
            "warnings": list(comparison.warnings),
            "quantities": [_quantity(item) for item in comparison.quantities],
            "expectations": [
                {"place": item.place, "text": item.text, "by_run": [verdict or None for verdict in item.by_run]}
                for item in comparison.verdicts
            ],
            "paper": None if paper is None else paper_data(paper),
            "variants": variants,
        }
    )


def comparison_csv(comparison: Comparison) -> str:
    """Columns: run, target, round, key, value, unit. Every value of every round, with each round-trip time and
    verdict."""
    rows: list[tuple[object, ...]] = [("run", "target", "round", "key", "value", "unit")]
    for run, column in zip(comparison.runs, comparison.columns, strict=True):
        rows += ((column.name, run.target, *cells) for cells in _values(run))
    return csv_text(rows)


def _values(run: Run) -> Iterator[tuple[object, ...]]:
    for round_ in usable_rounds(run):
        for figure in figures(run, round_):
            yield round_.number, figure.key, figure.value, figure.unit.value
        for latency in round_.latencies:
            for time in latency.times:
                yield round_.number, f"latency.{latency.path}.sample", time, Unit.SECONDS.value
        for line in round_.lines:
            yield round_.number, f"expectation {line.place} {line.text}", line.verdict, ""


def _run(run: Run, column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "caveat": column.caveat or None,
        "target": run.target,
        "netdsl": run.netdsl,
        "parameters": {item.name: item.value for item in run.subject.parameters},
        "digest": run.subject.digest,
        "payload": run.subject.payload,
        "machine": {
            "processor": run.machine.processor,
            "cores": run.machine.cores,
            "memory": run.machine.memory,
            "architecture": run.machine.architecture,
            "kernel": run.machine.kernel,
            "system": run.machine.system,
        },
        "facts": {item.name: item.value for item in run.facts},
        "methods": {item.name: item.value for item in run.methods},
        "wanted": run.wanted,
        "done": run.done,
        "rounds": [
            {"number": item.number, "began": item.began, "seconds": item.seconds, "load": list(item.load)}
            for item in usable_rounds(run)
        ],
    }


def _quantity(quantity: Quantity) -> dict[str, object]:
    return {
        "key": quantity.key,
        "group": quantity.group.value,
        "title": quantity.title,
        "detail": quantity.detail,
        "unit": quantity.unit.value,
        "better": quantity.better,
        "by_run": [_spread(spread) for spread in quantity.by_run],
        "ratios": [ratio(quantity, 0, number) for number in range(len(quantity.by_run))],
    }


def _spread(spread: Spread | None) -> dict[str, object] | None:
    if spread is None:
        return None
    return {"median": spread.median, "low": spread.low, "high": spread.high, "values": list(spread.values)}


def as_text(document: dict[str, object]) -> str:
    return json.dumps(document, indent=1) + "\n"
