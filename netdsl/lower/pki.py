"""Certificates: who gets one, in which name, for which addresses."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from ipaddress import ip_address

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId, PkiId
from netdsl.ir.pki import SERVICES_PKI, EndEntity, Pki
from netdsl.ir.prefixes import unique
from netdsl.ir.service_kinds import service_kinds
from netdsl.lower.defaults import SERVICES_ALGORITHM, SERVICES_SUBJECT, SERVICES_VALIDITY_DAYS
from netdsl.lower.directory import Directory
from netdsl.semantics.bindings import Bindings, BoundEnd, BoundPki, BoundTunnel

ADDRESS = "$address"

EndEntities = Mapping[tuple[PkiId, NodeId], EndEntity]


@dataclass(slots=True)
class _Claims:
    """What a node's tunnels ask of its one certificate."""

    addresses: list[Address] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)


def end_entities(bindings: Bindings) -> dict[tuple[PkiId, NodeId], EndEntity]:
    """One certificate for each node and PKI that any of its tunnels authenticates it with, in the order of the tunnels.

    Alternative names: all outer addresses, and the identities that are given. The subject is the PKI's with `$address`
    replaced by the first outer address; one without `$address`, or of an address that another node has too, gets the
    node's host name as CN, so that no two nodes have the same; an identity that is a distinguished name is the subject.
    """
    repeated = repeated_addresses(bindings.tunnels.values())
    claims: dict[tuple[PkiId, NodeId], _Claims] = {}
    for tunnel in bindings.tunnels.values():
        for end in tunnel.ends:
            wanted = tunnel.certificates.get(end.node)
            if wanted is not None:
                claim = claims.setdefault((wanted.pki, end.node), _Claims())
                claim.addresses.append(end.outer)
                if wanted.identity is not None:
                    claim.identities.append(wanted.identity)
        for server in tunnel.servers:
            if server.certificate is not None:
                claims.setdefault((server.certificate.pki, server.node), _Claims()).addresses.append(server.address)
    return {
        (pki, node): _end_entity(bindings.pkis[pki], node, bindings.nodes[node].host_name, claim, repeated)
        for (pki, node), claim in claims.items()
    }


def repeated_addresses(tunnels: Iterable[BoundTunnel]) -> frozenset[Address]:
    """Outer addresses that ends in more than one node have, each in its own network."""
    nodes: dict[Address, NodeId] = {}
    ends = [end for tunnel in tunnels for end in tunnel.ends]
    return frozenset(end.outer for end in ends if nodes.setdefault(end.outer, end.node) != end.node)


def lower_pkis(bindings: Bindings, directory: Directory, entities: EndEntities) -> tuple[Pki, ...]:
    """Every PKI that some tunnel uses or the source declares, and the services' own where there is https."""
    relying = _relying(bindings, entities)
    found = [
        Pki(
            pki.id,
            pki.algorithm,
            tuple((key, value) for key, value in pki.subject if key != "CN" and ADDRESS not in value),
            pki.path_length,
            pki.has_intermediate,
            pki.has_crl,
            pki.validity_days,
            tuple(entity for (owner, _), entity in entities.items() if owner == pki.id),
            tuple(dict.fromkeys(one.value for one in pki.revoked if (pki.id, one.value) in entities)),
            relying.get(pki.id, ()),
            pki.responder,
            pki.place,
        )
        for pki in bindings.pkis.values()
    ]
    serving = tuple(_service_entities(bindings, directory))
    if serving:
        found.append(
            Pki(
                SERVICES_PKI,
                SERVICES_ALGORITHM,
                SERVICES_SUBJECT,
                path_length=None,
                has_intermediate=False,
                has_crl=False,
                validity_days=SERVICES_VALIDITY_DAYS,
                end_entities=serving,
            )
        )
    return tuple(found)


def _end_entity(pki: BoundPki, node: NodeId, host_name: str, claim: _Claims, repeated: frozenset[Address]) -> EndEntity:
    subject = next(filter(None, map(_distinguished, claim.identities)), None)
    if subject is None:
        address = str(claim.addresses[0])
        subject = tuple((key, value.replace(ADDRESS, address)) for key, value in pki.subject)
        if subject == pki.subject or claim.addresses[0] in repeated:
            subject = (*((key, value) for key, value in subject if key != "CN"), ("CN", host_name))
    addresses, names = list(claim.addresses), dict[str, None]()
    for identity in claim.identities:
        literal = _address(identity)
        if literal is not None:
            addresses.append(literal)
        elif _distinguished(identity) is None:
            names[identity.removeprefix("@")] = None
    return EndEntity(node, subject, unique(addresses), tuple(names))


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _distinguished(identity: str) -> tuple[tuple[str, str], ...] | None:
    """The parts of `C=FI, CN=x`; None if that is no distinguished name."""
    parts = [part.strip().partition("=") for part in identity.split(",")]
    if any(not equals or not key or not value for key, equals, value in parts):
        return None
    return tuple((key.strip(), value.strip()) for key, _, value in parts)


def _relying(bindings: Bindings, entities: EndEntities) -> dict[PkiId, tuple[NodeId, ...]]:
    """Who verifies certificates of a PKI without having one of it."""
    found: dict[PkiId, dict[NodeId, None]] = {}
    for tunnel in bindings.tunnels.values():
        for end in tunnel.ends:
            for other in _others(tunnel, end):
                shown = tunnel.certificates.get(other.node)
                if shown is not None and (shown.pki, end.node) not in entities:
                    found.setdefault(shown.pki, {})[end.node] = None
        for pki, node in tunnel.relying:
            if (pki, node) not in entities:
                found.setdefault(pki, {})[node] = None
    return {pki: tuple(nodes) for pki, nodes in found.items()}


def _others(tunnel: BoundTunnel, end: BoundEnd) -> Iterable[BoundEnd]:
    """Whom an end talks to: a client with its gateway only."""
    return tunnel.ends[:1] if end.role == "client" else (other for other in tunnel.ends if other is not end)


def _service_entities(bindings: Bindings, directory: Directory) -> Iterator[EndEntity]:
    for node in bindings.nodes.values():
        if any(service_kinds()[service.kind].has_certificate for service in node.services):
            subject = (*SERVICES_SUBJECT, ("CN", node.host_name))
            yield EndEntity(node.id, subject, directory.addresses[node.id], (node.host_name,))
