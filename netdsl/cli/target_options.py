"""Options of the verbs that make or run a target's output, gathered in one object."""

import functools
from collections.abc import Callable
from typing import Any

import click

from netdsl.cli.options import Decorator, define, options_together
from netdsl.codegen.contract import Options


def _for_the_target(command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def gathered(
        *,
        project: str | None,
        driver: str | None,
        provider: str | None,
        settings: dict[str, str],
        closed: bool,
        **others: object,
    ) -> None:
        options = Options(project=project, driver=driver, provider=provider, is_closed=closed, settings=settings)
        command(**others, options=options)

    return gathered


TARGET_OPTIONS: Decorator = options_together(
    click.option(
        "--driver",
        metavar="NAME",
        help="How networks are made where the lab does not say (compose: macvlan, bridge, ipvlan; vagrant has one way).",
    ),
    click.option(
        "--provider",
        metavar="NAME",
        help="What runs virtual machines (vagrant: libvirt, virtualbox) [what the machine has].",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        callback=define,
        help="A setting of the target, before what `target NAME { … }` says (compose: pool=PREFIX; vagrant: pool=PREFIX, "
        "box=NAME, box.IMAGE=NAME, accelerator=kvm|tcg, provider=NAME).",
    ),
    click.option("--closed", is_flag=True, help="Leave uplinks out: no way out of the lab."),
    _for_the_target,
)
"""What is said to the target, as `options`; with `--project`, which the verb has before it."""
