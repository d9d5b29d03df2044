"""tinc in a node: the tables that its script reads, the files of its credentials, what a recording shows."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netdsl.backends.tinc.part import part
from netdsl.backends.tinc.secrets import secret_files
from netdsl.credentials.make import credentials as store_of
from netdsl.ir.lab import Lab
from netdsl.kinds.tinc.sight import is_control
from tests.kinds.asking import files, lab, records
from tests.kinds.tinc.keys import value

HUB = """
network isp 192.0.2.0/24, fd00:5::/64
network hq 10.0.0.0/24
network home 192.168.1.0/24
router hub { interface wan on isp .1, ::1 ; interface on hq .1 ; firewall { policy drop ; accept tunnel t } }
router box { interface wan on isp .2 ; interface on home .1 ; nat { masquerade out wan } }
host a { interface on isp .3, ::3 }
host b { interface on home .10 ; default via box }
tinc t { addresses 10.9.0.0/29 ; gateway hub protecting hq ; client a ; client b ; %s }
"""


def credentials(found: Lab, node: str) -> dict[str, list[str]]:
    """The lines of each file."""
    own = next(one for one in found.nodes if one.id == node)
    return {path: content.decode().splitlines() for path, content in secret_files(own, value).items()}


def test_tables_have_the_daemons_and_those_that_they_find() -> None:
    found = lab(HUB % "over ipv4")
    assert records(found, "hub", "tinc.tsv") == [["t"]]
    assert records(found, "hub", "tinc-peers.tsv") == [["t_a", "t", "a"], ["t_b", "t", "b"]]
    assert records(found, "b", "tinc-peers.tsv") == [["t", "t", "hub"]]
    assert files(found, "b")["devices/t.batch"].splitlines() == [
        "link set dev t mtu 1437", "link set dev t up", "address add 10.9.0.3/29 dev t", "route replace 10.0.0.0/24 dev t",
    ]  # fmt: skip


def test_configurations_have_what_the_daemons_say_and_no_file_of_the_payload_has_a_key() -> None:
    found = lab(HUB % "over ipv4 ; mac 16 ; listen 700")
    own, other = credentials(found, "hub"), credentials(found, "b")
    assert sorted(own) == [
        "tinc/t/hosts/a",
        "tinc/t/hosts/b",
        "tinc/t/hosts/hub",
        "tinc/t/rsa_key.priv",
        "tinc/t/tinc.conf",
    ]
    assert own["tinc/t/hosts/hub"] == [
        "Port = 700", "Cipher = aes-256-cbc", "Digest = sha256", "MACLength = 16", "Subnet = 10.9.0.1/32",
        "Subnet = 10.0.0.0/24",
    ]  # fmt: skip
    assert own["tinc/t/tinc.conf"][:4] == [
        "Name = hub",
        "Interface = t",
        "AddressFamily = ipv4",
        "BindToAddress = 192.0.2.1",
    ]
    assert not any("ConnectTo" in line for line in own["tinc/t/tinc.conf"])
    assert other["tinc/t/tinc.conf"][-1] == "ConnectTo = hub"
    assert own["tinc/t/hosts/a"][:2] == ["Port = 700", "-----BEGIN RSA PUBLIC KEY-----"]
    assert own["tinc/t/hosts/b"][:2] == ["Port = 700", "TCPOnly = yes"]
    assert other["tinc/t/hosts/hub"][:3] == ["Port = 700", "Address = 192.0.2.1", "TCPOnly = yes"]
    assert own["tinc/t/rsa_key.priv"][0] == "-----BEGIN RSA PRIVATE KEY-----"
    assert not any("PRIVATE" in text for text in files(found, "hub").values())
    assert not any("PRIVATE" in line for path, lines in own.items() for line in lines if "hosts" in path)


def test_a_key_is_made_once_and_again_where_it_is_damaged(tmp_path: Path) -> None:
    found, file = lab(HUB % "over ipv4"), tmp_path / "secrets/tinc@t@hub"

    def made() -> bytes:
        store_of(found, tmp_path, clock=lambda: datetime(2030, 1, 1, tzinfo=UTC), entropy=bytes)
        return file.read_bytes()

    first = made()
    assert first.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert file.stat().st_mode & 0o777 == 0o600
    assert made() == first
    file.write_bytes(b"damaged")
    assert made().startswith(b"-----BEGIN PRIVATE KEY-----")
    private = tmp_path / "nodes/hub/tinc/t/rsa_key.priv"
    assert private.stat().st_mode & 0o777 == 0o600


def test_a_node_has_the_fewest_rights_that_a_device_needs() -> None:
    found = lab(HUB % "over ipv4")
    shares = {str(node.id): part.share(node, found) for node in found.nodes}
    assert shares["box"] is None
    assert {(share.needs.capabilities, share.needs.devices) for share in shares.values() if share} == {
        (("NET_ADMIN",), ("/dev/net/tun",))
    }


def test_the_filter_accepts_the_port_from_anywhere_where_a_peer_may_come_from_anywhere() -> None:
    rules = files(lab(HUB % "over ipv4 ; listen 7000"), "hub")["filter.nft"]
    assert "ip daddr 192.0.2.1 tcp dport 7000 accept" in rules
    assert "ip daddr 192.0.2.1 udp dport 7000 accept" in rules


@pytest.mark.parametrize(
    ("protocol", "length", "is_handshake"), [(6, 0, True), (6, 39, True), (6, 60, False), (17, 0, False)]
)
def test_short_parts_of_a_connection_are_no_content(protocol: int, length: int, is_handshake: bool) -> None:
    header = struct.pack(">HHIIBBHHH", 655, 40000, 1, 1, 0x80, 0x10, 0, 0, 0) + bytes(12)
    assert is_control(protocol, header + bytes(length)) is is_handshake
