"""Hints for statements that declare something: its name, what follows it, its block."""

import re
from collections.abc import Callable, Sequence

from netdsl.syntax.dead_end import Dead
from netdsl.syntax.statements import statements

_LINK = re.compile(
    r"link\s+\[?\"?([\w-]+?)[.: ]([\w-]+?)\"?(?:\s*(?:<?-+>?|,|:)\s*|\s+)\"?([\w-]+)[.: ]([\w/-]+)", re.ASCII
)
_TYPED = re.compile(r":(?:\s*\w+)?\s*=\s*(.+)")
_ELEMENTS = frozenset({"host", "router", "switch", "network", "image", "template", "pki"})


def _of_a_link(dead: Dead, _read: Sequence[str]) -> str | None:
    if dead.first_word == "link" and (found := _LINK.match(dead.before + dead.rest)) is not None:
        return f"`link {found[1]}.{found[2]} -- {found[3]}.{found[4]}`"
    return None


def _of_an_assignment(dead: Dead, read: Sequence[str]) -> str | None:
    if dead.first_word not in ("env", "sysctl", "let", "param"):
        return None
    if dead.word.startswith(":") and len(read) == 2 and (found := _TYPED.match(dead.rest)) is not None:
        return f"`{dead.first_word} {read[1]} = {found[1]}`" + (
            ": its kind is the value's" if found[0][1] != "=" else ""
        )
    if dead.word == "-w":
        return f"without `-w`: `{dead.first_word} {dead.rest[2:].strip().replace('=', ' = ', 1)}`"
    if "=" not in dead.before and len(read) == 2 and dead.word[:1] not in ("=", "{", ""):
        quote = '"' if dead.first_word == "env" and not dead.word.startswith('"') else ""
        return f"`{dead.first_word} {read[1]} = {quote}{dead.rest}{quote}`"
    if "=" in dead.before and "=" in dead.rest:
        return f"a line has one value: `{dead.first_word} {dead.rest.replace('=', ' = ', 1)}` on the next one"
    return None


def _of_a_colon(dead: Dead, _read: Sequence[str]) -> str | None:
    if not dead.word.startswith(":") or not dead.before or dead.before[-1].isspace():
        return None
    if dead.first_word in ("template", "use"):
        return "a value stands behind `=`: `(NAME = VALUE)`"
    return f"no colon: `{dead.before} {dead.rest[1:].strip()}`" if dead.rest[1:2].isspace() else None


def _of_a_name(dead: Dead, _read: Sequence[str]) -> str | None:
    if dead.is_check or "NAME" not in dead.expected or "STRING" in dead.expected:
        return None
    if dead.first_word == "lab" and dead.word.startswith('"'):
        return f"`lab NAME {dead.word}`: the name stands before the title"
    if dead.word[:1].isdecimal() and "INT" not in dead.expected:
        return "a name begins with a letter"
    bare = dead.word.strip('"')
    return f"without quotes: `{bare}`" if dead.word.startswith('"') and bare.replace("-", "").isalnum() else None


def _of_a_block(dead: Dead, read: Sequence[str]) -> str | None:
    """`host a = { … }`, `host a (…)`, `host a, b { … }`, `nat masquerade out n`, `expect a reaches b`."""
    if dead.first_word == "expect" and not dead.is_check and not dead.is_line_end and len(read) == 1:
        if dead.word in ("fail", "fails", "not", "no", "failing"):
            return "`expect failure { … }`: at least one line must not hold"
        if dead.text.startswith("{", dead.offset + len(dead.rest) + 1):
            return f'a title stands in quotes: `expect "{dead.rest}" {{ … }}`'
        return f"a block stands in braces: `expect {{ {dead.rest} }}`"
    if dead.first_word in ("firewall", "nat") and dead.text.startswith("{", dead.offset + len(dead.rest) + 1):
        return f"without a name: `{dead.first_word} {{ … }}`"
    if dead.expected == {"LBRACE"} and not dead.is_line_end:
        return f"a block stands in braces: `{dead.before.strip()} {{ {dead.rest} }}`"
    if dead.first_word not in _ELEMENTS or len(read) < 2:
        return None
    name = read[1].rstrip(",:")
    if dead.word == "," and len(read) == 2 and dead.first_word != "network":
        return f"one name in a line; `for i in 1..3 {{ {dead.first_word} {name}-$i {{ … }} }}` makes several"
    if dead.word in ("=", "(", "[", ":") and "LBRACE" in dead.expected:
        return f"a block stands in braces: `{dead.first_word} {name} {{ … }}`"
    return None


def _of_a_service(dead: Dead, read: Sequence[str]) -> str | None:
    if dead.first_word != "serve" or len(read) < 2:
        return None
    if dead.word == ",":
        return f"one service in a line: `serve {read[1]}`, and another `serve` on the next one"
    digits = dead.word.strip(":")
    return f"`serve {read[1]} tcp/{digits}`" if digits.isdecimal() else None


def _of_a_line_end(dead: Dead, _read: Sequence[str]) -> str | None:
    """What the statement lacks at its end."""
    description = statements().described.get(dead.first_word)
    return description.shape or None if description is not None and dead.is_line_end else None


DECLARATION_HINTS: Sequence[Callable[[Dead, list[str]], str | None]] = (
    _of_a_block,
    _of_a_service,
    _of_a_link,
    _of_an_assignment,
    _of_a_colon,
    _of_a_name,
    _of_a_line_end,
)
