"""`netdsl exec`."""

import click

from netdsl.cli.deployment import ADMIN_OPTION, DEPLOYMENT, LAB_OPTION
from netdsl.ir.ids import host_name
from netdsl.runtime.driver import Deployment, Driver


@click.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@LAB_OPTION
@DEPLOYMENT
@ADMIN_OPTION
@click.argument("node")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
def command(node: str, words: tuple[str, ...], runtime: Driver, deployment: Deployment, *, is_admin: bool) -> None:
    """Run COMMAND in NODE; its exit status is this one's."""
    if words[0] == "--" and len(words) > 1:  # `exec NODE -- COMMAND`, as with kubectl
        words = words[1:]
    raise click.exceptions.Exit(runtime.execute(deployment, host_name(node), words, is_admin=is_admin))
