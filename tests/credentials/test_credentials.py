"""Credentials are made once, kept, private, and made again when they no longer fit."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from netdsl.backends.strongswan.quoting import base64_secret
from netdsl.credentials import authority
from netdsl.credentials.authority import key_pem
from netdsl.credentials.make import credentials
from netdsl.credentials.store import StoreUnreadable, opened
from netdsl.disk.folder import PARTS
from netdsl.disk.refused import PathRefused
from netdsl.ir.ids import NodeId, PkiId, TunnelId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, NodeKind
from netdsl.ir.pki import EndEntity, Pki, Responder
from netdsl.ir.tunnel import Selectors, SharedSecret, TunnelEnd
from netdsl.kinds.ipsec.ir import AuthMethod

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _pki(**change: object) -> Pki:
    entities = (
        EndEntity(NodeId("gw"), (("C", "FI"), ("CN", "10.0.0.1")), (IPv4Address("10.0.0.1"),), ("gw.example",)),
    )
    fields: dict[str, object] = {
        "id": PkiId("lab-pki"),
        "algorithm": "ecdsa-p384",
        "subject": (("C", "FI"), ("O", "Lab")),
        "path_length": 0,
        "has_intermediate": True,
        "has_crl": True,
        "validity_days": 3650,
        "end_entities": entities,
    }
    return Pki(**(fields | change))  # type: ignore[arg-type]


def _end(secret: SharedSecret) -> TunnelEnd:
    ids = (TunnelId("t"), "ipsec", "t", NodeId("gw"), NodeId("peer"))
    return TunnelEnd(*ids, None, (), Selectors(), (), (), None, secrets=(secret,))


def _lab(*pkis: Pki, tunnels: tuple[TunnelEnd, ...] = ()) -> Lab:
    return Lab("lab", None, (), (Node(NodeId("gw"), "gw", NodeKind.ROUTER, (), tunnels=tunnels),), pkis)


def _make(lab: Lab, folder: Path, now: datetime = NOW) -> dict[str, str]:
    made = credentials(lab, folder, clock=lambda: now, entropy=lambda count: b"\7" * count)
    return {str(node): value for node, value in made.digests.items()}


def _certificate(folder: Path, name: str = "x509/lab-pki.pem") -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "nodes/gw" / name).read_bytes())


def test_a_lab_without_secrets_has_no_store(tmp_path: Path) -> None:
    assert _make(_lab(), tmp_path / "c") == {}
    assert not (tmp_path / "c").exists()


def test_certificates_say_what_the_lab_says(tmp_path: Path) -> None:
    _make(_lab(_pki()), tmp_path)
    leaf, intermediate = _certificate(tmp_path), _certificate(tmp_path, "x509ca/lab-pki-intermediate.pem")
    root = _certificate(tmp_path, "x509ca/lab-pki-root.pem")
    assert leaf.subject.rfc4514_string() == "CN=10.0.0.1,C=FI"
    leaf.verify_directly_issued_by(intermediate)
    intermediate.verify_directly_issued_by(root)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [IPv4Address("10.0.0.1")]
    assert names.get_values_for_type(x509.DNSName) == ["gw.example"]
    assert intermediate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp384r1"


def test_certificates_and_revocation_lists_last_ten_years_from_a_day_back(tmp_path: Path) -> None:
    _make(_lab(_pki()), tmp_path)
    leaf = _certificate(tmp_path)
    assert leaf.not_valid_before_utc == NOW - timedelta(days=1)
    assert leaf.not_valid_after_utc == NOW + timedelta(days=3650)
    for title in ("root", "intermediate"):
        crl = x509.load_pem_x509_crl((tmp_path / f"nodes/gw/x509crl/lab-pki-{title}.pem").read_bytes())
        assert crl.last_update_utc == NOW - timedelta(days=1)
        assert crl.next_update_utc == NOW + timedelta(days=3650)


def test_a_revoked_certificate_is_on_its_issuers_list_alone(tmp_path: Path) -> None:
    def listed(title: str) -> list[int]:
        crl = x509.load_pem_x509_crl((tmp_path / f"nodes/gw/x509crl/lab-pki-{title}.pem").read_bytes())
        return [one.serial_number for one in crl]

    _make(_lab(_pki(revoked=(NodeId("gw"),))), tmp_path)
    serial = _certificate(tmp_path).serial_number
    assert (listed("root"), listed("intermediate")) == ([], [serial])
    _make(_lab(_pki()), tmp_path)
    assert _certificate(tmp_path).serial_number == serial
    assert listed("intermediate") == []


def test_a_responder_knows_all_certificates_and_signs_with_one_for_that(tmp_path: Path) -> None:
    responder = Responder(NodeId("gw"), IPv4Address("10.0.0.9"), 2560)
    pki = _pki(responder=responder, has_crl=False, revoked=(NodeId("gw"),))
    _make(_lab(pki), tmp_path)
    leaf, signer = _certificate(tmp_path), _certificate(tmp_path, "ocsp/2560/signer.pem")
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [one.access_location.value for one in access] == ["http://10.0.0.9:2560/"]
    signer.verify_directly_issued_by(_certificate(tmp_path, "ocsp/2560/issuer.pem"))
    usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [*usage] == [x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING]
    state, serial = (tmp_path / "nodes/gw/ocsp/2560/index").read_text(), f"{leaf.serial_number:x}".upper()
    serial = serial if len(serial) % 2 == 0 else f"0{serial}"
    assert state == f"R\t351230000000Z\t251231000000Z\t{serial}\tunknown\t/CN={serial}\n"
    lists = {path.name for path in (tmp_path / "nodes/gw/x509crl").iterdir()}
    assert lists == {"lab-pki-root.pem"}, "of the intermediate authority the responder says all"


def test_everything_is_private(tmp_path: Path) -> None:
    _make(_lab(_pki(), tunnels=(_end(SharedSecret("t", AuthMethod.PSK, ("a",))),)), tmp_path / "c")
    for path in [tmp_path / "c", *(tmp_path / "c").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_a_second_run_keeps_all(tmp_path: Path) -> None:
    assert _make(_lab(_pki()), tmp_path) == _make(_lab(_pki()), tmp_path, NOW + timedelta(days=3000))


def test_another_address_makes_that_certificate_again_and_no_authority(tmp_path: Path) -> None:
    _make(_lab(_pki()), tmp_path)
    root, leaf = _certificate(tmp_path, "x509ca/lab-pki-root.pem"), _certificate(tmp_path)
    moved = EndEntity(NodeId("gw"), (("CN", "10.0.0.2"),), (IPv4Address("10.0.0.2"),))
    _make(_lab(_pki(end_entities=(moved,))), tmp_path)
    assert _certificate(tmp_path, "x509ca/lab-pki-root.pem") == root
    assert _certificate(tmp_path) != leaf


def test_what_is_about_to_end_is_made_again(tmp_path: Path) -> None:
    _make(_lab(_pki()), tmp_path)
    _make(_lab(_pki()), tmp_path, NOW + timedelta(days=3640))
    assert _certificate(tmp_path).not_valid_after_utc == NOW + timedelta(days=3640 + 3650)


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ecdsa-p256", "ecdsa-p521", "ed25519", "ed448"])
def test_every_algorithm_signs(tmp_path: Path, algorithm: str) -> None:
    _make(_lab(_pki(algorithm=algorithm, has_intermediate=False, path_length=None)), tmp_path)
    _certificate(tmp_path).verify_directly_issued_by(_certificate(tmp_path, "x509ca/lab-pki-root.pem"))


def test_a_secret_that_is_not_given_is_made_once(tmp_path: Path) -> None:
    lab = _lab(tunnels=(_end(SharedSecret("t", AuthMethod.PSK, ("10.0.0.1", "10.0.0.2"))),))
    first = _make(lab, tmp_path)
    credentials(lab, tmp_path, clock=lambda: NOW, entropy=lambda count: b"\1" * count)
    assert _make(lab, tmp_path) == first
    text = (tmp_path / "nodes/gw/secrets.conf").read_text()
    assert 'id-1 = "10.0.0.1"' in text
    assert f"secret = {base64_secret(('07' * 24).encode())}" in text


def test_a_given_secret_cannot_become_syntax(tmp_path: Path) -> None:
    nasty = 'x" }\n include /etc/passwd # $HOME'
    _make(_lab(tunnels=(_end(SharedSecret("t", AuthMethod.PSK, ('a"\n}',), nasty)),)), tmp_path)
    text = (tmp_path / "nodes/gw/secrets.conf").read_text()
    assert "include" not in text
    assert 'id-1 = "a\\"\\n}"' in text


def test_a_broken_index_is_told(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(StoreUnreadable):
        _make(_lab(_pki()), tmp_path)


def test_a_long_name_of_a_pki_is_cut_to_what_a_certificate_holds(tmp_path: Path) -> None:
    _make(_lab(_pki(id=PkiId("p" * 200))), tmp_path)
    root = _certificate(tmp_path, f"x509ca/{'p' * 200}-root.pem")
    assert root.subject.rfc4514_string().split(",")[0] == f"CN={'p' * 56} Root CA"[: 3 + 64]


# ------------------------------------------------------------------------------------------------------------- the store


def _psk() -> tuple[TunnelEnd, ...]:
    return (_end(SharedSecret("t", AuthMethod.PSK, ("a",))),)


def test_many_at_once_have_one_authority(tmp_path: Path) -> None:
    pki = _pki(algorithm="ecdsa-p256")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: _make(_lab(pki, tunnels=_psk()), tmp_path / "c"), range(8)))
    assert len({tuple(one.items()) for one in made}) == 1
    _certificate(tmp_path / "c").verify_directly_issued_by(
        _certificate(tmp_path / "c", "x509ca/lab-pki-intermediate.pem")
    )


def test_modes_are_repaired(tmp_path: Path) -> None:
    _make(_lab(_pki(), tunnels=_psk()), tmp_path / "c")
    for path in [tmp_path / "c", *(tmp_path / "c").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    _make(_lab(_pki(), tunnels=_psk()), tmp_path / "c")
    for path in [tmp_path / "c", *(tmp_path / "c").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("algorithm", ["ecdsa-p256", pytest.param("rsa-2048", marks=pytest.mark.slow), "ed25519"])
def test_a_key_of_another_certificate_is_made_again_with_it(tmp_path: Path, algorithm: str) -> None:
    pki = _pki(algorithm=algorithm)
    _make(_lab(pki), tmp_path / "c")
    _make(_lab(pki), tmp_path / "other")
    root = _certificate(tmp_path / "c", "x509ca/lab-pki-root.pem")
    key = tmp_path / "c/pki/lab-pki/gw.key"
    key.write_bytes((tmp_path / "other/pki/lab-pki/gw.key").read_bytes())
    _make(_lab(pki), tmp_path / "c")
    own = load_pem_private_key((tmp_path / "c/nodes/gw/private/lab-pki.pem").read_bytes(), None)
    assert _certificate(tmp_path / "c").public_key() == own.public_key()
    assert _certificate(tmp_path / "c", "x509ca/lab-pki-root.pem") == root


def test_an_authority_whose_key_is_another_s_is_made_again_with_all_it_issued(tmp_path: Path) -> None:
    _make(_lab(_pki()), tmp_path / "c")
    _make(_lab(_pki()), tmp_path / "other")
    name = "pki/lab-pki/intermediate.key"
    (tmp_path / "c" / name).write_bytes((tmp_path / "other" / name).read_bytes())
    _make(_lab(_pki()), tmp_path / "c")
    intermediate = _certificate(tmp_path / "c", "x509ca/lab-pki-intermediate.pem")
    _certificate(tmp_path / "c").verify_directly_issued_by(intermediate)


@pytest.mark.parametrize("title", ["root", "intermediate"])
def test_an_authority_of_another_algorithm_is_made_again(tmp_path: Path, title: str) -> None:
    _make(_lab(_pki(algorithm="ed25519")), tmp_path / "c")
    _make(_lab(_pki(algorithm="rsa-2048")), tmp_path / "other")
    for name in (f"pki/lab-pki/{title}.pem", f"pki/lab-pki/{title}.key"):
        (tmp_path / "c" / name).write_bytes((tmp_path / "other" / name).read_bytes())
    _make(_lab(_pki(algorithm="ed25519")), tmp_path / "c")
    authority = _certificate(tmp_path / "c", f"x509ca/lab-pki-{title}.pem")
    assert isinstance(authority.public_key(), ed25519.Ed25519PublicKey)
    _certificate(tmp_path / "c").verify_directly_issued_by(
        _certificate(tmp_path / "c", "x509ca/lab-pki-intermediate.pem")
    )


def test_an_authority_of_another_curve_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose keys have as many bits."""
    pki = _pki(algorithm="ecdsa-p256")
    with monkeypatch.context() as patch:
        patch.setitem(authority._KEYS, "ecdsa-p256", lambda: ec.generate_private_key(ec.SECP256K1()))
        _make(_lab(pki), tmp_path)
    _make(_lab(pki), tmp_path)
    for path in ("x509ca/lab-pki-root.pem", "x509/lab-pki.pem"):
        key = _certificate(tmp_path, path).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.name == "secp256r1"


