"""Characters outside ASCII where the language has none: which it is, and what is written instead."""

import unicodedata

_TYPOGRAPHIC_QUOTES = "“”„‟«»‘’‚‛′″＂＇"
_DASHES = "‐‑‒–—―−－﹣"

_SIGNS = {
    "→": "->",
    "⇒": "->",
    "…": "..",
    "‥": "..",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "∕": "/",
    "⁄": "/",
}
"""What word processors make of two characters, and signs that a keyboard has not."""

_LETTERS = dict(
    zip(
        "аеорсухіјѕһԁԛԝӏвкмнтАВЕКМНОРСТХІЈЅαορνικυχτγΑΒΕΖΗΙΚΜΝΟΡΤΥΧıłøđ",
        "aeopcyxijshdqwlbkmhtABEKMHOPCTXIJSaopvikuxtyABEZHIKMNOPTYXilod",
        strict=True,
    )
)
"""Letters of other alphabets that are drawn alike (after Unicode Technical Standard 39, confusables.txt), and three that
do not decompose."""


def instead_of(character: str) -> str:
    """The ASCII text that stands for a character, "" where there is none."""
    if character.isascii():
        return character
    if character in _TYPOGRAPHIC_QUOTES:
        return '"'
    if character in _DASHES:
        return "-"
    if (known := _SIGNS.get(character) or _LETTERS.get(character)) is not None:
        return known
    # U+00FC is `u` and a mark, U+FF18 (fullwidth) is `8`.
    plain = "".join(one for one in unicodedata.normalize("NFKD", character) if not unicodedata.combining(one))
    return plain if plain.isascii() and plain.isprintable() and plain != character else ""


def is_quote(character: str) -> bool:
    return character in _TYPOGRAPHIC_QUOTES


def is_lookalike(character: str) -> bool:
    return character in _LETTERS


def described(character: str) -> str:
    """A character in words: `U+202E right-to-left override`."""
    names = {"\0": "null", "\r": "carriage return without line feed", "\x1b": "escape", "\x7f": "delete"}
    name = names.get(character) or unicodedata.name(character, "control character").lower()
    return f"U+{ord(character):04X} {name}"


def in_ascii(text: str) -> str | None:
    """The text with what stands for each of its characters; None where one of them has nothing."""
    parts = [instead_of(character) for character in text]
    return "".join(parts) if all(parts) else None
