"""`netdsl graph`."""

from pathlib import Path

import click

from netdsl.cli.analysis import analysed_lab
from netdsl.cli.console import deliver, note
from netdsl.cli.options import DEFINE, LAB, UNTRUSTED
from netdsl.disk.named import is_one_of
from netdsl.graph import FORMATS, graph_of

_BY_ENDING = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot", ".drawio": "drawio"}


@click.command("graph")
@LAB
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMATS]),
    help="What to draw it as [by the ending of FILE: .svg, .mmd, .dot, .drawio; else svg].",
)
@click.option("-o", "--output", "file", type=click.Path(dir_okay=False), metavar="FILE", help="Where to [stdout].")
@DEFINE
@UNTRUSTED
def command(lab: str, form: str | None, file: str | None, parameters: dict[str, str], *, is_trusted: bool) -> None:
    """Draw a lab: networks, nodes, addresses, tunnels, and what carries their encrypted packets.

    The lab need not run, nor do what it expects. A picture is the same whenever and wherever it is made.
    """
    if file is not None and is_one_of(file, [lab]):
        raise click.UsageError(f"-o {file} would replace the lab")
    ending = "" if file is None else Path(file).suffix.lower()
    if form is None and ending and ending not in _BY_ENDING:
        raise click.UsageError(f"there is no picture `{ending}`: {', '.join(_BY_ENDING)}, or add --format")
    drawn = analysed_lab(lab, parameters, is_trusted=is_trusted)
    deliver(FORMATS[form or _BY_ENDING.get(ending, "svg")](graph_of(drawn)), file)
    if file is not None:
        note(f"{drawn.name}: drawn to {file}")
