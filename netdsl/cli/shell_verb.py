"""`netdsl shell`."""

import click

from netdsl.cli.deployment import ADMIN_OPTION, LAB_OPTION, find_deployment, runtime_options
from netdsl.ir.ids import host_name


@click.command("shell")
@LAB_OPTION
@runtime_options
@ADMIN_OPTION
@click.argument("node")
def command(
    node: str,
    lab: str | None,
    target: str,
    output: str | None,
    project: str | None,
    *,
    is_trusted: bool,
    is_admin: bool,
) -> None:
    """Open a shell in NODE."""
    runtime, deployment = find_deployment(lab, target, output, project, is_trusted=is_trusted)
    raise click.exceptions.Exit(runtime.shell(deployment, host_name(node), is_admin=is_admin))
