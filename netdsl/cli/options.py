"""Options that several verbs share."""

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _define(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"`{value}` is not NAME=VALUE")
        found[name] = text
    return found


LAB = click.argument("lab", metavar="LAB", type=click.Path(allow_dash=True))

DEFINE: Decorator = click.option(
    "-D",
    "--define",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_define,
    help="Give a parameter of the lab its value.",
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
    default="compose",
    show_default=True,
    metavar="NAME",
    help="What to compile for (`netdsl targets`).",
)

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

CLOSED: Decorator = click.option("--closed", is_flag=True, help="Leave uplinks out: no way out of the lab.")

DRIVER: Decorator = click.option(
    "--driver",
    metavar="NAME",
    help="How networks are made where the lab does not say (compose: macvlan, bridge, ipvlan; vagrant has one way).",
)

PROVIDER: Decorator = click.option(
    "--provider",
    metavar="NAME",
    help="What runs virtual machines (vagrant: libvirt, virtualbox) [what the machine has].",
)

SETTING: Decorator = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    callback=_define,
    help="A setting of the target, before what `target NAME { … }` says (compose: pool=PREFIX; vagrant: pool=PREFIX, "
    "box=NAME, box.IMAGE=NAME, accelerator=kvm|tcg, provider=NAME).",
)


def _what_is_measured(command: Callable[..., Any]) -> Callable[..., Any]:
    """`boot`, `pairs`, `no_paths`, `pings`, `seconds`, `rest`: what a round of `measure` and of `compare` does."""
    options = (
        click.option(
            "--boot",
            type=click.Choice(["fresh", "warm", "both"]),
            default="both",
            show_default=True,
            help="Which boots are measured.",
        ),
        click.option(
            "--path",
            "pairs",
            nargs=2,
            multiple=True,
            metavar="FROM TO",
            help="Measure latency and throughput between these nodes [what the lab suggests].",
        ),
        click.option("--no-paths", is_flag=True, help="Measure no latency and no throughput."),
        click.option("--pings", type=click.IntRange(1, 100_000), metavar="N", help="Pings on each path [100]."),
        click.option("--seconds", type=click.FloatRange(0.5, 600), metavar="S", help="Seconds of each throughput [3]."),
        click.option(
            "--rest", type=click.FloatRange(0, 3600), metavar="S", help="Seconds of rest before memory is read [5]."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


WHAT_IS_MEASURED: Decorator = _what_is_measured
