"""Certificates that are revoked: an end refuses one that a revocation list of its PKI names (`crl-verify`)."""

from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.openvpn.ir import settings_of


def is_refused(lab: Lab, end: TunnelEnd) -> NodeId | None:
    """Which of the two ends of a connection has a revoked certificate, if lists say so."""
    for pki in lab.pkis:
        if pki.id == settings_of(end).pki and pki.has_crl:
            return next((node for node in (end.node, end.peer) if node is not None and node in pki.revoked), None)
    return None
