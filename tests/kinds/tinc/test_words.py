"""tinc's words: what they mean in the lab, and what is said where they are wrong."""

from functools import partial

import pytest

from netdsl.kinds.tinc.ir import Protection, settings_of
from tests.kinds.asking import end, findings, lab, said
from tests.kinds.hubs import PAIR, hub_of, taken
from tests.verify.asking import checked

hub = partial(hub_of, "tinc")


def test_a_gateway_has_one_device_and_a_client_sends_to_it_what_is_for_the_others() -> None:
    found = lab(hub())
    assert taken(end(found, "hub", "t", "a")) == ["10.9.0.2/32", "fd00:9::2/128", "10.1.0.0/24"]
    assert taken(end(found, "a", "t")) == [
        "10.9.0.1/32", "fd00:9::1/128", "10.0.0.0/24", "10.9.0.3/32", "fd00:9::3/128", "10.2.0.0/24",
    ]  # fmt: skip
    assert [str(prefix) for prefix in end(found, "a", "t").children[0].remote] == ["10.0.0.0/24", "10.2.0.0/24"]


def test_of_two_daemons_one_connects_to_the_other() -> None:
    found = lab(PAIR + "tinc t { between a, b and c ; addresses 10.9.0.0/29 }")
    assert {node.id: [one.peer for one in node.tunnels] for node in found.nodes} == {
        "a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"],
    }  # fmt: skip
    opening = {(one.node, one.peer) for node in found.nodes for one in node.tunnels if settings_of(one).endpoint}
    assert opening == {("a", "b"), ("a", "c"), ("b", "c")}
    hubs = [one for node in lab(hub()).nodes for one in node.tunnels if settings_of(one).endpoint]
    assert [(one.node, one.peer) for one in hubs] == [("a", "hub"), ("b", "hub")]


def test_ports_are_said_for_all_for_some_and_in_an_ends_own_block() -> None:
    found = lab(hub(hub="listen 5000", t="listen 4000 for b"))
    assert [settings_of(end(found, node, "t")).port for node in ("hub", "a", "b")] == [5000, 655, 4000]
    assert settings_of(end(found, "b", "t")).peer_port == 5000
    found = lab(PAIR + "".join(f"tinc t{n} {{ between a and b ; addresses 10.9.{n}.0/30 }}\n" for n in (0, 1)))
    assert [settings_of(one).port for one in found.nodes[0].tunnels] == [655, 656]


@pytest.mark.parametrize(
    ("line", "isp", "mtu"),
    [
        ("", "", 1437),
        ("", " { mtu 1400 }", 1341),
        ("mtu 1300", "", 1300),
        ("mac 32", "", 1421),
        ("digest none", "", 1453),
        ("cipher none", "", 1450),
        ("", " { mtu 9000 }", 1500),
    ],
)
def test_the_mtu_inside_is_what_headers_padding_and_digest_leave(line: str, isp: str, mtu: int) -> None:
    found = checked(hub(t=line, isp=isp)).lab
    assert found is not None
    assert {one.mtu for node in found.nodes for one in node.tunnels} == {mtu}


@pytest.mark.parametrize(
    ("protection", "inner", "outer"),
    [
        (Protection(), 28, 8 + 48 + 4),
        (Protection(), 29, 8 + 48 + 4),
        (Protection(), 30, 8 + 64 + 4),
        (Protection("des-ede3-cbc", "sha1", 20), 30, 8 + 56 + 20),
        (Protection("none", "none", 0), 30, 8 + 48),
    ],
)
def test_a_cipher_of_blocks_pads_by_one_byte_or_more(protection: Protection, inner: int, outer: int) -> None:
    assert protection.size(inner) == outer
    assert protection.size(inner) - inner <= protection.overhead
    room = protection.room(1480)
    assert protection.size(room) <= 1480 < protection.size(room + 1)


def test_names_of_daemons_are_letters_digits_and_underscores() -> None:
    text = PAIR.replace("host a", "host x-y")
    found = lab(text + "tinc t { between x-y, b and c ; addresses 10.9.0.0/29 }")
    assert sorted({settings_of(one).name for node in found.nodes for one in node.tunnels}) == ["b", "c", "x_y"]


def test_a_key_is_of_a_daemon() -> None:
    own, other = (end(lab(hub()), "hub", "t", peer) for peer in "ab")
    assert settings_of(own).key == settings_of(other).key
    assert settings_of(own).peer_key != settings_of(other).peer_key
    assert settings_of(end(lab(hub()), "a", "t")).peer_key == settings_of(own).key


BETWEEN = PAIR + "tinc t { between a and b ; addresses 10.9.0.0/30 ; %s }"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PAIR + "tinc t { between a and b }", ("missing-statement", "t")),
        (PAIR + "tinc t { between a, b and c ; addresses 10.9.0.0/30 }", ("pool-exhausted", "10.9.0.0/30")),
        (hub(a="listen tcp/655"), ("wrong-kind", "tcp/655")),
        (hub(a="listen 0"), ("out-of-range", "0")),
        (hub(t="listen 1 for a ; listen 2 for a"), ("repeated-statement", "listen 2 for a")),
        (BETWEEN % "cipher rot13", ("wrong-kind", "rot13")),
        (BETWEEN % "cipher aes256", ("foreign-word", "aes256")),
        (BETWEEN % "cipher none", ("weak-cipher-or-digest", "none")),
        (BETWEEN % "digest sha1", ("weak-cipher-or-digest", "sha1")),
        (BETWEEN % "digest sha256 ; mac 33", ("out-of-range", "33")),
        (BETWEEN % "carries isp", ("not-supported-yet", "carries isp")),
        (PAIR + "ipsec t { between a and b ; auth psk ; mac 4 }", ("misplaced-statement", "mac 4")),
        (PAIR + "".join(f"tinc t{n} {{ between a and b ; addresses 10.9.{n}.0/30 ; listen 7 }}\n" for n in (0, 1)),
         ("tunnels-not-told-apart", "tinc t1")),
        (PAIR + "tinc t { addresses 10.9.0.0/29 ; gateway a ; client b protecting 10.1.0.0/24 ; "
         "client c protecting 10.1.0.0/24 }", ("subnet-of-two-ends", "c")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_once_at_its_place(text: str, found: tuple[str, str]) -> None:
    code, marked, _, _ = said(text)
    assert (code, marked.partition(" {")[0]) == found


def test_other_tools_words_are_answered_with_ours() -> None:
    (finding,) = findings(BETWEEN % "ConnectTo b")
    assert "their daemons connect to one another" in str(finding.help)
