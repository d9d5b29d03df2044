"""Link-local addresses and next hops, unnumbered interfaces."""

from ipaddress import IPv6Address

import pytest

from netdsl.semantics.bindings import Bindings
from tests.semantics.resolve.resolving import addresses, codes, node, resolved, routes, said

TWO = "network n fd00:1::/64\nnetwork m fd00:2::/64\n"


def link_locals(bindings: Bindings, id_: str) -> list[IPv6Address]:
    return [one.value for interface in node(bindings, id_).interfaces for one in interface.link_local]


# --- addresses of interfaces


def test_a_link_local_address_stands_beside_the_others_and_needs_no_prefix() -> None:
    lab = resolved(
        "network n 10.0.0.0/24\nrouter r { interface on n .1, fe80::1/64 }\nhost a { interface on n fe80::a }"
    )
    assert (addresses(lab, "r"), link_locals(lab, "r")) == (["10.0.0.1/24"], [IPv6Address("fe80::1")])
    assert (addresses(lab, "a"), link_locals(lab, "a")) == ([], [IPv6Address("fe80::a")])


@pytest.mark.parametrize(
    ("written", "message", "advice"),
    [
        ("fe80::", "no interface can have the link-local address `fe80::`", "they are of `fe80::/64`, from `fe80::1`"),
        ("fe80:1::1", "no interface can have the link-local address `fe80:1::1`",
         "they are of `fe80::/64`, from `fe80::1`"),
        ("fe80::1/48", "`fe80::1` has the prefix `fe80::/64`, as every link-local address, and no /48", "`fe80::1`"),
    ],
)  # fmt: skip
def test_what_is_no_link_local_address_of_an_interface(written: str, message: str, advice: str) -> None:
    assert said(f"{TWO}host a {{ interface on n {written} }}") == ("reserved-address", written, message, advice)


def test_an_unnumbered_interface_borrows_the_first_address_of_each_family() -> None:
    lab = resolved(
        "network n\nnetwork lan 10.1.0.0/24, fd00:1::/64\nrouter r {\n interface p on n { unnumbered lo }\n"
        " interface q on n { unnumbered lan }\n interface on lan .1, ::1\n loopback 10.9.0.1, 10.9.0.2, fd00:9::1\n}"
    )
    assert addresses(lab, "r") == [
        "10.9.0.1/32", "fd00:9::1/128", "10.1.0.1/32", "fd00:1::1/128", "10.1.0.1/24", "fd00:1::1/64",
    ]  # fmt: skip


def test_it_borrows_no_address_of_a_family_that_it_has_one_of() -> None:
    lab = resolved(f"{TWO}router r {{ interface on n ::1 {{ unnumbered lo }} ; loopback 10.9.0.1, fd00:9::1 }}")
    assert addresses(lab, "r") == ["fd00:1::1/64", "10.9.0.1/32"]


def test_an_interface_without_addresses_on_a_network_without_prefixes_borrows_of_the_loopback() -> None:
    lab = resolved("link a.p -- b.p\nrouter a { interface p ; loopback 10.9.0.1 }\nrouter b { interface p none }")
    assert (addresses(lab, "a"), addresses(lab, "b")) == (["10.9.0.1/32"], [])


def test_an_address_that_several_nodes_share_is_not_borrowed() -> None:
    lab = resolved("network n\nrouter a { interface on n ; shared 10.9.0.9 ; loopback 10.9.0.1 }")
    assert addresses(lab, "a") == ["10.9.0.1/32"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("interface on n { unnumbered lo }",
         ("nothing-to-borrow", "lo", "`lo` of `a` has no address that `n` could borrow",
          "`loopback ADDRESS` in the node gives it one")),
        ("interface on n ::1 { unnumbered m } ; interface on m",
         ("nothing-to-borrow", "m", "`a.n` has addresses of its own of each family of `m`",
          "leave `unnumbered m` out")),
        ("interface on n { unnumbered mm } ; interface on m",
         ("unknown-name", "mm", "the node `a` has no other interface `mm`", "did you mean `m`?")),
        ("interface on n { unnumbered 10.0.0.1 }",
         ("wrong-kind", "10.0.0.1", "`lo` or an interface of the node is needed, `10.0.0.1` is an address", None)),
    ],
)  # fmt: skip
def test_what_an_interface_cannot_borrow(line: str, expected: tuple[str, str, str, str | None]) -> None:
    assert said(f"{TWO}router a {{ {line} }}") == expected


