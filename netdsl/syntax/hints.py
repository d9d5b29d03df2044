"""Mistakes that beginners make at a place where the grammar does not go on: what they meant, by what stands there.

Each hint looks at the statement as far as it was read and at the word that stopped it. The message stays the parser's;
a hint is the remedy that goes with it.
"""

import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network
from itertools import pairwise

from netdsl.syntax.dead_end import Dead
from netdsl.syntax.declaration_hints import DECLARATION_HINTS
from netdsl.syntax.statements import statements
from netdsl.syntax.vocabulary import VALUES

_WORDS = re.compile(r"[^\s,]+")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RANGES_OF_OTHERS = re.compile(
    r"(?:\brange[ \t]*\()?(\d+)(?:[ \t]+(?:to|until)[ \t]+|:|[ \t]*,[ \t]*(?=\d+[ \t]*\)))(\d+)"
)
_ONE_SERVICE = re.compile(r"(?:tcp|udp|sctp)/[\d-]+")
_USE = re.compile(r"use\s+(\S+?)\s*(\(.*\))\s*$", re.DOTALL)
_FROM_TO = re.compile(r"((?:accept|drop|reject)\s+\w+)\s+(\S+)\s+->\s+(\S+)(?:\s+(\S+))?")
_PREFIX = re.compile(r"[\da-fA-F.:]+/\d+")
_LONGEST_WORD = 40

_VERDICTS = frozenset({"accept", "drop", "reject"})
_NAT = frozenset({"dnat", "snat", "masquerade", "netmap"})
CLAUSES = {
    "via": "through", "over": "through", "if": "while", "when": "while",
    "src": "from", "source": "from", "saddr": "from", "dst": "to", "destination": "to", "daddr": "to",
    "iif": "in", "iifname": "in", "oif": "out", "oifname": "out", "on": "in",
    "-s": "from", "-d": "to", "-i": "in", "-o": "out",
}  # fmt: skip
POINTS = "`A reaches B points 3`: a whole number from 1, once, last in the line"
_VERDICTS_OF_OTHERS = {
    "allow": "accept", "permit": "accept", "pass": "accept", "deny": "drop", "block": "drop", "refuse": "reject",
}  # fmt: skip


def hint(dead: Dead) -> str | None:
    """The remedy of the first mistake that fits; None where nothing is known."""
    read = _read(dead)
    for one in _HINTS:
        if (found := one(dead, read)) is not None:
            return found
    return None


def _read(dead: Dead) -> list[str]:
    """The words of the statement before the place, the last ones of a long one."""
    return [word[:_LONGEST_WORD] for word in _WORDS.findall(dead.before)]


def _of_a_network(dead: Dead, read: list[str]) -> str | None:
    if dead.is_line_start and _PREFIX.fullmatch(dead.word):
        return "a network's prefixes stand before its `{`: `network NAME PREFIX { … }`"
    if dead.first_word != "network":
        return None
    if dead.word in ("=", ":"):
        return "the prefix follows the name: `network NAME PREFIX`"
    if read and _ADDRESS.fullmatch(read[-1]) and _ADDRESS.fullmatch(dead.word):
        try:
            return f"a prefix has its length behind a slash: `{IPv4Network((read[-1], dead.word), strict=False)}`"
        except ValueError:
            return "a prefix has its length behind a slash: `10.1.0.0/24`"
    return None


def _of_an_interface(dead: Dead, read: list[str]) -> str | None:
    if dead.first_word != "interface":
        return None
    if dead.word.startswith("255.") or dead.word in ("mask", "netmask"):
        return f"the network's prefix says the mask: `{dead.before.strip()}`"
    if dead.word == "on" and len(read) == 3 and dead.rest[2:].strip():
        network, address = dead.rest[2:].strip(), read[2].partition("/")[0]
        return f"`interface {read[1]} on {network} {address}`: the network stands before the address"
    if "on" not in read and len(read) == 3:
        return f"`interface {read[1]} on {read[2]} {dead.shown}`: the network stands after `on`"
    if "on" in read and dead.word == ",":
        return "an interface is on one network: a node has an `interface` line for each"
    if "on" in read and _ADDRESS.match(dead.word):
        return f"`interface on NETWORK {dead.shown}`: the address follows the network"
    return None


