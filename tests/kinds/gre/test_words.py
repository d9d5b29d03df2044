"""GRE's words: what they mean in the lab, and what is said where they are wrong."""

import pytest

from netdsl.kinds.gre.ir import settings_of
from tests.kinds.asking import end, findings, lab, said

SITES = """
network isp 192.0.2.0/24%(isp)s
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on isp .1%(a)s ; interface lan on left .1 }
router b { interface wan on isp .2%(b)s ; interface lan on right .1 }
router c { interface wan on isp .3 ; interface far on far .3 }
router d { interface far on far .4 }
network far 203.0.113.0/24
"""
IPV4 = {"isp": "", "a": "", "b": ""}
BOTH = {"isp": ", fd00:5::/64", "a": ", ::1", "b": ", ::2"}
ENDS = "between a protecting left and b protecting right"


def sites(tunnel: str, **changed: str) -> str:
    return SITES % (IPV4 | changed) + tunnel


def gre(line: str = "", **changed: str) -> str:
    return sites(f"tunnel t gre {{ {ENDS} ; {line} }}", **changed)


def test_a_device_at_each_end_has_an_address_of_each_prefix() -> None:
    found = lab(gre("addresses 10.9.0.0/30, fd00:9::/64"))
    shown = {node: [str(one) for one in end(found, node, "t").steering.addresses] for node in "ab"}  # type: ignore[union-attr]
    assert shown == {"a": ["10.9.0.1/30", "fd00:9::1/64"], "b": ["10.9.0.2/30", "fd00:9::2/64"]}


def test_both_addresses_of_the_shortest_prefix_are_given() -> None:
    found = lab(gre("addresses 10.9.0.0/31, fd00:9::/127"))
    assert [str(one) for one in end(found, "b", "t").steering.addresses] == ["10.9.0.1/31", "fd00:9::1/127"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "changed", "mtu"),
    [
        ("", IPV4, 1476),
        ("key 42", IPV4, 1472),
        ("over ipv6", BOTH, 1456),
        ("over ipv6 ; key 42", BOTH, 1452),
        ("", IPV4 | {"isp": " { mtu 1400 }"}, 1376),
        ("mtu 1300", IPV4, 1300),
    ],
)
def test_the_mtu_inside_is_what_the_headers_leave(line: str, changed: dict[str, str], mtu: int) -> None:
    """IPv4's header has 20 bytes, IPv6's 40, GRE's 4, its key 4 (RFC 2784, RFC 2890)."""
    assert [end(lab(gre(line, **changed)), node, "t").mtu for node in "ab"] == [mtu, mtu]


def test_what_is_not_said_is_a_ttl_of_64_and_no_key() -> None:
    settings = settings_of(end(lab(gre()), "a", "t"))
    assert (settings.key, settings.ttl) == (None, 64)
    settings = settings_of(end(lab(gre("key 0 ; ttl 1")), "a", "t"))
    assert (settings.key, settings.ttl) == (0, 1)


def test_an_end_may_be_an_interface_and_protect_nothing() -> None:
    found = lab(sites("tunnel t gre { between a.wan and b }"))
    assert (str(end(found, "a", "t").local), str(end(found, "a", "t").peer_addresses[0])) == ("192.0.2.1", "192.0.2.2")


def test_tunnels_between_the_same_addresses_need_keys() -> None:
    two = "tunnel t gre { between a and b ; %s }\ntunnel u gre { between a and b ; %s }"
    lab(sites(two % ("key 1", "key 2")))
    lab(sites(two % ("key 1", "")))
    assert said(sites(two % ("", "")))[:3] == (
        "tunnels-not-told-apart", "tunnel u gre", "`a` cannot tell the packets of `u` from those of `t`",
    )  # fmt: skip


@pytest.mark.parametrize("line", ["key 7", "key 7 for a, b", "key 7 for a ; key 7 for b"])
def test_ends_that_say_the_same_key_have_the_tunnels_key(line: str) -> None:
    assert [settings_of(end(lab(gre(line)), node, "t")).key for node in "ab"] == [7, 7]