# --- next hops


LINKS = (
    TWO + "router r { interface on n fe80::1 ; interface on m fe80::2 }\n"
    "router s { interface on n fe80::3 ; interface on m fe80::4 }\n"
)


def test_a_link_local_next_hop_leads_to_the_interface_on_whose_link_a_node_has_it() -> None:
    lab = resolved(
        LINKS + "router a { interface on n ; interface on m ; default via fe80::2 ; route fd09::/64 via fe80::3 }"
    )
    assert routes(lab, "a") == ["default via fe80::2 dev m", "fd09::/64 via fe80::3 dev n"]


def test_one_on_two_links_is_ambiguous_until_its_zone_is_said() -> None:
    line = "router a {{ interface on n ; interface on m ; default via {hop} }}"
    lab = LINKS + "router t { interface on m fe80::1 }\n"
    assert said(lab + line.format(hop="fe80::1")) == (
        "next-hop-ambiguous", "fe80::1", "the next hop `fe80::1` is on 2 networks of `a`",
        "say by which interface: `fe80::1%n` or `fe80::1%m`",
    )  # fmt: skip
    assert routes(resolved(lab + line.format(hop="fe80::1%m")), "a") == ["default via fe80::1 dev m"]


def test_one_that_no_node_has_needs_its_zone() -> None:
    line = "router a {{ interface on n ; interface on m ; default via {hop} }}"
    assert said(LINKS + line.format(hop="fe80::77")) == (
        "next-hop-unreachable", "fe80::77", "no node on a network of `a` has the link-local address `fe80::77`",
        "`via r.n` or `via s.n` or `via r.m`; `fe80::77%n` says the interface",
    )  # fmt: skip
    assert routes(resolved(LINKS + line.format(hop="fe80::77%n")), "a") == ["default via fe80::77 dev n"]
    assert codes(LINKS + line.format(hop="fe80::77%k")) == ["unknown-name"]


def test_a_node_s_own_is_no_next_hop_of_it_but_on_another_link_it_is_another_s() -> None:
    assert codes(LINKS + "router a { interface on n fe80::a ; default via fe80::a }") == ["next-hop-is-self"]
    assert codes(LINKS + "router a { interface on n fe80::a ; default via fe80::a%n }") == ["next-hop-is-self"]
    lab = resolved(LINKS + "router a { interface on n fe80::2 ; interface on m ; default via fe80::2 }")
    assert routes(lab, "a") == ["default via fe80::2 dev m"]


def test_only_link_local_addresses_have_zones_and_only_next_hops() -> None:
    assert codes(LINKS + "router a { interface on n ; default via fd00:1::1%n }") == ["bad-literal"]
    assert codes(LINKS + "router a { interface on n fe80::1%n }") == ["wrong-kind"]


def test_a_zone_may_be_spliced() -> None:
    lab = resolved(LINKS + "let i = 2\nlet on = m\nrouter a { interface on m ; default via fe80::$i%$on }")
    assert routes(lab, "a") == ["default via fe80::2 dev m"]


def test_a_node_is_its_given_link_local_address_where_the_two_share_no_prefix() -> None:
    lab = resolved(
        "network n 10.0.0.0/24\nrouter r { interface on n .1, fe80::1 }\nhost a { interface on n ; default via r }"
    )
    assert routes(lab, "a") == ["default via 10.0.0.1 dev n", "default via fe80::1 dev n"]


