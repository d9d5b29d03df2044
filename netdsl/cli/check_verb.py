"""`netdsl check`."""

import click

from netdsl.cli.analysis import analyse
from netdsl.cli.console import note, show_findings
from netdsl.cli.options import DEFINE, FORMAT, LAB


@click.command("check")
@LAB
@DEFINE
@FORMAT
def command(lab: str, parameters: dict[str, str], form: str) -> None:
    """Check a lab and write nothing; LAB is a file, or `-` for standard input."""
    checked = analyse(lab, parameters)
    show_findings(checked.diagnostics, form)
    if checked.diagnostics.has_errors:
        raise click.exceptions.Exit(1)
    if form == "text" and checked.bindings is not None:
        bindings = checked.bindings
        proven = f"; {checked.summary}" if checked.summary is not None and checked.summary.proofs else ""
        note(f"{bindings.name}: {len(bindings.nodes)} nodes, {len(bindings.networks)} networks: no errors{proven}")