@pytest.mark.parametrize(
    ("line", "marked", "message"),
    [
        ("key 7 for a", "key 7 for a", "`a` has the key 7 in `t`, and `b` none"),
        ("key 0 for b", "key 0 for b", "`b` has the key 0 in `t`, and `a` none"),
        ("key 7 for a ; key 8 for b", "key 8 for b", "`a` has the key 7 in `t`, and `b` the key 8"),
    ],
)
def test_ends_with_different_keys_are_marked(line: str, marked: str, message: str) -> None:
    number = line.split()[1]
    expected = ("tunnel-keys-differ", marked, message, f"`key {number}` is the key of both ends")
    assert said(gre(line)) == expected


@pytest.mark.parametrize("word", ["ikey", "okey"])
def test_the_keys_of_each_direction_are_one(word: str) -> None:
    (one,) = findings(gre(f"{word} 7"))
    assert (one.rule.code, one.help) == (
        "foreign-word", "write `key N`: of what an end sends, and of what it takes",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "code", "marked", "message"),
    [
        ("key 7 ; key 8 for a", "repeated-statement", "key 8 for a", "`key` stands twice in this block"),
        ("key 7 for c", "wrong-element", "c", "`c` is no end of the tunnel `t`"),
        ("key 7 for left", "wrong-element", "left", "a node must stand here, and `left` is a network"),
        ("ttl 7 for a", "misplaced-statement", "a", "`ttl` is not said for single nodes"),
        ("key = 7", "misplaced-statement", "key = 7", "`key = value` does not belong in a `tunnel gre`"),
        ("key 4294967296", "out-of-range", "4294967296", "`key` is a number from 0 to 4294967295, not 4294967296"),
        ("key -1", "out-of-range", "-1", "`key` is a number from 0 to 4294967295, not -1"),
        ("key secret", "wrong-kind", "secret", "a whole number is needed, `secret` is a name"),
        ("key 1, 2", "wrong-arity", "key 1, 2", "`key` takes one value, here are 2"),
        ("key 1 ; key 2", "repeated-statement", "key 2", "`key` stands twice in this block"),
        ("ttl 0", "out-of-range", "0", "`ttl` is a number from 1 to 255, not 0"),
        ("ttl 256", "out-of-range", "256", "`ttl` is a number from 1 to 255, not 256"),
        ("mtu 67", "mtu-out-of-range", "67", "an MTU of 67 is impossible here"),
        (
            "addresses fd00:9::/64 ; mtu 1279",
            "mtu-out-of-range", "1279", "an MTU of 1279 is impossible here",
        ),
        (
            "addresses 10.9.0.1/32",
            "pool-exhausted", "10.9.0.1/32", "10.9.0.1/32 has one address, and the tunnel has two ends",
        ),
        ("addresses 10.9.0.1", "wrong-kind", "10.9.0.1", "a prefix is needed, `10.9.0.1` is an address"),
        ("addresses 10.9.0.1/30", "host-bits-set", "10.9.0.1/30", "`10.9.0.1/30` has bits set after the first 30"),
        ("over ipv6", "tunnel-ends-do-not-meet", "a", "`a` has no IPv6 address"),
        ("auth psk", "misplaced-statement", "auth psk", "`auth` does not belong in a `tunnel gre`"),
        ("vni 4", "misplaced-statement", "vni 4", "`vni` does not belong in a `tunnel gre`"),
    ],
)  # fmt: skip
def test_a_line_that_is_wrong_is_marked(line: str, code: str, marked: str, message: str) -> None:
    assert said(gre(line))[:3] == (code, marked, message)


