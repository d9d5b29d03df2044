"""`netdsl grade`."""

import os
from collections.abc import Iterator

import click

from netdsl.cli.analysis import lowered_lab
from netdsl.cli.console import deliver
from netdsl.cli.each import parameter_values
from netdsl.cli.grading import Task, grades_of
from netdsl.cli.options import DEFINE, TARGET, UNTRUSTED
from netdsl.codegen.registry import driver_of
from netdsl.testing.bounded import Bounds
from netdsl.testing.grade import mended
from netdsl.testing.grades import as_csv, as_json, as_markdown, table

SOME_LOST = 1
SOME_NOT_GRADED = 4
"""Exit statuses."""
_FORMS = {"text": table, "json": as_json, "csv": as_csv, "markdown": as_markdown}
_PATIENCE, _WAITING = 5, 60
"""A process may take so many times its processor time by the clock, and so many seconds more: others compute as well."""
_PATIENCE_OF_RUNNING = 3600.0
_GRACE_OF_RUNNING = 60.0
"""Seconds for a running lab to be asked, and to be left as it was found."""


@click.command("grade")
@click.argument("reference", type=click.Path())
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE]...")
@DEFINE
@UNTRUSTED
@click.option("--each", metavar="PARAM", help="Once for each value that PARAM of REFERENCE may have.")
@click.option("--mended", "is_mended", is_flag=True, help="Failure blocks too: every line of theirs is to hold.")
@click.option("--running", "is_running", is_flag=True, help="Ask the running labs, not their sources alone.")
@TARGET
@click.option("-o", "--write", "file", type=click.Path(dir_okay=False), metavar="FILE", help="Write to a file.")
@click.option("--format", "form", type=click.Choice(list(_FORMS)), default="text", show_default=True)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Grade N files at the same time [the number of processors; 1 with --running].",
)
@click.option(
    "--seconds", type=click.IntRange(1, 3600), default=60, show_default=True, help="Processor time for each file."
)
@click.option(
    "--memory", type=click.IntRange(128), default=1024, show_default=True, metavar="MIB", help="Memory for each file."
)
def command(
    reference: str,
    files: tuple[str, ...],
    parameters: dict[str, str],
    is_trusted: bool,
    each: str | None,
    is_mended: bool,
    is_running: bool,
    target: str,
    file: str | None,
    form: str,
    jobs: int | None,
    seconds: int,
    memory: int,
) -> None:
    """Give points to each FILE for what REFERENCE expects; without FILE, to REFERENCE itself.

    Every line of an `expect` block is worth its points (`points 3`; else one), lists taken apart; a failure block is one
    line. Names have to be the same. What -D and --each give is given to FILE as well, where it has such a parameter.

    A FILE that cannot be read, does not compile, takes too much or (--untrusted) has what is refused gets no points, and
    the table says why; the others are graded. Status 1 where points are lost, 4 where a FILE could not be graded.
    """

    def tasks() -> Iterator[Task]:
        for value in parameter_values(reference, each) if each is not None else (None,):
            own = parameters if each is None or value is None else parameters | {each: value}
            lab = lowered_lab(reference, own, is_trusted=is_trusted or bool(files))
            for one in files or (reference,):
                expected = mended(lab) if is_mended else lab
                yield Task(one, expected, own, value, target if is_running else None, is_trusted=is_trusted)

    bounds = Bounds(seconds, memory << 20, float(_PATIENCE * seconds + _WAITING))
    if is_running:
        driver_of(target)
        bounds = Bounds(seconds, memory << 20, _PATIENCE_OF_RUNNING, _GRACE_OF_RUNNING)
    grades = grades_of(tasks(), bounds, jobs or (1 if is_running else len(os.sched_getaffinity(0))))
    deliver(_FORMS[form](grades), file)
    if any(one.failure for one in grades):
        raise click.exceptions.Exit(SOME_NOT_GRADED)
    if any(one.won < one.of for one in grades):
        raise click.exceptions.Exit(SOME_LOST)
