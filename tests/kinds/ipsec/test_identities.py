"""Identities in bytes, as charon's plug-in dhcp says them."""

import pytest

from netdsl.kinds.ipsec.identities import client_identifier, encoded
from netdsl.kinds.ipsec.ir import AuthMethod


@pytest.mark.parametrize(
    ("identity", "found"),
    [
        ("moon.strongswan.org", b"moon.strongswan.org"),
        ("@carol", b"carol"),
        ("carol@strongswan.org", b"carol@strongswan.org"),
        ("@@carol@strongswan.org", b"carol@strongswan.org"),
        ("192.0.2.100", bytes((192, 0, 2, 100))),
        ("fd00::1", bytes.fromhex("fd000000000000000000000000000001")),
        ("client-1", b"client-1"),
        ("C=FI, CN=a", bytes.fromhex("3019310b3009060355040613024649310a30080603550403130161")),
        ("CN=a_b", bytes.fromhex("300e310c300a06035504030c03615f62")),
        ("e = a@b.c", bytes.fromhex("30163114301206092a864886f70d01090116056140622e63")),
        ("C=FI, X=a", None),
        ("keyid:carol", None),
        ("10.0.0.0/8", None),
        ("%any", None),
    ],
)
def test_an_identity_has_the_bytes_that_charon_reads_it_as(identity: str, found: bytes | None) -> None:
    assert encoded(identity) == found


def test_long_names_have_a_length_of_several_bytes() -> None:
    name = encoded(f"CN={'a' * 64}, O={'b' * 64}")
    assert name is not None
    assert name[:3] == bytes((0x30, 0x81, len(name) - 3))


def test_eap_says_the_text_of_an_identity_again() -> None:
    assert client_identifier(AuthMethod.EAP_MD5, "@192.0.2.1") == bytes((192, 0, 2, 1))
    assert client_identifier(AuthMethod.CERTIFICATE, "@192.0.2.1") == b"192.0.2.1"
    assert client_identifier(AuthMethod.EAP_MD5, "192.0.2.1") is None  # four bytes, which are no text


def test_an_identifier_is_as_long_as_the_options_have_room() -> None:
    assert client_identifier(AuthMethod.PSK, f"{'a' * 300}@b") == b"a" * 255
    assert client_identifier(AuthMethod.PSK, "a" * 200) == b"a" * 84  # after the host name of 200
