"""`netdsl completion`."""

import click
from click.shell_completion import get_completion_class

from netdsl.cli.console import write


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL; for bash: eval "$(netdsl completion bash)"."""
    kind = get_completion_class(shell)
    assert kind is not None, "the choice has only shells that click knows"
    write(kind(context.find_root().command, {}, "netdsl", "_NETDSL_COMPLETE").source() + "\n")
