"""GRE in random labs."""

from collections.abc import Iterator
from random import Random

from netdsl.ir.tunnel import TunnelEnd
from tests.differential.draft import Draft
from tests.differential.tunnels import give_device

FEATURES = ("gre",)
OUTER = "accept forward gre"
IS_FIRST = False


def fits(draft: Draft) -> bool:
    return True


def give(rng: Random, draft: Draft, number: int) -> None:
    give_device(rng, draft, "gre", number)


def features(end: TunnelEnd) -> Iterator[str]:
    yield "gre"
