"""The same paths for several labs, so that what is measured in one can be compared with the others."""

from collections.abc import Sequence

from netdsl.ir.lab import Lab
from netdsl.measuring.paths import choose, worlds_of
from netdsl.measuring.types import Path
from netdsl.packets.world import World
from netdsl.verify.question import BadQuestion

Pair = tuple[str, str]


def same_pairs(labs: Sequence[Lab]) -> tuple[tuple[Pair, ...], ...]:
    """For each lab the paths that any of the labs suggests, where they pass in it: from whom to whom, in one order. Empty
    for all where they suggest the same, so that each can be measured as it suggests."""
    worlds = [worlds_of(lab) for lab in labs]
    suggested = [choose(lab, own) for lab, own in zip(labs, worlds, strict=True)]
    ends = [{_ends(path): path for path in paths} for paths in suggested]
    if len({frozenset(one) for one in ends}) <= 1:
        return tuple(() for _ in labs)
    wanted = {key: path for one in reversed(ends) for key, path in one.items()}
    paths = [wanted[key] for key in dict.fromkeys(key for one in ends for key in one)]
    return tuple(
        tuple(pair for path in paths if (pair := _pair(lab, own, path)) is not None)
        for lab, own in zip(labs, worlds, strict=True)
    )


def _ends(path: Path) -> tuple[str, str, str]:
    return path.source, path.destination, path.address


def _pair(lab: Lab, worlds: Sequence[World], path: Path) -> Pair | None:
    """By the address, or where the lab has not that one by the node."""
    for destination in (path.address, path.destination):
        pair = (path.source, destination)
        try:
            found = choose(lab, worlds, (pair,))
        except BadQuestion:
            continue
        if any((one.source, one.destination) == (path.source, path.destination) for one in found):
            return pair
    return None
