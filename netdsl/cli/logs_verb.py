"""`netdsl logs`."""

import click

from netdsl.cli.deployment import LAB_OPTION, OUT, find_deployment, runtime_options
from netdsl.ir.ids import host_name


@click.command("logs")
@LAB_OPTION
@runtime_options
@click.option("-f", "--follow", is_flag=True, help="Go on as new lines come.")
@click.argument("nodes", nargs=-1)
def command(
    nodes: tuple[str, ...],
    follow: bool,
    lab: str | None,
    target: str,
    output: str | None,
    project: str | None,
    *,
    is_trusted: bool,
) -> None:
    """Show what NODES (all, without a name) said."""
    runtime, deployment = find_deployment(lab, target, output, project, is_trusted=is_trusted)
    hosts = [host_name(node) for node in nodes]
    raise click.exceptions.Exit(runtime.logs(deployment, hosts, OUT, follow=follow))
