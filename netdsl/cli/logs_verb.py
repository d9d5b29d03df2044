"""`netdsl logs`."""

import click

from netdsl.cli.deployment import DEPLOYMENT, LAB_OPTION, OUT
from netdsl.ir.ids import host_name
from netdsl.runtime.driver import Deployment, Driver


@click.command("logs")
@LAB_OPTION
@DEPLOYMENT
@click.option("-f", "--follow", is_flag=True, help="Go on as new lines come.")
@click.argument("nodes", nargs=-1)
def command(nodes: tuple[str, ...], follow: bool, runtime: Driver, deployment: Deployment) -> None:
    """Show what NODES (all, without a name) said."""
    hosts = [host_name(node) for node in nodes]
    raise click.exceptions.Exit(runtime.logs(deployment, hosts, OUT, follow=follow))
