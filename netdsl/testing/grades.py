"""Grades as a table of 80 columns, as JSON and as CSV."""

import csv
import io
import json
import textwrap
from collections.abc import Iterator, Sequence

from netdsl.testing.grade import Grade, Point
from netdsl.testing.report import WIDTH

FORMAT = 1


def table(grades: Sequence[Grade]) -> str:
    """A line for each lab, followed by its lost points with reasons."""
    width = max((len(grade.lab) for grade in grades), default=0)
    lines: list[str] = []
    for grade in grades:
        lines.append(f"{grade.lab:{width}}  {grade.won:3} of {len(grade.points):3}  {grade.percent:5.1f} %")
        lines += (line for point in grade.points if not point.is_won for line in _lost(point))
    return "".join(f"{line}\n" for line in lines)


def _lost(point: Point) -> Iterator[str]:
    text = f"{point.place} {point.statement}: {point.reason}"
    yield from textwrap.wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def as_csv(grades: Sequence[Grade]) -> str:
    """RFC 4180 with line feeds, a row for each lab: name, points, number of points, per cent, lost points."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("lab", "points", "of", "percent", "lost"))
    for grade in grades:
        lost = "; ".join(_cell(point.statement) for point in grade.points if not point.is_won)
        writer.writerow((_cell(grade.lab), grade.won, len(grade.points), f"{grade.percent:.1f}", lost))
    return out.getvalue()


def _cell(text: str) -> str:
    """A cell that spreadsheets do not evaluate: text that begins as a formula is prefixed with an apostrophe."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def as_json(grades: Sequence[Grade]) -> str:
    """`format` is incremented at incompatible changes of this document."""
    labs = [
        {
            "lab": grade.lab,
            "points": grade.won,
            "of": len(grade.points),
            "percent": round(grade.percent, 1),
            "lines": [
                {"statement": point.statement, "place": point.place, "point": point.is_won, "reason": point.reason}
                for point in grade.points
            ],
        }
        for grade in grades
    ]
    return json.dumps({"format": FORMAT, "grades": labs}, indent=1, ensure_ascii=False) + "\n"
