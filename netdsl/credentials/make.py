"""The credentials stage, the only impure one: keys, certificates, revocation lists and secrets, kept in a store per
lab."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from netdsl.credentials.authority import (
    Authority,
    is_key,
    issue,
    issue_responder,
    key_pem,
    load_authority,
    loaded_pair,
    make_intermediate,
    make_root,
    new_key,
    ocsp_index,
    revocation_list,
)
from netdsl.credentials.contract import Credentials, secret_parts
from netdsl.credentials.store import Store, digest, fingerprint, opened
from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.pki import SERVICES_PKI, EndEntity, Pki, Responder
from netdsl.ir.tunnel import SharedSecret

RENEWAL = timedelta(days=30)  # certificates are renewed so long before their end, or a tenth of their life if less


def credentials(
    lab: Lab, folder: Path, *, clock: Callable[[], datetime], entropy: Callable[[int], bytes], is_dry: bool = False
) -> Credentials:
    """The credentials of a lab. Existing ones are kept; missing ones, ones for other names, expiring ones, and keys that do
    not belong to their certificates are made.

    The store is not touched for a lab without credentials, nor with `is_dry`. Raises OSError, FolderBusy, StoreUnreadable.
    """
    if not has_credentials(lab):
        return Credentials({}, None)
    with opened(folder, is_dry=is_dry) as store:
        return _provided(lab, store, clock().astimezone(UTC).replace(microsecond=0), entropy)


def has_credentials(lab: Lab) -> bool:
    """Whether anything of a lab needs a store."""
    return bool(lab.pkis) or any(end.secrets for node in lab.nodes for end in node.tunnels)


def _provided(lab: Lab, store: Store, now: datetime, entropy: Callable[[int], bytes]) -> Credentials:
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
    kept = _kept(pki, store, paths, now) if store.is_made(name, issuer_mark) else None
    if kept is not None:
        return kept
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
    mark = fingerprint(pki.algorithm, pki.subject, pki.path_length, pki.has_intermediate, pki.validity_days)
    name = f"pki:{pki.id}"
    if store.is_made(name, mark):
        kept = [_kept(pki, store, (f"{base}/{title}.pem", f"{base}/{title}.key"), now) for title in titles]
        if None not in kept:
            with suppress(ValueError):  # the numbers of a key do not belong together
                return tuple(load_authority(*pair) for pair in kept if pair is not None)
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
    kept = [store.read(path) for path in paths] if store.is_made(name, mark) else []
    made = tuple(one for one in kept if one)
    if len(made) < len(paths):
        given = ((one, serials if one is authorities[-1] else ()) for one in authorities)
        made = tuple(revocation_list(pki, one, named, now).public_bytes(Encoding.PEM) for one, named in given)
        for path, content in zip(paths, made, strict=True):
            store.write(path, content)
        store.made(name, mark)
    return made if pki.has_crl else made[:-1] if pki.responder is not None else ()


def _end_entity(
    pki: Pki, entity: EndEntity, host: str, issuer: Authority, issuer_mark: str, store: Store, now: datetime
) -> tuple[bytes, bytes]:
    base = f"pki/{pki.id}/{host}"
    paths = (f"{base}.pem", f"{base}.key")
    name = f"entity:{pki.id}:{host}"
    named = [entity.subject, [str(a) for a in entity.addresses], entity.names]
    mark = fingerprint(issuer_mark, *named, *(() if pki.responder is None else (pki.responder.url,)))
    kept = _kept(pki, store, paths, now) if store.is_made(name, mark) else None
    if kept is not None:
        return kept
    issued = issue(pki, entity, issuer, now)
    certificate, key = issued.certificate.public_bytes(Encoding.PEM), key_pem(issued.key)
    store.write(paths[1], key)
    store.write(paths[0], certificate)
    store.made(name, mark)
    return certificate, key


def _kept(pki: Pki, store: Store, paths: tuple[str, str], now: datetime) -> tuple[bytes, bytes] | None:
    """A certificate and its key; None if they are not there, do not belong together, are not of the PKI's algorithm or must
    be renewed."""
    certificate, key = store.read(paths[0]), store.read(paths[1])
    if certificate is None or key is None:
        return None
    found = loaded_pair(certificate, key, pki.algorithm)
    return None if found is None or is_ending(found, now) else (certificate, key)


def is_ending(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether a certificate must be renewed: 30 days before its end, or a tenth of its life if that is less."""
    end, life = certificate.not_valid_after_utc, certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return now >= end - min(RENEWAL, life / 10)


def _value(secret: SharedSecret, store: Store, entropy: Callable[[int], bytes]) -> bytes:
    if secret.value is not None:
        return secret.value.encode()
    path, name = f"secrets/{secret.name}", f"secret:{secret.name}"
    mark = secret.algorithm or "1"
    kept = store.read(path) if store.is_made(name, mark) else None
    if kept and (secret.algorithm is None or is_key(kept, secret.algorithm)):
        return kept
    # A password is text that a user may type: hexadecimal.
    value = key_pem(new_key(secret.algorithm)) if secret.algorithm is not None else entropy(24).hex().encode()
    store.write(path, value)
    store.made(name, mark)
    return value
