"""What `addresses` of a tunnel may be, and what is said where a range or an address has another owner."""

import pytest

from tests.kinds.asking import end, findings, lab, said

SITES = """
network isp 192.0.2.0/24
network left 10.1.0.0/24
network far 10.77.0.0/24
network other 10.88.0.0/24
router a { interface wan on isp .1 ; interface lan on left .1 ; %s }
router b { interface wan on isp .2 ; %s }
router c { interface wan on isp .3 ; interface on far .1 ; %s }
router d { interface on isp .4 ; interface on other .1 }
tunnel t %s { between a.wan and b.wan ; %s }
"""


def sites(line: str, a: str = "", b: str = "", c: str = "", kind: str = "gre") -> str:
    return SITES % (a, b, c, kind, line)


def test_several_prefixes_of_a_family_are_addresses_of_both_ends() -> None:
    found = lab(sites("addresses 10.9.0.0/30, 10.8.0.0/30", a="route 10.50.0.0/24 via t.b"))
    assert [str(one) for one in end(found, "b", "t").steering.addresses] == ["10.9.0.2/30", "10.8.0.2/30"]  # type: ignore[union-attr]
    own = next(node for node in found.nodes if node.id == "a").routes
    assert [str(route.next_hop) for route in own if route.interface == "t"] == ["10.9.0.2"]


@pytest.mark.parametrize("kind", ["gre", "ipip"])
@pytest.mark.parametrize(
    ("line", "code", "marked", "message"),
    [
        (
            "addresses 10.9.0.0/30, 10.9.0.0/29",
            "duplicate-prefix", "10.9.0.0/29", "`10.9.0.0/29` and `10.9.0.0/30` overlap on `t`",
        ),
        (
            "addresses fd00:9::/64 ; addresses fd00:9::/126",
            "duplicate-prefix", "fd00:9::/126", "`fd00:9::/126` and `fd00:9::/64` overlap on `t`",
        ),
        ("addresses 127.0.0.0/30", "reserved-address", "127.0.0.0/30", "no network can have `127.0.0.0/30`"),
        ("addresses 224.0.0.0/30", "reserved-address", "224.0.0.0/30", "no network can have `224.0.0.0/30`"),
        ("addresses fe80::/64", "reserved-address", "fe80::/64", "no network can have `fe80::/64`"),
        (
            "addresses fd00:9::1/128",
            "pool-exhausted", "fd00:9::1/128", "fd00:9::1/128 has one address, and the tunnel has two ends",
        ),
    ],
)  # fmt: skip
def test_a_prefix_that_cannot_be_inside_is_marked(kind: str, line: str, code: str, marked: str, message: str) -> None:
    assert said(sites(line, kind=kind))[:3] == (code, marked, message)


@pytest.mark.parametrize("kind", ["gre", "ipip"])
def test_an_end_is_given_its_address_and_the_other_gets_the_first_that_is_free(kind: str) -> None:
    line = "addresses 10.9.0.0/24, fd00:9::/64 ; addresses .7, fd00:9::1 for a"
    found = lab(sites(line, kind=kind))
    inside = [[str(one) for one in end(found, node, "t").steering.addresses] for node in "ab"]  # type: ignore[union-attr]
    assert inside == [["10.9.0.7/24", "fd00:9::1/64"], ["10.9.0.1/24", "fd00:9::2/64"]]


@pytest.mark.parametrize("kind", ["gre", "ipip"])
@pytest.mark.parametrize(
    ("line", "code", "marked", "message"),
    [
        ("addresses 10.8.0.1 for a", "address-outside-prefix", "10.8.0.1", "`10.8.0.1` is in no prefix of `t`"),
        ("addresses ::1 for a", "address-outside-prefix", "::1", "`::1` is in no prefix of `t`"),
        ("addresses .0 for a", "reserved-address", ".0", "no node can have `10.9.0.0`, the first address of `10.9.0.0/29`"),
        ("addresses .7 for a", "reserved-address", ".7", "no node can have `10.9.0.7`, the last address of `10.9.0.0/29`"),
        ("addresses .5 for c", "wrong-element", "c", "`c` is no end of the tunnel `t`"),
        ("addresses .5 for a, b", "duplicate-address", ".5", "`a` and `b` are given 10.9.0.5 inside `t`"),
        ("addresses .5 for a ; addresses .5 for b", "duplicate-address", ".5", "`a` and `b` are given 10.9.0.5 inside `t`"),
        (
            "addresses .5 for a ; addresses .6 for a",
            "wrong-arity", ".6", "`a` has one address of 10.9.0.0/29 inside `t`, and is given two",
        ),
        ("addresses 10.9.0.4/30 for a", "wrong-kind", "10.9.0.4/30", "an address is needed, `10.9.0.4/30` is a prefix"),
        ("addresses .5", "wrong-kind", ".5", "a prefix is needed, `.5` is a short address"),
    ],
)  # fmt: skip
def test_an_address_that_no_end_can_be_given_is_marked(
    kind: str, line: str, code: str, marked: str, message: str
) -> None:
    assert said(sites(f"addresses 10.9.0.0/29 ; {line}", kind=kind))[:3] == (code, marked, message)


