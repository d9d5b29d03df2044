"""A difference as JSON: one stable schema, described in docs/diff.md."""

from netdsl.cli.flow_json import as_text, names
from netdsl.diff.types import Change, Difference, FlowChange, Names, Party
from netdsl.ir.dump import Json

FORMAT_VERSION = 1
"""Counts up when a field changes its meaning or goes; new fields come without notice."""


def diff_json(difference: Difference, esp: str) -> str:
    """One ASCII document with a line end after it."""
    return as_text(
        {
            "format": "netdsl-diff",
            "version": FORMAT_VERSION,
            "lab": _names(difference.lab),
            "esp": esp,
            "differs": not difference.is_empty,
            "asked": names(difference.asked),
            "left_out": names(difference.left_out),
            "flows": [_flow(one) for one in difference.flows],
            "changes": [_change(one) for one in difference.changes],
            "expectations": [
                {
                    "text": one.text,
                    "block": one.block,
                    "before": one.before.value,
                    "after": one.after.value,
                    "reason": one.reason or None,
                }
                for one in difference.expectations
            ],
            "findings": [
                {"code": one.code, "severity": one.severity.value, "message": one.message, "is_new": one.is_new}
                for one in difference.findings
            ],
        }
    )


def _names(found: Names) -> dict[str, Json]:
    return {"before": found.before, "after": found.after}


def _flow(flow: FlowChange) -> Json:
    return {
        "turn": flow.turn.value,
        "services": names(flow.services),
        "from": [_party(one) for one in flow.sources],
        "to": [_party(one) for one in flow.destinations],
        "encrypted": flow.is_encrypted,
        "answered": {True: "all", False: "none", None: "some"}[flow.is_answered],
        "known": flow.known or None,
        "count": flow.count,
        "reason": flow.reason or None,
    }


def _party(party: Party) -> Json:
    kind = "all" if party.names is None else "network" if party.is_network else "address" if party.address else "node"
    return {
        "kind": kind,
        "name": None if party.names is None else _names(party.names),
        "address": None if party.address is None else _names(party.address),
        "nodes": [_names(one) for one in party.nodes],
    }


def _change(change: Change) -> Json:
    details: list[Json] = [{"what": one.what, "before": one.before, "after": one.after} for one in change.details]
    return {"kind": change.kind, **_names(change.names), "because": change.because or None, "details": details}
