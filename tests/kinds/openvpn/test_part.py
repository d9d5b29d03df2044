"""OpenVPN in a node: its tables and configurations, the files of its credentials, what a recording shows."""

import struct

import pytest

from netdsl.backends.openvpn.configuration import quoted
from netdsl.backends.openvpn.part import part
from netdsl.backends.openvpn.secrets import secret_files, static_key
from netdsl.kinds.openvpn.sight import is_control
from tests.kinds.asking import files, lab, records

HUB = """
network isp 192.0.2.0/24, fd00:5::/64
network hq 10.0.0.0/24, fd00::/64
network home 192.168.1.0/24
network one 10.1.0.0/24
router hub { interface wan on isp .1, ::1 ; interface on hq .1, ::1 ; firewall { policy drop ; accept tunnel t } }
router box { interface wan on isp .2 ; interface on home .1 ; nat { masquerade out wan } }
router a { interface wan on isp .3, ::3 ; interface on one .1 }
host b { interface on home .10 ; default via box }
openvpn t { addresses 10.9.0.0/29, fd00:9::/64 ; over ipv4 ; gateway hub protecting hq ; client a protecting one
  client b ; %s }
"""
PAIR = """
network isp fd00:5::/64
host a { interface on isp ::1 }
host b { interface on isp ::2 }
openvpn t { between a and b ; addresses 10.9.0.0/30 ; cipher chacha20-poly1305 }
"""


def conf(text: str, node: str) -> list[str]:
    return files(lab(text), node)["openvpn/t.conf"].splitlines()


def test_tables_have_the_role_the_pki_and_of_a_server_its_clients_by_their_certificates() -> None:
    found = lab(HUB % "")
    assert records(found, "hub", "openvpn.tsv") == [["t", "server", "default"]]
    assert records(found, "hub", "openvpn-peers.tsv") == [
        ["t_a", "t", "192.0.2.3"],
        ["t_b", "t", "192.168.1.10"],
    ]
    assert records(found, "b", "openvpn.tsv") == [["t", "client", "default"]]
    assert records(found, "b", "openvpn-peers.tsv") == [["t", "t", "-"]]


def test_a_server_pushes_what_it_protects_and_has_a_file_about_each_client() -> None:
    found = lab(HUB % "relay yes")
    lines = conf(HUB % "relay yes", "hub")
    assert lines[2:12] == [
        "proto udp4", "local 192.0.2.1", "port 1194", "mode server", "tls-server", "dh none", "topology subnet",
        "client-config-dir clients", "ccd-exclusive", "max-clients 1024",
    ]  # fmt: skip
    assert [line for line in lines if line.startswith("push ")] == [
        'push "route-gateway 10.9.0.1"',
        'push "route 10.0.0.0 255.255.255.0"',
        'push "route-ipv6 fd00::/64"',
        'push "route 10.1.0.0 255.255.255.0"',
    ]
    assert files(found, "hub")["openvpn/t_a.client"].splitlines() == [
        "ifconfig-push 10.9.0.2 255.255.255.248",
        "ifconfig-ipv6-push fd00:9::2/64 fd00:9::1",
        "iroute 10.1.0.0 255.255.255.0",
    ]
    assert "client-to-client" not in lines


def test_a_client_takes_the_server_with_its_name_alone() -> None:
    lines = conf(HUB % "keepalive 2s", "b")
    assert lines[2:6] == ["proto udp4", "local 192.168.1.10", "lport 0", "remote 192.0.2.1 1194"]
    assert {'verify-x509-name "192.0.2.1" name', "remote-cert-tls server", "ping 2", "ping-restart 6"} <= set(lines)


def test_of_two_ends_the_first_is_the_tls_server() -> None:
    assert {"tls-server", "proto udp6", "local fd00:5::1", 'verify-x509-name "fd00:5::2" name'} <= set(conf(PAIR, "a"))
    assert {"tls-client", "remote fd00:5::1 1194", "data-ciphers CHACHA20-POLY1305"} <= set(conf(PAIR, "b"))
    assert "crl-verify crl.pem" in conf(PAIR, "b")
    assert "crl-verify crl.pem" not in conf(PAIR + "pki p { crl no }", "b")


@pytest.mark.parametrize(("node", "side"), [("hub", "server"), ("b", "client")])
def test_over_tcp_the_daemons_connect_and_send_each_packet_at_once(node: str, side: str) -> None:
    lines = conf(HUB % "listen tcp/1194", node)
    assert f"proto tcp4-{side}" in lines
    assert "socket-flags TCP_NODELAY" in lines
    assert not {"float", "explicit-exit-notify 1"} & set(lines)


def test_a_server_waits_for_the_client_with_the_longest_keepalive() -> None:
    text = HUB % "keepalive 20s for b"
    assert {"ping 5", "ping-restart 60"} <= set(conf(text, "hub"))
    assert {"ping 20", "ping-restart 15"} <= set(conf(text, "b"))


