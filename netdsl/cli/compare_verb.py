"""`netdsl compare`."""

from dataclasses import replace
from pathlib import Path

import click
from click.core import ParameterSource

from netdsl.cli.analysis import analyse, analysed_lab, stop
from netdsl.cli.compare_output import OnPaper, check_report, comparison_text, paper_text, write_report
from netdsl.cli.console import complain, deliver, note, write
from netdsl.cli.each import Given, given_values, variant
from netdsl.cli.failure import WRONG_USAGE
from netdsl.cli.measuring_options import MEASUREMENT
from netdsl.cli.options import DEFINE, EACH, PROJECT, UNTRUSTED
from netdsl.cli.target_options import TARGET_OPTIONS
from netdsl.codegen.contract import Options
from netdsl.codegen.registry import target_names
from netdsl.comparing.compare import CannotCompare, compare
from netdsl.comparing.paper import paper
from netdsl.comparing.paper_types import Paper
from netdsl.comparing.source import lab_of, subject_in
from netdsl.comparing.types import Comparison
from netdsl.comparing.variants import subject, variants
from netdsl.comparing.variation import label_of
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.disk.named import is_one_of
from netdsl.ir.lab import Lab
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
@EACH
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
    each: str | None,
    is_trusted: bool,
    options: Options,
    form: str,
    output: str | None,
    report: str | None,
) -> None:
    """Compare what LAB is for each target, with --each for each value of a parameter: on paper, and with --runs measured
    here.

    LAB: the only `.net` file of this folder where none is named. Files of `netdsl measure`: these runs, made anywhere.
    """
    _check_usage(names, wanted, report)
    _keep_what_is_read(names, output, report)
    if names and names[0].endswith(RUN):
        _show_runs(read_runs(names), form, output, report)
        return
    name = lab_named(names)
    asked = tuple(dict.fromkeys(targets)) or target_names()
    given = given_values(name, each, parameters)
    lab, found = _on_paper(name, each, given, asked, options, is_trusted=is_trusted)
    if wanted.runs is None:
        deliver(paper_text(found, form), output)
        if form == "text":
            more = f" --each {each}" if each else ""
            note(f"not measured yet. On this machine, in turns: netdsl compare {name}{more} --runs 3")
        return
    if form == "text" and output is None:
        write(paper_text(found, form) + "\n")
    from netdsl.cli.comparing import Task, measured, requests_of, runnable, runnable_variants
    from netdsl.measuring.verdicts import is_good

    check_report(report)
    if isinstance(found, Paper):
        able = runnable(asked, found)
        tasks, absent = tuple(map(Task, able.targets)), able.absent
    else:
        tasks, absent = runnable_variants(asked, found)
    made = measured(requests_of(name, given, tasks, options, is_trusted=is_trusted), wanted)
    comparison = compare(made)
    comparison = replace(comparison, warnings=(*absent, *comparison.warnings))
    deliver(comparison_text(comparison, found, form, is_file=output is not None), output)
    write_report(report, comparison, found, lab)
    if not all(map(is_good, made)):
        raise click.exceptions.Exit(1)


def _on_paper(
    name: str,
    each: str | None,
    given: tuple[Given, ...],
    targets: tuple[str, ...],
    options: Options,
    *,
    is_trusted: bool,
) -> tuple[Lab, OnPaper]:
    """The lab, with `each` that of the first value. Ends the verb with status 1 where one has an error."""
    if each is None:
        lab = analysed_lab(name, given[0].parameters, is_trusted=is_trusted, is_proven=True)
        return lab, paper(lab, targets, options)
    subjects = []
    for one in given:
        checked = analyse(name, one.parameters, is_trusted=is_trusted)
        if checked.lab is None or checked.diagnostics.has_errors:
            stop(checked, variant=one.said)
        variant(checked.lab.name, one.value or "")
        subjects.append(subject(one.value or "", checked, options))
    return subjects[0].lab, variants(each, subjects, targets, options)


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
        lab, on_paper = _of_runs(comparison)
        write_report(report, comparison, on_paper, lab)


def _of_runs(comparison: Comparison) -> tuple[Lab | None, OnPaper | None]:
    """What can be said on paper of runs from files: the lab as a picture shows it, and the targets or the parameters."""
    runs = comparison.runs
    lab = next((lab for run in runs if (lab := lab_of(run)) is not None), None)
    here = tuple(one for one in dict.fromkeys(run.target for run in runs) if one in target_names())
    if lab is None or not here:
        return lab, None
    if not comparison.varied:
        return lab, paper(lab, here, Options())
    by_label = {label_of(comparison.varied, number): run for number, run in enumerate(runs)}
    subjects = [found for label, run in by_label.items() if (found := subject_in(run, label)) is not None]
    names = ", ".join(one.name for one in comparison.varied)
    return lab, variants(names, subjects, here, Options()) if len(subjects) == len(by_label) else None
