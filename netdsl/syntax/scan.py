"""The outer shape of a text, found without the grammar: braces, strings, comments, characters that hide."""

import re
from collections.abc import Iterator

from netdsl.diagnostics.catalogue import FORBIDDEN_CHARACTER, NESTING_TOO_DEEP
from netdsl.diagnostics.core import Diagnostics
from netdsl.source import Place, SourceFile, Span
from netdsl.syntax.characters import described
from netdsl.syntax.limits import MAX_DEPTH

# Control characters but tab and line ends; what changes the direction of text; what has no width; surrogates.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]|\r(?!\n)"
)

_SKIPPED = (
    r'"(?:[^"\\\n]|\\[^\n])*"?'  # a string, closed or not
    r"|\#[^\n]*"
    r'|\$\{(?:"(?:[^"\\\n]|\\[^\n])*"|[^}"\n])*\}?'  # its braces are no block
)
_STRUCTURE = re.compile(rf"(?P<skipped>{_SKIPPED})|\}}[ \t]*else[ \t]+if(?!\w)|[{{}}()\[\]]")
_BREAKS = re.compile(rf"(?P<skipped>{_SKIPPED})|[{{}}();\n]")
_PARENTHESES_GO_ON = re.compile(r"\s*(?:[A-Za-z_$][\w$-]*[ \t]*=|\)|#|,)")
_LINE_GOES_ON = re.compile(r"\s*(?:and|or)(?![\w.*-])")
_CODE = re.compile(rf"{_SKIPPED}|\S")
_INDENTATION = re.compile(r"[ \t]*")


def without_forbidden(source: SourceFile, diagnostics: Diagnostics) -> tuple[str, frozenset[int]]:
    """The text with a blank for every forbidden character, and the lines where one was (reported once a line)."""
    text = source.text
    if text.startswith("\ufeff"):
        text = " " + text[1:]
    lines: set[int] = set()
    for found in _FORBIDDEN.finditer(text):
        line, _ = source.position(found.start())
        if line in lines:
            continue
        lines.add(line)
        span = Span(source, found.start(), found.end())
        advice = "delete it: it cannot be seen"
        diagnostics.report(FORBIDDEN_CHARACTER, f"{described(found[0])} in the text", Place(span), help=advice)
    return (_FORBIDDEN.sub(" ", text) if lines else text), frozenset(lines)


def is_nested_too_deep(source: SourceFile, text: str, diagnostics: Diagnostics) -> bool:
    """Reports the first bracket beyond the limit. `else if` counts: each stands inside the one before."""
    open_chains: list[int] = []
    depth = chain = 0
    for found in _STRUCTURE.finditer(text):
        mark = found[0]
        if mark in "{([":
            open_chains.append(chain if mark == "{" else 0)
            depth += 1 + open_chains[-1]
            chain = 0 if mark == "{" else chain
            if depth > MAX_DEPTH:
                message = f"nested more than {MAX_DEPTH} deep"
                diagnostics.report(NESTING_TOO_DEEP, message, Place(Span(source, found.start(), found.start() + 1)))
                return True
        elif mark[0] in "})]" and open_chains:
            chain = open_chains.pop()
            depth -= 1 + chain
            chain = chain + 1 if len(mark) > 1 else 0
    return False


def end_of_statement(text: str, start: int, in_parentheses: bool, stop_at_block: bool) -> int:
    """Where a statement that cannot be read from `start` on ends: at a line end, `;`, the closing brace around it, or,
    where wanted, its own block's opening brace."""
    depth = 0
    parentheses = int(in_parentheses)
    for found in _BREAKS.finditer(text, start):
        at = found.start()
        match found[0]:
            case "{":
                if depth == 0 and stop_at_block:
                    return at
                depth += 1
            case "}":
                if depth == 0:
                    return at
                depth -= 1
            case "(":
                parentheses += 1
            case ")":
                parentheses = max(0, parentheses - 1)
            case ";" if depth == 0:
                return at
            case "\n" if depth == 0 and not _goes_on(text, at, parentheses > 0):
                return at
            case _:
                pass
    return len(text)


def code_end(text: str, start: int, end: int) -> int:
    """Where a text ends, the blanks and comments behind it aside."""
    last = start
    for found in _CODE.finditer(text, start, end):
        if not found[0].startswith("#"):
            last = found.end()
    return last


def _goes_on(text: str, line_end: int, in_parentheses: bool) -> bool:
    if text[previous_end(text, line_end) - 1 : line_end].startswith(","):
        return True
    if in_parentheses and _PARENTHESES_GO_ON.match(text, line_end):
        return True
    return _LINE_GOES_ON.match(text, line_end) is not None


def previous_end(text: str, offset: int) -> int:
    """Where the text before an offset ends, blanks and line ends aside."""
    while offset > 0 and text[offset - 1] in " \t\r\n":
        offset -= 1
    return offset


def braces(text: str) -> Iterator[int]:
    """The offsets of the braces of blocks."""
    return (found.start() for found in _STRUCTURE.finditer(text) if found[0][0] in "{}")


def unclosed_brace(text: str) -> tuple[int | None, int | None]:
    """The opening brace that most likely lacks its closing one, and the closing one that gave it away, if one did.

    A `}` that begins its line further left than the line of the block it closes belongs to a block further out.
    """
    pending: list[int] = []
    for at in braces(text):
        if text[at] == "{":
            pending.append(at)
            continue
        if not pending:
            continue
        opening = pending.pop()
        if is_first_on_line(text, at) and indentation(text, at) < indentation(text, opening):
            return opening, at
    return (pending[-1] if pending else None), None


def is_first_on_line(text: str, offset: int) -> bool:
    return indentation(text, offset) == offset - (text.rfind("\n", 0, offset) + 1)


def indentation(text: str, offset: int) -> int:
    """The number of blanks before the line of an offset."""
    found = _INDENTATION.match(text, text.rfind("\n", 0, offset) + 1)
    assert found is not None
    return len(found[0])
