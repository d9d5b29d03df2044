"""`netdsl dump`."""

import click

from netdsl.cli.console import show_findings, write
from netdsl.cli.options import DEFINE, LAB
from netdsl.pipeline import STAGES, dump_stage


@click.command("dump")
@LAB
@click.option("--stage", type=click.Choice(STAGES), default="ir", show_default=True, help="Which stage to print.")
@DEFINE
def command(lab: str, stage: str, parameters: dict[str, str]) -> None:
    """Print a stage of the compiler as JSON: the syntax tree, the resolved document, or the lab's IR."""
    text, diagnostics = dump_stage(lab, parameters, stage)
    show_findings(diagnostics, "text")
    if text is None:
        raise click.exceptions.Exit(1)
    write(text)
