"""Routes: where a next hop is, and what is said where it is not."""

from tests.semantics.resolve.resolving import NODES, codes, found, only, resolved, routes, said

DUAL = (
    "network n 10.0.0.0/24, fc00::/64\nrouter r { interface on n .1, ::1 }\n"
    "host a { interface on n ; default via r ; route 10.9.0.0/16, fc09::/32 via r }"
)


def test_a_node_as_next_hop_is_its_address_on_the_shared_network() -> None:
    assert routes(resolved(NODES), "a") == ["default via 10.0.0.1 dev lan"]


def test_a_default_is_one_for_each_family_that_the_two_share() -> None:
    assert routes(resolved(DUAL), "a") == [
        "default via 10.0.0.1 dev n", "default via fc00::1 dev n",
        "10.9.0.0/16 via 10.0.0.1 dev n", "fc09::/32 via fc00::1 dev n",
    ]  # fmt: skip


def test_a_route_to_a_network_is_one_to_each_of_its_prefixes() -> None:
    lab = resolved(
        NODES
        + "network far 10.8.0.0/16, 10.9.0.0/16\nrouter r { interface on lan ; interface on far 10.8.0.1, 10.9.0.1 }\n"
        "host c { interface on lan ; route far via r }"
    )
    assert routes(lab, "c") == ["10.8.0.0/16 via 10.0.0.3 dev lan", "10.9.0.0/16 via 10.0.0.3 dev lan"]


def test_an_address_as_next_hop_may_be_short() -> None:
    lab = resolved(NODES + "host c { interface on lan ; route 10.9.0.0/16 via .1 ; route 10.8.0.0/16 via 10.0.0.2 }")
    assert routes(lab, "c") == ["10.9.0.0/16 via 10.0.0.1 dev lan", "10.8.0.0/16 via 10.0.0.2 dev lan"]


def test_a_next_hop_elsewhere_is_told_whose_it_is_and_what_was_meant() -> None:
    one = only(NODES + "host c { interface on lan ; default via 192.0.2.1 }")
    assert one.rule.code == "next-hop-unreachable"
    assert one.message == "`c` cannot reach the next hop 192.0.2.1 on any of its networks"
    assert one.primary.text == "`c` is on `lan` only"
    assert [(label.place.span.text, label.text) for label in one.related] == [
        (".1", "that address is `gw`'s, on `wan`")
    ]
    assert one.help == "`gw` is on `lan` too: `default via gw`"


def test_a_node_elsewhere_as_next_hop_names_the_node_between() -> None:
    one = only(NODES + "host c { interface on wan ; default via a }")
    assert one.rule.code == "next-hop-unreachable"
    assert one.help == "`gw` is on a network with each of them: `via gw`"


def test_two_shared_networks_are_ambiguous_until_the_interface_is_named() -> None:
    line = "host c {{ interface on lan ; interface on wan ; default via {hop} }}"
    assert said(NODES + line.format(hop="gw")) == (
        "next-hop-ambiguous", "gw", "`c` and `gw` share 2 networks, `lan` and `wan`",
        "say which: `via gw.lan` or `via gw.wan`",
    )  # fmt: skip
    assert routes(resolved(NODES + line.format(hop="gw.wan")), "c") == ["default via 192.0.2.1 dev wan"]


def test_nobody_is_his_own_next_hop() -> None:
    assert codes(NODES + "host c { interface on lan .9 ; default via c ; route 10.9.0.0/16 via 10.0.0.9 }") == [
        "next-hop-is-self", "next-hop-is-self",
    ]  # fmt: skip


def test_a_prefix_of_the_other_family() -> None:
    assert said(NODES + "host c { interface on lan ; route fc00::/7 via gw }") == (
        "route-family-mismatch", "fc00::/7", "`c` reaches the next hop `gw` by IPv4 only, `fc00::/7` is IPv6", None,
    )  # fmt: skip


def test_a_next_hop_on_a_network_without_prefix() -> None:
    assert codes("network n\nhost a { interface on n ; default via b }\nrouter b { interface on n }") == [
        "network-without-prefix"
    ]


def test_an_interface_that_failed_does_not_make_its_routes_fail() -> None:
    assert codes(
        NODES
        + "router c { interface on lam ; default via gw ; route lan via b }\nhost d { interface on lan ; default via c }"
    ) == ["unknown-name"]


def test_every_error_of_a_lab_is_found() -> None:
    lab = NODES + "host c { interface on lan .300 }\nhost d { interface on wan ; default via a ; cpu 0 ; mtu 5 }"
    assert sorted(one.rule.code for one in found(lab)) == [
        "bad-literal", "invalid-resource", "misplaced-statement", "next-hop-unreachable",
    ]  # fmt: skip
