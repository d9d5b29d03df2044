"""WireGuard's words: what they mean in the lab, and what is said where they are wrong."""

from functools import partial

import pytest

from netdsl.ir.tunnel import device_of
from netdsl.kinds.wireguard.ir import settings_of
from tests.kinds.asking import end, findings, lab, said
from tests.kinds.hubs import PAIR, hub_of, taken

hub = partial(hub_of, "wireguard")


def test_addresses_inside_are_given_in_the_order_of_the_lines_the_gateway_first() -> None:
    found = lab(hub())
    devices = {node: device_of(end(found, node, "t")) for node in ("hub", "a", "b")}
    assert {node: [str(one) for one in device.addresses] for node, device in devices.items() if device} == {
        "hub": ["10.9.0.1/29", "fd00:9::1/125"],
        "a": ["10.9.0.2/29", "fd00:9::2/125"],
        "b": ["10.9.0.3/29", "fd00:9::3/125"],
    }


@pytest.mark.parametrize("where", [{"a": "addresses .6, ::6"}, {"t": "addresses 10.9.0.6, fd00:9::6 for a"}])
def test_an_end_is_given_its_addresses_in_its_block_or_by_a_line_for_it(where: dict[str, str]) -> None:
    found = lab(hub(**where))
    devices = {node: device_of(end(found, node, "t")) for node in ("hub", "a", "b")}
    assert {node: [str(one) for one in device.addresses] for node, device in devices.items() if device} == {
        "hub": ["10.9.0.1/29", "fd00:9::1/125"],
        "a": ["10.9.0.6/29", "fd00:9::6/125"],
        "b": ["10.9.0.2/29", "fd00:9::2/125"],
    }
    assert (taken(end(found, "hub", "t", "a")) or [])[:2] == ["10.9.0.6/32", "fd00:9::6/128"]


def test_a_gateway_has_one_device_with_a_peer_for_each_client() -> None:
    found = lab(hub())
    assert taken(end(found, "hub", "t", "a")) == ["10.9.0.2/32", "fd00:9::2/128", "10.1.0.0/24"]
    assert taken(end(found, "hub", "t", "b")) == ["10.9.0.3/32", "fd00:9::3/128", "10.2.0.0/24"]
    assert taken(end(found, "a", "t")) == ["10.9.0.1/32", "fd00:9::1/128", "10.0.0.0/24"]


def test_with_relay_a_client_sends_to_the_gateway_what_is_for_the_others() -> None:
    own = end(lab(hub(t="relay yes")), "a", "t")
    assert (taken(own) or [])[3:] == ["10.9.0.3/32", "fd00:9::3/128", "10.2.0.0/24"]
    assert [str(prefix) for prefix in own.children[0].remote] == ["10.0.0.0/24", "10.2.0.0/24"]


def test_ends_of_a_mesh_are_peers_of_one_another() -> None:
    found = lab(PAIR + "wireguard t { between a, b and c ; addresses 10.9.0.0/29 }")
    peers = {node.id: [one.peer for one in node.tunnels] for node in found.nodes}
    assert peers == {"a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"]}


MESH = """
network isp 192.0.2.0/24
network one 10.1.0.0/24
network two 10.2.0.0/24
router a { interface wan on isp .1 ; interface on one .1 }
router b { interface wan on isp .2 ; interface on two .1 }
host c { interface wan on isp .3 }
host d { interface wan on isp .4 }
wireguard t {
  between a protecting one
      and b protecting two
      and c, d
  addresses 10.9.0.0/29
}
"""


def test_each_end_of_a_mesh_protects_networks_of_its_own() -> None:
    found = lab(MESH)
    behind = {node: taken(end(found, "d", "t", node)) for node in "abc"}
    assert behind == {"a": ["10.9.0.1/32", "10.1.0.0/24"], "b": ["10.9.0.2/32", "10.2.0.0/24"], "c": ["10.9.0.3/32"]}
    assert taken(end(found, "a", "t", "b")) == ["10.9.0.2/32", "10.2.0.0/24"]


def test_ports_and_keepalives_are_said_for_all_for_some_and_in_an_ends_own_block() -> None:
    found = lab(hub(hub="listen udp/5000", a="keepalive 9s", t="keepalive 25s ; listen udp/4000 for b"))
    settings = {node: settings_of(end(found, node, "t")) for node in ("hub", "a", "b")}
    assert {node: (one.port, one.keepalive) for node, one in settings.items()} == {
        "hub": (5000, 25), "a": (51820, 9), "b": (4000, 25),
    }  # fmt: skip
    assert settings["b"].peer_port == 5000


def test_the_next_tunnel_of_a_lab_has_the_next_port() -> None:
    found = lab(PAIR + "".join(f"wireguard t{n} {{ between a and b ; addresses 10.9.{n}.0/30 }}\n" for n in (0, 1)))
    assert [settings_of(one).port for one in found.nodes[0].tunnels] == [51820, 51821]


@pytest.mark.parametrize(
    ("line", "isp", "mtu"),
    [("", "", 1440), ("", " { mtu 1400 }", 1340), ("mtu 1300", "", 1300)],
)
def test_the_mtu_inside_is_what_the_headers_leave(line: str, isp: str, mtu: int) -> None:
    """IPv4's header has 20 bytes, UDP's 8, a data message 16, its tag 16."""
    assert {one.mtu for node in lab(hub(t=line, isp=isp)).nodes for one in node.tunnels} == {mtu}