@pytest.mark.parametrize(
    ("tunnel", "code", "marked", "message"),
    [
        ("t gre { between a and d }", "tunnel-ends-do-not-meet", "a", "`a` has no way to `d`"),
        ("t gre { between a and z }", "unknown-name", "z", "no node is called `z` here"),
        ("t gre { between a and left }", "wrong-element", "left", "a node must stand here, and `left` is a network"),
        ("t gre { between a and a }", "tunnel-to-self", "a", "`a` is at both ends of the tunnel"),
        ("t gre { between a, c and b }", "wrong-arity", "between a, c and b", "`between` joins two ends"),
        ("t gre { between a and c and b }", "wrong-arity", "between a and c and b", "`between` joins two ends"),
        ("t gre { key 1 }", "missing-statement", "t", "the tunnel `t` has no ends"),
        (
            "a-very-long-name gre { between a and b }", "interface-name-too-long", "a-very-long-name",
            "the interface name `a-very-long-name` has 16 characters, kernels have room for 15",
        ),
        (
            "wan gre { between a and b }", "duplicate-interface", "wan",
            "`a` has an interface `wan`, and the device of the tunnel is called so as well",
        ),
        *(
            (f"{name} gre {{ between a and b }}", "reserved-interface-name", name, f"no interface can be called `{name}`")
            for name in ("lo", "ipsec0", "mgmt", "gre0", "sit0")
        ),
        (
            "t gre { between a and b protecting isp }", "tunnel-carries-itself", "tunnel t gre",
            "the outer packets of `t` to 192.0.2.2 go into `t` at `a` (its route leads to `t`)",
        ),
    ],
)  # fmt: skip
def test_a_tunnel_that_is_wrong_is_marked(tunnel: str, code: str, marked: str, message: str) -> None:
    assert said(sites(f"tunnel {tunnel}"))[:3] == (code, marked, message)


def test_two_scopes_tunnels_of_one_name_have_no_device_each_at_a_node() -> None:
    text = sites("template pair(other) {\ntunnel t gre { between a.wan and $other }\n}\nuse pair as x (other = b)\n%s")
    lab(text % "")
    code, _, message, _ = said(text % "use pair as y (other = c)\n")
    assert code == "duplicate-interface"
    assert message == "`a` has another tunnel's device `t`, and the device of the tunnel is called so as well"


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("10.1.0.0/30", "`a` is on overlapping networks: 10.1.0.0/24 by `lan`, 10.1.0.0/30 by `t`"),
        ("10.9.1.0/30", "`a` is on overlapping networks: 10.9.0.0/16 by `u`, 10.9.1.0/30 by `t`"),
    ],
)
def test_addresses_inside_are_a_range_of_their_own(prefix: str, message: str) -> None:
    other = "tunnel u gre { between a.wan and c.wan ; addresses 10.9.0.0/16 }\n"
    assert said(sites(f"{other}tunnel t gre {{ {ENDS} ; addresses {prefix} }}"))[::2][:2] == (
        "overlapping-interfaces",
        message,
    )


def test_a_gateway_with_clients_is_another_kinds() -> None:
    found = findings(sites("tunnel t gre {\ngateway a\nclient b\n}"))
    assert [one.message for one in found] == [
        f"`{word}` does not belong in a `tunnel gre`" for word in ("gateway", "client")
    ]


def test_a_third_end_is_not_told_of_gateways() -> None:
    assert said(sites("tunnel t gre { between a, c and b }"))[3] == "another tunnel joins another pair"


def test_two_families_need_a_word() -> None:
    assert said(gre(**BOTH))[0] == "tunnel-family-ambiguous"


@pytest.mark.parametrize("text", ["tunnel x foo {\n}", "tunnel x {\n}"])
def test_a_kind_that_there_is_not_is_told_with_those_that_there_are(text: str) -> None:
    (one,) = findings(sites(text))
    assert one.rule.code == "syntax-error"
    assert "`gre`" in one.message


def test_a_line_with_a_sign_is_the_line_without() -> None:
    assert said(gre("ttl = 7"))[3] == "`ttl 7`, without `=`"
    assert said(gre("colour = 7"))[3] == "`key = value` belongs in a `target`"
