"""What `compare` says, in each of its forms."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from netdsl.cli.console import columns, complain, note
from netdsl.comparing.machine import comparison_csv, comparison_json, paper_csv, paper_json
from netdsl.comparing.markdown import comparison_markdown, paper_markdown
from netdsl.comparing.paper_table import paper_table
from netdsl.comparing.paper_types import Paper
from netdsl.comparing.table import comparison_table
from netdsl.comparing.types import Comparison
from netdsl.comparing.variant_types import Variants
from netdsl.comparing.variants_output import variants_csv, variants_data, variants_json, variants_markdown
from netdsl.comparing.variants_table import variants_table
from netdsl.disk.named import write_whole
from netdsl.ir.lab import Lab

if TYPE_CHECKING:
    from netdsl.report import ReportError


OnPaper = Paper | Variants
"""A lab in each target; or what it is with each value of a parameter."""


def paper_text(found: OnPaper, form: str) -> str:
    if isinstance(found, Variants):
        return _variants_text(found, form)
    match form:
        case "json":
            return paper_json(found)
        case "csv":
            return paper_csv(found)
        case "markdown":
            return paper_markdown(found)
        case _:
            return paper_table(found, columns())


def _variants_text(found: Variants, form: str) -> str:
    match form:
        case "json":
            return variants_json(found)
        case "csv":
            return variants_csv(found)
        case "markdown":
            return variants_markdown(found)
        case _:
            return variants_table(found, columns())


def comparison_text(comparison: Comparison, found: OnPaper | None, form: str, *, is_file: bool) -> str:
    """With what differs on paper before it; on the terminal that is there already, in CSV the columns are others."""
    match form:
        case "json":
            if isinstance(found, Variants):
                return comparison_json(comparison, variants=variants_data(found))
            return comparison_json(comparison, found)
        case "csv":
            return comparison_csv(comparison)
        case "markdown":
            before = "" if found is None else paper_text(found, form) + "\n"
            return before + comparison_markdown(comparison)
        case _:
            before = paper_text(found, form) + "\n" if found is not None and is_file else ""
            return before + comparison_table(comparison, columns())


def check_report(file: str | None) -> None:
    """Say before hours of measuring that a page could not be made or kept: ends the verb with status 3 or raises
    UsageError."""
    if file is None:
        return
    if not Path(file).absolute().parent.is_dir():
        raise click.UsageError(f"--report {file}: there is no such folder")
    from netdsl.report import ReportError, check_plots

    try:
        check_plots()
    except ReportError as error:
        _refuse(error)


def _refuse(error: "ReportError") -> NoReturn:
    complain(error.message)
    complain(f"  help: {error.remedy}", prefix=False)
    raise click.exceptions.Exit(3) from error


def write_report(file: str | None, comparison: Comparison, found: OnPaper | None, lab: Lab | None) -> None:
    if file is None:
        return
    from netdsl.graph.build import graph_of
    from netdsl.graph.render_svg import render
    from netdsl.report import ReportError, page

    svg = None if lab is None else render(graph_of(lab))
    try:
        text = page(comparison, found, svg)
    except ReportError as error:
        _refuse(error)
    write_whole(Path(file), text)
    note(f"written: {file}")
