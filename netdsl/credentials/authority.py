"""Certification authorities, end-entity certificates and revocation lists, by `cryptography`. Pure except for new
keys."""

import ipaddress
from collections.abc import Callable, Container, Iterable
from dataclasses import field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from netdsl.dataclass import dataclass
from netdsl.ir.pki import EndEntity, Pki

BACKDATE = timedelta(days=1)  # a virtual machine's clock may lag behind the compiling machine's

_LONGEST_NAME = 64
"""The largest number of characters of a common name: ub-common-name, RFC 5280, appendix A.1."""

_KEYS: dict[str, Callable[[], CertificateIssuerPrivateKeyTypes]] = {
    "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa-3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa-4096": lambda: rsa.generate_private_key(65537, 4096),
    "ecdsa-p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ecdsa-p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
}

_HASHES: dict[str, type[hashes.SHA256] | type[hashes.SHA384] | type[hashes.SHA512]] = {
    "rsa-2048": hashes.SHA256,
    "rsa-3072": hashes.SHA256,
    "rsa-4096": hashes.SHA384,
    "ecdsa-p256": hashes.SHA256,
    "ecdsa-p384": hashes.SHA384,
    "ecdsa-p521": hashes.SHA512,
}

_ATTRIBUTES = {
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "E": NameOID.EMAIL_ADDRESS,
    "DC": NameOID.DOMAIN_COMPONENT,
    "serialNumber": NameOID.SERIAL_NUMBER,
}


@dataclass(frozen=True, slots=True)
class Authority:
    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issued:
    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes = field(repr=False)


def make_root(pki: Pki, now: datetime) -> Authority:
    return _make_authority(pki, "Root CA", None, 1 if pki.has_intermediate else 0, now)


def make_intermediate(pki: Pki, root: Authority, now: datetime) -> Authority:
    return _make_authority(pki, "Intermediate CA", root, pki.path_length, now)


def issue(pki: Pki, entity: EndEntity, issuer: Authority, now: datetime) -> Issued:
    """A certificate for client and server use. It ends no later than its issuer's."""
    key = _KEYS[pki.algorithm]()
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(str(address))) for address in entity.addresses]
    names += [x509.RFC822Name(name) if "@" in name else x509.DNSName(name) for name in entity.names]
    end = min(now + timedelta(days=pki.validity_days), issuer.certificate.not_valid_after_utc)
    builder = _builder(_name(entity.subject), issuer.certificate.subject, key, now, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=False), critical=True)
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = builder.add_extension(usages, critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if pki.responder is not None:
        place = x509.UniformResourceIdentifier(pki.responder.url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    builder = builder.add_extension(_issuer_identifier(issuer), critical=False)
    return Issued(builder.sign(issuer.key, _hash(pki)), key)


def issue_responder(pki: Pki, issuer: Authority, now: datetime) -> Issued:
    """The certificate with which the PKI's responder signs its answers (RFC 6960 §4.2.2.2)."""
    key = _KEYS[pki.algorithm]()
    subject = _name((*pki.subject, ("CN", f"{pki.id[: _LONGEST_NAME - len(' OCSP')]} OCSP")))
    end = min(now + timedelta(days=pki.validity_days), issuer.certificate.not_valid_after_utc)
    builder = _builder(subject, issuer.certificate.subject, key, now, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    builder = builder.add_extension(_issuer_identifier(issuer), critical=False)
    return Issued(builder.sign(issuer.key, _hash(pki)), key)


def ocsp_index(certificates: Iterable[x509.Certificate], revoked: Container[int]) -> bytes:
    """What `openssl ocsp -index` reads: a line for each certificate, revoked from the beginning of its life or valid."""
    lines = []
    for one in certificates:
        begins, ends = (f"{when:%y%m%d%H%M%SZ}" for when in (one.not_valid_before_utc, one.not_valid_after_utc))
        is_revoked = one.serial_number in revoked
        serial = f"{one.serial_number:x}".upper()
        serial = serial if len(serial) % 2 == 0 else f"0{serial}"
        fields = ("R" if is_revoked else "V", ends, begins if is_revoked else "", serial, "unknown", f"/CN={serial}")
        lines.append("\t".join(fields) + "\n")
    return "".join(lines).encode()


def revocation_list(
    pki: Pki, issuer: Authority, serials: Iterable[int], now: datetime
) -> x509.CertificateRevocationList:
    """A revocation list that names these certificates, valid as long as its issuer's certificate."""
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=issuer.certificate.subject,
        last_update=now - BACKDATE,
        next_update=issuer.certificate.not_valid_after_utc,
    )
    for serial in serials:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder(serial_number=serial, revocation_date=now - BACKDATE).build()
        )
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    builder = builder.add_extension(_issuer_identifier(issuer), critical=False)
    return builder.sign(issuer.key, _hash(pki))


def key_pem(key: CertificateIssuerPrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def new_key(algorithm: str) -> CertificateIssuerPrivateKeyTypes:
    """A private key of an algorithm, as a PKI of the lab calls it. Raises KeyError for others."""
    return _KEYS[algorithm]()


def is_key(pem: bytes, algorithm: str) -> bool:
    """Whether it is a private key of the algorithm in PEM."""
    try:
        public = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True).public_key()
        return _algorithm(public) == algorithm
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def load_authority(certificate: bytes, key: bytes) -> Authority:
    """The authority of a certificate and a key in PEM. Raises ValueError."""
    loaded = serialization.load_pem_private_key(key, None)
    accepted = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)
    if not isinstance(loaded, accepted):
        raise ValueError("a key that cannot sign certificates")
    return Authority(x509.load_pem_x509_certificate(certificate), loaded)