def _of_a_default(dead: Dead, read: list[str]) -> str | None:
    if dead.first_word != "default" or len(read) > 2 or not dead.word[:1].isalnum():
        return None
    if dead.word in (*_VERDICTS, *_VERDICTS_OF_OTHERS):
        return f"`policy {_VERDICTS_OF_OTHERS.get(dead.word, dead.word)}`"
    if dead.word in ("gateway", "gw", "route", "router", "to"):
        return "`default via NODE`"
    return f"`default via {dead.shown}`"


def tunnel_of(word: str, name: str = "NAME") -> str | None:
    """The statement of a kind of tunnel, for a word that is the kind's."""
    kind = statements().described.get(f"tunnel {word}")
    return None if kind is None else f"`tunnel {name} {word} {{ … }}`"


def _of_a_tunnel(dead: Dead, read: list[str]) -> str | None:
    if read[:1] != ["tunnel"] or len(read) != 2:
        return None
    return tunnel_of(read[1], dead.shown)


def _of_a_policy(dead: Dead, _read: list[str]) -> str | None:
    if dead.first_word == "policy" and dead.word.lower() in _VERDICTS_OF_OTHERS:
        return f"`policy {_VERDICTS_OF_OTHERS[dead.word.lower()]}`"
    return None


def _of_a_rule(dead: Dead, read: list[str]) -> str | None:
    if dead.first_word not in _VERDICTS | _NAT or not read:
        return None
    if dead.first_word == "masquerade" and (dead.word == "on" or len(read) == 1):
        return f"`masquerade out {dead.rest.removeprefix('on').strip()}`"
    if dead.word.isdecimal() and read[-1].lower() in ("tcp", "udp", "sctp"):
        return f"a service is one word: `{read[-1].lower()}/{dead.shown}`"
    if dead.word.isdecimal() and read[-1] in ("port", "dport"):
        return f"a port has its protocol: `tcp/{dead.shown}`"
    if dead.word in ("-p", "-m", "--dport", "dport") or read[-1] in ("proto", "protocol"):
        return "a service is one word: `tcp/80`"
    if "SERVICE" not in dead.expected and _ONE_SERVICE.fullmatch(dead.word):
        return f"the service stands behind the chain: `{' '.join([*read[:2], dead.word, *read[2:]])}`"
    if (found := _FROM_TO.match(dead.before + dead.rest)) is not None:
        service = f" {found[4]}" if found[4] else ""
        return f"`{found[1]}{service} from {found[2]} to {found[3]}`"
    for word in (dead.word, read[-1]):
        if word in CLAUSES:
            return f"the word here is `{CLAUSES[word]}`"
    return None


def _of_a_loop(dead: Dead, read: list[str]) -> str | None:
    if dead.first_word != "for" or not read:
        return None
    if (found := _RANGES_OF_OTHERS.search(dead.before + dead.rest)) is not None:
        first, last = (int(number) for number in found.group(1, 2))
        return f"a range is `{first}..{last - found[0].startswith('range')}`, both ends included"
    if dead.word == "," and "in" not in read:
        return "a loop has one name; a loop inside goes through another list"
    if "in" not in read:
        return "`for NAME in LIST { … }`"
    if dead.word in ("step", "by"):
        return "a range has no step: an expression in the block makes one, `${i * 2}`"
    if dead.word == "(":
        return f"without parentheses: `for {read[1]} in {dead.rest.strip('() ')}`"
    if dead.shown[:1] == "-" and dead.shown[1:].isdecimal() and read[-1].isdecimal():
        return f"a range is `{read[-1]}..{dead.shown[1:]}`, both ends included"
    low, dots, high = dead.shown.partition("..")
    if dots and (low.isidentifier() or high.isidentifier()):
        ends = [f"${end}" if end.isidentifier() else end for end in (low, high)]
        return f"a value is written with `$`: `{'..'.join(ends)}`"
    return None


