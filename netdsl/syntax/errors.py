"""What is wrong at a place where the grammar does not go on, in the user's words."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from netdsl.diagnostics.catalogue import (
    FORBIDDEN_CHARACTER,
    MISPLACED_STATEMENT,
    SYNTAX_ERROR,
    UNCLOSED_STRING,
    UNKNOWN_STATEMENT,
)
from netdsl.diagnostics.core import Rule
from netdsl.diagnostics.suggest import closest, is_alone
from netdsl.syntax import foreign_errors, foreign_lines, value_errors
from netdsl.syntax.characters import described
from netdsl.syntax.dead_end import Dead, Finding
from netdsl.syntax.hints import CLAUSES, POINTS, hint, tunnel_of
from netdsl.syntax.scan import previous_end
from netdsl.syntax.statements import statements
from netdsl.syntax.vocabulary import Vocabulary

_PORT = re.compile(r"([\w.:\[\]-]*[\w\]]):(\d+(?:-\d+)?)$")
_CHECK_LINE = re.compile(r"[^\n{};]*\s(?:reaches|reach|cannot|goes|go|resolves|resolve|routes|is|are)\s")
_COMMENT_MARKS = ("//", "/*", "!", "<!--", "%%", '"""', ";;")
_LINE_START = re.compile(r"[ \t]*([\w-]+)")
_LINE = re.compile(r"[^\n]{0,1000}")
_ASSIGNED = re.compile(r"\$(\w+)\s*:?=\s*(.+)")
_CALL = re.compile(r"[ \t]*\([ \t]*\w+[ \t]*=(?!=)")
_MOST_PHRASES = 8

_VERBS = (
    "`reaches`, `cannot reach`, `is up`, `to … is encrypted on`, `to … goes through`, `resolves`, `cannot resolve`, "
    "`routes`, `uses`, `is begun by`, `is behind nat at`, `is encapsulated in udp`, `is in … mode` and `has … from`"
)
_MISPLACED_WORDS = {
    "else": "`else` stands on the line of the closing brace of its `if`: `} else {`",
    "and": "the line before is complete: only `between` and conditions go on with `and`",
    "or": "the line before is complete: only conditions go on with `or`",
}


def explain(dead: Dead, vocabulary: Vocabulary) -> Finding:
    """The first explanation that fits; the last one always does."""
    for explanation in _EXPLANATIONS:
        if (finding := explanation(dead, vocabulary)) is not None:
            return finding
    return _expected(dead, vocabulary)


def _at_word(rule: Rule, message: str, dead: Dead, help_text: str | None = None, instead: str | None = None) -> Finding:
    return Finding(rule, message, dead.offset, dead.offset + max(1, len(dead.word)), help_text, instead)


def _unclosed_string(dead: Dead, _vocabulary: Vocabulary) -> Finding | None:
    word = dead.word
    if not word.startswith('"') or (len(word) > 1 and word.endswith('"')):
        return None
    return _at_word(UNCLOSED_STRING, "this string is not closed on its line", dead)


def _unclosed_value(dead: Dead, _vocabulary: Vocabulary) -> Finding | None:
    """`${` without its brace, in a word that the lexer could not read."""
    at = dead.text.find("${", dead.offset, dead.offset + len(dead.word) + 2)
    if at < 0:
        return None
    line_end = dead.text.find("\n", at)
    if "}" in dead.text[at : line_end if line_end >= 0 else None]:
        return None
    return Finding(SYNTAX_ERROR, "`${` is not closed on its line", at, at + 2)


def _strange_character(dead: Dead, _vocabulary: Vocabulary) -> Finding | None:
    character = dead.word[:1]
    if character.isspace() and not dead.is_line_end:
        return _at_word(
            FORBIDDEN_CHARACTER, f"{described(character)} outside a string", dead, "blanks and tabs separate words"
        )
    mark = next((one for one in _COMMENT_MARKS if dead.text.startswith(one, dead.offset)), None)
    if mark is not None and (dead.is_line_start or mark in ("//", "/*")):
        return _at_word(SYNTAX_ERROR, f"`{mark}` begins no comment", dead, "comments begin with `#`")
    return None


def _value(dead: Dead, _vocabulary: Vocabulary) -> Finding | None:
    return next((found for one in value_errors.EXPLANATIONS if (found := one(dead)) is not None), None)


def _foreign(dead: Dead, _vocabulary: Vocabulary) -> Finding | None:
    return next((found for one in foreign_errors.EXPLANATIONS if (found := one(dead)) is not None), None)


