"""What a name server knows, and whom it asks.

Names are whole, in lower case, without the last dot; the root is the empty name.
"""

from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, Prefix
from netdsl.source import Place

ROOT = ""


@dataclass(frozen=True, slots=True)
class AddressRecord:
    """A name and its addresses (A, AAAA)."""

    name: str
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that stands for another one (CNAME)."""

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Mail:
    """Where mail for a name goes (MX)."""

    name: str
    preference: int
    exchange: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """What an address is called (PTR), under its name in a reverse zone."""

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text at a name (TXT)."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Delegation:
    """The servers of a zone inside of this one (NS), by name. Their addresses, the glue, are among the zone's records."""

    name: str
    servers: tuple[str, ...]
    origin: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Zone:
    """`servers`: its own, by name."""

    name: str
    servers: tuple[str, ...] = ()
    addresses: tuple[AddressRecord, ...] = ()
    aliases: tuple[Alias, ...] = ()
    mails: tuple[Mail, ...] = ()
    texts: tuple[Text, ...] = ()
    pointers: tuple[Pointer, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    origin: Place | None = field(default=None, compare=False, repr=False)
    _addresses: dict[str, tuple[Address, ...]] = field(init=False, default_factory=dict, compare=False, repr=False)
    _targets: dict[str, str] = field(init=False, default_factory=dict, compare=False, repr=False)

    def delegation_of(self, name: str) -> Delegation | None:
        """The delegation that a name is in: the outermost, for what is below it is not the zone's any more."""
        return min((one for one in self.delegations if is_within(name, one.name)), key=_depth, default=None)

    def addresses_of(self, name: str) -> tuple[Address, ...]:
        if not self._addresses:
            for one in self.addresses:
                self._addresses[one.name] = (*self._addresses.get(one.name, ()), *one.addresses)
        return self._addresses.get(name, ())

    def target_of(self, name: str) -> str | None:
        if not self._targets:
            self._targets.update((one.name, one.target) for one in reversed(self.aliases))
        return self._targets.get(name)


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Whom a server asks for the names of a zone, or (the root) for all."""

    zone: str
    addresses: tuple[Address, ...]
    origin: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Recursion:
    """`roots`: the servers of the root zone, empty where the lab has none; `clients`: who may ask, empty for all."""

    roots: tuple[AddressRecord, ...]
    clients: tuple[Prefix, ...]
    origin: Place | None = field(default=None, compare=False, repr=False)


class Role(StrEnum):
    """What a server does with a question."""

    SIMPLE = "simple"  # answers from its records, and asks its forwarders for the rest
    AUTHORITATIVE = "authoritative"  # answers from its zones, or says who has the name, and asks nobody
    RECURSIVE = "recursive"  # asks one server after another, beginning with the root


@dataclass(frozen=True, slots=True)
class NameService:
    role: Role
    zones: tuple[Zone, ...] = ()
    forwarders: tuple[Forwarder, ...] = ()
    recursion: Recursion | None = None
    _zones: dict[str, Zone] = field(init=False, default_factory=dict, compare=False, repr=False)
    _forwarders: dict[str, Forwarder] = field(init=False, default_factory=dict, compare=False, repr=False)

    def zone_of(self, name: str) -> Zone | None:
        """The innermost zone that a name is in."""
        if not self._zones:
            self._zones.update((one.name, one) for one in reversed(self.zones))
        return next((self._zones[zone] for zone in _around(name) if zone in self._zones), None)

    def forwarder_of(self, name: str) -> Forwarder | None:
        """The one for the innermost zone that a name is in."""
        if not self._forwarders:
            self._forwarders.update((one.zone, one) for one in reversed(self.forwarders))
        return next((self._forwarders[zone] for zone in _around(name) if zone in self._forwarders), None)


def _around(name: str) -> Iterator[str]:
    """The zones that a name can be in, the innermost first."""
    while name:
        yield name
        name = name.partition(".")[2]
    yield ROOT


def is_within(name: str, zone: str) -> bool:
    """Whether a name is a zone's own or below it."""
    return zone == ROOT or name == zone or name.endswith(f".{zone}")


def joined(name: str, zone: str) -> str:
    """A name below a zone, whole."""
    return f"{name}.{zone}" if zone else name


def shown(name: str) -> str:
    """The name in messages: the root is a dot."""
    return name or "."


def _depth(zone: Zone | Delegation) -> int:
    return len(zone.name)