def test_over_tcp_the_first_of_two_ends_waits() -> None:
    text = PAIR.replace("cipher", "listen tcp/7 ; cipher")
    assert {"proto tcp6-server", "port 7"} <= set(conf(text, "a"))
    assert {"proto tcp6-client", "remote fd00:5::1 7"} <= set(conf(text, "b"))
    assert "float" not in conf(text, "a")


def test_a_device_has_its_mtu_address_and_routes() -> None:
    batch = files(lab(HUB % ""), "b")["devices/t.batch"].splitlines()
    assert batch == [
        "link set dev t mtu 1448", "link set dev t up", "address add 10.9.0.3/29 dev t",
        "address add fd00:9::3/64 dev t nodad", "route replace 10.0.0.0/24 dev t", "route replace fd00::/64 dev t",
    ]  # fmt: skip


def test_the_key_is_in_the_credentials_and_in_no_file_of_the_payload() -> None:
    found = lab(HUB % "")
    own, other = (
        secret_files(next(one for one in found.nodes if one.id == node), lambda secret: secret.name.encode())
        for node in ("hub", "b")
    )
    assert own == other
    assert list(own) == ["openvpn/t.key"]
    secret = own["openvpn/t.key"].decode().splitlines()[1]
    assert not any(secret in text for text in files(found, "hub").values())


def test_a_static_key_has_16_lines_of_16_bytes() -> None:
    lines = static_key(b"secret").decode().splitlines()
    assert (lines[0], lines[-1]) == ("-----BEGIN OpenVPN Static key V1-----", "-----END OpenVPN Static key V1-----")
    assert [len(bytes.fromhex(line)) for line in lines[1:-1]] == [16] * 16
    assert static_key(b"other") != static_key(b"secret")


@pytest.mark.parametrize(
    ("text", "word"), [("a b", '"a b"'), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"'), ("#;'", '"#;\'"')]
)
def test_words_of_a_configuration_stand_in_quotes(text: str, word: str) -> None:
    assert quoted(text) == word


def test_a_node_has_the_fewest_rights_that_a_device_needs() -> None:
    found = lab(HUB % "")
    shares = {str(node.id): part.share(node, found) for node in found.nodes}
    assert shares["box"] is None
    assert {(share.needs.capabilities, share.needs.devices) for share in shares.values() if share} == {
        (("NET_ADMIN",), ("/dev/net/tun",))
    }


def test_the_filter_accepts_the_port_from_anywhere_where_a_client_may_come_from_anywhere() -> None:
    rules = files(lab(HUB % "listen udp/7000"), "hub")["filter.nft"]
    assert "ip daddr 192.0.2.1 udp dport 7000 accept" in rules


def test_the_filter_accepts_the_port_of_tcp_where_the_tunnel_is_over_tcp() -> None:
    rules = files(lab(HUB % "listen tcp/7000"), "hub")["filter.nft"]
    assert "ip daddr 192.0.2.1 tcp dport 7000 accept" in rules


_NOW = 1_700_000_000


@pytest.mark.parametrize(
    ("opcode", "number", "length", "is_handshake"),
    [
        (7, 1, 54, True),
        (10, 0x0F000001, 54, True),
        (4, 900, 400, True),
        (5, 2, 62, True),
        (9, 77, 40, True),
        (9, 77, 41, True),
        (9, 77, 52, False),
        (9, 77, 72, True),
        (9, 77, 84, True),
        (4, 0xDEADBEEF, 400, False),
        (6, 1, 54, False),
        (4, 1, 40, False),
    ],
)
def test_handshakes_and_keepalives_are_no_content(opcode: int, number: int, length: int, is_handshake: bool) -> None:
    content = bytes([opcode << 3]) + bytes(8) + struct.pack(">II", number, _NOW)
    header = struct.pack(">HHHH", 40000, 1194, length + 8, 0)
    assert is_control(17, header + content + bytes(length - len(content))) is is_handshake


_PING, _LONGER = (struct.pack(">HB", size, 9 << 3) + bytes(size - 1) for size in (40, 52))
_WRAPPED = struct.pack(">HB8xII", 54, 4 << 3, 1, _NOW) + bytes(37)


@pytest.mark.parametrize(
    ("part", "is_empty"),
    [
        (b"", True),
        (_PING, True),
        (_WRAPPED, True),
        (_PING + _WRAPPED + _PING, True),
        (_LONGER, False),
        (_PING + _LONGER, False),
        (_PING[:30], False),
        (_PING[1:], False),
        (b"\0\0" * 20, False),
    ],
)
@pytest.mark.parametrize("options", [0, 12])
def test_a_part_of_a_connection_without_a_data_packet_is_no_content(part: bytes, is_empty: bool, options: int) -> None:
    header = struct.pack(">HHIIBBHHH", 40000, 1194, 0, 0, (20 + options) // 4 << 4, 16, 0, 0, 0) + bytes(options)
    assert is_control(6, header + part) is is_empty
