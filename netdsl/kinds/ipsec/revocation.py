"""Certificates that are revoked: charon refuses one that a revocation list names, whatever `revocation` says of lists that
are missing (strongSwan, libstrongswan/plugins/revocation/revocation_validator.c: VALIDATION_REVOKED)."""

from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipsec.ir import Authentication, end_inside


def is_revoked(lab: Lab, node: NodeId, auth: Authentication) -> bool:
    """Whether the certificate that a node proves itself with is on a list that its peers have."""
    return any(pki.id == auth.pki and pki.has_crl and node in pki.revoked for pki in lab.pkis)


def is_refused(lab: Lab, end: TunnelEnd) -> bool:
    """Whether one of the two ends of a connection has a revoked certificate."""
    inside = end_inside(end)
    proofs = [(end.node, auth) for auth in inside.own_auth]
    proofs += [(end.peer, auth) for auth in inside.peer_auth if end.peer is not None]
    return any(is_revoked(lab, node, auth) for node, auth in proofs)
