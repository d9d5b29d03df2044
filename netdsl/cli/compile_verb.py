"""`netdsl compile`."""

from dataclasses import replace

import click

from netdsl.cli.compilation import Request, Written, compile_request
from netdsl.cli.console import note
from netdsl.cli.each import given_values, lab_name, variant
from netdsl.cli.options import CREDENTIALS, DEFINE, FORMAT, LAB, OUTPUT, PROJECT, UNTRUSTED
from netdsl.cli.target_options import TARGET_OPTIONS
from netdsl.codegen.contract import Options
from netdsl.index import TARGETS


@click.command("compile")
@LAB
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    default=TARGETS[:1],
    show_default=True,
    metavar="NAME",
    help="What to compile for (`netdsl targets`); can be given more than once.",
)
@OUTPUT
@DEFINE
@UNTRUSTED
@click.option("--each", metavar="PARAM", help="Compile once for each value that PARAM may have, to build/LAB-VALUE.")
@CREDENTIALS
@PROJECT
@TARGET_OPTIONS
@click.option("--dry-run", is_flag=True, help="List what would be written; write nothing.")
@click.option("--diff", "is_diff", is_flag=True, help="Show what would change in the output; write nothing.")
@click.option("--adopt", "edits", flag_value="adopt", help="Move what was changed by hand to the override file.")
@click.option("--overwrite", "edits", flag_value="overwrite", help="Drop what was changed by hand.")
@FORMAT
def command(
    lab: str,
    targets: tuple[str, ...],
    output: str | None,
    parameters: dict[str, str],
    is_trusted: bool,
    each: str | None,
    credential_folder: str | None,
    options: Options,
    dry_run: bool,
    is_diff: bool,
    edits: str | None,
    form: str,
) -> None:
    """Turn LAB into the files of a target, in build/LAB/TARGET."""
    if output is not None and (len(targets) > 1 or each is not None):
        raise click.UsageError("-o is for one target and one lab")
    variants = given_values(lab, each, parameters)
    for one in variants:
        if one.value is not None:
            variant(lab_name(lab), one.value)  # all of them, before anything is written
    for one in variants:
        for target in targets:
            request = Request(
                lab,
                target,
                one.parameters,
                replace(options, targets=targets),
                output,
                credential_folder,
                form,
                edits or "refuse",
                is_dry=dry_run or is_diff,
                shows_difference=is_diff,
                variant=one.said,
                value=one.value,
                is_trusted=is_trusted,
            )
            written = compile_request(request)
            if not request.is_dry and form == "text":
                _say(written)


def _say(written: Written) -> None:
    planned = written.planned
    counts = (
        (len(planned.created), "created"),
        (len(planned.changed), "changed"),
        (len(planned.removed), "removed"),
        (len(planned.unchanged), "unchanged"),
    )
    summary = ", ".join(f"{count} {word}" for count, word in counts if count)
    note(f"{written.name}: {written.folder} ({summary})")
