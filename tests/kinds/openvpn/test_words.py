"""OpenVPN's words: what they mean in the lab, and what is said where they are wrong."""

from functools import partial

import pytest

from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import Start, TunnelEnd, device_of
from netdsl.kinds.openvpn.ir import CIPHERS, cipher_of, settings_of
from tests.kinds.asking import end, findings, lab, said
from tests.kinds.hubs import PAIR, hub_of, taken
from tests.verify.asking import lab as broken

hub = partial(hub_of, "openvpn")


def ends(found: Lab) -> list[TunnelEnd]:
    return [one for node in found.nodes for one in node.tunnels]


def test_addresses_inside_are_given_in_the_order_of_the_lines_the_gateway_first() -> None:
    found = lab(hub())
    devices = {node: device_of(end(found, node, "t")) for node in ("hub", "a", "b")}
    assert {node: [str(one) for one in device.addresses] for node, device in devices.items() if device} == {
        "hub": ["10.9.0.1/29", "fd00:9::1/125"],
        "a": ["10.9.0.2/29", "fd00:9::2/125"],
        "b": ["10.9.0.3/29", "fd00:9::3/125"],
    }


def test_a_server_has_prefixes_for_each_client_and_a_client_sends_it_whatever_is_led_there() -> None:
    found = lab(hub())
    assert taken(end(found, "hub", "t", "a")) == ["10.9.0.2/32", "fd00:9::2/128", "10.1.0.0/24"]
    assert taken(end(found, "hub", "t", "b")) == ["10.9.0.3/32", "fd00:9::3/128", "10.2.0.0/24"]
    assert taken(end(found, "a", "t")) is None


@pytest.mark.parametrize(("relay", "remote"), [("", ["10.0.0.0/24"]), ("relay yes", ["10.0.0.0/24", "10.2.0.0/24"])])
def test_with_relay_a_client_has_routes_to_what_is_behind_the_others(relay: str, remote: list[str]) -> None:
    found = lab(hub(t=relay))
    assert [str(prefix) for prefix in end(found, "a", "t").children[0].remote] == remote
    assert [str(prefix) for prefix in settings_of(end(found, "hub", "t", "a")).pushed] == remote


def test_clients_begin_and_of_two_ends_the_second() -> None:
    found = lab(hub())
    starts = {node: end(found, node, "t").children[0].start for node in ("hub", "a", "b")}
    assert starts == {"hub": Start.NONE, "a": Start.BOOT, "b": Start.BOOT}
    found = lab(PAIR + "openvpn t { between a and b ; addresses 10.9.0.0/30 }")
    assert [end(found, node, "t").children[0].start for node in "ab"] == [Start.NONE, Start.BOOT]
    assert [settings_of(end(found, node, "t")).waits for node in "ab"] == [True, False]


@pytest.mark.parametrize("lines", [{"hub": "listen udp/5000"}, {"t": "listen udp/5000"}])
def test_the_server_listens_where_its_block_or_the_tunnel_says(lines: dict[str, str]) -> None:
    found = lab(hub(**lines))
    assert {settings_of(end(found, node, "t")).port for node in ("hub", "a", "b")} == {5000}


def test_over_tcp_the_port_is_one_of_tcp_and_the_device_has_the_usual_mtu() -> None:
    found = lab(hub(t="listen tcp/443", isp=" { mtu 1400 }"))
    assert {(settings_of(one).protocol.name, settings_of(one).port) for one in ends(found)} == {("tcp", 443)}
    assert {one.mtu for one in ends(found)} == {1500}
    assert {str(one.carriers[0].protocol) for one in ends(found)} == {"tcp"}


