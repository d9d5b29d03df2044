"""Rules on what an `ipsec` carries, and how safely."""

from netdsl.diagnostics.catalogue import FAMILY_MISMATCH
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.ir.ids import NodeId, PkiId
from netdsl.ir.tunnel import Mode
from netdsl.kinds.ipsec.algorithms import IN_CLEAR
from netdsl.kinds.ipsec.bindings import BoundAuth, bound_child, bound_tunnel, seen_by
from netdsl.kinds.ipsec.catalogue import (
    AUTH_MISMATCH,
    SHARED_IDENTITY,
    TRANSPORT_WITH_PROTECTED,
    WEAK_PROPOSAL,
    WEAK_SECRET,
)
from netdsl.kinds.ipsec.rules_agreement import check_agreement
from netdsl.kinds.ipsec.rules_backup import check_backups
from netdsl.kinds.ipsec.rules_farp import check_farp
from netdsl.kinds.ipsec.rules_leases import check_leases
from netdsl.kinds.ipsec.rules_only import check_only
from netdsl.kinds.ipsec.rules_selectors import check_selectors, child_name
from netdsl.semantics.bindings import BoundTunnel
from netdsl.semantics.rules.blocks import block_of, block_of_address
from netdsl.semantics.rules.facts import Facts, Selectors, families, selectors
from netdsl.semantics.rules.outer_packets import OTHER_ADDRESSES, addresses, check_told_apart
from netdsl.source import Place

SHORTEST_SECRET = 8
"""Characters. NIST SP 800-63B, section 5.1.1.2, has no memorized secret shorter."""

WEAK = {
    "des": "56-bit keys",
    "3des": "64-bit blocks, deprecated by RFC 8247",
    "blowfish128": "64-bit blocks",
    "blowfish192": "64-bit blocks",
    "blowfish256": "64-bit blocks",
    "cast128": "64-bit blocks",
    **dict.fromkeys(sorted(IN_CLEAR), "no encryption"),
    "md5": "broken, MUST NOT in RFC 8247",
    "md5_128": "broken, MUST NOT in RFC 8247",
    "prfmd5": "broken, MUST NOT in RFC 8247",
    "sha": "deprecated by RFC 8247",
    "sha1": "deprecated by RFC 8247",
    "sha1_160": "deprecated by RFC 8247",
    "prfsha1": "deprecated by RFC 8247",
    "modp768": "MUST NOT in RFC 8247",
    "modp1024": "SHOULD NOT in RFC 8247",
    "modp1024s160": "MUST NOT in RFC 8247",
    "modp1536": "SHOULD NOT in RFC 8247",
    "modp2048s224": "SHOULD NOT in RFC 8247",
    "modp2048s256": "SHOULD NOT in RFC 8247",
    "ecp192": "80 bits of strength",
}
"""Parts of proposals in strongSwan's words that should not be used any more, and why (RFC 8247, RFC 9395)."""

STRONG = "aes256gcm16-prfsha384-ecp384"


def check(tunnels: tuple[BoundTunnel, ...], facts: Facts, diagnostics: Diagnostics) -> None:
    for tunnel in tunnels:
        _transport(tunnel, diagnostics)
        _two_families(tunnel, diagnostics)
        _weak_proposals(tunnel, diagnostics)
        _weak_secrets(tunnel, diagnostics)
        check_agreement(tunnel, diagnostics)
    _identities(tunnels, diagnostics)
    _servers(tunnels, diagnostics)
    check_backups(tunnels, facts, diagnostics)
    check_only(tunnels, diagnostics)
    check_farp(tunnels, facts, diagnostics)
    check_leases(tunnels, diagnostics)
    # their children have everything: of two in one IKE SA charon would take the one for the other
    routed = tuple(tunnel for tunnel in tunnels if tunnel.ends[0].inside is not None)
    check_told_apart(routed, addresses, "the same two addresses", OTHER_ADDRESSES, diagnostics)
    check_selectors(tunnels, facts, diagnostics)


def _servers(tunnels: tuple[BoundTunnel, ...], diagnostics: Diagnostics) -> None:
    """auth-mismatch: a RADIUS server shows one certificate to the clients of all tunnels that ask it."""
    shown: dict[object, tuple[BoundTunnel, PkiId]] = {}
    for tunnel in tunnels:
        for server in tunnel.servers:
            if server.certificate is None:
                continue
            pki = server.certificate.pki
            first, other = shown.setdefault((server.node, server.service), (tunnel, pki))
            if pki != other:
                message = (
                    f"`{server.node}` shows the certificate of `{other}`, and clients of `{tunnel.id}` trust `{pki}`"
                )
                label = Label(first.place, f"its clients trust `{other}`")
                help_ = f"`auth certificate from {other}` for the gateway, or another server"
                diagnostics.report(AUTH_MISMATCH, message, tunnel.place, related=(label,), help=help_)


