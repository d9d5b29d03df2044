"""What the two ends of a child agree on, as charon does.

From strongSwan's source. Proposals: libstrongswan/crypto/proposal/proposal.c (select_algos, select_algo). Traffic
selectors: libstrongswan/selectors/traffic_selector.c (get_subset), traffic_selector_list.c (select),
libcharon/config/peer_cfg.c (select_child_cfg, get_ts_match). Mode: libcharon/sa/ikev2/tasks/child_create.c
(USE_TRANSPORT_MODE, check_mode).
"""

from collections.abc import Sequence
from dataclasses import replace

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Prefix
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Child, Mode
from netdsl.kinds.ipsec.algorithms import ICV_OCTETS
from netdsl.kinds.ipsec.ir import child_inside
from netdsl.kinds.ipsec.resolve_proposals import KEYWORDS, Transform

Prefixes = tuple[Prefix, ...]

_SAME = {
    "aes": "aes128", "camellia": "camellia128", "sha": "sha1", "sha2_256": "sha256",
    "sha2_256_96": "sha256_96", "sha2_384": "sha384", "sha2_512": "sha512", "curve25519": "x25519", "curve448": "x448",
}  # fmt: skip
_EXCHANGES = "exchange"


# --- proposals


def agreed(ours: Sequence[str], theirs: Sequence[str], protocol: str, *, has_exchange: bool = True) -> tuple[str, ...]:
    """Those of our proposals that one of theirs fits. `has_exchange` False: the first SA of a child, made with IKE's keys
    (PROPOSAL_SKIP_KE)."""
    known = [_algorithms(proposal, protocol) for proposal in theirs]
    return tuple(
        proposal for proposal in ours
        if any(_fits(_algorithms(proposal, protocol), other, has_exchange=has_exchange) for other in known)
    )  # fmt: skip


def _fits(mine: dict[str, set[str]], other: dict[str, set[str]], *, has_exchange: bool) -> bool:
    """Whether every type of transform that one of them has is in both, with an algorithm in common."""
    kinds = [kind for kind in {**mine, **other} if has_exchange or not kind.startswith(_EXCHANGES)]
    return all(mine.get(kind, set()) & other.get(kind, set()) for kind in kinds)


def _algorithms(proposal: str, protocol: str) -> dict[str, set[str]]:
    """By type of transform. A pseudo-random function that is not written is that of the integrity algorithm (proposal.c:
    check_proposal), the choice of sequence numbers `noesn`."""
    found: dict[str, set[str]] = {}
    for word in proposal.lower().split("-"):
        kind, name = _algorithm(word)
        found.setdefault(kind, set()).add(name)
    if protocol == "ike" and "integrity" in found:
        found.setdefault("prf", {f"prf{name.partition('_')[0]}" for name in found["integrity"]})
    if protocol != "ike":
        found.setdefault("sequence", {"noesn"})
    return found


def _algorithm(word: str) -> tuple[str, str]:
    number, is_further, rest = word.partition("_")
    if is_further and number[:2] == "ke" and number[2:].isdecimal():
        return f"{_EXCHANGES} {number}", rest
    match KEYWORDS.get(word):
        case Transform.AEAD | Transform.ENCRYPTION:
            return "cipher", _cipher(word)
        case Transform.INTEGRITY:
            return "integrity", _SAME.get(word, word)
        case Transform.PRF:
            return "prf", word
        case Transform.EXCHANGE | Transform.MORE_EXCHANGE:
            return _EXCHANGES, _SAME.get(word, word)
        case Transform.SEQUENCE:
            return "sequence", word
        case None:
            return word, word


def _cipher(word: str) -> str:
    """`aes256gcm`, `aes256gcm128` and `aes256gcm16` are one."""
    for mode in ("gcm", "ccm"):
        base, is_there, length = word.partition(mode)
        if is_there and length in ICV_OCTETS:
            return f"{base}{mode}{ICV_OCTETS[length]}"
    return _SAME.get(word, word)


# --- traffic selectors


@dataclass(frozen=True, slots=True)
class Agreed:
    """A child as it comes up between the end that opens it and the other one: how each of both has it then, and the
    prefixes at the opener's side and at the other's."""

    here: Child
    there: Child
    near: Prefixes
    far: Prefixes


def chosen(child: Child, children: Sequence[Child]) -> Child | None:
    """Which of the other end's children answers: the best fit, of equal ones the first."""
    best, found = 0, None
    for other in children:
        near = _match(_remote(other), _local(child))
        far = _match(_local(other), _remote(child))
        if near and far and near + far > best:
            best, found = near + far, other
    return found


def agree(child: Child, other: Child) -> Agreed | str:
    """The child between both ends, or what they do not have in common, in words."""
    inside, there = child_inside(child), child_inside(other)
    ours = agreed(inside.proposals, there.proposals, inside.protocol, has_exchange=False)
    theirs = agreed(there.proposals, inside.proposals, inside.protocol, has_exchange=False)
    if inside.protocol != there.protocol or not ours:
        return f"no {inside.protocol.upper()} proposal"
    near = subset(child.local, other.remote) if other.remote else child.local
    far = subset(child.remote, other.local)
    own, others = _services(child.only_local, other.only_remote), _services(child.only_remote, other.only_local)
    if not near or not far or own is None or others is None:
        return "no traffic selectors"
    mode = child.mode if child.mode is other.mode else Mode.TUNNEL
    return Agreed(
        replace(child, mode=mode, only_local=own, only_remote=others, inside=replace(inside, proposals=ours)),
        replace(other, mode=mode, only_local=others, only_remote=own, inside=replace(there, proposals=theirs)),
        near,
        far,
    )


def subset(mine: Prefixes, other: Prefixes) -> Prefixes:
    """What both have, in the order of `mine`; what another of them holds is left out (remove_duplicate_ts)."""
    found = dict.fromkeys(each for a in mine for b in other for each in _common(a, b))
    return tuple(a for a in found if not any(a != b and _common(a, b) == [a] for b in found))


def _common(one: Prefix, other: Prefix) -> list[Prefix]:
    if one.version != other.version or not one.overlaps(other):
        return []
    return [one if one.prefixlen >= other.prefixlen else other]


def _services(mine: tuple[PortService, ...], other: tuple[PortService, ...]) -> tuple[PortService, ...] | None:
    """What both let pass; none of them: everything. None: nothing is in common."""
    if not mine or not other:
        return mine or other
    found = tuple(dict.fromkeys(each for a in mine for b in other for each in _common_ports(a, b)))
    return found or None


def _common_ports(one: PortService, other: PortService) -> list[PortService]:
    if one.protocol is not other.protocol:
        return []
    if one.first is None or other.first is None:
        return [other if one.first is None else one]
    first, last = max(one.first, other.first), min(one.last or one.first, other.last or other.first)
    return [PortService(one.protocol, first, last)] if first <= last else []


_Selector = tuple[Prefix, PortService | None]


def _local(child: Child) -> list[_Selector]:
    return [(prefix, service) for prefix in child.local for service in child.only_local or (None,)]


def _remote(child: Child) -> list[_Selector]:
    return [(prefix, service) for prefix in child.remote for service in child.only_remote or (None,)]


def _match(configured: list[_Selector], supplied: list[_Selector]) -> int:
    """How well a list of selectors fits a child: the first ones count most, equal ones fivefold."""
    return sum(
        weight * (5 if (prefix, service) == (other, wanted) else 1)
        for weight, (other, wanted) in zip(range(len(supplied), 0, -1), supplied, strict=True)
        for prefix, service in configured
        if _common(prefix, other) and (service is None or wanted is None or _common_ports(service, wanted))
    )
