"""`netdsl shell`."""

import click

from netdsl.cli.deployment import ADMIN_OPTION, DEPLOYMENT, LAB_OPTION
from netdsl.ir.ids import host_name
from netdsl.runtime.driver import Deployment, Driver


@click.command("shell")
@LAB_OPTION
@DEPLOYMENT
@ADMIN_OPTION
@click.argument("node")
def command(node: str, runtime: Driver, deployment: Deployment, *, is_admin: bool) -> None:
    """Open a shell in NODE."""
    raise click.exceptions.Exit(runtime.shell(deployment, host_name(node), is_admin=is_admin))