def _transport(tunnel: BoundTunnel, diagnostics: Diagnostics) -> None:
    """A child in transport mode carries the two outer addresses, or virtual ones, and nothing else."""
    told: set[Place] = set()
    for one in selectors(tunnel):
        if one.child.mode is not Mode.TRANSPORT or one.child.place in told or not _carries_networks(one):
            continue
        told.add(one.child.place)
        diagnostics.report(
            TRANSPORT_WITH_PROTECTED,
            f"`{child_name(one)}` is in transport mode, which carries packets of its two ends only",
            one.child.place,
            related=tuple(
                Label(end.place, "protects a network")
                for end in (one.end, one.peer)
                if end.protected and end.place != one.child.place
            ),
            help="`mode tunnel` carries networks; without `protecting` the two ends talk to each other",
        )


def _carries_networks(one: Selectors) -> bool:
    pool = tuple(map(block_of, one.tunnel.pool))
    local, remote = block_of_address(one.end.outer), block_of_address(one.peer.outer)
    is_own = all(block == local for block in one.local)
    return not is_own or any(block != remote and block not in pool for block in one.remote)


def _two_families(tunnel: BoundTunnel, diagnostics: Diagnostics) -> None:
    for one in selectors(tunnel):
        local, remote = families(one.local), families(one.remote)
        if local and remote and not local & remote:
            diagnostics.report(
                FAMILY_MISMATCH,
                f"`{child_name(one)}` is between IPv{min(local)} and IPv{min(remote)} networks",
                one.child.place,
                help="each child carries one family from end to end: protect networks of the same one",
            )


def _weak_proposals(tunnel: BoundTunnel, diagnostics: Diagnostics) -> None:
    """Parts of WEAK. Parts that are not known are another rule's."""
    written: list[tuple[str, Place]] = []
    for seen in (tunnel, *(seen_by(tunnel, node) for node in bound_tunnel(tunnel).own)):
        written.extend((proposal, tunnel.place) for proposal in bound_tunnel(seen).ike_proposals)
        for children in seen.children_of.values():
            written.extend((proposal, child.place) for child in children for proposal in bound_child(child).proposals)
    for proposal, place in dict.fromkeys(written):
        words = (part.rpartition("_")[2] if part.startswith("ke") else part for part in proposal.lower().split("-"))
        weak = [word for word in words if word in WEAK]
        if weak:
            reasons = ", ".join(f"`{part}` ({WEAK[part]})" for part in dict.fromkeys(weak))
            diagnostics.report(
                WEAK_PROPOSAL,
                f"`{proposal}` of `{tunnel.id}` is weak: {reasons}",
                place,
                help=f"the default is strong; in full: `{STRONG}`",
            )


def _weak_secrets(tunnel: BoundTunnel, diagnostics: Diagnostics) -> None:
    told: set[Place] = set()
    for node, auth in bound_tunnel(tunnel).auth.items():
        if not any(map(_is_weak, auth.rounds)) or auth.place in told:
            continue
        told.add(auth.place)
        diagnostics.report(
            WEAK_SECRET,
            f"the secret of `{node}` in `{tunnel.id}` has fewer than {SHORTEST_SECRET} characters",
            auth.place,
            help="a longer one, or none: then one is made and kept with the lab",
        )


def _identities(tunnels: tuple[BoundTunnel, ...], diagnostics: Diagnostics) -> None:
    """charon takes a node that proves itself to be another one for that one come anew, and throws out what it had with it
    (ike_auth.c: INITIAL_CONTACT; ike_sa_manager.c: check_uniqueness)."""
    owners: dict[tuple[NodeId, str], tuple[NodeId, Place]] = {}
    told: set[frozenset[NodeId]] = set()
    for tunnel in tunnels:
        first, *others = tunnel.ends
        for peer, end in ((*pair,) for other in others for pair in ((first, other), (other, first))):
            auth = bound_tunnel(tunnel).auth[end.node]
            if auth.identity is None:
                continue
            owner, place = owners.setdefault((peer.node, auth.identity), (end.node, end.place))
            if owner == end.node or (both := frozenset((owner, end.node))) in told:
                continue
            told.add(both)
            diagnostics.report(
                SHARED_IDENTITY,
                f"`{owner}` and `{end.node}` have one identity, `{auth.identity}`: `{peer.node}` cannot tell them apart",
                end.place,
                related=() if place == end.place else (Label(place, f"`{owner}`"),),
                help=f"another `identity` for `{end.node}`, or none: then each node has its own",
            )


def _is_weak(auth: BoundAuth) -> bool:
    return auth.secret is not None and len(auth.secret) < SHORTEST_SECRET
