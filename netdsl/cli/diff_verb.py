"""`netdsl diff`."""

import click

from netdsl.cli.analysis import checked_lab
from netdsl.cli.console import columns, note, show_findings, write
from netdsl.cli.diff_data import diff_json
from netdsl.cli.diff_text import diff_markdown, diff_text
from netdsl.cli.diff_words import NOTHING
from netdsl.cli.flow_options import ESP, refuse
from netdsl.cli.options import DEFINE, UNTRUSTED, define
from netdsl.diagnostics.core import Diagnostics
from netdsl.diff import diff
from netdsl.packets.types import Esp
from netdsl.pipeline.analysis import Checked
from netdsl.verify.question import BadQuestion, service_of

SAME, DIFFERS, TROUBLE = 0, 1, 2


@click.command("diff")
@click.argument("before", metavar="BEFORE", type=click.Path(allow_dash=True))
@click.argument("after", metavar="AFTER", type=click.Path(allow_dash=True))
@click.option(
    "--service", "services", multiple=True, metavar="SERVICE", help="Compare these alone: ping, tcp/22, http …"
)
@ESP
@DEFINE
@click.option(
    "--before",
    "own_before",
    multiple=True,
    metavar="NAME=VALUE",
    callback=define,
    help="A parameter's value in BEFORE alone.",
)
@click.option(
    "--after",
    "own_after",
    multiple=True,
    metavar="NAME=VALUE",
    callback=define,
    help="A parameter's value in AFTER alone.",
)
@UNTRUSTED
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
def command(
    before: str,
    after: str,
    services: tuple[str, ...],
    esp: str,
    parameters: dict[str, str],
    own_before: dict[str, str],
    own_after: dict[str, str],
    form: str,
    *,
    is_trusted: bool,
) -> None:
    """What changed from BEFORE to AFTER: who reaches whom, what is encrypted, what is expected, nodes, networks, tunnels.

    Each is a lab's file; one of them may be `-`, standard input. Status 0 where nothing differs, 1 where something does, 2
    where one of them has an error.
    """
    if before == after == "-":
        raise click.UsageError("one of the two can be standard input")
    old = checked_lab(before, {**parameters, **own_before}, Esp(esp), is_trusted=is_trusted)
    new = checked_lab(after, {**parameters, **own_after}, Esp(esp), is_trusted=is_trusted)
    if old.lab is None or new.lab is None:
        _show((old, new), form)
        raise click.exceptions.Exit(TROUBLE)
    try:
        asked = [service_of(one, new.lab) for one in services]
    except BadQuestion as error:
        refuse(error)
    found = diff(old, new, esp=Esp(esp), services=asked)
    match form:
        case "json":
            write(diff_json(found, esp))
        case "markdown":
            write(diff_markdown(found, (before, after)))
        case _:
            write(diff_text(found, columns()))
            if found.is_empty:
                note(NOTHING)
    raise click.exceptions.Exit(SAME if found.is_empty else DIFFERS)


def _show(labs: tuple[Checked, ...], form: str) -> None:
    """The findings of those that have an error."""
    found = Diagnostics()
    for lab in labs:
        for one in lab.diagnostics if lab.lab is None else ():
            found.add(one)
    show_findings(found, "json" if form == "json" else "text")
