"""Certification authorities and who gets a certificate."""

from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, NodeId, PkiId
from netdsl.source import Place

SERVICES_PKI = PkiId("netdsl-services")  # of the lab itself: what its https services show


@dataclass(frozen=True, slots=True)
class EndEntity:
    """One certificate: a node's, in one PKI. `subject` is complete (`C=FI, O=Lab, CN=172.16.16.16`), in its order."""

    node: NodeId
    subject: tuple[tuple[str, str], ...]
    addresses: tuple[Address, ...]  # subjectAltName
    names: tuple[str, ...] = ()  # subjectAltName: DNS names and e-mail addresses


@dataclass(frozen=True, slots=True)
class Responder:
    """A node's service that says which certificates of a PKI are good (OCSP, RFC 6960)."""

    node: NodeId
    address: Address
    port: int

    @property
    def url(self) -> str:
        host = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        return f"http://{host}:{self.port}/"


@dataclass(frozen=True, slots=True)
class Pki:
    id: PkiId
    algorithm: str  # rsa-2048|3072|4096, ecdsa-p256|p384|p521, ed25519, ed448
    subject: tuple[tuple[str, str], ...]  # of the authorities, without CN
    path_length: int | None  # of the intermediate authority; None with has_intermediate False
    has_intermediate: bool
    has_crl: bool
    validity_days: int
    end_entities: tuple[EndEntity, ...]
    revoked: tuple[NodeId, ...] = ()  # whose certificates the issuer's revocation list names
    relying: tuple[NodeId, ...] = ()  # nodes without a certificate of it that verify others' (EAP clients)
    responder: Responder | None = None
    origin: Place | None = field(default=None, compare=False, repr=False)
