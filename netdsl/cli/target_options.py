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
        has_build_network: bool,
        **others: object,
    ) -> None:
        if closed and has_build_network:
            raise click.UsageError(
                "--closed leaves no network to an image that is built either; without --build-network"
            )
        options = Options(
            project=project,
            driver=driver,
            provider=provider,
            is_closed=closed,
            has_build_network=has_build_network,
            settings=settings,
        )
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
    click.option(
        "--build-network",
        "has_build_network",
        is_flag=True,
        help="Let `run` lines of images reach the network while an image is built; packages always may.",
    ),
    _for_the_target,
)
"""What is said to the target, as `options`; with `--project`, which the verb has before it."""
