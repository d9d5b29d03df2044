"""The functions of `${…}`: one table of names, what they take, and what they give.

`if` is not here: it evaluates only one of its branches, so the evaluator knows it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.semantics.extent import weight
from netdsl.semantics.literals import Problem, host_bits_problem
from netdsl.semantics.texts import described, text_of
from netdsl.semantics.values import IntRange, LongAddress, Value


@dataclass(frozen=True, slots=True)
class Parameter:
    """What an argument must be: in the user's words, and as types (a `bool` is no number)."""

    needed: str
    types: tuple[type, ...]

    def accepts(self, value: Value) -> bool:
        return isinstance(value, self.types) and not (isinstance(value, bool) and bool not in self.types)


@dataclass(frozen=True, slots=True)
class Function:
    """`apply` gets as many values as there are parameters, each of its kind; with `is_variadic` the last one repeats.
    `is_thorough`: it reads each member of a list."""

    parameters: tuple[Parameter, ...]
    apply: Callable[..., Value | Problem]
    is_variadic: bool = False
    is_thorough: bool = False

    def parameter(self, index: int) -> Parameter:
        return self.parameters[min(index, len(self.parameters) - 1)]

    def takes(self, count: int) -> bool:
        return count == len(self.parameters) or (self.is_variadic and count > len(self.parameters))

    def reads(self, arguments: tuple[Value, ...]) -> int:
        """How many members of lists it reads."""
        return sum(map(weight, arguments)) if self.is_thorough else 0

    @property
    def arity(self) -> str:
        return f"{len(self.parameters)}" + (" or more" if self.is_variadic else "")


NUMBER = Parameter("a number", (int,))
PREFIX = Parameter("a prefix", (IPv4Network, IPv6Network))
LIST = Parameter("a list", (tuple, IntRange))
COUNTED = Parameter("a list or a string", (tuple, IntRange, str))
ANYTHING = Parameter("a value", (object,))


def _host(prefix: IPv4Network | IPv6Network, number: int) -> IPv4Address | IPv6Address | Problem:
    """The address so many places into the prefix; below zero, from its end (-1 is its last)."""
    size = prefix.num_addresses
    if not -size <= number < size:
        return Problem(
            catalogue.OUT_OF_RANGE, f"`{prefix}` has no address number {number}", f"it has {_count(size)} addresses"
        )
    return prefix[number]


def _subnet(prefix: IPv4Network | IPv6Network, length: int, number: int) -> IPv4Network | IPv6Network | Problem:
    """The prefix of that length so many places into the prefix; below zero, from its end."""
    if not prefix.prefixlen <= length <= prefix.max_prefixlen:
        return Problem(
            catalogue.OUT_OF_RANGE,
            f"`{prefix}` has no part of length {length}",
            f"from {prefix.prefixlen} to {prefix.max_prefixlen} bits fit",
        )
    size = 1 << (length - prefix.prefixlen)
    if not -size <= number < size:
        return Problem(
            catalogue.OUT_OF_RANGE,
            f"`{prefix}` has no part number {number} of length {length}",
            f"it has {_count(size)} of them",
        )
    index = number if number >= 0 else size + number
    start = int(prefix.network_address) + (index << (prefix.max_prefixlen - length))
    if isinstance(prefix, IPv4Network):
        return IPv4Network((start, length))
    return IPv6Network((start, length))


def _pick(values: tuple[Value, ...] | IntRange, number: int) -> Value | Problem:
    """The member at that place, counted round and round from 0."""
    size = _len(values)
    if size == 0:
        return Problem(catalogue.OUT_OF_RANGE, "an empty list has nothing to pick")
    return values[number % size] if isinstance(values, tuple) else values.first + number % size


def _hash(value: Value) -> int:
    """A number from 0 to 2^63 - 1 that depends on the value's text alone: the first bits of its SHA-256."""
    return int.from_bytes(hashlib.sha256(text_of(value).encode()).digest()[:8]) >> 1


def _len(value: tuple[Value, ...] | IntRange | str) -> int:
    return max(0, value.last - value.first + 1) if isinstance(value, IntRange) else len(value)


FUNCTIONS: dict[str, Function] = {
    "host": Function((PREFIX, NUMBER), _host),
    "subnet": Function((PREFIX, NUMBER, NUMBER), _subnet),
    "pick": Function((LIST, NUMBER), _pick),
    "hash": Function((ANYTHING,), _hash, is_thorough=True),
    "len": Function((COUNTED,), _len),
    "min": Function((NUMBER,), lambda *numbers: min(numbers), is_variadic=True),
    "max": Function((NUMBER,), lambda *numbers: max(numbers), is_variadic=True),
}

IF_ARITY = 3
NAMES = (*FUNCTIONS, "if")


def call(name: str, arguments: tuple[Value, ...]) -> Value | Problem:
    """The value of a call of a function of the table with as many arguments as it takes."""
    function = FUNCTIONS[name]
    for index, argument in enumerate(arguments):
        parameter = function.parameter(index)
        if not parameter.accepts(argument) and isinstance(argument, LongAddress):
            return replace(host_bits_problem(argument), argument=index)
        if not parameter.accepts(argument):
            message = f"{parameter.needed} is needed, {described(argument)}"
            return Problem(catalogue.WRONG_KIND, message, argument=index)
    return function.apply(*arguments)


def _count(number: int) -> str:
    """A count for people: large powers of two as such."""
    bits = number.bit_length() - 1
    return str(number) if number < 1_000_000 or number != 1 << bits else f"2^{bits}"
