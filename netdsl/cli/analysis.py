"""Analysing a lab that the command line names: a file, or `-` for standard input."""

import sys
from pathlib import Path

import click

from netdsl.pipeline import Checked, check, check_text
from netdsl.verify.types import Esp


def analyse(lab: str, parameters: dict[str, str], esp: Esp = Esp.KERNEL) -> Checked:
    """Raises UsageError where the lab's own file is not there or no file, OSError where it cannot be read."""
    if lab == "-":
        return check_text(sys.stdin.buffer.read(), parameters, esp=esp)
    path = Path(lab)
    if path.is_dir():
        inside = path / "lab.net"
        hint = f": {inside}" if inside.is_file() else ""
        raise click.UsageError(f"{lab} is a folder; name the lab's file{hint}")
    if not path.exists():
        raise click.UsageError(f"there is no file {lab}")
    return check(path, parameters, esp=esp)
