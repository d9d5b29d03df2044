"""Options that several verbs share."""

import functools
from collections.abc import Callable
from typing import Any

import click

from netdsl.index import TARGETS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def define(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"`{value}` is not NAME=VALUE")
        found[name] = text
    return found


def _inverted(_: click.Context, __: click.Parameter, value: bool) -> bool:
    return not value


LAB = click.argument("lab", metavar="LAB", type=click.Path(allow_dash=True))

DEFINE: Decorator = click.option(
    "-D",
    "--define",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    callback=define,
    help="Give a parameter of the lab its value.",
)

UNTRUSTED: Decorator = click.option(
    "--untrusted",
    "is_trusted",
    is_flag=True,
    callback=_inverted,
    help="The lab is a stranger's: no run, file, env, uplink, target; what is made lies in a folder of one's own.",
)

EACH: Decorator = click.option(
    "--each", metavar="PARAM", help="Do it for each value that PARAM may have (`param PARAM … in LIST`)."
)

FORMAT: Decorator = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
    help="How findings are printed.",
)

TARGET: Decorator = click.option(
    "-t",
    "--target",
    default=TARGETS[0],
    show_default=True,
    metavar="NAME",
    help="What to compile for (`netdsl targets`).",
)


def target_words(target: str) -> str:
    """How a command line that is shown names a target: ` -t NAME`, nothing for the one that is meant without."""
    return "" if target == TARGETS[0] else f" -t {target}"


OUTPUT: Decorator = click.option(
    "-o", "--output", type=click.Path(file_okay=False), metavar="DIR", help="The output folder [build/LAB/TARGET]."
)

CREDENTIALS: Decorator = click.option(
    "--credentials",
    "credential_folder",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Where keys and certificates are kept [build/LAB/credentials].",
)

PROJECT: Decorator = click.option(
    "--project", metavar="NAME", help="Name of the deployment, to run two copies side by side [the lab's name]."
)


def options_together(*options: Decorator) -> Decorator:
    """A decorator that adds options in this order."""
    return lambda command: functools.reduce(lambda decorated, option: option(decorated), reversed(options), command)
