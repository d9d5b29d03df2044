"""`netdsl targets`."""

import click

from netdsl.cli.console import say
from netdsl.codegen.registry import TARGETS, target_names


@click.command("targets")
def command() -> None:
    """List the targets and the backends that make their files."""
    for name in target_names():
        say(f"{name:12} {' + '.join(TARGETS.get(name, (name,)))}")
