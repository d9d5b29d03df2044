"""The verbs of expectations: `reach` and `reaches` are one word of the language, chosen by what stands before it."""

from collections.abc import Sequence

from netdsl.syntax.format_items import Block, Item, Statement, Token

_VERBS = (
    ("reaches", "reach"), ("is", "are"), ("goes", "go"), ("resolves", "resolve"), ("routes", "route"),
    ("uses", "use"), ("has", "have"),
)  # fmt: skip
"""Each with its form for one and its form for many."""
_FORMS = {form: forms for forms in _VERBS for form in forms}


def agreeing(items: Sequence[Item], is_check: bool = False) -> list[Item]:
    """The items with every verb of an `expect` block in the form of its subject."""
    return [_agreeing(item, is_check) if isinstance(item, Statement) else item for item in items]


def _agreeing(statement: Statement, is_check: bool) -> Statement:
    inside = is_check or statement.first_word == "expect"
    pieces = [
        Block(piece.is_one_line, piece.comment, agreeing(piece.items, inside)) if isinstance(piece, Block) else piece
        for piece in statement.pieces
    ]
    if is_check and statement.first_word not in ("for", "if"):
        at = _verb(pieces)
        verb = pieces[at] if at is not None else None
        if at is not None and isinstance(verb, Token) and verb.text in _FORMS:
            pieces[at] = Token("word", _FORMS[verb.text][_is_many(pieces[:at])])
        elif at is not None and verb == Token("word", "cannot"):
            pieces[at + 1] = Token("word", _FORMS[_text(pieces, at + 1)][True])
    return Statement(pieces, statement.comment)


def _verb(pieces: Sequence[object]) -> int | None:
    """Where the verb stands: after the subject, or after `to` and its object."""
    at = _end_of_list(pieces, 1 if pieces[0] == Token("word", "bgp") else 0)
    if _text(pieces, at) == "to":
        at = _end_of_list(pieces, at + 1)
        while at < len(pieces) and _text(pieces, at) not in ("is", "are", "goes", "go"):
            at += 1
    return at if at < len(pieces) else None


def _end_of_list(pieces: Sequence[object], at: int) -> int:
    """The index after `a, b, c`."""
    at += 1
    while at < len(pieces) and (_text(pieces, at) == "," or _text(pieces, at - 1) in (",", "")):
        at += 1
    return at


def _text(pieces: Sequence[object], at: int) -> str:
    piece = pieces[at] if at < len(pieces) else None
    return piece.text if isinstance(piece, Token) else ""


def _is_many(before: Sequence[object]) -> bool:
    subject = before[: _end_of_list(before, 0)]
    return any(isinstance(piece, Token) and ("*" in piece.text or piece.text == ",") for piece in subject)
