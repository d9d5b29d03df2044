"""What is expected, and holds with one kind of ESP alone. A node decides when it starts which of them it uses."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from netdsl.ir.expectation import Expectation
from netdsl.packets.world import World, esps_of
from netdsl.verify.expectations import proofs_of, shows
from netdsl.verify.types import Dependence, Proof


def dependences(world: World, proofs: Sequence[Proof]) -> tuple[Dependence, ...]:
    """The lines and failure blocks that hold in the lab with one kind of ESP and do not with the other, in the order of the
    source. `proofs`: of all lines, in this world. Nothing is proven again in a lab without tunnels that have ESP.

    Raises TooLarge as `proofs_of` does.
    """
    esp = next((esp for esp in esps_of(world.lab) if esp is not world.esp), None) if proofs else None
    if esp is None:
        return ()
    other = World(world.lab, esp)
    pairs = zip(proofs, (proof for _, found in proofs_of(other) for proof in found), strict=True)
    blocks = groupby(pairs, key=lambda pair: pair[0].expectation)
    return tuple(one for block, found in blocks for one in _compared(block, list(found), world, other))


def _compared(block: Expectation, pairs: list[tuple[Proof, Proof]], *worlds: World) -> Iterator[Dependence]:
    """`pairs`: of each line its proof in each of the two worlds."""
    if block.is_failure:
        here, there = (shows(proofs) for proofs in zip(*pairs, strict=True))
        if here != there:
            yield Dependence(block, None, worlds[there].esp, "every line of the block holds")
        return
    for one, other in pairs:
        failing = other if one.holds else one
        if one.holds != other.holds and failing.is_exact:
            yield Dependence(block, one.line, worlds[other.holds].esp, failing.reason)