def test_each_end_has_a_keepalive_of_its_own_and_waits_for_three_of_the_other_ends() -> None:
    text = hub(a="keepalive 20s", hub="keepalive 10s", t="keepalive 7s for b")
    found = {node: settings_of(end(lab(text), node, "t")) for node in ("a", "b")}
    assert {node: (one.keepalive, one.patience) for node, one in found.items()} == {"a": (20, 30), "b": (7, 30)}
    of_hub = {node: settings_of(end(lab(text), "hub", "t", node)) for node in ("a", "b")}
    assert {node: (one.keepalive, one.patience) for node, one in of_hub.items()} == {"a": (10, 60), "b": (10, 21)}
    assert {(one.keepalive, one.patience) for one in map(settings_of, ends(lab(hub())))} == {(5, 15)}


def test_a_larger_mtu_over_tcp_is_no_finding() -> None:
    assert {one.mtu for one in ends(lab(hub(t="listen tcp/443 ; mtu 3000")))} == {3000}


def test_tunnels_over_udp_and_over_tcp_may_have_one_number() -> None:
    text = PAIR + "".join(
        f"openvpn t{n} {{ between a and b ; addresses 10.9.{n}.0/30 ; listen {protocol}/1194 }}\n"
        for n, protocol in enumerate(("udp", "tcp"))
    )
    assert {str(settings_of(one).protocol) for one in lab(text).nodes[0].tunnels} == {"udp", "tcp"}


@pytest.mark.parametrize(("service", "is_taken"), [("tcp", True), ("udp", False)])
def test_over_tcp_a_service_with_the_servers_tcp_port_is_a_finding(service: str, is_taken: bool) -> None:
    text = PAIR.replace("isp .1", f"isp .1 ; serve {service} x {service}/1194")
    text += "openvpn t { between a and b ; addresses 10.9.0.0/30 ; listen tcp/1194 }"
    assert ("port-taken" in [one.rule.code for one in findings(text)]) is is_taken


def test_a_service_at_the_servers_port_is_a_finding_and_at_a_clients_it_is_none() -> None:
    text = PAIR + "openvpn t { between a and b ; addresses 10.9.0.0/30 }"
    assert lab(text.replace("isp .2", "isp .2 ; serve udp x udp/1194"))
    assert said(text.replace("isp .1", "isp .1 ; serve udp x udp/1194"))[0] == "port-taken"


def test_the_next_tunnel_of_a_lab_has_the_next_port() -> None:
    found = lab(PAIR + "".join(f"openvpn t{n} {{ between a and b ; addresses 10.9.{n}.0/30 }}\n" for n in (0, 1)))
    assert [settings_of(one).port for one in found.nodes[0].tunnels] == [1194, 1195]


@pytest.mark.parametrize("cipher", [name for name, cipher in CIPHERS.items() if cipher.block == 1])
@pytest.mark.parametrize(
    ("line", "isp", "mtu"),
    [("", "", 1448), ("", " { mtu 1400 }", 1348), ("mtu 1300", "", 1300)],
)
def test_the_mtu_inside_is_what_the_headers_leave(line: str, isp: str, mtu: int, cipher: str) -> None:
    """IPv4's header has 20 bytes, UDP's 8, opcode and peer id 4, the number 4, the tag 16."""
    found = lab(hub(t=f"{line}\ncipher {cipher}", isp=isp))
    assert {one.mtu for node in found.nodes for one in node.tunnels} == {mtu}


@pytest.mark.parametrize(
    ("digest", "mtu"),
    [("sha1", 1500 - 28 - 4 - 20 - 16 - 8 - 1 - 4), ("sha256", 1500 - 28 - 4 - 32 - 16 - 12 - 1 - 4)],
)
def test_cbc_leaves_whole_blocks_for_number_packet_and_padding(digest: str, mtu: int) -> None:
    """IPv4's header has 20 bytes, UDP's 8, opcode and peer id 4, then come the HMAC and the vector of 16."""
    found = broken(hub(t=f"cipher aes-256-cbc ; digest {digest}"))
    assert {one.mtu for node in found.nodes for one in node.tunnels} == {mtu}
    cipher = cipher_of(found.nodes[0].tunnels[0])
    assert max(size for size in range(1400, 1500) if cipher.sealed(size) + 28 <= 1500) == mtu


