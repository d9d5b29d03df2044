"""Random labs: the same number gives the same text, on every machine."""

from random import Random

from netdsl.diagnostics.catalogue import NAT_TARGET_UNREACHABLE, TUNNEL_CARRIES_ITSELF
from netdsl.pipeline.analysis import check_text
from tests.differential.commands import give_commands
from tests.differential.draft import Draft, text
from tests.differential.filtered import give_filters
from tests.differential.shapes import outline
from tests.differential.translated import give_nat
from tests.differential.tunnels import give_tunnels
from tests.differential.ways import by_hand, give_routes


def draft_of(seed: int, *, has_kernel: bool = False) -> Draft:
    """A lab of 4 to 9 nodes that compiles without an error, often wrong in what it does."""
    rng = Random(f"netdsl differential {seed}")
    draft = outline(rng, f"fuzz-{seed}", has_kernel=has_kernel)
    give_tunnels(rng, draft)
    give_routes(rng, draft)
    give_nat(rng, draft)
    give_filters(rng, draft)
    give_commands(Random(f"netdsl commands {seed}"), draft)
    _mend_routes_into_themselves(draft)
    _leave_out_dead_targets(draft)
    return draft


def _mend_routes_into_themselves(draft: Draft) -> None:
    """Of two ways of one length, `routing auto` may take the segment for the segment's own packets."""
    found = check_text(text(draft).encode()).diagnostics
    ends = [end for tunnel in draft.tunnels if tunnel.kind == "segment" for end in tunnel.ends]
    for end in ends if any(one.rule is TUNNEL_CARRIES_ITSELF for one in found) else ():
        if "routing auto" in end.routes:
            end.routes[:] = by_hand(draft, end)


def _leave_out_dead_targets(draft: Draft) -> None:
    """Whether a gateway with `routing auto` has a way to a dnat's target is known when its routes are."""
    found = check_text(text(draft).encode()).diagnostics
    spans = [one.primary.place.span for one in found if one.rule is NAT_TARGET_UNREACHABLE]
    dead = {span.source.line(span.source.position(span.start)[0]).strip() for span in spans}
    for box in draft.boxes if dead else ():
        box.nat[:] = [line for line in box.nat if line not in dead]


def generate(seed: int) -> str:
    return text(draft_of(seed))


def generate_for_kernel(seed: int) -> str:
    """One for nodes whose kernel has all that tunnels ask for."""
    return text(draft_of(seed, has_kernel=True))
