"""`netdsl doctor`."""

import click

from netdsl.cli.console import say
from netdsl.codegen.registry import driver_of, has_driver, target_names


@click.command("doctor")
@click.option("-t", "--target", "targets", multiple=True, metavar="NAME", help="Only these targets.")
def command(targets: tuple[str, ...]) -> None:
    """See what this machine can run, and what to do about the rest. Exit 1 if something needed is missing."""
    is_well = True
    for target in targets or filter(has_driver, target_names()):
        say(f"{target}:")
        for check in driver_of(target).doctor():
            mark = "ok" if check.is_ok else "missing" if check.is_required else "without"
            say(f"  {mark:8} {check.what}: {check.found}")
            if check.remedy and not check.is_ok:
                say(f"           {check.remedy}")
            is_well = is_well and (check.is_ok or not check.is_required)
    if not is_well:
        raise click.exceptions.Exit(1)
