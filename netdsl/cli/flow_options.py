"""Options of the verbs that ask about packets, and the lab that they ask."""

import functools
from collections.abc import Callable
from typing import Any, NoReturn

import click

from netdsl.cli.analysis import analysed_lab
from netdsl.cli.options import DEFINE, UNTRUSTED, Decorator, options_together
from netdsl.packets.types import Esp
from netdsl.verify.question import BadQuestion, world_of

ESP: Decorator = click.option(
    "--esp",
    type=click.Choice([each.value for each in Esp]),
    default=Esp.KERNEL.value,
    show_default=True,
    help="Whose ESP the nodes use.",
)


def _as_a_world(command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def gathered(
        *,
        lab: str,
        parameters: dict[str, str],
        is_trusted: bool,
        esp: str,
        down: tuple[str, ...],
        up: tuple[str, ...],
        **others: object,
    ) -> None:
        found = analysed_lab(lab, parameters, is_trusted=is_trusted)
        try:
            world = world_of(found, esp=Esp(esp), down=down, up=up)
        except BadQuestion as error:
            refuse(error)
        command(**others, world=world)

    return gathered


WORLD: Decorator = options_together(
    click.option(
        "--down", multiple=True, metavar="NAME", help="While this tunnel, network or link is down; may be repeated."
    ),
    click.option("--up", multiple=True, metavar="TUNNEL", help="With this tunnel opened by hand; may be repeated."),
    ESP,
    DEFINE,
    UNTRUSTED,
    _as_a_world,
)
"""The lab in a state, as `world`; with LAB, which the verb has before it."""


def refuse(error: BadQuestion) -> NoReturn:
    raise click.UsageError(str(error)) from error
