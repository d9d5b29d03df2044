"""Details of two values, and of two lists."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from netdsl.diff.types import Detail
from netdsl.ir.filter import DestinationNat, FilterRule, SourceNat, TunnelAccept
from netdsl.ir.ids import TunnelId
from netdsl.source import Place

Line = TypeVar("Line", FilterRule | TunnelAccept, DestinationNat | SourceNat)

_WORD = re.compile(r"[\w.-]+")


def valued(what: str, before: object, after: object) -> Iterator[Detail]:
    """One detail, where the two say different things; an empty one is none."""
    if before != after:
        yield Detail(what, _text(before), _text(after))


def listed(what: str, before: Iterable[Hashable], after: Iterable[Hashable]) -> Iterator[Detail]:
    """A detail for each that came or went."""
    olds, news = Counter(list(before)), Counter(list(after))
    yield from (Detail(what, str(one), None) for one in (olds - news).elements())
    yield from (Detail(what, None, str(one)) for one in (news - olds).elements())


def lines(what: str, before: Iterable[Hashable], after: Iterable[Hashable]) -> Iterator[Detail]:
    """Statements that came or went, as they are written, each once; where none did but their order."""
    olds, news = list(before), list(after)
    gone, come = Counter(olds) - Counter(news), Counter(news) - Counter(olds)
    texts = [list(dict.fromkeys(map(written, found.elements()))) for found in (gone, come)]
    yield from (Detail(what, text, None) for text in texts[0])
    yield from (Detail(what, None, text) for text in texts[1])
    if not gone and not come and olds != news:
        yield Detail(f"order of {what}s", *(", ".join(dict.fromkeys(map(written, one))) for one in (olds, news)))


def written(line: Hashable) -> str:
    """A statement as its author wrote it, on one line."""
    if isinstance(line, TunnelAccept):
        return f"accept tunnel {line.tunnel}"
    origin: Place | None = getattr(line, "origin", None)
    return "" if origin is None else " ".join(origin.span.shown_text.split())


def with_names(line: Line, renamed: Mapping[str, str]) -> Line:
    """A line of the first lab, with the second one's names of tunnels."""
    if not renamed:
        return line

    def now(tunnel: TunnelId) -> TunnelId:
        return TunnelId(renamed.get(tunnel, tunnel))

    if isinstance(line, TunnelAccept):
        return replace(line, tunnel=now(line.tunnel))
    match, state = line.match, line.state
    return replace(
        line,
        match=replace(match, through=tuple(map(now, match.through)), not_through=tuple(map(now, match.not_through))),
        state=None if state is None else replace(state, tunnel=now(state.tunnel)),
    )


def with_new_names(text: str, renamed: Mapping[str, str]) -> str:
    """Names, and what begins with one (`gw.wan`, `server.app`), as the second lab calls them."""
    return _WORD.sub(lambda word: _name(word[0], renamed), text) if renamed else text


def holds_name(text: str, renamed: Mapping[str, str]) -> bool:
    """Whether one of the names that are others now is in a text."""
    return with_new_names(text, renamed) != text


def _name(word: str, renamed: Mapping[str, str]) -> str:
    head = word
    while head:
        if head in renamed:
            return renamed[head] + word[len(head) :]
        head = head.rpartition(".")[0]
    return word


def _text(value: object) -> str | None:
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
