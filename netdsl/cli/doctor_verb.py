"""`netdsl doctor`."""

from collections.abc import Iterable, Iterator

import click

from netdsl.cli.console import complain, say
from netdsl.codegen.registry import BrokenTarget, driver_of, target_names, target_of
from netdsl.runtime.driver import Check


@click.command("doctor")
@click.option("-t", "--target", "targets", multiple=True, metavar="NAME", help="Only these targets.")
def command(targets: tuple[str, ...]) -> None:
    """See what this machine can run, and what to do about the rest. Exit 1 if something needed is missing."""
    is_well = True
    for target, checks in _examined(targets) if targets else _all_examined():
        say(f"{target}:")
        for check in checks:
            mark = "ok" if check.is_ok else "missing" if check.is_required else "without"
            say(f"  {mark:8} {check.what}: {check.found}")
            if check.remedy and not check.is_ok:
                say(f"           {check.remedy}")
            is_well = is_well and (check.is_ok or not check.is_required)
    if not is_well:
        raise click.exceptions.Exit(1)


def _examined(targets: Iterable[str]) -> Iterator[tuple[str, tuple[Check, ...]]]:
    """Raises CannotRun for a target without a driver, UnknownTarget, BrokenTarget."""
    for name in targets:
        yield name, driver_of(name).doctor()


def _all_examined() -> Iterator[tuple[str, tuple[Check, ...]]]:
    """All targets that have a driver."""
    for name in target_names():
        try:
            driver = target_of(name).driver
        except BrokenTarget as error:
            complain(str(error))
            continue
        if driver is not None:
            yield name, driver().doctor()
