"""What `swanctl --list-sas --pretty` says, read."""

from ipaddress import ip_address

import pytest

from netdsl.backends.strongswan.state import reports
from netdsl.ir.tunnel import Mode

LISTED = """\
list-sa event {
  rw {
    uniqueid = 1
    version = 2
    state = ESTABLISHED
    local-host = 10.1.0.10
    local-port = 4500
    local-id = C=CH, O={ initiator = no
    remote-host = 192.168.0.2
    remote-port = 4500
    remote-id = encap = yes
    initiator = yes
    initiator-spi = 4c2f7ad2b0a3a8c5
    responder-spi = 6f6ee7a4e2b3d0a1
    nat-local = yes
    nat-any = yes
    encr-alg = AES_CBC
    encr-keysize = 128
    integ-alg = HMAC_SHA2_256_128
    prf-alg = PRF_HMAC_SHA2_256
    dh-group = CURVE_25519
    ake1 = ECP_384
    established = 3
    rekey-time = 13231
    local-vips = [
      10.3.0.1
      fec3::1
    ]
    tasks-active = [
      IKE_MOBIKE
    ]
    child-sas {
      rw-1 {
        name = rw
        uniqueid = 1
        reqid = 1
        state = INSTALLED
        mode = TUNNEL
        protocol = ESP
        encap = yes
        spi-in = cb8f4b1f
        spi-out = c6eb1d32
        cpi-in = 0b8d
        cpi-out = 51d9
        encr-alg = AES_GCM_16
        encr-keysize = 128
        dh-group = ECP_256
        esn = 1
        bytes-in = 0
        local-ts = [
          10.3.0.1/32
        ]
        remote-ts = [
          10.2.0.0/16
        ]
      }
      rw-2 {
        name = rw
        state = DELETED
        mode = TUNNEL
        protocol = ESP
      }
    }
  }
}
list-sa event {
  host {
    state = ESTABLISHED
    encr-alg = AES_GCM_16
    encr-keysize = 256
    prf-alg = PRF_HMAC_SHA2_384
    dh-group = MODP_3072
    child-sas {
      host-3 {
        name = host
        state = INSTALLED
        mode = TRANSPORT
        protocol = AH
        integ-alg = AES_XCBC_96
      }
    }
  }
  half-open {
    state = CONNECTING
    child-sas {
    }
  }
}
list-sas reply {
}
"""


def test_each_child_that_is_up_is_read_with_what_its_ike_sa_has() -> None:
    first, second = reports(LISTED)
    assert (first.child, first.has_begun, first.is_behind_nat, first.is_in_udp) == ("rw", True, True, True)
    assert (first.is_compressed, first.mode) == (True, Mode.TUNNEL)
    assert first.given == (ip_address("10.3.0.1"), ip_address("fec3::1"))
    assert [one.text for one in first.uses] == ["ike aes128-sha256-prfsha256-x25519-ke1_ecp384", "esp aes128gcm16-esn"]
    assert (second.child, second.has_begun, second.is_behind_nat, second.is_in_udp) == ("host", False, False, False)
    assert (second.is_compressed, second.mode, second.given) == (False, Mode.TRANSPORT, ())
    assert [one.text for one in second.uses] == ["ike aes256gcm16-prfsha384-modp3072", "ah aesxcbc"]
    assert second.uses[1].words == ("aesxcbc", "noesn")


@pytest.mark.parametrize("text", ["", "list-sas reply {\n}\n", "no files found matching '/etc/swanctl/…'\n", "}\n]\n}"])
def test_where_nothing_is_up_nothing_is_read(text: str) -> None:
    assert reports(text) == ()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("encr-alg = AES_CTR\nencr-keysize = 256\ninteg-alg = HMAC_SHA1_96", "aes256ctr-sha1"),
        ("encr-alg = AES_CCM_8\nencr-keysize = 192", "aes192ccm8"),
        ("encr-alg = NULL_AES_GMAC\nencr-keysize = 256", "aes256gmac"),
        ("encr-alg = CAMELLIA_CBC\nencr-keysize = 128\ninteg-alg = HMAC_SHA2_384_192", "camellia128-sha384"),
        ("encr-alg = CHACHA20_POLY1305", "chacha20poly1305"),
        ("encr-alg = 3DES_CBC\ninteg-alg = HMAC_MD5_96", "3des-md5"),
        ("encr-alg = NULL\ninteg-alg = HMAC_SHA2_512_256", "null-sha512"),
        ("encr-alg = SOMETHING_NEW", "something_new"),
    ],
)
def test_names_of_algorithms_are_keywords_of_proposals(lines: str, words: str) -> None:
    child = f"child-sas {{\nx-1 {{\nname = x\nstate = INSTALLED\nprotocol = ESP\n{lines}\n}}\n}}"
    (found,) = reports(f"list-sa event {{\nx {{\n{child}\n}}\n}}\n")
    assert found.uses[1].text == f"esp {words}"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("MODP_2048", "modp2048"), ("MODP_1024_160", "modp1024s160"), ("ECP_512_BP", "ecp512bp"),
        ("CURVE_448", "x448"), ("ML_KEM_768", "mlkem768"),
    ],
)  # fmt: skip
def test_names_of_key_exchanges_too(name: str, word: str) -> None:
    child = "child-sas {\nx-1 {\nname = x\nstate = INSTALLED\nprotocol = ESP\n}\n}"
    (found,) = reports(f"list-sa event {{\nx {{\ndh-group = {name}\n{child}\n}}\n}}\n")
    assert found.uses[0].text == f"ike {word}"
