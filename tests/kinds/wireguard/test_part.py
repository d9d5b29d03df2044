"""WireGuard in a node: the tables that its script reads, the files of its credentials, what a recording shows."""

import struct

import pytest

from netdsl.backends.wireguard.part import part
from netdsl.backends.wireguard.secrets import secret_files
from netdsl.ir.lab import Lab
from netdsl.kinds.wireguard.sight import is_control
from tests.kinds.asking import files, lab, records
from tests.kinds.wireguard.keys import value

HUB = """
network isp 192.0.2.0/24, fd00:5::/64
network hq 10.0.0.0/24
network home 192.168.1.0/24
router hub { interface wan on isp .1, ::1 ; interface on hq .1 ; firewall { policy drop ; accept tunnel t } }
router box { interface wan on isp .2 ; interface on home .1 ; nat { masquerade out wan } }
host a { interface on isp .3, ::3 }
host b { interface on home .10 ; default via box }
wireguard t { addresses 10.9.0.0/29 ; gateway hub protecting hq ; client a ; client b { keepalive 25s } ; %s }
"""


def credentials(found: Lab, node: str) -> dict[str, list[str]]:
    """The lines of each file."""
    own = next(one for one in found.nodes if one.id == node)
    return {path: content.decode().splitlines() for path, content in secret_files(own, value).items()}


def test_a_gateway_waits_for_clients_that_come_from_behind_nat() -> None:
    found = lab(HUB % "over ipv4 ; memory 24MiB")
    assert records(found, "hub", "wireguard.tsv") == [["t", str(24 * 2**20), "51820"]]
    assert records(found, "hub", "wireguard-peers.tsv") == [
        ["t_a", "t", "opens", "0", "192.0.2.3:51820", "10.9.0.2/32"], ["t_b", "t", "waits", "0", "-", "10.9.0.3/32"],
    ]  # fmt: skip
    assert records(found, "b", "wireguard-peers.tsv") == [
        ["t", "t", "leads", "25", "192.0.2.1:51820", "10.9.0.1/32,10.0.0.0/24"],
    ]  # fmt: skip


def test_of_two_ends_that_can_begin_the_client_or_the_first_tries_again_sooner() -> None:
    hub = lab(HUB % "over ipv4")
    pair = lab(
        HUB.replace("gateway hub protecting hq ; client a ; client b { keepalive 25s }", "between a and hub")
        % "over ipv4"
    )
    words = [records(found, node, "wireguard-peers.tsv")[0][2] for found in (hub, pair) for node in ("hub", "a")]
    assert words == ["opens", "leads", "opens", "leads"]


def test_a_device_has_its_mtu_address_and_routes() -> None:
    batch = files(lab(HUB % "over ipv4"), "b")["devices/t.batch"].splitlines()
    assert batch == [
        "link set dev t mtu 1440", "link set dev t up", "address add 10.9.0.3/29 dev t", "route replace 10.0.0.0/24 dev t",
    ]  # fmt: skip


def test_configurations_have_the_keys_and_no_file_of_the_payload_has_any() -> None:
    found = lab(HUB % "over ipv4 ; psk yes")
    own, other = credentials(found, "hub"), credentials(found, "b")
    assert sorted(own) == ["wireguard/t.conf", "wireguard/t_a.peer", "wireguard/t_b.peer"]
    assert [line.split(" = ")[0] for line in own["wireguard/t.conf"]] == ["[Interface]", "PrivateKey"]
    of_b, of_hub = own["wireguard/t_b.peer"], other["wireguard/t.peer"]
    assert [line.split(" = ")[0] for line in of_b] == ["[Peer]", "PublicKey", "PresharedKey"]
    assert of_b[2] == of_hub[2]
    assert of_b[2].startswith("PresharedKey = ")
    assert of_b[2] != own["wireguard/t_a.peer"][2]
    secrets = [line.split(" = ")[1] for lines in own.values() for line in lines if "Key = " in line]
    assert len(set(secrets)) == 5
    assert not any(secret in text for text in files(found, "hub").values() for secret in secrets)


def test_an_endpoint_of_ipv6_stands_in_brackets() -> None:
    text = HUB.replace("; client b { keepalive 25s }", "") % "over ipv6"
    assert records(lab(text), "a", "wireguard-peers.tsv")[0][4] == "[fd00:5::1]:51820"


def test_a_node_has_the_fewest_rights_that_a_device_needs() -> None:
    found = lab(HUB % "over ipv4")
    shares = {str(node.id): part.share(node, found) for node in found.nodes}
    assert shares["box"] is None
    assert {(share.needs.capabilities, share.needs.devices) for share in shares.values() if share} == {
        (("NET_ADMIN",), ("/dev/net/tun",))
    }


def test_the_filter_accepts_the_port_from_anywhere_where_a_peer_may_come_from_anywhere() -> None:
    rules = files(lab(HUB % "over ipv4 ; listen udp/7000"), "hub")["filter.nft"]
    assert "ip daddr 192.0.2.1 udp dport 7000 accept" in rules


@pytest.mark.parametrize(
    ("kind", "length", "is_handshake"),
    [(1, 148, True), (2, 92, True), (3, 64, True), (4, 32, True), (4, 48, False), (1, 147, False), (5, 148, False)],
)
def test_handshakes_and_keepalives_are_no_content(kind: int, length: int, is_handshake: bool) -> None:
    header = struct.pack(">HHHH", 51820, 51820, length + 8, 0)
    assert is_control(17, header + struct.pack("<I", kind) + bytes(length - 4)) is is_handshake
