"""`netdsl dump`."""

import click

from netdsl.cli.analysis import analyse
from netdsl.cli.console import show_findings, write
from netdsl.cli.options import DEFINE, LAB, UNTRUSTED
from netdsl.ir.dump import dump
from netdsl.lower.lower import lower


@click.command("dump")
@LAB
@click.option(
    "--stage",
    type=click.Choice(["tree", "document", "ir"]),
    default="ir",
    show_default=True,
    help="Which stage to print.",
)
@DEFINE
@UNTRUSTED
def command(lab: str, stage: str, parameters: dict[str, str], *, is_trusted: bool) -> None:
    """Print a stage of the compiler as JSON: the syntax trees, the resolved document, or the lab's IR."""
    checked = analyse(lab, parameters, is_trusted=is_trusted)
    show_findings(checked.diagnostics, "text")
    if stage == "tree":
        write(dump(checked.sources.documents))
        return
    if checked.bindings is None:
        raise click.exceptions.Exit(1)
    write(dump(checked.bindings if stage == "document" else lower(checked.bindings)))