def test_an_address_without_a_prefix_is_told_where_the_prefix_stands() -> None:
    assert said(sites("addresses .5 for a")) == (
        "address-outside-prefix", ".5", "the tunnel `t` has no prefix that an address could be in",
        "`addresses PREFIX` in its block",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("where", "owner"),
    [({"a": "loopback 10.9.0.1"}, "a"), ({"b": "loopback 10.9.0.1"}, "b"), ({"c": "loopback 10.9.0.1"}, "c")],
)
def test_a_loopback_has_no_address_of_a_device_in_its_domain(where: dict[str, str], owner: str) -> None:
    assert said(sites("addresses 10.9.0.0/30", **where))[::2][:2] == (
        "duplicate-address", f"the address 10.9.0.1 of `a` inside `t` is a loopback's of `{owner}`",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "a", "message"),
    [
        (
            "addresses 10.77.0.0/30",
            "route far via c",
            "the addresses inside `t`, 10.77.0.0/30, are of the range of `far`",
        ),
        (
            "addresses 10.76.0.0/15",
            "route far via c",
            "the addresses inside `t`, 10.76.0.0/15, are of the range of `far`",
        ),
        ("addresses 10.77.0.0/30", "routing auto", "the addresses inside `t`, 10.77.0.0/30, are of the range of `far`"),
    ],
)
def test_a_range_inside_that_hides_a_network_from_an_end_is_marked(line: str, a: str, message: str) -> None:
    assert said(sites(line, a=a))[:3] == ("overlapping-ranges", "tunnel t gre", message)


def test_a_route_to_the_range_inside_itself_is_told_as_such() -> None:
    assert said(sites("addresses 10.77.0.0/24", a="route far via c"))[0] == "route-to-connected"


@pytest.mark.parametrize("a", ["", "route 10.76.0.0/15 via c", "default via c"])
def test_a_range_of_a_network_that_an_end_has_no_route_of_its_own_to_is_no_finding(a: str) -> None:
    lab(sites("addresses 10.77.0.0/30", a=a))


@pytest.mark.parametrize(
    ("line", "word", "help_text"),
    [
        (
            "address 10.9.0.0/30",
            "address",
            "write `interface NAME on NETWORK ADDRESS`, or `addresses PREFIX` in a tunnel",
        ),
        ("adresses 10.9.0.0/30", "adresses", "did you mean `addresses`?"),
        ("tll 3", "tll", "did you mean `ttl`?"),
        ("local 192.0.2.1", "local", "write `between A and B`"),
        ("remote 192.0.2.2", "remote", "write `between A and B`"),
        ("dstport 4789", "dstport", "write `port N`"),
        ("id 42", "id", "write `vni N`"),
        ("carry left", "carry", "write `carries NETWORK`"),
    ],
)
def test_a_word_that_is_misspelt_or_another_tools_is_told_with_ours(line: str, word: str, help_text: str) -> None:
    (one,) = findings(sites(line))
    assert (one.primary.place.span.text, one.help) == (word, help_text)


def test_a_device_is_no_interface_of_a_filter() -> None:
    text = sites("", a="firewall { policy drop ; accept tunnel t ; accept output icmp out t }")
    assert said(text) == (
        "interface-not-of-node", "t", "`a` has no interface `t`",
        "`t` is a tunnel: `through t` in a line of a `firewall`",
    )  # fmt: skip
