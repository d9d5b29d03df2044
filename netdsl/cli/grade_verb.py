"""`netdsl grade`."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click

from netdsl.cli.analysis import analysed_lab
from netdsl.cli.console import deliver, note
from netdsl.cli.deployment import find_deployment
from netdsl.cli.each import lab_name, parameter_names, parameter_values
from netdsl.cli.options import DEFINE, TARGET
from netdsl.cli.place import BUILD
from netdsl.dataclass import dataclass
from netdsl.ir.lab import Lab
from netdsl.testing.grade import Grade, Outcome, grade, mended, proven
from netdsl.testing.grades import as_csv, as_json, table
from netdsl.testing.run import run

_FORMS = {"text": table, "json": as_json, "csv": as_csv}


@click.command("grade")
@click.argument("reference", type=click.Path())
@click.argument("others", nargs=-1, type=click.Path(), metavar="[OTHER]...")
@DEFINE
@click.option("--each", metavar="PARAM", help="Once for each value that PARAM of REFERENCE may have.")
@click.option("--mended", "is_mended", is_flag=True, help="Failure blocks too: every line of theirs is to hold.")
@click.option("--running", "is_running", is_flag=True, help="Ask the running labs, not their sources alone.")
@TARGET
@click.option("-o", "--write", "file", type=click.Path(dir_okay=False), metavar="FILE", help="Write to a file.")
@click.option("--format", "form", type=click.Choice(list(_FORMS)), default="text", show_default=True)
def command(
    reference: str,
    others: tuple[str, ...],
    parameters: dict[str, str],
    each: str | None,
    is_mended: bool,
    is_running: bool,
    target: str,
    file: str | None,
    form: str,
) -> None:
    """Give points to each lab OTHER for what REFERENCE expects; without OTHER, to REFERENCE itself.

    Every line of an `expect` block is a point, lists taken apart; a failure block is one. Names have to be the same.
    What -D and --each give is given to OTHER as well, where it has such a parameter.
    """
    grades = tuple(_grades(_Task(reference, others, parameters, each, target, is_mended, is_running)))
    deliver(_FORMS[form](grades), file)
    if any(one.won < len(one.points) for one in grades):
        raise click.exceptions.Exit(1)


@dataclass(frozen=True, slots=True)
class _Task:
    reference: str
    others: tuple[str, ...]
    parameters: dict[str, str]
    each: str | None
    target: str
    is_mended: bool
    is_running: bool


def _grades(task: _Task) -> Iterator[Grade]:
    values = parameter_values(task.reference, task.each) if task.each is not None else (None,)
    for value in values:
        own = task.parameters if task.each is None or value is None else task.parameters | {task.each: value}
        expected = analysed_lab(task.reference, own)
        for other in task.others or (task.reference,):
            lab = expected
            if other != task.reference:
                known = parameter_names(other)
                lab = analysed_lab(other, {name: text for name, text in own.items() if name in known})
            folder = _folder(other, value, task.target) if task.is_running and value is not None else None
            judge = partial(_seen, other, task.target, folder) if task.is_running else proven
            yield grade(_name(other, lab, value), mended(expected) if task.is_mended else expected, lab, judge)


def _name(path: str, lab: Lab, value: str | None) -> str:
    """What tells the graded labs apart: files are as a rule called after students, labs all the same."""
    name = lab.name if Path(path).name in ("lab.net", "-") else Path(path).stem
    return name if value is None else f"{name}-{value}"


def _folder(path: str, value: str, target: str) -> str:
    """Where `compile --each` has put it."""
    return str(BUILD / f"{lab_name(path)}-{value}" / target)


def _seen(path: str, target: str, folder: str | None, lab: Lab) -> list[Outcome]:
    """By the running lab. Raises DriverError."""
    driver, deployment = find_deployment(path, target, folder, None)
    results = run(lab, driver, deployment, target, note)
    return [Outcome(line.seen.holds, line.seen.text) for line in results.lines]
