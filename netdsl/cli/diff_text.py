"""A difference as lines for a terminal, and as Markdown."""

from collections.abc import Iterator

from netdsl.cli.diff_words import NOTHING, sections
from netdsl.cli.layout import fitting, hanging
from netdsl.diagnostics.markdown import text
from netdsl.diff.types import Difference


def diff_text(difference: Difference, width: int) -> str:
    """Lines of at most `width` columns, each with a line end; nothing where nothing differs."""
    return "".join(f"{line}\n" for line in _lines(difference, fitting(width)))


def _lines(difference: Difference, width: int) -> Iterator[str]:
    for number, (title, lines) in enumerate(sections(difference)):
        if number:
            yield ""
        yield title
        for line in lines:
            yield from _wrapped("  ", line.text, width)
            for inner in line.inner:
                yield from _wrapped("      ", inner, width)


def _wrapped(indent: str, line: str, width: int) -> Iterator[str]:
    """Further lines of a sentence stand to the right of the first."""
    sign = 2 if line[:2] in ("+ ", "- ", "~ ") else 4
    first = True
    for piece in hanging(" " * (len(indent) + sign), line, width):
        yield f"{indent}{piece.strip()}" if first else piece
        first = False


def diff_markdown(difference: Difference, names: tuple[str, str]) -> str:
    """`names`: of the two sources."""
    return "".join(f"{line}\n" for line in _markdown(difference, names))


def _markdown(difference: Difference, names: tuple[str, str]) -> Iterator[str]:
    yield f"**{text(names[0])} → {text(names[1])}**"
    if difference.is_empty:
        yield ""
        yield f"{NOTHING[0].upper()}{NOTHING[1:]}."
    for title, lines in sections(difference):
        yield ""
        yield f"**{title[0].upper()}{title[1:]}**"
        yield ""
        for line in lines:
            yield f"- {_item(line.text)}"
            yield from (f"  - {_item(inner)}" for inner in line.inner)


def _item(line: str) -> str:
    """A sign at the begin of an item would be a list of its own."""
    return f"\\{text(line)}" if line[:2] in ("+ ", "- ") else text(line)