def test_an_authority_whose_key_cannot_sign_is_made_again(tmp_path: Path) -> None:
    """Its public half is the certificate's."""
    pki = _pki(algorithm="rsa-2048")
    _make(_lab(pki), tmp_path)
    path = tmp_path / "pki/lab-pki/intermediate.key"
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    good = key.private_numbers()
    bad = rsa.RSAPrivateNumbers(
        good.p, good.q, good.d + 2, good.dmp1, good.dmq1, good.iqmp, good.public_numbers
    ).private_key(unsafe_skip_rsa_key_validation=True)
    path.write_bytes(key_pem(bad))
    _make(_lab(pki), tmp_path)
    assert path.read_bytes() != key_pem(bad)
    _certificate(tmp_path).verify_directly_issued_by(_certificate(tmp_path, "x509ca/lab-pki-intermediate.pem"))


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_key_is_made_again(tmp_path: Path, content: bytes) -> None:
    _make(_lab(_pki()), tmp_path)
    (tmp_path / "pki/lab-pki/gw.key").write_bytes(content)
    _make(_lab(_pki()), tmp_path)
    assert (tmp_path / "nodes/gw/private/lab-pki.pem").read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\nM")


def test_a_full_disk_leaves_no_half_written_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            _make(_lab(_pki()), tmp_path / "c")
    assert [path for path in (tmp_path / "c").rglob("*") if path.is_file()] == []
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_what_a_killed_process_has_half_written_goes_away(tmp_path: Path) -> None:
    _make(_lab(_pki(), tunnels=_psk()), tmp_path)
    (tmp_path / f"{PARTS}00").write_text("half")
    _make(_lab(_pki(), tunnels=_psk()), tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.name.startswith(PARTS)] == []


