"""Tunnels of any kind, by the example of IPsec: their ends and addresses, and certificates."""

import pytest

from tests.semantics.resolve.resolving import NETWORKS, NODES, SITES, between, codes, only, resolved, said, tunnel


def outer(text: str) -> list[str]:
    return [f"{end.outer} {end.interface}" for end in tunnel(resolved(text), "t").ends]


def test_an_end_on_a_shared_network_has_its_address_there() -> None:
    assert outer(between("auth psk")) == ["192.0.2.1 wan", "192.0.2.7 wan"]


def test_an_end_far_away_has_the_address_that_its_route_leads_out_by() -> None:
    assert outer(SITES + "ipsec t { between l and r ; auth psk }") == ["192.0.2.2 inet", "198.51.100.2 isp"]


def test_an_end_with_automatic_routes_has_the_address_nearest_to_the_other() -> None:
    text = SITES.replace("default via isp-r", "routing auto")
    assert outer(text + "ipsec t { between l and r ; auth psk }") == ["192.0.2.2 inet", "198.51.100.2 isp"]


def test_an_end_may_be_an_interface() -> None:
    assert outer(NODES + "ipsec t { between gw.lan and b ; auth psk }") == ["10.0.0.1 lan", "192.0.2.7 wan"]


def test_a_pool_is_enough_for_all_clients() -> None:
    text = NODES + "ipsec t { gateway gw.wan\nclient a, b\nauth psk\npool %s }"
    assert resolved(text % "10.3.0.0/30")
    assert said(text % "10.3.0.0/32") == (
        "pool-exhausted", "pool 10.3.0.0/32", "the pool has 1 IPv4 addresses for 2 clients",
        "a shorter prefix has room for more",
    )  # fmt: skip


def test_ends_with_two_families_say_which() -> None:
    text = "network n 10.0.0.0/24, fc00::/64\nhost a { interface on n }\nhost b { interface on n }\n"
    text += "ipsec t { between a and b ; auth psk%s }"
    assert codes(text % "") == ["tunnel-family-ambiguous"]
    assert outer(text % " ; over ipv6") == ["fc00::1 n", "fc00::2 n"]


BOTH_BEHIND = """
network inet %s
network far 10.1.0.0/24, fc00:1::/64
network lan 10.2.0.0/24, fc00:2::/64
router a { interface on inet ; interface on far ; %s }
router b { interface on inet ; interface on lan ; %s }
"""


@pytest.mark.parametrize("kind", ["ipsec t { between a and b ; auth psk }", "tunnel t gre { between a and b }"])
def test_ends_that_share_one_family_use_it_whatever_is_behind_them(kind: str) -> None:
    assert outer(BOTH_BEHIND % ("192.0.2.0/24", "", "") + kind) == ["192.0.2.1 inet", "192.0.2.2 inet"]
    assert outer(BOTH_BEHIND % ("2001:db8::/64", "", "") + kind) == ["2001:db8::1 inet", "2001:db8::2 inet"]


def test_a_way_by_routes_in_the_other_family_is_a_way() -> None:
    text = BOTH_BEHIND % ("192.0.2.0/24", "route fc00:2::/64 via fc00:1::9", "")
    assert codes(text + "ipsec t { between a and b ; auth psk }") == ["tunnel-family-ambiguous"]


def test_ends_without_a_common_family_do_not_meet() -> None:
    text = (
        NETWORKS
        + "network n fc00::/64\nhost a { interface on n }\nhost b { interface on lan }\n"
        + "ipsec t { between a and b ; auth psk }"
    )
    assert only(text).message == "`a` and `b` have no address family in common"


def test_an_end_without_a_way_is_told_what_to_do() -> None:
    text = SITES.replace("interface on left .1 ; default via isp-r", "interface on left .1")
    text = text.replace("interface on right .1 ; default via isp-r", "interface on right .1")
    assert said(text + "ipsec t { between l and r.isp ; auth psk }") == (
        "tunnel-ends-do-not-meet", "l", "`l` has no way to `r.isp`",
        "a route towards the other end, or the interface itself: `l.inet` or `l.left`",
    )  # fmt: skip


def test_an_end_that_only_the_other_one_has_a_way_to_has_the_address_where_that_arrives() -> None:
    text = SITES.replace("interface on left .1 ; default via isp-r", "interface on left .1")
    assert outer(text + "ipsec t { between l and r ; auth psk }") == ["192.0.2.2 inet", "198.51.100.2 isp"]
    behind = "network lan 10.3.0.0/24\nhost c { interface on lan ; default via r }\n"
    behind += text.replace("on right .1 ;", "on right .1 ; interface on lan .1 ;")
    assert outer(behind + "ipsec t { between l and c ; auth psk }") == ["192.0.2.2 inet", "10.3.0.2 lan"]


def test_an_end_whose_way_lies_inside_another_tunnel_is_an_interface() -> None:
    text = SITES.replace("on left .1 ; default via isp-r", "on left .1 ; route %s via around.isp-r")
    text += "tunnel around gre { between l.inet and isp-r ; addresses 10.9.0.0/30 }\n"
    text += "ipsec t { between %s and r ; auth psk }"
    for prefix in ("isp", "0.0.0.0/0"):
        assert said(text % (prefix, "l")) == (
            "tunnel-ends-do-not-meet", "l",
            "`l` has a way to `r` inside `around` only: from which address is not said",
            "the interface whose address the outer packets have: `l.inet` or `l.left`",
        )  # fmt: skip


