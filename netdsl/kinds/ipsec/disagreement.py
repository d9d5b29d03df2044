"""Why two ends of IPsec that meet do not come to an SA: proposals, proofs, the connection that the other one takes."""

from collections.abc import Sequence, Set
from itertools import chain

from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipsec.agreeing import agreed
from netdsl.kinds.ipsec.ir import Authentication, AuthMethod, end_inside
from netdsl.kinds.ipsec.known import connection_of, ends_of_peer
from netdsl.kinds.ipsec.radius import refused
from netdsl.kinds.ipsec.revocation import is_revoked
from netdsl.kinds.ipsec.sharing import accepts, negotiated, taken_for
from netdsl.packets.fabric import Fabric
from netdsl.packets.tunnels import Failure
from netdsl.packets.types import Packet
from netdsl.packets.view import View
from netdsl.source import Place


def disagreement(fabric: Fabric, end: TunnelEnd, there: TunnelEnd) -> Failure | None:
    """Why two ends that meet do not come to an SA."""
    name, ours, theirs = end.tunnel, end_inside(end), end_inside(there)
    if not agreed(ours.ike_proposals, theirs.ike_proposals, "ike"):
        lines = lines_of((end, ours.ike_origin), (there, theirs.ike_origin))
        return Failure(f"the ends of tunnel `{name}` have no IKE proposal in common", lines)
    sides = ((end, there, theirs.peer_auth), (there, end, ours.peer_auth))
    reasons = (_unexpected(*side) for side in sides), (_unproven(fabric, *side) for side in sides)
    reason = next(filter(None, chain(*reasons)), None)
    return None if reason is None else Failure(f"authentication of tunnel `{name}` fails: {reason}")


def mistaken(other: View, end: TunnelEnd, there: TunnelEnd, packet: Packet) -> Failure | None:
    """Where the other end does not come to its connection for the tunnel, although the two would agree."""
    proposal = negotiated(other.node, end, packet)
    if proposal and not accepts(there, proposal):
        words = f"chooses the IKE proposal `{proposal[0]}` before it knows who asks"
        return Failure(f"`{other.id}` {words}, and has another one for tunnel `{end.tunnel}`")
    taken = taken_for(other.node, end, packet, proposal)
    if taken is None or taken.connection == connection_of(there):
        return None
    name = f"`{taken.tunnel}`"
    alike = "which has the same addresses, identities and authentication"
    return Failure(f"`{other.id}` takes it for tunnel {name}, {alike}")


def lines_of(*said: tuple[TunnelEnd, Place | None]) -> tuple[tuple[Place, str], ...]:
    """The lines that say what ends have, each with whose it is."""
    return tuple((place, f"of `{end.node}`") for end, place in said if place is not None)


def _unexpected(mine: TunnelEnd, other: TunnelEnd, expected: Sequence[Authentication]) -> str | None:
    """What `mine` says of itself, and `other` has otherwise."""
    own = end_inside(mine).own_auth
    if len(own) != len(expected):
        return f"`{mine.node}` proves itself in rounds: {len(own)}, `{other.node}` wants {len(expected)}"
    for auth, wanted in zip(own, expected, strict=True):
        if auth.method is not wanted.method:
            return f"`{mine.node}` offers {auth.method}, `{other.node}` wants {wanted.method}"
        if wanted.identity != auth.identity:
            return f"`{mine.node}` is `{auth.identity}`, `{other.node}` expects `{wanted.identity}`"
    return None


def _unproven(fabric: Fabric, mine: TunnelEnd, other: TunnelEnd, expected: Sequence[Authentication]) -> str | None:
    """Why `other` does not believe `mine`."""
    rounds = zip(end_inside(mine).own_auth, expected, strict=True)
    return next(filter(None, (_disbelief(fabric, mine, other, *one) for one in rounds)), None)


def _disbelief(
    fabric: Fabric, mine: TunnelEnd, other: TunnelEnd, auth: Authentication, wanted: Authentication
) -> str | None:
    """Why `other` does not believe one round of `mine`.

    Of several secrets for the same identities an end proves itself with the last one that it has loaded, and believes each
    (mem_cred.c, add_shared_unique; psk_authenticator.c)."""
    if auth.method.has_certificate:
        if auth.pki != wanted.pki:
            return f"`{other.node}` does not trust `{auth.pki}`, from which `{mine.node}` has its certificate"
        if is_revoked(fabric.lab, mine.node, auth):
            return f"`{other.node}` does not take the certificate of `{mine.node}`: `{auth.pki}` has revoked it"
        entities = {entity.node for pki in fabric.lab.pkis if pki.id == auth.pki for entity in pki.end_entities}
        return None if mine.node in entities else f"`{mine.node}` has no certificate of `{auth.pki}`"
    if auth.method is AuthMethod.PUBKEY:
        return None if auth.key == wanted.key else f"`{other.node}` has no public key of `{mine.node}`"
    if end_inside(other).radius is not None and auth.method.is_eap:
        return refused(fabric, mine, other, auth)
    proofs = [auth] if auth.method.is_eap else [*end_inside(mine).own_auth, *end_inside(other).own_auth]
    owners = {proof.identity for proof in proofs}
    own, expected = (_secrets(fabric, end, auth.method, owners) for end in (mine, other))
    if not own or not expected:
        return f"one of `{mine.node}` and `{other.node}` has no secret"
    if own[-1] not in expected:
        return f"the secrets of `{mine.node}` and `{other.node}` differ"
    return None


def _secrets(fabric: Fabric, end: TunnelEnd, method: AuthMethod, owners: Set[str]) -> list[tuple[str | None, str]]:
    """What tells the secrets that a node has for these identities from others, in the order of its tunnels to the peer."""
    ends = ends_of_peer(fabric.views[end.node].node, end.peer)
    kept = (secret for one in ends for secret in one.secrets)
    fitting = [secret for secret in kept if secret.method is method and owners <= set(secret.owners)]
    return [(secret.value, secret.value or secret.name) for secret in fitting]
