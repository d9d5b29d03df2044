"""`netdsl status`."""

import json
from dataclasses import asdict

import click

from netdsl.cli.console import say, write
from netdsl.cli.deployment import DEPLOYMENT
from netdsl.runtime.driver import Deployment, Driver


@click.command("status")
@click.argument("lab", required=False)
@DEPLOYMENT
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(form: str, runtime: Driver, deployment: Deployment) -> None:
    """Show the nodes of LAB, whether they are ready, their tunnels and services. Exit 1 if one is not ready.

    LAB is a source, an output folder or a lab's name [the only one in build/].
    """
    states = runtime.status(deployment)
    if form == "json":
        write(json.dumps([asdict(state) for state in states], indent=1) + "\n")
    else:
        width = max((len(state.node) for state in states), default=0)
        for state in states:
            say(f"{state.node:{width}}  {state.state:10} {state.health}")
            for line in state.detail:
                say(f"{'':{width}}  {line}")
    if any(state.health != "ready" for state in states):
        raise click.exceptions.Exit(1)