def _of_a_use(dead: Dead, _read: list[str]) -> str | None:
    if dead.first_word == "use" and dead.word == "as" and (found := _USE.match(dead.before)) is not None:
        return f"`use {found[1]} {dead.rest} {found[2]}`: the scope's name stands before the inputs"
    if dead.first_word == "use" and "RPAR" in dead.expected:
        return f"arguments are named: `(NAME = {dead.shown})`"
    return None


def _of_a_check(dead: Dead, read: list[str]) -> str | None:
    if not dead.is_check:
        return None
    if dead.word.isdecimal() and read[-1:] and read[-1].lower() in ("tcp", "udp", "sctp"):
        return f"a service is one word: `{read[-1].lower()}/{dead.shown}`"
    if dead.word.isdecimal() and "SERVICE" in dead.expected:
        return f"a port has its protocol: `tcp/{dead.shown}`"
    reaches = any(word in ("reach", "reaches") for word in read)
    if dead.word == "," and reaches:
        return "one service here; `service NAME = …` makes one of several"
    if dead.word == "via" and reaches:
        return f"`{read[0]} to {read[-1]} goes through {dead.rest[3:].strip()}`, or `through TUNNEL`"
    if dead.word in ("on", "port", "at") and reaches:
        return "the service follows what is reached: `reaches NODE tcp/80`"
    if dead.word == "encrypted" or ("encrypted" in read and "IS" in dead.expected):
        return "`A to B is encrypted on NETWORK`"
    return None


def _of_points(dead: Dead, read: list[str]) -> str | None:
    if "points" not in (dead.word, *read):
        return None
    if dead.is_check:
        return POINTS
    return "`points NUMBER` stands once, last before the `{`" if dead.first_word == "expect" else None


_BEGUN, _HIDDEN = "`T is begun by NODE`", "`T is behind nat at NODE`"
_STATES = {
    **dict.fromkeys(("initiated", "started", "opened", "established"), _BEGUN),
    **dict.fromkeys(("nat", "natted", "nated", "translated"), _HIDDEN),
    "transport": "`T is in transport mode`", "tunnel": "`T is in tunnel mode`", "udp": "`T is encapsulated in udp`",
}  # fmt: skip


def _of_a_state(dead: Dead, read: list[str]) -> str | None:
    """Of a tunnel."""
    if not dead.is_check or not any(word in ("is", "are") for word in read):
        return None
    if read[-1] == "encapsulated":
        return _STATES["udp"]
    if read[-1] in ("behind", "nat"):
        return _HIDDEN
    return _STATES.get(dead.word.lower()) if "BEGUN" in dead.expected else None


def _of_a_limit(_dead: Dead, read: list[str]) -> str | None:
    if read[-1:] == ["limit"]:
        return "a limit is `10/s`, `10/min` or `10/h`"
    return None


def _of_one_shape(dead: Dead, read: list[str]) -> str | None:
    if dead.first_word == "route" and any(one == ("route", "add") for one in pairwise(read)):
        return "without `add`: `route PREFIX via NODE`"
    lacks_word = "_SEP" not in dead.expected and dead.expected - VALUES - {"_COMMA", "PATH"}
    if lacks_word or dead.first_word == "route":
        description = statements().described.get(dead.first_word)
        return description.shape or None if description is not None else None
    return None


def _of_its_own(dead: Dead, read: list[str]) -> str | None:
    """The hint that comes with the statement's description."""
    description = statements().described.get(dead.first_word)
    return None if description is None or description.hint is None else description.hint(dead, read)


_HINTS: Sequence[Callable[[Dead, list[str]], str | None]] = (
    _of_a_network,
    _of_an_interface,
    _of_a_default,
    _of_a_tunnel,
    _of_a_policy,
    _of_a_rule,
    _of_a_loop,
    _of_a_use,
    _of_points,
    *DECLARATION_HINTS,
    _of_a_check,
    _of_a_state,
    _of_a_limit,
    _of_its_own,
    _of_one_shape,
)
