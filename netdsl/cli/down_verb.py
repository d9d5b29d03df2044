"""`netdsl down`."""

import click

from netdsl.cli.console import note
from netdsl.cli.deployment import find_deployment, runtime_options
from netdsl.cli.interrupted import telling_of_project, telling_what_is_left
from netdsl.cli.place import NothingCompiled, build_of, sweep
from netdsl.cli.running import running_lab
from netdsl.codegen.registry import driver_of
from netdsl.runtime.driver import DriverError


@click.command("down")
@click.argument("lab", required=False)
@runtime_options
def command(lab: str | None, target: str, output: str | None, project: str | None, *, is_trusted: bool) -> None:
    """Stop LAB and take away its nodes, its networks and whatever else it made.

    LAB is a source, an output folder or a lab's name [the only one in build/]. Where the output folder is not there, what
    runs is found by the lab's name in the source, by the name of its deployment, or by the folder's.
    """
    try:
        runtime, deployment = find_deployment(lab, target, output, project, is_trusted=is_trusted)
    except NothingCompiled as error:
        if lab is None and output is None and project is None:
            raise
        runtime = driver_of(target)
        try:
            running = runtime.found()
        except DriverError as silent:
            raise NothingCompiled(f"{error.message}; what runs cannot be asked for: {silent.message}") from silent
        found = running_lab(running, lab, target, output, project)
        if found is None:
            raise error
        if isinstance(found, str):
            note(f"the output folder is not there: `{found}` is taken away by what marks it as netdsl's")
            with telling_of_project(found, target):
                runtime.take_away(found, note)
            return
        note(f"note: {found.folder}")
        deployment = found
    with telling_what_is_left(runtime, deployment):
        runtime.down(deployment, note)
    sweep(deployment.folder, build_of(is_trusted=is_trusted))
