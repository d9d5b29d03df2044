"""The credentials stage, the only impure one: keys, certificates, revocation lists and secrets, kept in a store per
lab."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from netdsl.credentials.authority import (
    Authority,
    issue,
    issue_responder,
    key_pem,
    load_authority,
    make_intermediate,
    make_root,
    ocsp_index,
    revocation_list,
)
from netdsl.credentials.contract import Credentials, secret_parts
from netdsl.credentials.store import Store, digest, fingerprint
from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.pki import SERVICES_PKI, EndEntity, Pki, Responder
from netdsl.ir.tunnel import SharedSecret

RENEWAL = timedelta(days=30)  # certificates are renewed so long before their end, or a tenth of their life if less


def credentials(
    lab: Lab, folder: Path, *, clock: Callable[[], datetime], entropy: Callable[[int], bytes]
) -> Credentials:
    """The credentials of a lab. Existing ones are kept; missing ones, ones for other names and expiring ones are made.

    The store is not touched for a lab without credentials. Raises OSError, StoreUnreadable.
    """
    if not lab.pkis and not any(end.secrets for node in lab.nodes for end in node.tunnels):
        return Credentials({}, None)
    store = Store.open(folder)
    now = clock().astimezone(UTC).replace(microsecond=0)
    files: dict[NodeId, dict[str, bytes]] = {}
    ends: list[datetime] = []
    names = {node.id: node.host_name for node in lab.nodes}
    for pki in lab.pkis:
        ends.append(_provide_pki(pki, store, names, now, files))
    for node in lab.nodes:
        for part in secret_parts():
            secrets = part.secret_files(node, lambda secret: _value(secret, store, entropy))
            if secrets:
                files.setdefault(node.id, {}).update(secrets)
    for owner, content in files.items():
        store.fill(f"nodes/{names[owner]}", content)
    return Credentials({owner: digest(content) for owner, content in files.items()}, min(ends) if ends else None)


def _provide_pki(
    pki: Pki, store: Store, names: dict[NodeId, str], now: datetime, files: dict[NodeId, dict[str, bytes]]
) -> datetime:
    authorities = _authorities(pki, store, now)
    issuer = authorities[-1]
    mark = issuer.certificate.fingerprint(SHA256()).hex()
    end = min(authority.certificate.not_valid_after_utc for authority in authorities)
    issued = {
        entity.node: _end_entity(pki, entity, names[entity.node], issuer, mark, store, now)
        for entity in pki.end_entities
    }
    certificates = {node: x509.load_pem_x509_certificate(certificate) for node, (certificate, _) in issued.items()}
    serials = tuple(certificates[node].serial_number for node in pki.revoked)
    crls = _revocation_lists(pki, store, authorities, serials, now)
    for node, (certificate, key) in issued.items():
        end = min(end, certificates[node].not_valid_after_utc)
        _add_entity_files(pki, certificate, key, authorities, crls, files.setdefault(node, {}))
    if pki.responder is not None:
        signer = _responder(pki, issuer, mark, store, now)
        end = min(end, x509.load_pem_x509_certificate(signer[0]).not_valid_after_utc)
        files.setdefault(pki.responder.node, {}).update(
            _responder_files(pki.responder, signer, issuer, ocsp_index(certificates.values(), serials))
        )
    for node in pki.relying:
        files.setdefault(node, {}).update(_authority_files(pki, authorities, crls))
    return end


def _add_entity_files(
    pki: Pki,
    certificate: bytes,
    key: bytes,
    authorities: tuple[Authority, ...],
    crls: tuple[bytes, ...],
    files: dict[str, bytes],
) -> None:
    if pki.id == SERVICES_PKI:
        chain = [authority.certificate.public_bytes(Encoding.PEM) for authority in authorities]
        files[f"serve/{pki.id}.pem"] = certificate + b"".join(reversed(chain[1:]))
        files[f"serve/{pki.id}.key"] = key
        return
    name = file_name(pki)
    files[f"x509/{name}.pem"] = certificate
    files[f"private/{name}.pem"] = key
    files.update(_authority_files(pki, authorities, crls))


def _responder_files(
    responder: Responder, signer: tuple[bytes, bytes], issuer: Authority, index: bytes
) -> dict[str, bytes]:
    folder = f"ocsp/{responder.port}"
    return {
        f"{folder}/index": index,
        f"{folder}/issuer.pem": issuer.certificate.public_bytes(Encoding.PEM),
        f"{folder}/signer.pem": signer[0],
        f"{folder}/signer.key": signer[1],
    }


def _responder(pki: Pki, issuer: Authority, issuer_mark: str, store: Store, now: datetime) -> tuple[bytes, bytes]:
    """The certificate and the key of the PKI's responder."""
    paths, name = (f"pki/{pki.id}/+ocsp.pem", f"pki/{pki.id}/+ocsp.key"), f"ocsp:{pki.id}"
    if store.is_made(name, issuer_mark, paths):
        certificate = store.read(paths[0])
        if not is_ending(x509.load_pem_x509_certificate(certificate), now):
            return certificate, store.read(paths[1])
    issued = issue_responder(pki, issuer, now)
    certificate, key = issued.certificate.public_bytes(Encoding.PEM), key_pem(issued.key)
    store.write(paths[1], key)
    store.write(paths[0], certificate)
    store.made(name, issuer_mark)
    return certificate, key


