"""The options that `measure` and `compare` share: what is measured, as one object."""

import functools
from collections.abc import Callable
from typing import Any

import click

from netdsl.cli.options import Decorator, options_together
from netdsl.measuring.measurement import Existing, Given, Measurement
from netdsl.measuring.types import BootKind


def _as_a_measurement(command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def gathered(
        *,
        runs: int | None,
        boot: str | None,
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
        boots = None if boot is None else _BOOTS[boot]
        given = Given(boots, rest, pings, seconds, pairs=pairs or None, has_paths=not no_paths)
        command(**others, wanted=Measurement(runs, given, existing, timeout))

    return gathered


_BOOTS = {"fresh": (BootKind.FRESH,), "warm": (BootKind.WARM,), "both": (BootKind.FRESH, BootKind.WARM)}


MEASUREMENT: Decorator = options_together(
    click.option(
        "--boot",
        type=click.Choice(list(_BOOTS)),
        help="Which boots are measured [both].",
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
    click.option(
        "--resume", is_flag=True, help="Do the rounds that are missing; options that are not given are as in the file."
    ),
    click.option("--anew", is_flag=True, help="Replace what was measured before."),
    click.option(
        "--timeout", type=click.IntRange(min=1), metavar="S", help="Seconds until every node is ready, as in `up`."
    ),
    _as_a_measurement,
)
"""As `wanted`; with `--runs`, which the verb has before them."""
