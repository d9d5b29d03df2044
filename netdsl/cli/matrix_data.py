"""The matrix for machines: JSON and CSV, one record for each node, other node and address of it."""

from collections.abc import Iterable

from netdsl.cli.flow_json import as_text, names
from netdsl.diagnostics.spreadsheet import csv_text
from netdsl.ir.dump import Json
from netdsl.ir.service import PortService
from netdsl.packets.world import World
from netdsl.verify.types import Cell

FORMAT_VERSION = 1
"""Counts up when a field changes its meaning or goes; new fields come without notice."""

_HEADS = ("from", "to", "address", "outcome", "passes", "encrypted", "exact", "reason")


def matrix_json(world: World, service: PortService | None, cells: Iterable[Cell]) -> str:
    return as_text(
        {
            "format": "netdsl-matrix",
            "version": FORMAT_VERSION,
            "lab": world.lab.name,
            "esp": world.esp.value,
            "down": names((*world.held, *world.cut)),
            "service": None if service is None else str(service),
            "cells": [_record(cell) for cell in cells],
        }
    )


def _record(cell: Cell) -> dict[str, Json]:
    return {
        "from": cell.source,
        "to": cell.destination,
        "address": str(cell.address),
        "outcome": cell.outcome.value,
        "passes": cell.passes,
        "encrypted": cell.is_encrypted,
        "exact": cell.is_exact,
        "reason": cell.reason,
    }


def matrix_csv(cells: Iterable[Cell]) -> str:
    """With a line of heads; `yes` and `no` for what is one or the other."""
    return csv_text([_HEADS, *([_said(value) for value in _record(cell).values()] for cell in cells)])


def _said(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
