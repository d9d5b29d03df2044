"""Grades as a table of 80 columns, as JSON, as CSV and as a Markdown table.

Paths, statements and reasons come from others: nothing in them is obeyed by a terminal, a spreadsheet or a page.
"""

import json
import textwrap
from collections.abc import Iterator, Sequence

from netdsl.diagnostics import markdown
from netdsl.diagnostics.spreadsheet import csv_text, inert
from netdsl.diagnostics.visible import visible
from netdsl.testing.grade import Grade, Point
from netdsl.testing.report import WIDTH

FORMAT = 2


def table(grades: Sequence[Grade]) -> str:
    """A line for each file, followed by its lost points with reasons, or by why it could not be graded."""
    names = [visible(_name(grade)) for grade in grades]
    width = max(map(len, names), default=0)
    lines: list[str] = []
    for grade, name in zip(grades, names, strict=True):
        lines.append(f"{name:{width}}  {grade.won:3} of {grade.of:3}  {grade.percent:5.1f} %")
        if grade.failure:
            lines += _hanging(f"not graded: {grade.failure}")
        else:
            lines += (line for point in grade.points if not point.is_won for line in _lost(point))
    return "".join(f"{line}\n" for line in lines)


def _name(grade: Grade) -> str:
    return grade.file if grade.variant is None else f"{grade.file} {grade.variant}"


def _lost(point: Point) -> Iterator[str]:
    weight = "" if point.worth == 1 else f" ({point.worth} points)"
    return _hanging(f"{point.place} {point.statement}{weight}: {point.reason}")


def _hanging(text: str) -> Iterator[str]:
    yield from textwrap.wrap(visible(text), WIDTH, initial_indent="  - ", subsequent_indent="    ")


def as_csv(grades: Sequence[Grade]) -> str:
    """A row for each file: path, variant, points, of how many, per cent, why the file could not be graded, lost
    statements."""
    rows: list[tuple[object, ...]] = [("file", "variant", "points", "of", "percent", "failure", "lost")]
    for grade in grades:
        figures = (grade.won, grade.of, f"{grade.percent:.1f}")
        rows.append((grade.file, grade.variant or "", *figures, grade.failure, _lost_statements(grade)))
    return csv_text(rows)


def _lost_statements(grade: Grade) -> str:
    if grade.failure:
        return ""
    return "; ".join(point.statement for point in grade.points if not point.is_won)


def as_markdown(grades: Sequence[Grade]) -> str:
    """A table, a row for each file."""
    variants = any(grade.variant is not None for grade in grades)
    rows = [["File", *(["Variant"] if variants else []), "Points", "Of", "%", "Lost"]]
    for grade in grades:
        lost = f"not graded: {grade.failure}" if grade.failure else _lost_statements(grade)
        texts = [grade.file, *([grade.variant or ""] if variants else [])]
        figures = [str(grade.won), str(grade.of), f"{grade.percent:.1f}"]
        rows.append([*(markdown.text(inert(text)) for text in texts), *figures, markdown.text(inert(lost))])
    return "".join(f"{line}\n" for line in markdown.table(rows))


def as_json(grades: Sequence[Grade]) -> str:
    """`format` is incremented at incompatible changes of this document."""
    files = [
        {
            "file": grade.file,
            "variant": grade.variant,
            "points": grade.won,
            "of": grade.of,
            "percent": round(grade.percent, 1),
            "failure": grade.failure or None,
            "lines": [
                {
                    "statement": point.statement,
                    "place": point.place,
                    "points": point.worth,
                    "is_won": point.is_won,
                    "reason": point.reason,
                }
                for point in grade.points
            ],
        }
        for grade in grades
    ]
    return json.dumps({"format": FORMAT, "grades": files}, indent=1) + "\n"
