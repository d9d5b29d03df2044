"""`netdsl compare`."""

from pathlib import Path

import click

from netdsl.cli.analysis import analyse
from netdsl.cli.console import columns, show_findings, write
from netdsl.cli.options import CLOSED, DEFINE, DRIVER, PROVIDER, SETTING
from netdsl.codegen.contract import Options
from netdsl.codegen.registry import target_names
from netdsl.comparing.machine import paper_csv, paper_json
from netdsl.comparing.markdown import paper_markdown
from netdsl.comparing.paper import paper
from netdsl.comparing.paper_table import paper_table
from netdsl.comparing.paper_types import Paper
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.lab import Lab
from netdsl.whole_file import write_whole

FORMS = ("text", "json", "csv", "markdown")


@click.command("compare")
@click.argument("names", nargs=-1, metavar="[LAB | RUN.json…]")
@click.option("-t", "--target", "targets", multiple=True, metavar="NAME", help="Only these targets [all].")
@DEFINE
@DRIVER
@PROVIDER
@SETTING
@CLOSED
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write to FILE [standard output]."
)
def command(
    names: tuple[str, ...],
    targets: tuple[str, ...],
    parameters: dict[str, str],
    driver: str | None,
    provider: str | None,
    settings: dict[str, str],
    closed: bool,
    form: str,
    output: str | None,
) -> None:
    """Compare what LAB is for each target, before anything is started.

    LAB: the only `.net` file of this folder where none is named.
    """
    name = lab_named(names)
    options = Options(driver=driver, provider=provider, is_closed=closed, settings=settings)
    found = paper(sound_lab(name, parameters), targets or target_names(), options)
    deliver(_rendered(found, form), output)


def lab_named(names: tuple[str, ...]) -> str:
    """The lab that is meant. Raises UsageError."""
    if len(names) > 1:
        raise click.UsageError("compare takes one lab, or files of `netdsl measure` (their names end in `.json`)")
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
    raise click.UsageError(f"name a lab: this folder has {', '.join(here[:5])}" + (" …" if len(here) > 5 else ""))


def sound_lab(name: str, parameters: dict[str, str]) -> Lab:
    """Ends the verb with status 1 where the lab has an error, which is shown."""
    checked = analyse(name, parameters)
    if checked.lab is None or checked.diagnostics.has_errors:
        show_findings(checked.diagnostics, "text")
        raise click.exceptions.Exit(1)
    return checked.lab


def deliver(text: str, output: str | None) -> None:
    if output is None:
        write(text)
    else:
        write_whole(Path(output), text)


def _rendered(found: Paper, form: str) -> str:
    match form:
        case "json":
            return paper_json(found)
        case "csv":
            return paper_csv(found)
        case "markdown":
            return paper_markdown(found)
        case _:
            return paper_table(found, columns())
