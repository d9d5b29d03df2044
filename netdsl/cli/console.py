"""The only place that prints."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.visible import visible
from netdsl.disk.named import write_whole
from netdsl.version import __version__

if TYPE_CHECKING:
    from rich.progress import Progress


def say(text: str = "") -> None:
    """A line of a verb's result, on standard output."""
    click.echo(text)


def write(text: str) -> None:
    """A result that brings its own line ends."""
    click.echo(text, nl=False)


def deliver(text: str, file: str | None) -> None:
    """A result that brings its own line ends, into a file or on standard output. Raises OSError."""
    if file is None:
        write(text)
    else:
        write_whole(Path(file), text)


def note(text: str) -> None:
    """Progress and remarks, on standard error: results can be piped."""
    click.echo(text, err=True)


def complain(text: str, *, prefix: bool = True) -> None:
    label = click.style("error", fg="red", bold=True) if _is_coloured(sys.stderr.isatty()) else "error"
    click.echo(f"{label}: {text}" if prefix else text, err=True)


def is_live() -> bool:
    """Whether standard error is a terminal on which a line can be written again and again."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def live_line() -> "Progress":
    """One line on standard error, as a context: what is done (a task's description), how long for, what is `left`. It goes
    away at the end."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
        TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
        TextColumn("{task.fields[left]}", markup=False, table_column=Column(no_wrap=True)),
        console=Console(stderr=True),
        transient=True,
        expand=True,
        refresh_per_second=4,
    )


def columns() -> int:
    """The width of the terminal; 80 where the output is none."""
    return shutil.get_terminal_size().columns


def _width_of_errors() -> int:
    """The width of the terminal that standard error is; COLUMNS goes before it. 120 where it is none."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    with suppress(OSError, ValueError):  # a stream without a file, or a file that is no terminal
        return os.get_terminal_size(sys.stderr.fileno()).columns
    return 120


def show_findings(diagnostics: Diagnostics, form: str, variant: str = "") -> None:
    """All findings: text on standard error, JSON and SARIF on standard output (they are the result). `variant`: the
    parameter with its value, where a lab is compiled for several."""
    match form:
        case "json":
            from netdsl.diagnostics.render_json import render_json

            write(render_json(diagnostics, variant=variant))
        case "sarif":
            from netdsl.diagnostics.render_sarif import render_sarif

            write(render_sarif(diagnostics, version=__version__, variant=variant))
        case _:
            if len(diagnostics):
                from netdsl.diagnostics.render_text import render_text

                if variant:
                    note(f"{visible(variant)}:")
                click.echo(
                    render_text(diagnostics, colour=_is_coloured(sys.stderr.isatty()), width=_width_of_errors()),
                    err=True,
                    nl=False,
                    color=True,
                )


def _is_coloured(is_terminal: bool) -> bool:
    """Colour on a terminal, none in a pipe; NO_COLOR (no-color.org) turns it off."""
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