def _first_word(dead: Dead, vocabulary: Vocabulary) -> Finding | None:
    """A line that begins with a word that begins no statement."""
    word = dead.word
    if not dead.is_line_start or dead.is_check or not word or not (word[0].isalpha() or word[0] in "_$*"):
        return None
    if (help_text := _MISPLACED_WORDS.get(word)) is not None:
        return _at_word(SYNTAX_ERROR, f"`{word}` begins a line", dead, help_text)
    if _CALL.match(dead.text, dead.offset + len(word)):
        return _at_word(UNKNOWN_STATEMENT, f"no statement begins with `{dead.shown}`", dead, f"`use {dead.shown} (…)`")
    if (found := foreign_errors.first_word(dead)) is not None:
        return found
    if _CHECK_LINE.match(dead.text, dead.offset):
        return _at_word(
            MISPLACED_STATEMENT, "an expectation outside an `expect` block", dead, "`expect { … }` takes this line"
        )
    if word.startswith("$") and (value := _ASSIGNED.match(dead.rest)) is not None:
        help_text = f"a value is declared once: `let {value[1]} = {value[2]}`"
        return _at_word(UNKNOWN_STATEMENT, f"no statement begins with `{dead.shown}`", dead, help_text)
    near = meant_statement(dead.text, dead.offset, word, vocabulary)
    help_text, instead = tunnel_of(word) or statements().inner_words.get(word), None
    if help_text is None and near is not None:
        help_text, instead = f"did you mean `{near}`?", _certain(word, near, vocabulary.statement_words)
    return _at_word(UNKNOWN_STATEMENT, f"no statement begins with `{dead.shown}`", dead, help_text, instead)


def meant_statement(text: str, offset: int, word: str, vocabulary: Vocabulary) -> str | None:
    """The statement's word nearest to an unknown one; before a block, first of all one that has a block."""
    lower = word.lower()
    if lower in vocabulary.statement_words:
        return lower
    line = _LINE.match(text, offset)
    near = _nearest(lower, statements().with_block) if line and "{" in line[0] else None
    return near or _nearest(lower, vocabulary.statement_words)


@lru_cache(maxsize=1024)
def _nearest(word: str, words: frozenset[str]) -> str | None:
    """Kept, because a text that is no source has the same word on every line."""
    return closest(word, words)


def _statement_in_expect(dead: Dead, vocabulary: Vocabulary) -> Finding | None:
    if not dead.is_check or dead.is_line_start or dead.first_word not in vocabulary.statement_words:
        return None
    start = dead.text.rfind(dead.first_word, 0, dead.offset)
    return Finding(
        MISPLACED_STATEMENT,
        f"`{dead.first_word}` does not belong in an `expect` block",
        start,
        start + len(dead.first_word),
        foreign_lines.expectation(dead.before + dead.rest)
        or "an `expect` block holds expectations: `A reaches B`, `T is up` …",
    )


def _port_behind_colon(dead: Dead, _vocabulary: Vocabulary) -> Finding | None:
    """`tcp:80`, `10.0.0.1:80`: the lexer stops before the colon, or reads nothing at all."""
    if ":" not in dead.word or dead.first_word == "for":
        return None
    start = dead.offset
    while start > 0 and not (dead.text[start - 1].isspace() or dead.text[start - 1] in ",({["):
        start -= 1
    end = dead.offset + len(dead.word)
    found = _PORT.match(dead.text[start:end])
    if found is None:
        return None
    before, port = found[1], found[2]
    if before.lower() in ("tcp", "udp", "sctp"):
        meant = f"{before.lower()}/{port}"
        return Finding(SYNTAX_ERROR, "a port behind a colon", start, end, f"a service is `{meant}`", meant)
    help_text = f"an address and a service are two words: `{before} tcp/{port}`"
    return Finding(SYNTAX_ERROR, "a port behind a colon", start, end, help_text)


def _missing_chain(dead: Dead, vocabulary: Vocabulary) -> Finding | None:
    if "CHAIN" not in dead.expected or dead.first_word not in ("accept", "drop", "reject") or dead.is_line_end:
        return None
    if _near(dead.word, vocabulary.words(dead.expected)):
        return None
    help_text = f"`{dead.first_word} input {dead.shown}`, or `output`, or `forward`"
    if dead.word in ("established", "related"):
        help_text = "answers are always accepted first: no line is needed for them"
    elif dead.word in ("all", "any", "everything"):
        help_text = f"`{dead.first_word} input`, or `output`, or `forward`: a line without a service is for every one"
    elif dead.word in ("from", "to", "in", "out", "through"):
        help_text = f"`{dead.first_word} forward {dead.rest}`, or `input`, or `output`"
    return _at_word(SYNTAX_ERROR, f"a chain stands after `{dead.first_word}`", dead, help_text)


def _assigned(dead: Dead, _vocabulary: Vocabulary) -> Finding | None:
    if dead.word != "=" or "COMPARE" not in dead.expected:
        return None
    return _at_word(SYNTAX_ERROR, "`=` in a condition", dead, "`==` compares")


def _missing_comma(dead: Dead, _vocabulary: Vocabulary) -> Finding | None:
    """In the parentheses of a `use` or `template`, where a line end says nothing."""
    if dead.expected != {"RPAR"} or not (dead.word[:1].isalnum() or dead.word[:1] in "$_"):
        return None
    end = previous_end(dead.text, dead.offset)
    message = f"`,` or `)` expected after `{_word_before(dead.text, end)}`"
    return Finding(SYNTAX_ERROR, message, end, end)


