"""What the two ends of a child agree on, as charon does.

From strongSwan's source. Proposals: libstrongswan/crypto/proposal/proposal.c (select_algos, select_algo). Traffic
selectors: libstrongswan/selectors/traffic_selector.c (get_subset), traffic_selector_list.c (select),
libcharon/config/peer_cfg.c (select_child_cfg, get_ts_match). Mode and compression: libcharon/sa/ikev2/tasks/child_create.c
(USE_TRANSPORT_MODE, check_mode; IPCOMP_SUPPORTED, which an end that does not compress ignores).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from netdsl.dataclass import dataclass
from netdsl.ir.icmp import is_kind_of
from netdsl.ir.ids import Prefix
from netdsl.ir.service import PortService
from netdsl.ir.tunnel import Child, Mode
from netdsl.kinds.ipsec.algorithms import ICV_OCTETS, hides
from netdsl.kinds.ipsec.ir import child_inside
from netdsl.kinds.ipsec.resolve_proposals import KEYWORDS, Transform

Prefixes = tuple[Prefix, ...]

_SAME = {
    "aes": "aes128", "camellia": "camellia128", "sha": "sha1", "sha2_256": "sha256",
    "sha2_256_96": "sha256_96", "sha2_384": "sha384", "sha2_512": "sha512", "curve25519": "x25519", "curve448": "x448",
}  # fmt: skip
_EXCHANGES = "exchange"
_MOST_TRIES = 5  # ike_init.c, MAX_RETRIES
_ORDER = ("cipher", "integrity", "prf", _EXCHANGES)
_Algorithms = dict[str, dict[str, None]]
"""By type of transform, in the order of a proposal."""


# --- proposals


def agreed(ours: Sequence[str], theirs: Sequence[str], protocol: str, *, has_exchange: bool = True) -> tuple[str, ...]:
    """Those of our proposals that one of theirs fits. `has_exchange` False: the first SA of a child, made with IKE's keys
    (PROPOSAL_SKIP_KE)."""
    known = [_algorithms(proposal, protocol) for proposal in theirs]
    return tuple(
        proposal for proposal in ours
        if any(_fits(_algorithms(proposal, protocol), other, has_exchange=has_exchange) for other in known)
    )  # fmt: skip


def selected(
    mine: Sequence[str], theirs: Sequence[str], protocol: str, *, has_exchange: bool = True
) -> tuple[str, ...] | None:
    """The algorithms that the end with `mine` chooses when it answers, one of each type: the order of its own proposals
    decides, and in a proposal that of its algorithms (charon.prefer_configured_proposals; proposal.c: proposal_select,
    select_algo). None: there is no proposal in common."""
    known = [_algorithms(proposal, protocol) for proposal in theirs]
    for one in (_algorithms(proposal, protocol) for proposal in mine):
        for other in known:
            if _fits(one, other, has_exchange=has_exchange):
                return _chosen(one, other, has_exchange=has_exchange)
    return None


def _chosen(one: _Algorithms, other: _Algorithms, *, has_exchange: bool) -> tuple[str, ...]:
    """Of each type the first algorithm of `one` that the other has; no key exchange twice."""
    found: dict[str, str] = {}
    for kind in sorted(one, key=_place):
        is_exchange = kind.startswith(_EXCHANGES)
        if is_exchange and not has_exchange:  # the other one may have none
            continue
        common = [name for name in one[kind] if name in other[kind]]
        before = [name for at, name in found.items() if is_exchange and at.startswith(_EXCHANGES)]
        found[kind] = next((name for name in common if name not in before), common[0])
    return tuple(_word(kind, name) for kind, name in found.items())


def exchanged(
    choose: Callable[[Sequence[str]], tuple[str, ...] | None], offered: Sequence[str], first: str | None = None
) -> tuple[str, ...] | None:
    """What is chosen of the offered proposals where keys are exchanged. Those with the exchange that the asking end begins
    with (`first`, else its own first one) are offered before the others; an end that chooses another one is asked again
    with that (ike_init.c and child_create.c: build_payloads, build_r, INVALID_KE_PAYLOAD)."""
    own = (name for proposal in offered for name in _exchanges_of(proposal))
    exchange = first or next(own, None)
    for _ in range(_MOST_TRIES):
        found = choose(sorted(offered, key=lambda proposal: exchange not in _exchanges_of(proposal)))
        wanted = next((word for word in found or () if KEYWORDS[word] is Transform.EXCHANGE), None)
        if wanted in (None, exchange):
            return found
        exchange = wanted
    return None


def _exchanges_of(proposal: str) -> list[str]:
    found = map(_algorithm, proposal.lower().split("-"))
    return [name for kind, name in found if kind == _EXCHANGES]


def canonical(word: str) -> str:
    """The one word for an algorithm that has several: `aes128gcm16` for `aes128gcm128`."""
    return _word(*_algorithm(word.lower()))


def _place(kind: str) -> tuple[int, str]:
    first = kind.partition(" ")[0]
    return (_ORDER.index(first) if first in _ORDER else len(_ORDER)), kind


def _word(kind: str, name: str) -> str:
    """A further key exchange with its number, as in a proposal."""
    number = kind.partition(" ")[2]
    return f"{number}_{name}" if number else name


def _fits(mine: _Algorithms, other: _Algorithms, *, has_exchange: bool) -> bool:
    """Whether every type of transform that one of them has is in both, with an algorithm in common."""
    kinds = [kind for kind in {**mine, **other} if has_exchange or not kind.startswith(_EXCHANGES)]
    return all(mine.get(kind, {}).keys() & other.get(kind, {}).keys() for kind in kinds)


def _algorithms(proposal: str, protocol: str) -> _Algorithms:
    """By type of transform, in the order of the proposal. A pseudo-random function that is not written is that of the
    integrity algorithm (proposal.c: check_proposal), the choice of sequence numbers `noesn`."""
    found: _Algorithms = {}
    for word in proposal.lower().split("-"):
        kind, name = _algorithm(word)
        found.setdefault(kind, {})[name] = None
    if protocol == "ike" and "integrity" in found:
        found.setdefault("prf", {f"prf{name.partition('_')[0]}": None for name in found["integrity"]})
    if protocol != "ike":
        found.setdefault("sequence", {"noesn": None})
    return found


@lru_cache(maxsize=4096)
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
        far = _match(_local(other), _remote(child)) if near else 0
        if far and near + far > best:
            best, found = near + far, other
    return found


def agree(child: Child, other: Child) -> Agreed | str:
    """The child between both ends, or what they do not have in common, in words."""
    inside, there = child_inside(child), child_inside(other)
    ours = agreed(inside.proposals, there.proposals, inside.protocol, has_exchange=False)
    taken = agreed(there.proposals, inside.proposals, inside.protocol, has_exchange=False)
    if inside.protocol != there.protocol or not ours:
        return f"no {inside.protocol.upper()} proposal"
    near = subset(child.local, other.remote) if other.remote else child.local
    far = subset(child.remote, other.local)
    own, others = _services(child.only_local, other.only_remote), _services(child.only_remote, other.only_local)
    if not near or not far or own is None or others is None:
        return "no traffic selectors"
    mode = child.mode if child.mode is other.mode else Mode.TUNNEL
    keeps_lengths = child.keeps_lengths or other.keeps_lengths
    used = selected(there.proposals, inside.proposals, inside.protocol, has_exchange=False) or ()
    is_hiding = hides(inside.protocol, used)
    mine, theirs = (
        replace(one, mode=mode, only_local=near_, only_remote=far_, keeps_lengths=keeps_lengths, is_hiding=is_hiding)
        for one, near_, far_ in ((child, own, others), (other, others, own))
    )
    return Agreed(
        replace(mine, inside=replace(inside, proposals=ours)),
        replace(theirs, inside=replace(there, proposals=taken)),
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
    if one.icmp_type is not None or other.icmp_type is not None:
        return _common_types(one, other)
    if one.first is None or other.first is None:
        return [other if one.first is None else one]
    first, last = max(one.first, other.first), min(one.last or one.first, other.last or other.first)
    return [PortService(one.protocol, first, last)] if first <= last else []


def _common_types(one: PortService, other: PortService) -> list[PortService]:
    """A code is in the range of its type."""
    if is_kind_of(one.icmp_type, other.icmp_type):
        return [one]
    return [other] if is_kind_of(other.icmp_type, one.icmp_type) else []


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
