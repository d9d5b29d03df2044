"""The options that `measure` and `compare` share: what is measured, as one object."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from netdsl.cli.options import Decorator, options_together
from netdsl.measuring.measurement import Existing, Measurement
from netdsl.measuring.types import BootKind, Plan


def _as_a_measurement(command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def gathered(
        *,
        runs: int | None,
        boot: str,
        pairs: tuple[tuple[str, str], ...],
        no_paths: bool,
        pings: int | None,
        seconds: float | None,
        rest: float | None,
        resume: bool,
        anew: bool,
        timeout: int | None,
        **others: object,
    ) -> None:
        if resume and anew:
            raise click.UsageError("--resume goes on with what there is, --anew replaces it")
        if no_paths and pairs:
            raise click.UsageError("--no-paths measures none, --path names one")
        existing = Existing.RESUME if resume else Existing.ANEW if anew else Existing.REFUSE
        plan = _plan(boot, pings, seconds, rest)
        command(**others, wanted=Measurement(runs, plan, None if no_paths else pairs, existing, timeout))

    return gathered


def _plan(boot: str, pings: int | None, seconds: float | None, rest: float | None) -> Plan:
    """What the options say; the rest as always. `boot`: `both`, or one of them."""
    plan = Plan() if boot == "both" else replace(Plan(), boots=(BootKind(boot),))
    return replace(
        plan,
        pings=plan.pings if pings is None else pings,
        seconds=plan.seconds if seconds is None else seconds,
        steady=plan.steady if rest is None else rest,
    )


MEASUREMENT: Decorator = options_together(
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
    click.option("--resume", is_flag=True, help="Go on with the rounds that are missing."),
    click.option("--anew", is_flag=True, help="Replace what was measured before."),
    click.option(
        "--timeout", type=click.IntRange(min=1), metavar="S", help="Seconds until every node is ready, as in `up`."
    ),
    _as_a_measurement,
)
"""As `wanted`; with `--runs`, which the verb has before them."""
