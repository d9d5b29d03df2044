"""Values as other tools write them: a port before its protocol, other units, arithmetic without braces, single quotes …

Each explanation looks at what stands, without a blank in it, at a place where the grammar does not go on.
"""

import re
from collections.abc import Callable, Sequence

from netdsl.diagnostics.catalogue import SYNTAX_ERROR
from netdsl.syntax.characters import described, in_ascii, instead_of, is_lookalike, is_quote
from netdsl.syntax.dead_end import Dead, Finding

_MEMORY = {"k": "KiB", "kib": "KiB", "m": "MiB", "mib": "MiB", "g": "GiB", "gib": "GiB", "mb": "MB", "gb": "GB"}
_RATE = {
    **dict.fromkeys(("bit", "bps", "bits"), "bit"),
    **dict.fromkeys(("k", "kb", "kbit", "kbps", "kbits"), "kbit"),
    **dict.fromkeys(("m", "mb", "mbit", "mbps", "mbits"), "mbit"),
    **dict.fromkeys(("g", "gb", "gbit", "gbps", "gbits"), "gbit"),
}
UNITS_OF_OTHERS: dict[str, str] = {
    **_RATE,
    **_MEMORY,
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("usec", "usecs", "µs", "us"), "us"),
    **dict.fromkeys(("mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("pct", "percent"), "%"),
    **dict.fromkeys(("packet", "packets", "pkts"), "pkt"),
}
"""By the unit in lower case."""
_UNITS_IN = {"rate": _RATE, "memory": _MEMORY}

_SERVICE = re.compile(r"(\d+)(?:[-:](\d+))?/(tcp|udp|sctp)", re.IGNORECASE)
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([A-Za-zµ]+)(?:/s)?")
_URL = re.compile(r"(https?)://([\w.-]+)(?::(\d+))?(?:/\S*)?")
_RANGE = re.compile(r"([$\w{}]+)\.{3,}([$\w{}]+)")
_DASHED = re.compile(r"(\d+)-(\d+)")
_PREFIX = re.compile(r"(\d+\.\d+\.\d+\.\d+)[ \t]*/[ \t]*(\d+)")
_SPLICED_BEFORE = re.compile(r"\$(?:\{([^}\"]*)\}|(\w+))$")
_OPERATION_STUCK = re.compile(r"([+*/%-])\$?(\w+)(.*)")
_OPERATION = re.compile(r"[\w$. \t]+(?:[-+*/%()][\w$. \t]*)+")
_OPERATOR = re.compile(r"[+*%](?![+*%])|/(?![/*])|-(?![->])(?:(?<=\S-)|(?=\s))")
"""A minus has blanks on both sides or on none: ` -p` is an option."""
_OPERAND = re.compile(r"[\w$.)}]+[ \t]*$")
_LOGIC = {"&&": "and", "||": "or", "!": "not", "&": "and", "|": "or"}
_IMAGE = re.compile(r"[\w.-]+(?::[\w.-]+|(?:/[\w.-]+)+(?::[\w.-]+)?)")


def _port_first(dead: Dead) -> Finding | None:
    start, end = dead.stretch
    found = _SERVICE.fullmatch(dead.text, start, end)
    if found is None:
        return None
    ports = found[1] if found[2] is None else f"{found[1]}-{found[2]}"
    message = "a port before its protocol"
    service = f"{found[3].lower()}/{ports}"
    return Finding(SYNTAX_ERROR, message, start, end, f"a service is `{service}`", service)


def _address_of_the_web(dead: Dead) -> Finding | None:
    start, end = dead.stretch
    found = _URL.fullmatch(dead.text, start, end)
    if found is None:
        return None
    help_text = f"a node and a service are two words: `{found[2]} {f'tcp/{found[3]}' if found[3] else found[1]}`"
    return Finding(SYNTAX_ERROR, "a URL where a node stands", start, end, help_text)


def _unit(dead: Dead) -> Finding | None:
    start, end = dead.stretch
    found = _QUANTITY.fullmatch(dead.text, start, end)
    if found is None:
        return None
    table = _UNITS_IN.get(dead.first_word, UNITS_OF_OTHERS)
    unit = table.get(found[2].lower()) or UNITS_OF_OTHERS.get(found[2].lower())
    if unit is None:
        return None
    message, meant = f"`{dead.text[start:end]}` has no unit of this language", f"{found[1]}{unit}"
    return Finding(SYNTAX_ERROR, message, start, end, f"`{meant}`", meant)


def _dots(dead: Dead) -> Finding | None:
    start, end = dead.stretch
    found = _RANGE.fullmatch(dead.text, start, end)
    if found is None and dead.first_word == "param":
        found = _DASHED.fullmatch(dead.text, start, end)
    if found is None:
        return None
    meant = f"{found[1]}..{found[2]}"
    help_text = f"a range is `{meant}`, both ends included"
    return Finding(SYNTAX_ERROR, f"`{dead.text[start:end]}` is no range", start, end, help_text, meant)


def _arithmetic(dead: Dead) -> Finding | None:
    """`10.$i+1.0.0/24`, `3 + 4`: an expression outside of `${…}`."""
    if dead.is_line_start or dead.first_word == "for" or not _OPERATOR.match(dead.text, dead.offset):
        return None
    start, end = dead.stretch
    before, spliced = dead.text[start : dead.offset], _SPLICED_BEFORE.search(dead.text, start, dead.offset)
    stuck = _OPERATION_STUCK.fullmatch(dead.text, dead.offset, end)
    if spliced is not None and stuck is not None:
        left = spliced[1] or spliced[2]
        head = before[: len(before) - len(spliced[0])]
        mended = f"{head}${{{left} {stuck[1]} {stuck[2]}}}{stuck[3]}"
        return Finding(SYNTAX_ERROR, "an expression outside of `${…}`", start, end, f"`{mended}`", mended)
    if dead.text.endswith('"', 0, dead.offset) or dead.before.rstrip().endswith('"'):
        return Finding(
            SYNTAX_ERROR, "texts are not added", dead.offset, dead.offset + 1, 'a string takes values in: `"$a $b"`'
        )
    operand = _OPERAND.search(dead.before) if dead.first_word != "link" else None
    if operand is None or not _OPERATION.fullmatch(written := operand[0] + dead.rest):
        return None
    if (found := _PREFIX.search(written)) is not None:
        help_text = f"a prefix is one word: `{found[1]}/{found[2]}`"
        return Finding(SYNTAX_ERROR, "blanks in a prefix", dead.offset, dead.offset + 1, help_text)
    if written.count(".") > 5:
        help_text = "a prefix says it: `10.0.0.0/24`"
        return Finding(
            SYNTAX_ERROR, "a range of addresses", dead.offset - len(operand[0]), dead.offset + len(dead.word), help_text
        )
    help_text = f"an expression stands in braces: `${{{written.replace('$', '')}}}`"
    begin = dead.offset - len(operand[0])
    return Finding(SYNTAX_ERROR, "an expression outside of `${…}`", begin, begin + len(written), help_text)


def _logic(dead: Dead) -> Finding | None:
    """`&&`, `||`, `!$x`."""
    sign = next((one for one in _LOGIC if dead.word.startswith(one)), None)
    if sign is None or dead.word.startswith("!=") or not {"AND", "NOT"} & dead.expected:
        return None
    end = dead.offset + len(sign)
    return Finding(SYNTAX_ERROR, f"`{sign}` in a condition", dead.offset, end, f"the word here is `{_LOGIC[sign]}`")


def _single_quotes(dead: Dead) -> Finding | None:
    quote = dead.word[:1]
    if quote not in ("'", "`"):
        return None
    close = dead.text.find(quote, dead.offset + 1, dead.offset + 1 + len(dead.rest))
    if close < 0:
        return Finding(
            SYNTAX_ERROR, f"{quote} begins no string", dead.offset, dead.offset + 1, 'strings are written `"…"`'
        )
    inner = dead.text[dead.offset + 1 : close]
    escaped = inner.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    meant = f'"{escaped}"'
    help_text = f"strings have double quotes: `{meant}`"
    return Finding(SYNTAX_ERROR, f"{quote} begins no string", dead.offset, close + 1, help_text, meant)


def _image(dead: Dead) -> Finding | None:
    if dead.first_word != "image":
        return None
    start, end = dead.stretch
    name = dead.text[start:end].strip('"')
    if not _IMAGE.fullmatch(name) and not dead.word.startswith('"'):
        return None
    return Finding(SYNTAX_ERROR, f"`{name}` is an image of a registry", start, end, NO_REGISTRY)


NO_REGISTRY = (
    "an image is Debian with more packages: `image NAME { packages nginx }` in the file, `image NAME` in the node"
)


def _strange_character(dead: Dead) -> Finding | None:
    """A character outside ASCII, in the middle of a name or alone."""
    character = next((one for one in dead.word if not one.isascii()), "")
    if not character or character.isspace():
        return None
    start, end = dead.stretch
    plain, mended = instead_of(character), in_ascii(dead.text[start:end])
    shown = f"`{character}` ({described(character)})"
    help_text: str | None
    if is_quote(character):
        return Finding(SYNTAX_ERROR, f"{shown} is a typographic quote", start, end, 'strings are written `"…"`')
    if character.isalpha():
        message = f"looks like `{plain}`" if is_lookalike(character) else "in a name"
        help_text = "names have the letters a to z, digits and `-`" + (f": `{mended}`" if mended else "")
    else:
        message = f"in place of `{plain}`" if plain else "outside a string"
        help_text = f"`{'--' if mended == '-' else mended}`" if mended else None
    return Finding(SYNTAX_ERROR, f"{shown} {message}", start, end, help_text)


EXPLANATIONS: Sequence[Callable[[Dead], Finding | None]] = (
    _strange_character,
    _single_quotes,
    _logic,
    _port_first,
    _address_of_the_web,
    _dots,
    _unit,
    _image,
    _arithmetic,
)
