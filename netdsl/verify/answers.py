"""What one server says about a name, from its zones."""

from dataclasses import field, replace
from enum import Enum, auto

from netdsl.dataclass import dataclass
from netdsl.ir.dns import Delegation, NameService, Zone
from netdsl.ir.ids import Address, NodeId
from netdsl.source import Place

MOST_ALIASES = 11
"""CNAMEs that a recursive server follows for one question: measured with Unbound 1.17 and 1.26, within one answer and over
several."""

MOST_OF_ZONES = 100
"""CNAMEs in one answer from zones; what comes of more is not known: an answer has at most 64 KiB."""


class Said(Enum):
    """What a server answers, or that none comes."""

    ADDRESSES = auto()
    NOTHING = auto()  # no such name, or no address of it
    ALIAS = auto()  # another name, which somebody else has
    REFERRAL = auto()  # who has the name
    REFUSAL = auto()
    FAILURE = auto()
    SILENCE = auto()


CONTENT = (Said.ADDRESSES, Said.NOTHING, Said.ALIAS, Said.REFERRAL)
FAILED = (Said.REFUSAL, Said.FAILURE, Said.SILENCE)


@dataclass(frozen=True, slots=True)
class Reply:
    """`target`: of an alias. `delegation`, `glue`: of a referral. `zone`: that it is from. `origin`: the statement that
    decided."""

    said: Said
    reason: str
    addresses: tuple[Address, ...] = ()
    target: str | None = None
    delegation: Delegation | None = None
    glue: tuple[tuple[str, tuple[Address, ...]], ...] = ()
    zone: str | None = None
    aliases: int = 0  # CNAMEs that led to it
    origin: Place | None = field(default=None, compare=False, repr=False)
    is_exact: bool = True

    @property
    def content(self) -> object:
        """What two servers of one zone say alike."""
        return self.said, frozenset(self.addresses), self.target, self.delegation


def circle(node: NodeId, names: list[str], origin: Place | None) -> Reply:
    shown = ", ".join(f"`{one}`" for one in names)
    return Reply(Said.FAILURE, f"`{node}`: CNAMEs lead in a circle: {shown}", origin=origin)


def of_zones(node: NodeId, names: NameService, name: str, origin: Place | None) -> Reply:
    """What a server says that has zones alone. It follows CNAMEs through all of them (NSD: query.c, answer_lookup_zone)."""
    passed = [name]
    while True:
        zone = names.zone_of(passed[-1])
        if zone is None and len(passed) == 1:
            return Reply(Said.REFUSAL, f"`{node}` has no zone with `{name}`", origin=origin)
        reply = None if zone is None else _referral(node, zone, passed[-1])
        if zone is None or reply is not None:
            return reply if reply is not None and len(passed) == 1 else _alias(node, passed, origin)
        target = zone.target_of(passed[-1])
        if target is None:
            return replace(in_zone(node, zone, passed[-1]), aliases=len(passed) - 1)
        if target in passed:
            return circle(node, [*passed, target], zone.origin)
        if len(passed) > MOST_OF_ZONES:
            reason = f"`{node}` has more than {MOST_OF_ZONES} CNAMEs for `{name}`, one after the other"
            return Reply(Said.FAILURE, reason, origin=zone.origin, is_exact=False)
        passed.append(target)


def _referral(node: NodeId, zone: Zone, name: str) -> Reply | None:
    delegation = zone.delegation_of(name)
    if delegation is None:
        return None
    glue = tuple((server, zone.addresses_of(server)) for server in delegation.servers)
    servers = ", ".join(f"`{server}`" for server in delegation.servers)
    reason = f"`{node}` only says that `{delegation.name}` is at {servers}"
    return Reply(Said.REFERRAL, reason, delegation=delegation, glue=glue, origin=delegation.origin)


def _alias(node: NodeId, passed: list[str], origin: Place | None) -> Reply:
    reason = f"`{node}` says that `{passed[0]}` is `{passed[-1]}`, of which it has no address"
    return Reply(Said.ALIAS, reason, target=passed[-1], aliases=len(passed) - 1, origin=origin)


def in_zone(node: NodeId, zone: Zone, name: str) -> Reply:
    addresses = tuple(dict.fromkeys(zone.addresses_of(name)))
    if not addresses:
        return Reply(Said.NOTHING, f"`{node}` does not know `{name}`", zone=zone.name, origin=zone.origin)
    return Reply(Said.ADDRESSES, f"`{node}` says {', '.join(map(str, addresses))}", addresses, zone=zone.name)