def test_a_device_has_the_mtu_of_the_smallest_of_its_ways() -> None:
    text = PAIR.replace("host c { interface on isp .3 }", "")
    text += "network slow 198.51.100.0/24 { mtu 1400 }\nhost c { interface on slow .3 ; default via r }\n"
    text += "router r { interface on isp .9 ; interface on slow .9 }\n"
    text = text.replace("host a { interface on isp .1 }", "host a { interface on isp .1 ; default via r }")
    text = text.replace("host b { interface on isp .2 }", "host b { interface on isp .2 ; default via r }")
    found = lab(text + "wireguard t { gateway a ; client b ; client c ; addresses 10.9.0.0/29 }")
    assert [one.mtu for one in found.nodes[0].tunnels] == [1340, 1340]
    assert end(found, "b", "t").mtu == 1440


def test_keys_are_of_devices_and_psks_of_pairs() -> None:
    own, other = (end(lab(hub(t="psk yes")), "hub", "t", peer) for peer in "ab")
    assert settings_of(own).key == settings_of(other).key
    assert settings_of(own).psk != settings_of(other).psk
    assert settings_of(end(lab(hub(t="psk yes")), "a", "t")).psk == settings_of(own).psk


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PAIR + "wireguard t { between a and b }", ("missing-statement", "t")),
        (PAIR + "wireguard t { between a and b ; addresses 10.9.0.0/30 ; relay yes }", ("misplaced-statement",
         "relay yes")),
        (PAIR + "wireguard t { between a, b and c ; addresses 10.9.0.0/30 }", ("pool-exhausted", "10.9.0.0/30")),
        (PAIR + "wireguard t { between a, b protecting 10.1.0.0/24 and c ; addresses 10.9.0.0/29 }",
         ("wrong-arity", "10.1.0.0/24")),
        (hub(a="addresses .6", t="addresses .5 for a"), ("wrong-arity", ".6")),
        (hub(a="addresses .6 ; addresses .5"), ("wrong-arity", ".5")),
        (hub(a="addresses .6", hub="addresses .6"), ("duplicate-address", ".6")),
        (hub(a="addresses 10.9.1.1"), ("address-outside-prefix", "10.9.1.1")),
        (hub(a="listen tcp/51820"), ("wrong-kind", "tcp/51820")),
        (hub(a="listen udp/1-9"), ("wrong-kind", "udp/1-9")),
        (hub(a="keepalive 25"), ("wrong-kind", "25")),
        (hub(a="keepalive 20h"), ("out-of-range", "20h")),
        (hub(t="memory 1MiB"), ("out-of-range", "1MiB")),
        (hub(t="listen udp/1 for a ; listen udp/2 for a"), ("repeated-statement", "listen udp/2 for a")),
        (hub(t="keepalive 25s for x"), ("unknown-name", "x")),
        (PAIR + "ipsec t { gateway a { keepalive 25s } ; client b ; auth psk }", ("misplaced-statement", "keepalive 25s")),
        (PAIR + "ipsec t { between a and b ; auth psk ; psk yes }", ("misplaced-statement", "psk yes")),
        (PAIR + "".join(f"wireguard t{n} {{ between a and b ; addresses 10.9.{n}.0/30 ; listen udp/7 }}\n" for n in (0, 1)),
         ("tunnels-not-told-apart", "wireguard t1")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_once_at_its_place(text: str, found: tuple[str, str]) -> None:
    code, marked, _, _ = said(text)
    assert (code, marked.partition(" {")[0]) == found


ROUTED = MESH.replace("host d { interface wan on isp .4 }", "host d { interface wan on isp .4 ; %s }")


@pytest.mark.parametrize(
    ("line", "message", "label"),
    [
        ("route 10.5.0.0/24 via t.b", "`b` does not take 10.5.0.0/24 in `t`", "the device drops what is for it"),
        (
            "route 10.1.0.0/25 via t.b",
            "`b` does not take 10.1.0.0/25 in `t`", "the device sends what is for it to `a`, and drops the rest",
        ),
        (
            "default via t.b",
            "`b` does not take 0.0.0.0/0 in `t`", "the device drops all that is not behind `b`",
        ),
    ],
)  # fmt: skip
def test_a_route_to_a_peer_that_takes_nothing_of_it_is_marked(line: str, message: str, label: str) -> None:
    (one,) = findings(ROUTED % line)
    assert (one.rule.code, one.message, one.primary.text) == ("route-without-peer", message, label)
    assert one.primary.place.span.text == line


@pytest.mark.parametrize("line", ["route 10.0.0.0/8 via t.b", "route 10.2.0.0/25 via t.b", "route 10.5.0.0/24 via a"])
def test_a_route_to_a_peer_that_takes_some_of_it_is_none(line: str) -> None:
    lab(ROUTED % line)


def test_a_default_route_to_a_peer_that_takes_all_is_none() -> None:
    for behind in ("0.0.0.0/0", "0.0.0.0/1, 128.0.0.0/1"):
        text = (
            ROUTED.replace("b protecting two", f"b protecting {behind}") % "route 192.0.2.0/30 via a ; default via t.b"
        )
        assert "route-without-peer" not in {one.rule.code for one in findings(text)}


def test_other_tools_words_are_answered_with_ours() -> None:
    (finding,) = findings(PAIR + "wireguard t { between a and b ; addresses 10.9.0.0/30 ; allowed-ips 10.0.0.0/8 }")
    assert "protecting NETWORK" in str(finding.help)