def test_on_a_link_without_addresses_it_is_the_one_by_the_mac_address_for_routes_of_ipv6() -> None:
    mac = "{ mac 02:00:00:00:00:01 }"
    lab = f"link a.p -- b.p\nrouter b {{ interface p {mac} }}\nrouter a {{ interface p ; %s }}"
    assert routes(resolved(lab % "route fd00::/8 via b"), "a") == ["fd00::/8 via fe80::ff:fe00:1 dev p"]
    assert routes(resolved(lab % "loopback fd00::1 ; default via b.p"), "a") == ["default via fe80::ff:fe00:1 dev p"]
    assert codes(lab % "default via b") == ["network-without-prefix"]


def test_a_node_on_an_unnumbered_link_is_the_address_that_it_has_there() -> None:
    lab = resolved(
        "link a.p -- b.p\nrouter a { loopback 10.9.0.1 ; route 10.2.0.0/16 via b ; route 10.3.0.0/16 via 10.9.0.2 }\n"
        "router b { loopback 10.9.0.2 ; default via a }"
    )
    assert routes(lab, "a") == ["10.2.0.0/16 via 10.9.0.2 dev p", "10.3.0.0/16 via 10.9.0.2 dev p"]
    assert routes(lab, "b") == ["default via 10.9.0.1 dev p"]


def test_an_address_on_two_unnumbered_links_is_ambiguous() -> None:
    lab = (
        "link a.p -- b.p\nlink a.q -- b.q\nrouter b {{ loopback 10.9.0.2 }}\n"
        "router a {{ loopback 10.9.0.1 ; route 10.2.0.0/16 via {hop} }}"
    )
    assert said(lab.format(hop="10.9.0.2")) == (
        "next-hop-ambiguous", "10.9.0.2", "the next hop `10.9.0.2` is on 2 links of `a`",
        "say which: `via b.p` or `via b.q`",
    )  # fmt: skip
    assert routes(resolved(lab.format(hop="b.q")), "a") == ["10.2.0.0/16 via 10.9.0.2 dev q"]


def test_a_short_next_hop_is_completed_from_no_borrowed_address() -> None:
    lab = resolved(
        "network n 10.0.0.0/24\nlink a.p -- b.p\nrouter r { interface on n .1 }\n"
        "router a { interface on n .2 ; loopback 10.9.0.1 ; default via .1 }\nrouter b { routing none }"
    )
    assert routes(lab, "a") == ["default via 10.0.0.1 dev n"]


def test_one_end_of_a_link_may_have_a_prefix() -> None:
    lab = resolved(
        "network n 10.0.0.0/24\nrouter a { interface on n .1 ; route 10.9.0.2 via b }\n"
        "router b { interface on n { unnumbered lo } ; loopback 10.9.0.2 ; default via a }"
    )
    assert routes(lab, "a") == ["10.9.0.2/32 via 10.9.0.2 dev n"]
    assert routes(lab, "b") == ["default via 10.0.0.1 dev n"]


def test_who_has_no_ipv4_address_on_a_link_has_no_next_hop_there() -> None:
    lab = "link a.p -- b.p\nrouter a { route 10.2.0.0/16 via b }\nrouter b { loopback 10.9.0.2 }"
    assert codes(lab) == ["network-without-prefix"]


def test_a_switch_is_no_next_hop() -> None:
    assert codes(f"{TWO}switch s {{ interface on n }}\nrouter a {{ interface on n ; default via s }}") == [
        "next-hop-unreachable"
    ]


# --- goals


def test_a_link_local_address_is_no_goal_and_a_route_may_be_compared_with_it() -> None:
    lab = LINKS + "router a { interface on n ; default via fe80::1 }\n"
    assert said(lab + "expect { a reaches fe80::1 }") == (
        "expect-impossible", "fe80::1", "the link-local address `fe80::1` is no goal: it is another one on each link",
        "`r` is all its other addresses",
    )  # fmt: skip
    assert codes(lab + "expect { a reaches fe80::1%n }") == ["expect-impossible"]
    resolved(lab + "expect { a routes ::/0 via fe80::1 }")
