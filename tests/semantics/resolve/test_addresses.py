"""Addresses: completed, allocated, refused."""

import pytest

from tests.semantics.resolve.resolving import addresses, codes, only, resolved, said


def test_short_addresses_are_completed_from_the_prefix() -> None:
    lab = resolved("network n 10.1.0.0/16, fc00:1::/64\nhost a { interface on n .0.99, .7, ::2, 10.1.2.3 }")
    assert addresses(lab, "a") == ["10.1.0.99/16", "10.1.0.7/16", "fc00:1::2/64", "10.1.2.3/16"]


def test_an_interface_without_address_gets_the_lowest_free_one_of_each_prefix() -> None:
    lab = resolved(
        "network n 10.1.0.0/16, fc00:1::/64\nhost a { interface on n }\nhost b { interface on n .0.1, ::1 }\n"
        "host c { interface on n }\nhost d { interface on n }"
    )
    assert addresses(lab, "a") == ["10.1.0.2/16", "fc00:1::2/64"]
    assert addresses(lab, "c") == ["10.1.0.3/16", "fc00:1::3/64"]
    assert addresses(lab, "d") == ["10.1.0.4/16", "fc00:1::4/64"]


def test_an_interface_that_is_given_one_address_gets_no_other() -> None:
    assert addresses(resolved("network n 10.1.0.0/16, fc00:1::/64\nhost a { interface on n .0.5 }"), "a") == [
        "10.1.0.5/16"
    ]


def test_a_node_at_the_end_moves_nobody() -> None:
    before = "network n 10.1.0.0/24\nfor i in 1..5 { host h$i { interface on n } }"
    after = before + "\nhost last { interface on n }"
    assert [addresses(resolved(before), f"h{i}") for i in range(1, 6)] == [
        addresses(resolved(after), f"h{i}") for i in range(1, 6)
    ]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("10.0.0.0/31", ["10.0.0.0/31", "10.0.0.1/31"]),
        ("10.0.0.0/30", ["10.0.0.1/30", "10.0.0.2/30"]),
        ("fc00::/127", ["fc00::/127", "fc00::1/127"]),
        ("fc00::/64", ["fc00::1/64", "fc00::2/64"]),
    ],
)
def test_a_link_has_two_addresses(prefix: str, expected: list[str]) -> None:
    lab = resolved(f"router a\nrouter b\nlink a.x -- b.y {prefix}")
    assert addresses(lab, "a") + addresses(lab, "b") == expected


def test_an_interface_written_in_the_node_keeps_its_address_on_the_link() -> None:
    lab = resolved("router a { interface x .9 { mtu 1400 } }\nrouter b\nlink a.x -- b.y 10.0.0.0/24")
    assert addresses(lab, "a") == ["10.0.0.9/24"]
    assert addresses(lab, "b") == ["10.0.0.1/24"]
    assert [(one.name, one.network, one.mtu) for one in lab.nodes[next(iter(lab.nodes))].interfaces] == [
        ("x", "a.x--b.y", 1400)
    ]


def test_what_a_switch_joins_shares_its_addresses() -> None:
    lab = resolved(
        "network left 10.0.0.0/24\nnetwork right 10.0.0.0/24\nswitch s { interface on left ; interface on right }\n"
        "host a { interface on left }\nhost b { interface on right ; default via a }"
    )
    assert addresses(lab, "a") + addresses(lab, "b") == ["10.0.0.1/24", "10.0.0.2/24"]
    assert addresses(lab, "s") == []


def test_an_address_outside_names_the_nearest_prefix() -> None:
    assert said("network n 10.1.0.0/16, 10.9.0.0/16\nhost a { interface on n 10.8.0.5 }") == (
        "address-outside-prefix", "10.8.0.5", "`10.8.0.5` is in no prefix of `n`",
        "the nearest prefix of `n` is `10.9.0.0/16`",
    )  # fmt: skip


def test_a_short_address_that_fits_two_prefixes_is_ambiguous() -> None:
    assert said("network n 10.5.0.0/24, 10.6.0.0/24\nhost a { interface on n .5 }") == (
        "ambiguous-address", ".5", "`.5` fits 2 prefixes of `n`", "write `10.5.0.5` or `10.6.0.5`",
    )  # fmt: skip


@pytest.mark.parametrize(("written", "what"), [(".0", "own address"), (".255", "broadcast"), ("10.0.0.0", "own")])
def test_a_networks_own_and_broadcast_address_are_nobodys(written: str, what: str) -> None:
    one = only(f"network n 10.0.0.0/24\nhost a {{ interface on n {written} }}")
    assert one.rule.code == "reserved-address"
    assert what in one.primary.text
    assert one.help == "its nodes have `10.0.0.1` to `10.0.0.254`"


def test_a_full_network_is_reported_once() -> None:
    hosts = "".join(f"host h{i} {{ interface on n ; default via h0 }}\n" for i in range(1, 6))
    one = only(f"network n 10.0.0.0/30\nrouter h0 {{ interface on n }}\n{hosts}")
    assert one.rule.code == "pool-exhausted"
    assert one.message == "no address is left in `10.0.0.0/30` for `h2` on `n`"


def test_an_address_needs_a_prefix() -> None:
    assert codes("network n\nhost a { interface on n .5 }") == ["network-without-prefix"]


def test_overlapping_prefixes_on_one_network() -> None:
    one = only("network n 10.0.0.0/8, 10.1.0.0/16\nhost a { interface on n 11.0.0.1 }")
    assert one.rule.code == "duplicate-prefix"
    assert [label.text for label in one.related] == ["the first of them"]


@pytest.mark.parametrize("prefix", ["127.0.0.0/8", "224.0.0.0/4", "fe80::/64", "ff02::/16", "0.0.0.0/0"])
def test_no_network_has_addresses_that_mean_something_else(prefix: str) -> None:
    assert codes(f"network n {prefix}\nhost a {{ interface on n }}") == ["reserved-address"]
