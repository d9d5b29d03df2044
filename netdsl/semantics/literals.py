"""Literals: from the text of a token to its value, or to what is wrong with it. Pure, and cached for that reason.

The shapes are those of `grammar/lexical.lark`; `kind_of_text` finds the kind again of a text that was spliced together.
"""

import re
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_interface
from typing import assert_never

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Rule
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.filter import Limit
from netdsl.ir.icmp import MESSAGES
from netdsl.ir.service import WITH_PORTS, PortService, Protocol
from netdsl.semantics.values import IntRange, LongAddress, Mac, Quantity, ShortAddress, Value, Word, ZonedAddress
from netdsl.syntax.tree import Kind

LARGEST = 2**128
"""No number is beyond plus or minus this: enough for every IPv6 address, and little enough to stay quick."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value: the rule, the message, the remedy; in a call, which argument (from 0) if one alone."""

    rule: Rule
    message: str
    help: str | None = None
    argument: int | None = None


_WORD = re.compile(r"[A-Za-z_*](?:[A-Za-z0-9_*]|-(?!>))*(?:\.[A-Za-z0-9_*](?:[A-Za-z0-9_*]|-(?!>))*)*", re.ASCII)
_PATH = re.compile(r"/[\w./+-]*\w", re.ASCII)
_SHAPES = (
    (Kind.INTEGER, re.compile(r"-?[0-9]+")),
    (Kind.MAC, re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}")),
    (Kind.PREFIX, re.compile(r"(?:[0-9]+(?:\.[0-9]+)*|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*)/[0-9]+")),
    (Kind.RATE, re.compile(r"[0-9]+/(?:s|min|h)")),
    (Kind.RANGE, re.compile(r"-?[0-9]+\.\.-?[0-9]+")),
    (
        Kind.ADDRESS,
        re.compile(
            r"[0-9]+(?:\.[0-9]+){2,}|(?:\.[0-9]+)+|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:%[A-Za-z0-9_-]+)?"
        ),
    ),
    (Kind.SERVICE, re.compile(r"(?:tcp|udp|sctp|icmp)/[a-z0-9-]+")),
    (
        Kind.QUANTITY,
        re.compile(
            r"[0-9]+(?:\.[0-9]+)?(?:ms|us|s|min|h|d|pkt|pps|bit|kbit|mbit|gbit|B|kB|MB|GB|KiB|MiB|GiB|%)"
            r"|[0-9]+\.[0-9]+"
        ),
    ),
)


def kind_of_text(text: str) -> Kind | None:
    """The kind of literal that a text is without quotes, None where it is none. A path is a string."""
    if _WORD.fullmatch(text):
        return Kind.WORD
    if _PATH.fullmatch(text):
        return Kind.STRING
    return next((kind for kind, shape in _SHAPES if shape.fullmatch(text)), None)


@lru_cache(maxsize=65_536)
def literal_value(kind: Kind, text: str) -> Value | Problem:  # noqa: C901 - one line for each kind
    """The value of a token's text; words come without a scope."""
    if kind is Kind.WORD:
        return Word(text)
    if kind is Kind.STRING:
        return text
    if not text.isascii() or len(text) > 100:
        return Problem(catalogue.BAD_LITERAL, f"`{text[:100]}` is no {kind}")
    match kind:
        case Kind.INTEGER:
            return _integer(text)
        case Kind.RANGE:
            return _range(text)
        case Kind.QUANTITY:
            return _quantity(text)
        case Kind.RATE:
            return _rate(text)
        case Kind.MAC:
            return Mac(text.lower())
        case Kind.PREFIX:
            return _prefix(text)
        case Kind.ADDRESS:
            return _zoned(text) if "%" in text else _address(text)
        case Kind.SERVICE:
            return _service(text)
        case _:
            assert_never(kind)


def number_problem(number: int) -> Problem | None:
    """out-of-range for a number too large to be meant."""
    if -LARGEST <= number <= LARGEST:
        return None
    return Problem(catalogue.OUT_OF_RANGE, "the number is beyond 2^128")


def _integer(text: str) -> int | Problem:
    number = int(text)
    return number_problem(number) or number


def _range(text: str) -> IntRange | Problem:
    first, _, last = text.partition("..")
    return number_problem(int(first)) or number_problem(int(last)) or IntRange(int(first), int(last))


def _quantity(text: str) -> Quantity | Problem:
    digits = re.match(r"[0-9.]+", text)
    assert digits is not None, "the shape of a quantity begins with digits"
    number = Decimal(digits[0])
    return number_problem(int(number)) or Quantity(number, text[digits.end() :])


