"""The rule on keys and certificates that take long to make: how many is known before one is made."""

from collections import defaultdict

from netdsl.diagnostics.catalogue import LOOP_LIMIT
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.ids import NodeId, PkiId
from netdsl.ir.service_kinds import service_kinds
from netdsl.semantics.rules.facts import Facts

MOST_RSA = 160
"""Keys of RSA of 2048 bits: seven seconds."""
MOST_CERTIFICATES = 2000
_TIMES = {"rsa-2048": 1, "rsa-3072": 4, "rsa-4096": 14}
"""How long a key takes, in keys of 2048 bits; other algorithms take next to nothing. Measured: 45, 160 and 650 ms."""


def check_keys(facts: Facts, diagnostics: Diagnostics) -> None:
    holders = _holders(facts)
    rsa = certificates = 0
    for pki in facts.bindings.pkis.values():
        keys = 1 + pki.has_intermediate + (pki.responder is not None) + len(holders[pki.id])
        before, rsa = rsa, rsa + keys * _TIMES.get(pki.algorithm, 0)
        certificates += keys
        if before <= MOST_RSA < rsa and pki.place is not None:
            diagnostics.report(
                LOOP_LIMIT,
                f"the keys of RSA take as long as {rsa} of 2048 bits, and {MOST_RSA} are the most",
                pki.place,
                help="`algorithm ecdsa-p384` and `ed25519` take no time",
            )
    serving = [node for node in facts.nodes if any(service_kinds()[one.kind].has_certificate for one in node.services)]
    certificates += len(serving)
    place = facts.bindings.place or next((node.place for node in facts.nodes), None)
    if certificates > MOST_CERTIFICATES and place is not None:
        message = f"the lab has {certificates:,} certificates, and {MOST_CERTIFICATES:,} are the most"
        diagnostics.report(LOOP_LIMIT, message, place)


def _holders(facts: Facts) -> defaultdict[PkiId, set[NodeId]]:
    """The nodes that have a certificate of each pki."""
    found: defaultdict[PkiId, set[NodeId]] = defaultdict(set)
    for tunnel in facts.bindings.tunnels.values():
        for node, wanted in tunnel.certificates.items():
            found[wanted.pki].add(node)
        for server in tunnel.servers:
            if server.certificate is not None:
                found[server.certificate.pki].add(server.node)
    return found
