"""Prefixes and addresses that are nearly others: a bit, a digit, a length."""

from ipaddress import ip_address, ip_network

from netdsl.diagnostics.suggest import edit_distance
from netdsl.ir.ids import Address, Prefix
from netdsl.ir.prefixes import contains, host_prefix
from netdsl.syntax.tree import Kind, Literal, Value


def is_near(one: Prefix, other: Prefix) -> bool:
    """Whether two prefixes differ in a bit of the address, in one digit as written, or in their length alone."""
    if one.version != other.version or one == other:
        return False
    if contains(one, other) or contains(other, one):
        return True
    difference = int(one.network_address) ^ int(other.network_address)
    if one.prefixlen == other.prefixlen and difference.bit_count() == 1:
        return True
    return edit_distance(str(one), str(other), 1) is not None


def mended(value: Value, wanted: Prefix | None, address: Address) -> str | None:
    """What a literal prefix or address says instead, where it is nearly the prefix `wanted`, or nearly the address."""
    if not isinstance(value, Literal):
        return None
    try:
        match value.kind:
            case Kind.PREFIX:
                near = wanted is not None and is_near(ip_network(value.text), wanted)
                return str(wanted) if near else None
            case Kind.ADDRESS:
                return str(address) if is_near(host_prefix(ip_address(value.text)), host_prefix(address)) else None
            case _:
                return None
    except ValueError:
        return None  # a short address, which its network completes
