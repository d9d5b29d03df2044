"""Random labs: the same number gives the same text, on every machine."""

from collections.abc import Iterator
from random import Random

from netdsl.diagnostics.catalogue import NAT_TARGET_UNREACHABLE, TUNNEL_CARRIES_ITSELF
from netdsl.ir.ids import TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import Start, TunnelEnd
from netdsl.packets.world import World, esps_of
from netdsl.pipeline.analysis import check_text
from tests.differential.commands import give_commands
from tests.differential.draft import Draft, text
from tests.differential.filtered import give_filters
from tests.differential.shapes import outline
from tests.differential.translated import give_nat
from tests.differential.tunnels import give_tunnels
from tests.differential.ways import by_hand, give_routes

_ATTEMPTS = 5
"""At a lab that compiles: of some 500 the first one of one does not."""


def draft_of(seed: int, *, has_kernel: bool = False) -> Draft:
    """A lab of 4 to 9 nodes that compiles without an error, often wrong in what it does."""
    return next(draft for draft in map(_finished, _drafts(seed, has_kernel=has_kernel)) if draft is not None)


def _drafts(seed: int, *, has_kernel: bool) -> Iterator[Draft]:
    for again in map(" again".__mul__, range(_ATTEMPTS)):
        rng = Random(f"netdsl differential {seed}{again}")
        draft = outline(rng, f"fuzz-{seed}", has_kernel=has_kernel)
        give_tunnels(rng, draft)
        give_routes(rng, draft)
        give_nat(rng, draft)
        give_filters(rng, draft)
        give_commands(Random(f"netdsl commands {seed}{again}"), draft)
        _mend_routes_into_themselves(draft)
        _leave_out_dead_targets(draft)
        yield draft


def _finished(draft: Draft) -> Draft | None:
    """Tunnels that stay down are expected to: a node waits for the others until they were up. None: it has an error."""
    checked = check_text(text(draft).encode())
    if checked.lab is None or any(found.is_error for found in checked.diagnostics):
        return None
    if not draft.unmet:
        draft.expected += [f"{tunnel} is not up" for tunnel in _staying_down(checked.lab)]
    return draft


def _staying_down(lab: Lab) -> Iterator[TunnelId]:
    usual = [World(lab, esp) for esp in esps_of(lab)]
    worlds = [one for world in usual for one in (world, *world.others)]
    awaited = (end.tunnel for node in lab.nodes for end in node.tunnels if _is_awaited(end))
    return (tunnel for tunnel in dict.fromkeys(awaited) if not any(world.is_up(tunnel) for world in worlds))


def _is_awaited(end: TunnelEnd) -> bool:
    """Whether its node is ready only when it was up."""
    opens = any(child.start is Start.BOOT for child in end.children)
    return opens and bool(end.peer_addresses) and not end.backup_of


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
