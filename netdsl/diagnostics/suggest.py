"""'Did you mean': the valid name that is nearest to a wrong one."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache

from netdsl.diagnostics.fix import Rewording

LONGEST_WORD = 64
"""Longer words get no suggestion; the limit bounds the cost of a comparison."""


MOST_COMPARED = 250
"""With more candidates only names at an edit distance of one are found, by lookup."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_."


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate with the smallest edit distance (insert, delete, replace, swap neighbours); None if none is near.

    Near: at most `max(1, len(word) // 3)` edits, and fewer than the longer word has letters. Of equally near candidates
    the alphabetically first. The word itself is never suggested. The cost is bounded by `MOST_COMPARED`.
    """
    if not 0 < len(word) <= LONGEST_WORD:
        return None
    names = candidates if isinstance(candidates, AbstractSet) else frozenset(candidates)
    if len(names) > MOST_COMPARED:
        return min((near for near in _one_edit_away(word) if near in names), default=None)
    return _nearest(word, names)


def _nearest(word: str, names: AbstractSet[str]) -> str | None:
    best: str | None = None
    nearest = max(1, len(word) // 3)
    for name in sorted(names):
        limit = nearest if best is None else nearest - 1
        limit = min(limit, max(len(word), len(name)) - 1)
        if name == word or abs(len(name) - len(word)) > limit:
            continue
        distance = edit_distance(word, name, limit)
        if distance is not None:
            best, nearest = name, distance
            if nearest == 1:
                break
    return best


def _one_edit_away(word: str) -> Iterator[str]:
    """All possible names at an edit distance of one that share a letter with the word."""
    for index in range(len(word) + 1):
        head, tail = word[:index], word[index:]
        for letter in _LETTERS:
            yield head + letter + tail
            if len(word) > 1 and tail and letter != tail[0]:
                yield head + letter + tail[1:]
        if len(word) > 1 and tail:
            yield head + tail[1:]
        if len(tail) > 1 and tail[0] != tail[1]:
            yield head + tail[1] + tail[0] + tail[2:]


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The help text for an unknown name, if a near candidate exists; where no other is as near, a rewording."""
    names = candidates if isinstance(candidates, AbstractSet) else frozenset(candidates)
    near = closest(word, names)
    if near is None:
        return None
    text = f"did you mean `{near}`?"
    return Rewording(text, word, near) if is_alone(word, near, names) else text


def is_alone(word: str, near: str, names: AbstractSet[str]) -> bool:
    """Whether no other name is as near to the word."""
    return _is_alone(word, near, frozenset(names))


@lru_cache(maxsize=256)  # a word that is wrong once is often wrong in many places
def _is_alone(word: str, near: str, names: frozenset[str]) -> bool:
    if len(names) > MOST_COMPARED:
        return sum(other in names for other in set(_one_edit_away(word))) == 1
    distance = edit_distance(word, near, len(word))
    limit = 0 if distance is None else distance
    others = (name for name in names if abs(len(name) - len(word)) <= limit and name not in (near, word))
    return all(edit_distance(word, other, limit) is None for other in others)


def edit_distance(left: str, right: str, limit: int) -> int | None:
    """The Damerau-Levenshtein distance (optimal string alignment), or None where it is over `limit`.

    After: L. Boytsov, 'Indexing methods for approximate dictionary searching', 2011, section 2.1. Stops
    once every entry of a row and of the row before it is over the limit.
    """
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, character in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            cost = min(above[column] + 1, current[-1] + 1, above[column - 1] + (character != other))
            if row > 1 and column > 1 and character == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit and min(above) > limit:
            return None
        before, above = above, current
    return above[-1] if above[-1] <= limit else None