def _rate(text: str) -> Limit | Problem:
    count, _, per = text.partition("/")
    if not 0 < int(count) <= 1_000_000_000:
        return Problem(catalogue.OUT_OF_RANGE, f"the rate `{text}` is not from 1 to 1000000000")
    return Limit(int(count), per)


def _prefix(text: str) -> IPv4Network | IPv6Network | LongAddress | Problem:
    address_text, _, length_text = text.partition("/")
    address = _address(address_text)
    if isinstance(address, Problem):
        return address
    if isinstance(address, ShortAddress):
        return Problem(catalogue.BAD_LITERAL, f"`{text}` is no complete prefix")
    length = int(length_text)
    if length > address.max_prefixlen:
        return Problem(
            catalogue.BAD_LITERAL,
            f"`/{length_text}` is no length of an IPv{address.version} prefix: it has {address.max_prefixlen} bits",
        )
    prefix: IPv4Network | IPv6Network
    if isinstance(address, IPv4Address):
        prefix = IPv4Network((address, length), strict=False)
    else:
        prefix = IPv6Network((address, length), strict=False)
    return prefix if prefix.network_address == address else LongAddress(ip_interface(f"{address}/{length}"))


def host_bits_problem(value: LongAddress) -> Problem:
    """host-bits-set, where a prefix or an address is meant."""
    prefix = value.address.network
    return Problem(
        catalogue.HOST_BITS_SET,
        f"`{value.address}` has bits set after the first {prefix.prefixlen}",
        f"the prefix is `{prefix}`; an address stands alone: `{value.address.ip}`",
    )


def _zoned(text: str) -> ZonedAddress | Problem:
    text, _, zone = text.partition("%")
    address = _address(text)
    if not isinstance(address, IPv6Address):
        assert isinstance(address, Problem), "the shape of an address with a zone has colons"
        return address
    if address.is_link_local:
        return ZonedAddress(address, zone)
    message = f"`{address}` is the same on every link: no zone belongs to it"
    return Problem(catalogue.BAD_LITERAL, message, f"`{address}`")


def _address(text: str) -> IPv4Address | IPv6Address | ShortAddress | Problem:
    if ":" in text:
        try:
            return IPv6Address(text)
        except ValueError:
            return Problem(catalogue.BAD_LITERAL, f"`{text}` is no IPv6 address")
    parts = text.removeprefix(".").split(".")
    for part in parts:
        if len(part) > 1 and part.startswith("0"):
            return Problem(catalogue.BAD_LITERAL, f"`{part}` in `{text}` begins with a zero, which some read as octal")
        if int(part) > 255:
            return Problem(catalogue.BAD_LITERAL, f"`{part}` in `{text}` is over 255")
    if text.startswith("."):
        if len(parts) > 3:
            return Problem(catalogue.BAD_LITERAL, f"`{text}` is short for no address: it has four numbers")
        return ShortAddress(tuple(int(part) for part in parts))
    if len(parts) != 4:
        return Problem(catalogue.BAD_LITERAL, f"`{text}` is no IPv4 address: that has four numbers")
    return IPv4Address(text)


def _service(text: str) -> PortService | Word | Problem:
    protocol, _, which = text.partition("/")
    if protocol == Protocol.ICMP.name:
        if which in MESSAGES:
            return PortService(Protocol.ICMP, icmp_type=which)
        return Problem(catalogue.BAD_LITERAL, f"`{which}` is no ICMP message", "one of " + ", ".join(MESSAGES))
    if protocol == "linux":
        return Word(text)  # a platform, `linux/amd64`, has the same shape
    if protocol not in WITH_PORTS:
        near = did_you_mean(protocol, WITH_PORTS)
        return Problem(catalogue.UNKNOWN_PROTOCOL, f"no protocol with ports is called `{protocol}`", near)
    first, dash, last = which.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        return Problem(
            catalogue.BAD_LITERAL,
            f"`{which}` in `{text}` is no port",
            "a named service stands alone: `http`" if which.isalpha() else None,
        )
    ports = (int(first), int(last) if dash else int(first))
    if not all(1 <= number <= 65_535 for number in ports):
        return Problem(catalogue.PORT_OUT_OF_RANGE, f"`{text}`: ports are from 1 to 65535")
    if ports[0] > ports[1]:
        return Problem(catalogue.BAD_LITERAL, f"the ports of `{text}` run backwards")
    return PortService(WITH_PORTS[protocol], *ports)
