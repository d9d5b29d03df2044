"""Random labs: the same number gives the same text, on every machine."""

from random import Random

from tests.differential.draft import Draft, text
from tests.differential.filtered import give_filters
from tests.differential.shapes import outline
from tests.differential.translated import give_nat
from tests.differential.tunnelled import give_tunnels
from tests.differential.ways import give_routes


def draft_of(seed: int) -> Draft:
    """A lab of 4 to 9 nodes that compiles without an error, often wrong in what it does."""
    rng = Random(f"netdsl differential {seed}")
    draft = outline(rng, f"fuzz-{seed}")
    give_tunnels(rng, draft)
    give_routes(rng, draft)
    give_nat(rng, draft)
    give_filters(rng, draft)
    return draft


def generate(seed: int) -> str:
    return text(draft_of(seed))