def loaded_pair(certificate: bytes, key: bytes, algorithm: str) -> x509.Certificate | None:
    """The certificate in PEM; None where it is not for this key, has another algorithm, or one of them is damaged."""
    try:
        found = x509.load_pem_x509_certificate(certificate)
        # Nothing is signed with the key: whether its numbers are primes, which takes 35 ms of RSA, does not matter.
        own = serialization.load_pem_private_key(key, None, unsafe_skip_rsa_key_validation=True)
        public = found.public_key()
        return found if public == own.public_key() and _algorithm(public) == algorithm else None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _algorithm(key: object) -> str | None:
    """As `_KEYS` calls it."""
    match key:
        case rsa.RSAPublicKey():
            return f"rsa-{key.key_size}"
        case ec.EllipticCurvePublicKey() if key.curve.name == f"secp{key.key_size}r1":
            return f"ecdsa-p{key.key_size}"
        case ed25519.Ed25519PublicKey():
            return "ed25519"
        case ed448.Ed448PublicKey():
            return "ed448"
        case _:
            return None


def _make_authority(
    pki: Pki, title: str, issuer: Authority | None, path_length: int | None, now: datetime
) -> Authority:
    key = _KEYS[pki.algorithm]()
    subject = _name((*pki.subject, ("CN", f"{pki.id[: _LONGEST_NAME - len(title) - 1]} {title}")))
    end = now + timedelta(days=pki.validity_days)
    if issuer is not None:
        end = min(end, issuer.certificate.not_valid_after_utc)
    builder = _builder(subject, issuer.certificate.subject if issuer else subject, key, now, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=True), critical=True)
    if issuer is not None:
        builder = builder.add_extension(_issuer_identifier(issuer), critical=False)
    return Authority(builder.sign(issuer.key if issuer else key, _hash(pki)), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: CertificateIssuerPrivateKeyTypes, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - BACKDATE,
        not_valid_after=end,
    )
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _name(subject: tuple[tuple[str, str], ...]) -> x509.Name:
    return x509.Name([x509.NameAttribute(_ATTRIBUTES[key], value) for key, value in subject])


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_identifier(issuer: Authority) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _hash(pki: Pki) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    chosen = _HASHES.get(pki.algorithm)
    return chosen() if chosen else None