def _authority_files(pki: Pki, authorities: tuple[Authority, ...], crls: tuple[bytes, ...]) -> dict[str, bytes]:
    name, titles = file_name(pki), ("root", "intermediate")
    files = {
        f"x509ca/{name}-{title}.pem": authority.certificate.public_bytes(Encoding.PEM)
        for title, authority in zip(titles, authorities, strict=False)
    }
    return files | {f"x509crl/{name}-{title}.pem": crl for title, crl in zip(titles, crls, strict=False)}


def file_name(pki: Pki) -> str:
    """The name of a PKI's files in a node's credentials, without dots: what daemons' configurations call it."""
    return pki.id.replace(".", "_")


def _authorities(pki: Pki, store: Store, now: datetime) -> tuple[Authority, ...]:
    titles = ("root", "intermediate") if pki.has_intermediate else ("root",)
    base = f"pki/{pki.id}"
    paths = tuple(f"{base}/{title}.{kind}" for title in titles for kind in ("pem", "key"))
    mark = fingerprint(pki.algorithm, pki.subject, pki.path_length, pki.has_intermediate, pki.validity_days)
    name = f"pki:{pki.id}"
    if store.is_made(name, mark, paths):
        existing = tuple(
            load_authority(store.read(f"{base}/{title}.pem"), store.read(f"{base}/{title}.key")) for title in titles
        )
        if not any(is_ending(authority.certificate, now) for authority in existing):
            return existing
    root = make_root(pki, now)
    created = (root, make_intermediate(pki, root, now)) if pki.has_intermediate else (root,)
    for title, authority in zip(titles, created, strict=True):
        store.write(f"{base}/{title}.key", key_pem(authority.key))
        store.write(f"{base}/{title}.pem", authority.certificate.public_bytes(Encoding.PEM))
    store.made(name, mark)
    return created


def _revocation_lists(
    pki: Pki, store: Store, authorities: tuple[Authority, ...], serials: tuple[int, ...], now: datetime
) -> tuple[bytes, ...]:
    """One of each authority; the last one, which issues the nodes' certificates, names those that are revoked. A responder
    stands for the last one's alone."""
    paths = tuple(f"pki/{pki.id}/{title}.crl" for title in ("root", "intermediate")[: len(authorities)])
    name = f"crl:{pki.id}"
    mark = fingerprint([one.certificate.fingerprint(SHA256()).hex() for one in authorities], serials)
    if not store.is_made(name, mark, paths):
        for path, authority in zip(paths, authorities, strict=True):
            named = serials if authority is authorities[-1] else ()
            store.write(path, revocation_list(pki, authority, named, now).public_bytes(Encoding.PEM))
        store.made(name, mark)
    handed = paths if pki.has_crl else paths[:-1] if pki.responder is not None else ()
    return tuple(store.read(path) for path in handed)


def _end_entity(
    pki: Pki, entity: EndEntity, host: str, issuer: Authority, issuer_mark: str, store: Store, now: datetime
) -> tuple[bytes, bytes]:
    base = f"pki/{pki.id}/{host}"
    paths = (f"{base}.pem", f"{base}.key")
    name = f"entity:{pki.id}:{host}"
    named = [entity.subject, [str(a) for a in entity.addresses], entity.names]
    mark = fingerprint(issuer_mark, *named, *(() if pki.responder is None else (pki.responder.url,)))
    if store.is_made(name, mark, paths):
        certificate = store.read(paths[0])
        if not is_ending(x509.load_pem_x509_certificate(certificate), now):
            return certificate, store.read(paths[1])
    issued = issue(pki, entity, issuer, now)
    certificate, key = issued.certificate.public_bytes(Encoding.PEM), key_pem(issued.key)
    store.write(paths[1], key)
    store.write(paths[0], certificate)
    store.made(name, mark)
    return certificate, key


def is_ending(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether a certificate must be renewed: 30 days before its end, or a tenth of its life if that is less."""
    end, life = certificate.not_valid_after_utc, certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return now >= end - min(RENEWAL, life / 10)


def _value(secret: SharedSecret, store: Store, entropy: Callable[[int], bytes]) -> bytes:
    if secret.value is not None:
        return secret.value.encode()
    path, name = f"secrets/{secret.name}", f"secret:{secret.name}"
    if not store.is_made(name, "1", (path,)):
        # hexadecimal: a password is text that a user may type
        store.write(path, entropy(24).hex().encode())
        store.made(name, "1")
    return store.read(path)
