"""IPIP in random labs."""

from collections.abc import Iterator
from random import Random

from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd
from tests.differential.draft import Draft
from tests.differential.tunnels import give_device

FEATURES = ("ipip",)
KERNEL_FEATURES: tuple[str, ...] = ()
OUTER = "accept forward ipip"
IS_FIRST = False
SHARE = 0.0


def fits(draft: Draft) -> bool:
    """In user space it carries one family."""
    return len(draft.families) == 1


def give(rng: Random, draft: Draft, number: int) -> None:
    give_device(rng, draft, "ipip", number)


def nest(rng: Random, draft: Draft) -> None:
    """Nothing is put into IPIP on purpose."""


def features(end: TunnelEnd, node: Node) -> Iterator[str]:
    yield "ipip"
