"""Values in the user's words: what they are called and how the source would write them."""

from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import assert_never

from netdsl.ir.filter import Limit
from netdsl.ir.service import PortService
from netdsl.semantics.values import IntRange, LongAddress, Mac, Quantity, ShortAddress, Value, Word, ZonedAddress

_SHOWN = 60


def kind_of(value: Value) -> str:  # noqa: C901 - one line for each kind
    """What a value is, with its article: "a prefix", "a number"."""
    match value:
        case bool():
            return "a condition"
        case int():
            return "a number"
        case str():
            return "a string"
        case Word():
            return "a name"
        case IPv4Address() | IPv6Address():
            return "an address"
        case ShortAddress():
            return "a short address"
        case LongAddress():
            return "an address with a length"
        case ZonedAddress():
            return "an address with a zone"
        case IPv4Network() | IPv6Network():
            return "a prefix"
        case Mac():
            return "a MAC address"
        case PortService():
            return "a service"
        case IntRange():
            return "a range"
        case Quantity():
            return "a quantity"
        case Limit():
            return "a rate"
        case tuple():
            return "a list"
        case _:
            assert_never(value)


def text_of(value: Value) -> str:  # noqa: C901 - one line for each kind
    """The text of a value as the source would have it (a string without quotes): `10.0.0.0/8`, `tcp/80`, `[a, b]`."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case Word(text) | Mac(text):
            return text
        case ShortAddress(octets):
            return "".join(f".{octet}" for octet in octets)
        case IntRange(first, last):
            return f"{first}..{last}"
        case Quantity(number, unit):
            return f"{_plain(number)}{unit}"
        case Limit(count, per):
            return f"{count}/{per}"
        case tuple():
            return "[" + ", ".join(text_of(member) for member in value) + "]"
        case LongAddress():
            return str(value.address)
        case ZonedAddress(address, zone):
            return f"{address}%{zone}"
        case int() | IPv4Address() | IPv6Address() | IPv4Network() | IPv6Network() | PortService():
            return str(value)
        case _:
            assert_never(value)


def described(value: Value) -> str:
    """A clause for messages: "`10.0.0.0/8` is a prefix"."""
    text = text_of(_beginning(value))
    return f"`{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}` is {kind_of(value)}"


def _beginning(value: Value) -> Value:
    """A list with as many members as can be shown."""
    return tuple(map(_beginning, value[:_SHOWN])) if isinstance(value, tuple) else value


def _plain(number: Decimal) -> str:
    """The digits without an exponent."""
    return f"{number:f}"
