"""`netdsl targets`."""

import click

from netdsl.cli.console import say
from netdsl.codegen.registry import BrokenTarget, target_names, target_of
from netdsl.codegen.target import Target

_ROW = "{:12} {:22} {:10} {:9} {:26} {}"


@click.command("targets")
def command() -> None:
    """List the targets: what makes their files, whether they run and measure a lab, and what they can make."""
    say(_ROW.format("target", "made by", "runs", "measures", "network drivers", "kinds of nodes"))
    for name in target_names():
        try:
            say(_ROW.format(*_cells(target_of(name))).rstrip())
        except BrokenTarget as error:
            say(f"{name:12} {error}")


def _cells(target: Target) -> tuple[str, ...]:
    return (
        target.name,
        " + ".join(backend.name for backend in target.backends),
        "no driver" if target.driver is None else "yes",
        "no meter" if target.meter is None else "yes",
        ", ".join(driver.name for driver in target.abilities.network_drivers) or "one of its own",
        ", ".join(sorted(target.abilities.node_kinds)),
    )
