"""Options of the verbs that ask about packets, and the lab that they ask."""

from typing import NoReturn

import click

from netdsl.cli.analysis import analyse
from netdsl.cli.console import show_findings
from netdsl.cli.options import Decorator
from netdsl.ir.lab import Lab
from netdsl.verify.question import BadQuestion, world_of
from netdsl.verify.types import Esp
from netdsl.verify.world import World

ESP: Decorator = click.option(
    "--esp",
    type=click.Choice([each.value for each in Esp]),
    default=Esp.KERNEL.value,
    show_default=True,
    help="Whose ESP the nodes use.",
)
DOWN: Decorator = click.option(
    "--down", multiple=True, metavar="NAME", help="While this tunnel, network or link is down; may be repeated."
)
UP: Decorator = click.option(
    "--up", multiple=True, metavar="TUNNEL", help="With this tunnel opened by hand; may be repeated."
)


def lab_of(lab: str, parameters: dict[str, str]) -> Lab:
    """The lab, whatever is expected of it; ends the verb with status 1 where it has an error."""
    checked = analyse(lab, parameters)
    if checked.lab is None:
        show_findings(checked.diagnostics, "text")
        raise click.exceptions.Exit(1)
    return checked.lab


def asked_world(lab: Lab, esp: str, down: tuple[str, ...], up: tuple[str, ...]) -> World:
    """Raises UsageError."""
    try:
        return world_of(lab, esp=Esp(esp), down=down, up=up)
    except BadQuestion as error:
        refuse(error)


def refuse(error: BadQuestion) -> NoReturn:
    raise click.UsageError(str(error)) from error