def test_without_writing_the_same_digests_are_made_of_what_is_there(tmp_path: Path) -> None:
    made = _make(_lab(_pki(), tunnels=_psk()), tmp_path / "c")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    dry = credentials(
        _lab(_pki(), tunnels=_psk()),
        tmp_path / "c",
        clock=lambda: NOW,
        entropy=lambda count: b"\1" * count,
        is_dry=True,
    )
    assert {str(node): value for node, value in dry.digests.items()} == made
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_another_user_s_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make(_lab(_pki()), tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 12345)
    if os.getuid() == 0:
        for path in (tmp_path, *tmp_path.rglob("*")):
            os.chown(path, 54321, 54321)
    with pytest.raises(PathRefused, match="belongs to another user"):
        _make(_lab(_pki()), tmp_path)


def test_a_folder_with_other_things_in_it_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    tmp_path.chmod(0o755)
    _make(_lab(_pki()), tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "pki").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_filled_with_other_files_is_the_same_folder(tmp_path: Path) -> None:
    """It is mounted in a node that runs."""
    with opened(tmp_path / "credentials") as credentials:
        credentials.fill("nodes/a", {"x509/keys.pem": b"1", "private/keys.pem": b"2"})
        before = (tmp_path / "credentials/nodes/a").stat().st_ino
        credentials.fill("nodes/a", {"secrets.conf": b"3"})
    filled = tmp_path / "credentials/nodes/a"
    assert filled.stat().st_ino == before
    assert [path.name for path in filled.rglob("*")] == ["secrets.conf"]
