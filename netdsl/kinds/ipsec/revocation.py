"""Certificates that are revoked: charon refuses one that a revocation list names, whatever `revocation` says of lists that
are missing (strongSwan, libstrongswan/plugins/revocation/revocation_validator.c: VALIDATION_REVOKED)."""

from collections.abc import Iterator

from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.service import Protocol, port
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.ipsec.asking import stopped
from netdsl.kinds.ipsec.ir import Authentication, end_inside
from netdsl.packets.fabric import Fabric
from netdsl.packets.tracking import Flows
from netdsl.packets.tunnels import Failure, Question


def is_revoked(lab: Lab, node: NodeId, auth: Authentication) -> bool:
    """Whether the peers of a node learn that the certificate that it proves itself with is revoked, or, where they cannot
    ask, refuse it for that."""
    return any(
        pki.id == auth.pki and node in pki.revoked and (pki.has_crl or pki.responder is not None) for pki in lab.pkis
    )


def status_unknown(fabric: Fabric, ends: tuple[TunnelEnd, TunnelEnd], standing: Flows) -> Failure | None:
    """Why an end cannot learn whether the other one's certificate is good, and refuses it (`revocation = strict`)."""
    for end in ends:
        for asked in questions(fabric.lab, end):
            stop = stopped(fabric, asked, standing)
            if stop is not None:
                said = f"`{end.node}` gets no answer from the OCSP responder `{asked.server}`: {stop}"
                return Failure(f"authentication of tunnel `{end.tunnel}` fails: {said}")
    return None


def questions(lab: Lab, end: TunnelEnd) -> Iterator[Question]:
    """What an end has to ask the responders of its peer's certificates: where there are no lists."""
    responders = {pki.id: pki.responder for pki in lab.pkis if pki.responder is not None and not pki.has_crl}
    for auth in end_inside(end).peer_auth if responders else ():
        responder = None if auth.pki is None else responders.get(auth.pki)
        if responder is not None:
            yield Question(end.node, responder.node, responder.address, port(Protocol.TCP, responder.port))


def is_refused(lab: Lab, end: TunnelEnd) -> bool:
    """Whether one of the two ends of a connection has a revoked certificate."""
    inside = end_inside(end)
    proofs = [(end.node, auth) for auth in inside.own_auth]
    proofs += [(end.peer, auth) for auth in inside.peer_auth if end.peer is not None]
    return any(is_revoked(lab, node, auth) for node, auth in proofs)
