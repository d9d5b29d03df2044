"""`netdsl down`."""

import click

from netdsl.cli.console import note
from netdsl.cli.deployment import find_deployment, runtime_options
from netdsl.cli.interrupted import telling_what_is_left
from netdsl.cli.place import build_of, sweep


@click.command("down")
@click.argument("lab", required=False)
@runtime_options
def command(lab: str | None, target: str, output: str | None, project: str | None, *, is_trusted: bool) -> None:
    """Stop LAB and take away its containers or machines, its networks and whatever else it made.

    LAB is a source, an output folder or a lab's name [the only one in build/].
    """
    runtime, deployment = find_deployment(lab, target, output, project, is_trusted=is_trusted)
    with telling_what_is_left(runtime, deployment):
        runtime.down(deployment, note)
    sweep(deployment.folder, build_of(is_trusted=is_trusted))
