"""GRE in random labs."""

from collections.abc import Iterator
from random import Random

from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd
from tests.differential.draft import Draft
from tests.differential.tunnels import give_device

FEATURES = ("gre",)
KERNEL_FEATURES: tuple[str, ...] = ()
OUTER = "accept forward gre"
IS_FIRST = False
SHARE = 0.0


def fits(draft: Draft) -> bool:
    return True


def give(rng: Random, draft: Draft, number: int) -> None:
    give_device(rng, draft, "gre", number)


def nest(rng: Random, draft: Draft) -> None:
    """Nothing is put into GRE on purpose."""


def features(end: TunnelEnd, node: Node) -> Iterator[str]:
    yield "gre"