def test_two_ways_to_the_other_end_are_one_message() -> None:
    text = (
        NETWORKS
        + "router a { interface on lan ; interface on wan }\nrouter b { interface on lan ; interface on wan }\n"
    )
    assert said(text + "ipsec t { between a and b ; auth psk }") == (
        "tunnel-end-ambiguous", "a", "`a` has 2 ways to `b`", "say which: `a.lan` or `a.wan`",
    )  # fmt: skip


def test_a_tunnel_has_two_ends() -> None:
    assert codes(NODES + "ipsec t { between gw.lan and gw.wan ; auth psk }") == ["tunnel-to-self"]
    assert codes(NODES + "ipsec t { auth psk }") == ["missing-statement"]
    assert codes(NODES + "ipsec t { gateway gw ; auth psk }") == ["missing-statement"]


def test_a_broken_tunnel_silences_what_names_it() -> None:
    text = NODES + "ipsec t { between gw and nobody ; auth psk }\n"
    text += "router c { interface on lan ; firewall { policy drop\n"
    text += "accept tunnel t ; accept input from t.gw while t up } }\n"
    assert codes(text + "expect { t is up }") == ["unknown-name"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("algorithm secp384r1", "pki-algorithm"),
        ('subject "CN=x, Q=1"', "invalid-subject"),
        ('subject "C=fi"', "invalid-subject"),
        ("validity 0d", "pki-validity"),
        ("validity 10h", "wrong-kind"),
        ("intermediate path-length 99", "out-of-range"),
        ("crl true", "foreign-word"),
        ("revoke nobody", "unknown-name"),
        ("ocsp nobody", "unknown-name"),
        ("ocsp gw", "missing-statement"),
        ("revoke 10.0.0.1", "wrong-kind"),
    ],
)
def test_a_pki_line_that_is_wrong(line: str, code: str) -> None:
    assert codes(f"pki p {{ {line} }}\n" + between("auth certificate")) == [code]


def at(text: str) -> list[str]:
    return [str(end.at) for end in tunnel(resolved(text), "t").ends]


@pytest.mark.parametrize("said", ["203.0.113.9", "gw.wan", "b"])
def test_an_end_is_reached_at_an_address_or_that_of_an_interface_or_of_a_node(said: str) -> None:
    addresses = {"203.0.113.9": "203.0.113.9", "gw.wan": "192.0.2.1", "b": "192.0.2.7"}
    assert at(SITES + NODES_BESIDE + f"ipsec t {{ between l and r ; auth psk ; at {said} for r }}") == [
        "None", addresses[said],
    ]  # fmt: skip


NODES_BESIDE = """
network lan 10.0.0.0/24
network wan 192.0.2.0/24
router gw { interface on lan .1 ; interface on wan .1 }
host b { interface on wan .7 ; default via gw }
"""


def test_tunnels_without_keys_have_ends_reached_elsewhere_too() -> None:
    assert at(SITES + "tunnel t gre { between l and r ; at 203.0.113.9 for r, l }") == ["203.0.113.9"] * 2


def test_an_end_reached_elsewhere_is_sought_there() -> None:
    text = SITES.replace("default via isp-r", "route 203.0.113.0/24 via isp-r")
    assert outer(text + "ipsec t { between l and r ; auth psk ; at 203.0.113.9 for r ; at 203.0.113.8 for l }") == [
        "192.0.2.2 inet", "198.51.100.2 isp",
    ]  # fmt: skip


def test_the_family_of_an_address_elsewhere_is_the_tunnels() -> None:
    text = "network n 10.0.0.0/24, fc00::/64\nhost a { interface on n }\nhost b { interface on n }\n"
    assert outer(text + "ipsec t { between a and b ; auth psk ; at fc00::77 for b }") == ["fc00::1 n", "fc00::2 n"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("at gw for b", ("tunnel-end-ambiguous", "gw", "`gw` has 2 interfaces with an address",
                         "say which: `at gw.lan` or `at gw.wan`")),
        ("at lan for b", ("wrong-element", "lan", "one address is needed, or a node or an interface that has it", None)),
        ("at 10.0.0.0/24 for b", (
            "wrong-element", "10.0.0.0/24", "one address is needed, or a node or an interface that has it", None)),
        ("at 10.0.0.9 for a", ("wrong-element", "a", "`a` is no end of the tunnel `t`", "its ends are `gw`, `b`")),
    ],
)  # fmt: skip
def test_where_an_end_is_reached_is_one_address_of_an_end(line: str, found: tuple[str, str, str, str | None]) -> None:
    assert said(between(f"auth psk\n{line}")) == found


def test_an_end_is_reached_at_one_address() -> None:
    assert codes(between("auth psk\nat 10.0.0.9 for b\nat 10.0.0.8 for b")) == ["repeated-statement"]


@pytest.mark.parametrize(
    ("networks", "found"),
    [
        ("lan.x", ("wrong-element", "lan.x", "`lan.x` is a part of the network `lan`, where a network must stand",
                   "the network is `lan`")),
        ("*.x", ("no-match", "*.x", "`*.x` matches no network", None)),
    ],
)  # fmt: skip
def test_no_tunnel_goes_away_silently_with_what_it_protects(
    networks: str, found: tuple[str, str, str, str | None]
) -> None:
    assert said(between(f"auth psk\nprotecting {networks} for gw")) == found
    assert codes(NODES + f"ipsec t {{ between gw protecting {networks} and b ; auth psk }}") == [found[0]]
    assert codes(between(f"auth psk\nchild c {{ between lan and {networks} }}")) == [found[0]]
