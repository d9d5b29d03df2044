"""`netdsl handout`."""

from collections.abc import Mapping
from pathlib import Path

import click

from netdsl.cli.analysis import sources_of
from netdsl.cli.console import note, show_findings
from netdsl.cli.each import given_values, lab_name, variant
from netdsl.cli.options import DEFINE, LAB, UNTRUSTED
from netdsl.cli.place import build_of, make_build
from netdsl.diagnostics.core import Diagnostics
from netdsl.disk.whole_folder import FolderExists, write_folder
from netdsl.handout import HOLDS, CannotFlatten, handout


@click.command("handout")
@LAB
@DEFINE
@UNTRUSTED
@click.option("--each", metavar="PARAM", help="A handout for each value that PARAM may have.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="The folder; with --each DIR/LAB-VALUE for each value [build/LAB/handout, build/LAB-VALUE/handout].",
)
@click.option("--overwrite", is_flag=True, help="Replace handouts that are there.")
def command(
    lab: str, parameters: dict[str, str], each: str | None, output: str | None, overwrite: bool, is_trusted: bool
) -> None:
    """Write what a student gets of LAB: its source, its picture, its addresses.

    The source has no parameters, conditions or loops, no comments and no `expect`: only what this variant is. What its
    nodes read lies in files/. A folder is written whole or not at all; nothing is, where a variant has an error.
    """
    made: dict[Path, Mapping[str, bytes]] = {}
    for one in given_values(lab, each, parameters):
        folder = _folder(lab, one.value, output, is_trusted=is_trusted)
        made[folder] = _files(lab, one.parameters, one.said, is_trusted=is_trusted)
    if output is None:
        make_build(build_of(is_trusted=is_trusted))
    for folder, files in made.items():
        try:
            write_folder(folder, files, replaces=HOLDS if overwrite else ())
        except FolderExists as error:
            advice = "it is no handout; -o writes elsewhere" if overwrite else "--overwrite replaces a handout"
            raise click.UsageError(f"{folder} is there already; {advice}") from error
        note(f"wrote {folder}")


def _folder(lab: str, value: str | None, output: str | None, *, is_trusted: bool) -> Path:
    if value is None:
        return build_of(is_trusted=is_trusted) / lab_name(lab) / "handout" if output is None else Path(output)
    name = variant(lab_name(lab), value)
    return build_of(is_trusted=is_trusted) / name / "handout" if output is None else Path(output) / name


def _files(lab: str, parameters: dict[str, str], said: str, *, is_trusted: bool) -> Mapping[str, bytes]:
    diagnostics = Diagnostics()
    sources = sources_of(lab, diagnostics, is_trusted=is_trusted)
    try:
        made = handout(sources, parameters, diagnostics)
    except CannotFlatten as error:
        name = f"{lab} with {said}" if said else lab
        raise click.ClickException(f"{name} cannot be written as one source without parameters") from error
    if made is None:
        show_findings(diagnostics, "text", said)
        raise click.exceptions.Exit(1)
    return made
