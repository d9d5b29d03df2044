"""What a value is once evaluated. Words keep the scope they were written in: that is where they are looked up."""

from dataclasses import field
from decimal import Decimal
from enum import Enum
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from netdsl.dataclass import dataclass
from netdsl.ir.filter import Limit
from netdsl.ir.ids import Address, AddressWithPrefix, Prefix
from netdsl.ir.service import PortService

if TYPE_CHECKING:
    from netdsl.semantics.items import Scope


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word: an element's name to be looked up in `scope`, or just a word (`none`, `macvlan`).

    `$x.gw` with `x` a word keeps x's scope. Equality is by text alone: `$driver == ovs`.
    """

    text: str
    scope: "Scope | None" = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ShortAddress:
    """`.2`, `.0.99`: the last bytes of an IPv4 address, to be completed from a prefix. (`::2` is an IPv6Address.)"""

    octets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ZonedAddress:
    """`fe80::1%wan`: a link-local address, and the own interface that it is reached by (RFC 4007 section 11)."""

    address: IPv6Address
    zone: str


@dataclass(frozen=True, slots=True)
class LongAddress:
    """`10.0.0.10/16`: an address with a prefix length of its own. (With no bit behind the length it is a prefix.)"""

    address: AddressWithPrefix


@dataclass(frozen=True, slots=True)
class Mac:
    text: str  # lower case


@dataclass(frozen=True, slots=True)
class IntRange:
    """`1..4`, both ends inclusive."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit, as written: `10ms`, `256MiB`, `0.1%`."""

    number: Decimal
    unit: str


Scalar = (
    bool
    | int
    | str
    | Word
    | Address
    | ShortAddress
    | LongAddress
    | ZonedAddress
    | Prefix
    | Mac
    | PortService
    | IntRange
    | Quantity
    | Limit
)
Value = Scalar | tuple["Value", ...]


class Failed(Enum):
    """In place of a value that could not be made; a diagnostic says why, so nothing more is said about it."""

    FAILED = "failed"
    MISSING = "missing"  # a parameter without a value, which matters only where it is read


FAILED: Final = Failed.FAILED
MISSING: Final = Failed.MISSING
