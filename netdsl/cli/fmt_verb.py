"""`netdsl fmt`."""

import sys
from pathlib import Path

import click

from netdsl.cli.console import note, show_findings, write, write_source
from netdsl.cli.difference import difference
from netdsl.cli.each import file_of
from netdsl.diagnostics.core import Diagnostics
from netdsl.disk.named import read_named, rewrite
from netdsl.semantics.files import LARGEST_SOURCE
from netdsl.syntax.format import format_source
from netdsl.syntax.secrets import source_of


@click.command("fmt")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", "is_check", is_flag=True, help="Change nothing; exit 1 if a file would change.")
@click.option("--diff", "is_diff", is_flag=True, help="Show what would change; change nothing.")
def command(files: tuple[str, ...], is_check: bool, is_diff: bool) -> None:
    """Give sources the one true layout, comments kept. `-` reads standard input and prints the result."""
    status = 0
    for name in files:
        status = max(status, _format(name, is_check=is_check, is_diff=is_diff))
    if status:
        raise click.exceptions.Exit(status)


def _format(name: str, *, is_check: bool, is_diff: bool) -> int:
    raw = sys.stdin.buffer.read() if name == "-" else read_named(file_of(name), LARGEST_SOURCE)
    try:
        old = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{name} is not UTF-8 text (byte {error.start})") from error
    diagnostics = Diagnostics()
    new = format_source(source_of(name, old), diagnostics)
    if new is None:
        show_findings(diagnostics, "text")
        return 1
    if is_diff:
        write("".join(difference(old, new, name, f"{name} (formatted)")))
    elif name == "-" and not is_check:
        write_source(new)
    if new == old or name == "-":
        return 1 if is_check and new != old else 0
    if is_check:
        note(f"{name} would change")
        return 1
    if not is_diff:
        rewrite({Path(name): new.encode()})
        note(f"{name}: formatted")
    return 0