def _no_verb(dead: Dead, vocabulary: Vocabulary) -> Finding | None:
    if not dead.is_check or "REACHES" not in dead.expected or "CANNOT" not in dead.expected or dead.is_line_end:
        return None
    near = closest(dead.word, vocabulary.words(dead.expected))
    meant = foreign_lines.expectation(dead.before + dead.rest)
    if "points" in (dead.word, *dead.before.split()[-1:]):
        meant = POINTS
    help_text = meant or (f"did you mean `{near}`?" if near else f"the verbs are {_VERBS}")
    message = f"`{dead.shown}` is no verb of an expectation"
    instead = None if meant is not None else _certain(dead.word, near, vocabulary.words(dead.expected))
    return _at_word(SYNTAX_ERROR, message, dead, help_text, instead)


def _after_comma(dead: Dead, vocabulary: Vocabulary) -> Finding | None:
    """A comma at a line's end has taken the next statement's word for a value."""
    line_start = dead.text.rfind("\n", 0, dead.offset) + 1
    end = previous_end(dead.text, line_start)
    found = _LINE_START.match(dead.text, line_start)
    if found is None or found.end() > dead.offset or found[1] not in vocabulary.statement_words:
        return None
    if not dead.text[:end].endswith(",") or dead.is_line_start:
        return None
    return Finding(SYNTAX_ERROR, "this comma makes the next line part of the list", end - 1, end)


def _brace_on_its_own(dead: Dead, _vocabulary: Vocabulary) -> Finding | None:
    if not dead.is_line_start or not dead.text.startswith("{", dead.offset):
        return None
    return _at_word(SYNTAX_ERROR, "`{` on a line of its own", dead, "a block opens on the line of its statement")


def _bad_escape(dead: Dead, _vocabulary: Vocabulary) -> Finding | None:
    if not dead.word.startswith("\\"):
        return None
    return _at_word(
        SYNTAX_ERROR,
        "a backslash outside a string",
        dead,
        "a statement goes on after a comma, and before `and` or `or`",
    )


_EXPLANATIONS: Sequence[Callable[[Dead, Vocabulary], Finding | None]] = (
    _unclosed_string,
    _unclosed_value,
    _strange_character,
    _foreign,
    _value,
    _first_word,
    _statement_in_expect,
    _port_behind_colon,
    _missing_chain,
    _assigned,
    _missing_comma,
    _no_verb,
    _after_comma,
    _brace_on_its_own,
    _bad_escape,
)


def _expected(dead: Dead, vocabulary: Vocabulary) -> Finding:
    phrases = vocabulary.phrases(dead.expected)
    listed = _listed(phrases) if 0 < len(phrases) <= _MOST_PHRASES else ""
    if dead.is_line_end:
        end = previous_end(dead.text, dead.offset)
        before = _word_before(dead.text, end)
        message = f"{listed or 'more'} expected after `{before}`" if before else f"{listed or 'more'} expected"
        return Finding(SYNTAX_ERROR, message, end, end, hint(dead))
    message = f"expected {listed}, found `{dead.shown}`" if listed else f"`{dead.shown}` does not belong here"
    near = (
        _near(dead.word, vocabulary.words(dead.expected)) if len(dead.word) > 1 and dead.word not in CLAUSES else None
    )
    help_text = f"did you mean `{near}`?" if near else hint(dead)
    if listed == "a string":
        help_text = (
            f'a string stands in quotes: `"{dead.rest}"`' if dead.rest.isprintable() and '"' not in dead.rest else None
        )
    if help_text is None and "_SEP" in dead.expected and dead.word in vocabulary.statement_words:
        help_text = f"`{dead.word}` begins a statement of its own: on a new line, after `;`, or in the block"
    is_near = near is not None and help_text == f"did you mean `{near}`?"
    instead = _certain(dead.word, near, vocabulary.words(dead.expected)) if is_near else None
    if dead.first_word and not listed and not dead.is_line_start:
        message = f"`{dead.shown}` does not belong in a line of `{dead.first_word}`"
    return _at_word(SYNTAX_ERROR, message, dead, help_text, instead)


def _certain(word: str, near: str | None, words: Iterable[str]) -> str | None:
    """The word that was meant, where no other is as near."""
    if near is None or near == word.lower():
        return near
    return near if is_alone(word, near, frozenset(words)) else None


def _near(word: str, words: Sequence[str]) -> str | None:
    """The word that was meant: the same in other case, or one nearly written so."""
    return word.lower() if word.lower() in words and word not in words else closest(word, words)


def _listed(phrases: Sequence[str]) -> str:
    if len(phrases) == 1:
        return phrases[0]
    return f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def _word_before(text: str, end: int) -> str:
    start = end
    while start > 0 and end - start < 40 and not text[start - 1].isspace() and text[start - 1] not in ",;{}()":
        start -= 1
    return text[start:end] or text[max(0, end - 1) : end]
