"""`netdsl compare`."""

from dataclasses import replace
from pathlib import Path

import click
from click.core import ParameterSource

from netdsl.cli.analysis import analysed_lab
from netdsl.cli.compare_output import check_report, comparison_text, paper_text, write_report
from netdsl.cli.console import complain, deliver, note, write
from netdsl.cli.failure import WRONG_USAGE
from netdsl.cli.measuring_options import MEASUREMENT
from netdsl.cli.options import DEFINE, PROJECT, UNTRUSTED
from netdsl.cli.target_options import TARGET_OPTIONS
from netdsl.codegen.contract import Options
from netdsl.codegen.registry import target_names
from netdsl.comparing.compare import CannotCompare, compare
from netdsl.comparing.paper import paper
from netdsl.comparing.source import lab_of
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.disk.named import is_one_of
from netdsl.measuring.measurement import Existing, Measurement
from netdsl.measuring.store import read_run
from netdsl.measuring.types import Run

FORMS = ("text", "json", "csv", "markdown")
RUN = ".json"
_SHOWN = 5
_OF_FILES = frozenset({"names", "form", "output", "report"})
"""What can be asked of runs that are there."""


@click.command("compare")
@click.argument("names", nargs=-1, metavar="[LAB | RUN.json…]")
@click.option(
    "--runs", type=click.IntRange(1, 1000), metavar="N", help="Measure here, N rounds of each target, in turns."
)
@click.option("-t", "--target", "targets", multiple=True, metavar="NAME", help="Only these targets [all].")
@MEASUREMENT
@DEFINE
@UNTRUSTED
@PROJECT
@TARGET_OPTIONS
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write to FILE [standard output]."
)
@click.option(
    "--report", type=click.Path(dir_okay=False), metavar="FILE.html", help="Write a page with plots and all samples."
)
def command(
    names: tuple[str, ...],
    targets: tuple[str, ...],
    wanted: Measurement,
    parameters: dict[str, str],
    is_trusted: bool,
    options: Options,
    form: str,
    output: str | None,
    report: str | None,
) -> None:
    """Compare what LAB is for each target: on paper, and with --runs measured here.

    LAB: the only `.net` file of this folder where none is named. Files of `netdsl measure`: these runs, made anywhere.
    """
    _check_usage(names, wanted, report)
    _keep_what_is_read(names, output, report)
    if names and names[0].endswith(RUN):
        _show_runs(read_runs(names), form, output, report)
        return
    name = lab_named(names)
    lab = analysed_lab(name, parameters, is_trusted=is_trusted, is_proven=True)
    asked = tuple(dict.fromkeys(targets)) or target_names()
    found = paper(lab, asked, options)
    if wanted.runs is None:
        deliver(paper_text(found, form), output)
        if form == "text":
            note(f"not measured yet. On this machine, in turns: netdsl compare {name} --runs 3")
        return
    if form == "text" and output is None:
        write(paper_text(found, form) + "\n")
    from netdsl.cli.comparing import measured, runnable
    from netdsl.measuring.verdicts import is_good

    check_report(report)
    able = runnable(asked, found)
    made = measured(name, parameters, options, wanted, able.targets, is_trusted=is_trusted)
    comparison = compare(made)
    comparison = replace(comparison, warnings=(*able.absent, *comparison.warnings))
    deliver(comparison_text(comparison, found, form, is_file=output is not None), output)
    write_report(report, comparison, found, lab)
    if not all(map(is_good, made)):
        raise click.exceptions.Exit(1)


def _check_usage(names: tuple[str, ...], wanted: Measurement, report: str | None) -> None:
    are_runs = bool(names) and all(name.endswith(RUN) for name in names)
    if not are_runs and len(names) > 1:
        raise click.UsageError(f"compare takes one lab, or files of `netdsl measure` (their names end in `{RUN}`)")
    if are_runs and (beside := _given_beside(_OF_FILES)):
        raise click.UsageError(f"{', '.join(beside)}: for a lab; what files hold is measured already")
    if not are_runs and wanted.runs is None:
        if report is not None:
            raise click.UsageError("--report shows what was measured: add --runs N, or name files of `netdsl measure`")
        if wanted.existing is not Existing.REFUSE:
            raise click.UsageError("--resume and --anew go with --runs N")


def _given_beside(allowed: frozenset[str]) -> list[str]:
    """Options of this command line that are none of these."""
    context = click.get_current_context()
    return [
        one.opts[-1]
        for one in context.command.params
        if one.name is not None
        and one.name not in allowed
        and context.get_parameter_source(one.name) is ParameterSource.COMMANDLINE
    ]


def _keep_what_is_read(names: tuple[str, ...], output: str | None, report: str | None) -> None:
    """A round of machines takes ten minutes: nothing is written over a run, nor over a lab."""
    for option, file in (("-o", output), ("--report", report)):
        if file is not None and is_one_of(file, names):
            raise click.UsageError(f"{option} {file} would replace what is compared")
    if output is not None and report is not None and Path(output).resolve() == Path(report).resolve():
        raise click.UsageError("-o and --report name one file")


# --------------------------------------------------------------------------------------------------------- a lab


def lab_named(names: tuple[str, ...]) -> str:
    """The lab that is meant. Raises UsageError."""
    if names:
        if not Path(names[0]).exists() and names[0] != "-":
            hint = did_you_mean(names[0], (path.name for path in Path().glob("*.net")))
            raise click.UsageError(f"there is no file {names[0]}" + (f": {hint}" if hint else ""))
        return names[0]
    here = sorted(path.name for path in Path().glob("*.net"))
    if len(here) == 1:
        return here[0]
    if not here:
        raise click.UsageError("name a lab: there is no `.net` file in this folder")
    more = " …" if len(here) > _SHOWN else ""
    raise click.UsageError(f"name a lab: this folder has {', '.join(here[:_SHOWN])}{more}")


# ------------------------------------------------------------------------------------------------------ run files


def read_runs(names: tuple[str, ...]) -> tuple[Run, ...]:
    """Raises UsageError where one is not there, RunUnreadable, OSError."""
    for name in names:
        if not Path(name).is_file():
            raise click.UsageError(f"there is no file {name}")
    return tuple(read_run(Path(name)) for name in names)


def _show_runs(runs: tuple[Run, ...], form: str, output: str | None, report: str | None) -> None:
    try:
        comparison = compare(runs)
    except CannotCompare as error:
        complain(str(error))
        raise click.exceptions.Exit(WRONG_USAGE) from error
    deliver(comparison_text(comparison, None, form, is_file=output is not None), output)
    if report is not None:
        lab = next((lab for run in runs if (lab := lab_of(run)) is not None), None)
        here = tuple(one for one in dict.fromkeys(run.target for run in runs) if one in target_names())
        on_paper = paper(lab, here, Options()) if lab is not None and here else None
        write_report(report, comparison, on_paper, lab)
