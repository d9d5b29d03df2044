"""Analysing a lab that the command line names: a file, or `-` for standard input."""

import sys
from typing import NoReturn

import click

from netdsl.cli.console import show_findings
from netdsl.cli.each import file_of
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.packets.types import Esp
from netdsl.pipeline.analysis import Checked, check, check_text, loaded, lowered
from netdsl.pipeline.mending import with_near_misses
from netdsl.semantics.load import Sources


def analyse(lab: str, parameters: dict[str, str], esp: Esp = Esp.KERNEL, *, is_trusted: bool) -> Checked:
    """With near misses where an expectation fails. Raises UsageError where the lab's own file is not there or no file,
    OSError where it cannot be read."""
    return with_near_misses(_checked(lab, parameters, esp, is_trusted=is_trusted), parameters, esp=esp)


def _checked(lab: str, parameters: dict[str, str], esp: Esp = Esp.KERNEL, *, is_trusted: bool) -> Checked:
    if lab == "-":
        return check_text(sys.stdin.buffer.read(), parameters, esp=esp, is_trusted=is_trusted)
    return check(file_of(lab), parameters, esp=esp, is_trusted=is_trusted)


def checked_lab(lab: str, parameters: dict[str, str], esp: Esp = Esp.KERNEL, *, is_trusted: bool) -> Checked:
    """As `analyse`, with near misses where there is no lab alone. Raises as that."""
    checked = _checked(lab, parameters, esp, is_trusted=is_trusted)
    return checked if checked.lab is not None else with_near_misses(checked, parameters, esp=esp)


def analysed_lab(source: str, parameters: dict[str, str], *, is_trusted: bool, is_proven: bool = False) -> Lab:
    """The lab of a source, whatever is expected of it; with `is_proven` one whose expectations hold.

    Ends the verb with status 1 where it has an error, which is shown. Raises as `analyse`.
    """
    checked = _checked(source, parameters, is_trusted=is_trusted)
    if checked.lab is None or (is_proven and checked.diagnostics.has_errors):
        stop(with_near_misses(checked, parameters))
    return checked.lab


def sources_of(lab: str, diagnostics: Diagnostics, *, is_trusted: bool) -> Sources:
    """The parsed files of a lab. Raises as `analyse`."""
    return loaded(file_of(lab), diagnostics, is_trusted=is_trusted)


def lowered_lab(source: str, parameters: dict[str, str], *, is_trusted: bool) -> Lab:
    """The lab of a file, of which nothing is proven. Ends the verb with status 1 where it has an error, which is shown.
    Raises as `analyse`."""
    diagnostics = Diagnostics()
    lab = lowered(file_of(source), parameters, diagnostics, is_trusted=is_trusted)
    if lab is None:
        show_findings(diagnostics, "text")
        raise click.exceptions.Exit(1)
    return lab


def stop(checked: Checked, form: str = "text", variant: str = "") -> NoReturn:
    """Show the findings and end the verb with status 1."""
    show_findings(checked.diagnostics, form, variant)
    raise click.exceptions.Exit(1)
