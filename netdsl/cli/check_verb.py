"""`netdsl check`."""

from pathlib import Path

import click

from netdsl.cli.analysis import analyse
from netdsl.cli.console import note, show_findings
from netdsl.cli.each import given_values
from netdsl.cli.esp_lines import note_dependences
from netdsl.cli.options import DEFINE, EACH, FORMAT, UNTRUSTED
from netdsl.diagnostics.core import Diagnostics
from netdsl.pipeline.analysis import Checked


@click.command("check")
@click.argument("labs", nargs=-1, metavar="[LAB]...", type=click.Path(allow_dash=True))
@DEFINE
@EACH
@UNTRUSTED
@FORMAT
@click.option(
    "--fix", "is_fixing", is_flag=True, help="Change the sources where what to write is certain, and say what."
)
@click.option("--diff", "is_diff", is_flag=True, help="Show what --fix would change; change nothing.")
def command(
    labs: tuple[str, ...],
    parameters: dict[str, str],
    each: str | None,
    form: str,
    *,
    is_trusted: bool,
    is_fixing: bool,
    is_diff: bool,
) -> None:
    """Check labs; LAB is a file [the only one here], or `-` for standard input. Nothing is written but by --fix."""
    names = labs or (_only(),)
    if each is not None:
        if is_fixing or is_diff:
            raise click.UsageError("--fix and --diff change a source, and --each is about its values")
        _check_each(names, each, parameters, form, is_trusted=is_trusted)
        return
    found = Diagnostics()
    if is_fixing or is_diff:
        from netdsl.cli.fixing import fix  # a twentieth of a small lab's check

        checked = [fix(lab, parameters, is_trusted=is_trusted, is_diff=is_diff) for lab in names]
    else:
        checked = [analyse(lab, parameters, is_trusted=is_trusted) for lab in names]
    for one in checked:
        for finding in one.diagnostics:
            found.add(finding)
    show_findings(found, form)
    if form == "text":
        for one in checked:
            _tell(one)
    if found.has_errors:
        raise click.exceptions.Exit(1)


def _check_each(names: tuple[str, ...], each: str, parameters: dict[str, str], form: str, *, is_trusted: bool) -> None:
    """The findings of each value stand apart, under its name."""
    is_wrong = False
    for lab in names:
        for one in given_values(lab, each, parameters):
            checked = analyse(lab, one.parameters, is_trusted=is_trusted)
            show_findings(checked.diagnostics, form, one.said)
            if form == "text":
                _tell(checked, f" ({one.said})")
            is_wrong |= checked.diagnostics.has_errors
    if is_wrong:
        raise click.exceptions.Exit(1)


def _only() -> str:
    """The one lab of the folder. Raises UsageError."""
    labs = sorted(str(path) for path in Path().glob("*.net") if path.is_file())
    if len(labs) == 1:
        return labs[0]
    raise click.UsageError(f"name a lab: {', '.join(labs) or 'there is no file *.net here'}")


def _tell(checked: Checked, said: str = "") -> None:
    """What a lab without errors has. `said`: the value of its parameter, after its name."""
    bindings, summary = checked.bindings, checked.summary
    if bindings is None or checked.diagnostics.has_errors:
        return
    proven = f"; {summary}" if summary is not None and summary.proofs else ""
    note(f"{bindings.name}{said}: {len(bindings.nodes)} nodes, {len(bindings.networks)} networks: no errors{proven}")
    if summary is not None:
        note_dependences(summary)