def test_over_ipv6_the_header_has_20_bytes_more() -> None:
    text = PAIR.replace("192.0.2.0/24", "192.0.2.0/24, fd00:5::/64")
    for number in "12":
        text = text.replace(f"isp .{number}", f"isp .{number}, ::{number}")
    found = lab(text + "openvpn t { between a and b ; addresses 10.9.0.0/30 ; over ipv6 }")
    assert {one.mtu for node in found.nodes for one in node.tunnels} == {1428}


def test_certificates_are_of_the_nearest_pki_or_of_the_one_that_is_said() -> None:
    text = PAIR + "pki one { }\npki two { }\n"
    text += "ipsec s { between a and c ; auth certificate from one }\n"
    text += "openvpn t { between a and b ; addresses 10.9.0.0/30 ; %s }"
    assert settings_of(end(lab(text % "authority two"), "a", "t")).pki == "two"
    code, _, _, advice = said(text % "")
    assert (code, advice) == ("missing-statement", "say which: `authority one` or `authority two`")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PAIR + "openvpn t { between a and b }", ("missing-statement", "t")),
        (PAIR + "openvpn t { between a and b ; addresses 10.9.0.0/30 ; relay yes }", ("misplaced-statement", "relay yes")),
        (PAIR + "openvpn t { between a, b and c ; addresses 10.9.0.0/29 }", ("wrong-arity", "between a, b and c")),
        (hub(t="listen sctp/1194"), ("wrong-kind", "sctp/1194")),
        (hub(t="listen tcp"), ("wrong-kind", "tcp")),
        (hub(t="listen udp/1-9"), ("wrong-kind", "udp/1-9")),
        (hub(hub="listen udp/1", t="listen udp/2"), ("repeated-statement", "listen udp/1")),
        (hub(t="keepalive 25"), ("wrong-kind", "25")),
        (hub(a="keepalive 2h"), ("out-of-range", "2h")),
        (hub(t="keepalive 2s for hq"), ("wrong-element", "hq")),
        (hub(t="keepalive 2h"), ("out-of-range", "2h")),
        (hub(t="cipher AES-256-GCM"), ("foreign-word", "AES-256-GCM")),
        (hub(t="cipher bf-cbc"), ("wrong-kind", "bf-cbc")),
        (hub(t="digest sha256"), ("misplaced-statement", "digest sha256")),
        (hub(t="cipher aes-256-cbc ; digest SHA1"), ("foreign-word", "SHA1")),
        (hub(t="cipher aes-256-cbc ; digest sha1"), ("weak-digest", "sha1")),
        (hub(t="authority nowhere"), ("unknown-name", "nowhere")),
        (PAIR + "ipsec t { between a and b ; auth psk ; cipher aes-256-gcm }", ("misplaced-statement",
         "cipher aes-256-gcm")),
        (PAIR + "".join(f"openvpn t{n} {{ between a and b ; addresses 10.9.{n}.0/30 ; listen udp/7 }}\n" for n in (0, 1)),
         ("tunnels-not-told-apart", "openvpn t1")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_once_at_its_place(text: str, found: tuple[str, str]) -> None:
    code, marked, _, _ = said(text)
    assert (code, marked.partition(" {")[0]) == found


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("push \"route 10.0.0.0 255.0.0.0\"", "protecting NETWORK"),
        ("iroute 10.0.0.0 255.0.0.0", "protecting NETWORK"),
        ("proto tcp", "listen tcp/PORT"),
        ("client-to-client", "relay yes"),
    ],
)  # fmt: skip
def test_other_tools_words_are_answered_with_ours(line: str, advice: str) -> None:
    found = findings(PAIR + f"openvpn t {{ between a and b ; addresses 10.9.0.0/30 ; {line} }}")
    assert advice in str(found[0].help)
