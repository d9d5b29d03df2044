"""The operators of `${…}` and of conditions, on values."""

from ipaddress import IPv4Address, IPv6Address
from operator import add, floordiv, ge, gt, le, lt, mod, mul, sub

from netdsl.diagnostics import catalogue
from netdsl.semantics.literals import Problem, number_problem
from netdsl.semantics.texts import described, text_of
from netdsl.semantics.values import Quantity, Value, Word

_ORDERS = {"<": lt, "<=": le, ">": gt, ">=": ge}
_ARITHMETIC = {"+": add, "-": sub, "*": mul, "/": floordiv, "%": mod}


def operate(operator: str, left: Value, right: Value) -> Value | Problem:
    """`left operator right`; `/` rounds down. A problem's `argument` is the side it is about, 0 or 1."""
    if operator in ("==", "!="):
        return is_equal(left, right) == (operator == "==")
    if operator in _ORDERS:
        return _order(operator, left, right)
    return _calculate(operator, left, right)


def negate(value: Value) -> int | Problem:
    """`-value`."""
    if isinstance(value, bool) or not isinstance(value, int):
        return _no_number(value, 0)
    return -value


def is_equal(left: Value, right: Value) -> bool:
    """By value; a word and a string are equal by their text, values of different kinds never are."""
    if isinstance(left, Word | str) and isinstance(right, Word | str):
        return text_of(left) == text_of(right)
    return type(left) is type(right) and left == right


def _order(operator: str, left: Value, right: Value) -> bool | Problem:
    """Numbers among themselves, addresses of one family, quantities of one unit."""
    compare = _ORDERS[operator]
    match left, right:
        case (bool(), _) | (_, bool()):
            pass
        case (int(), int()):
            return bool(compare(left, right))
        case (IPv4Address(), IPv4Address()):
            return bool(compare(left, right))
        case (IPv6Address(), IPv6Address()):
            return bool(compare(left, right))
        case (Quantity(first, unit), Quantity(second, other)) if unit == other:
            return bool(compare(first, second))
    message = f"`{operator}` compares numbers; {described(left)}, {described(right)}"
    return Problem(catalogue.WRONG_KIND, message)


def _calculate(operator: str, left: Value, right: Value) -> int | Problem:
    if isinstance(left, bool) or not isinstance(left, int):
        return _no_number(left, 0)
    if isinstance(right, bool) or not isinstance(right, int):
        return _no_number(right, 1)
    if operator in ("/", "%") and right == 0:
        return Problem(catalogue.DIVISION_BY_ZERO, f"`{operator}` by zero", argument=1)
    number = int(_ARITHMETIC[operator](left, right))
    return number_problem(number) or number


def _no_number(value: Value, argument: int) -> Problem:
    return Problem(catalogue.WRONG_KIND, f"a number is needed, {described(value)}", argument=argument)
