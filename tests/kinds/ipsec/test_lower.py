"""IPsec as its ends see it: connections, identities, secrets, who opens, MTU, routes."""

from dataclasses import replace

import pytest

from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.ir.tunnel import Mode, Start
from netdsl.kinds.ipsec.ir import AuthMethod, child_inside, end_inside
from netdsl.kinds.ipsec.sizes import child_cost
from netdsl.lower.lower import lower
from netdsl.semantics.bindings import BoundTunnel
from tests.lower.factory import auth, bindings, child, end, host, network, node, pki, tunnel

PSK = AuthMethod.PSK


def site_to_site(given: BoundTunnel, *, mtu: int | None = None, masquerade: tuple[str, ...] = ()) -> Lab:
    """`a` (10.1.0.0/16) and `b` (10.2.0.0/16), with a router between them."""
    networks = [
        network("wa", "192.0.2.0/30"), network("wb", "192.0.2.4/30", mtu=mtu), network("la", "10.1.0.0/16"),
        network("lb", "10.2.0.0/16"),
    ]  # fmt: skip
    nodes = [
        node("a", [("wan", "wa", "192.0.2.1/30"), ("lan", "la", "10.1.0.1/16")], routes=[("default", "192.0.2.2", "wan")]),
        node("b", [("wan", "wb", "192.0.2.5/30"), ("lan", "lb", "10.2.0.1/16")], routes=[("default", "192.0.2.6", "wan")]),
        node("r", [("to-a", "wa", "192.0.2.2/30"), ("to-b", "wb", "192.0.2.6/30")],
             masquerade=[*masquerade]),
    ]  # fmt: skip
    return lower(bindings(networks, nodes, [given]))


def peers(**auths: tuple[AuthMethod, str | None]) -> BoundTunnel:
    ends = [end("a", "192.0.2.1", "wan", "10.1.0.0/16"), end("b", "192.0.2.5", "wan", "10.2.0.0/16")]
    return tunnel("s.t", ends, auths={name: auth(method, secret=secret) for name, (method, secret) in auths.items()})


def of(lab: Lab, name: str) -> Node:
    return next(each for each in lab.nodes if each.id == name)


def shown(each: Node) -> list[str]:
    return [f"{route.prefix} via {route.next_hop} mtu {route.mtu}" for route in each.routes]


# --- two peers


def test_each_end_sees_the_other_and_its_own_side_of_the_selectors() -> None:
    lab = site_to_site(peers())
    (one,), (other,) = of(lab, "a").tunnels, of(lab, "b").tunnels
    assert (one.connection, one.peer, str(one.local), [*map(str, one.peer_addresses)]) == (
        "s.t", "b", "192.0.2.1", ["192.0.2.5"],
    )  # fmt: skip
    assert other.children[0].local == one.children[0].remote
    assert [*map(str, other.children[0].remote)] == ["10.1.0.0/16"]
    assert one.children[0].name == "t"
    assert end_inside(one).own_auth == end_inside(other).peer_auth


def test_identities_are_the_certificates_subjects() -> None:
    lab = site_to_site(peers())
    assert end_inside(of(lab, "a").tunnels[0]).own_auth[0].identity == "O=test, CN=192.0.2.1"
    (found,) = lab.pkis
    assert [(str(entity.node), entity.subject[-1]) for entity in found.end_entities] == [
        ("a", ("CN", "192.0.2.1")), ("b", ("CN", "192.0.2.5")),
    ]  # fmt: skip
    assert found.subject == (("O", "test"),)


def test_the_first_end_should_open_and_the_other_one_may() -> None:
    lab = site_to_site(peers())
    found = [(each.tunnels[0].children[0].start, each.tunnels[0].children[0].is_initiator) for each in lab.nodes[:2]]
    assert found == [(Start.BOOT, True), (Start.BOOT, False)]


def test_with_by_nobody_else_opens() -> None:
    ends = [end("a", "192.0.2.1", "wan"), end("b", "192.0.2.5", "wan")]
    lab = site_to_site(tunnel("t", ends, {"b": [child("t", by=["b"], when="on traffic")]}))
    found = [(each.tunnels[0].children[0].start, each.tunnels[0].children[0].is_initiator) for each in lab.nodes[:2]]
    assert found == [(Start.NONE, False), (Start.TRAFFIC, True)]


def test_peers_with_nothing_protected_join_their_outer_addresses() -> None:
    ends = [end("a", "192.0.2.1", "wan"), end("b", "192.0.2.5", "wan")]
    lab = site_to_site(tunnel("t", ends))
    only = of(lab, "a").tunnels[0].children[0]
    assert ([*map(str, only.local)], [*map(str, only.remote)]) == (["192.0.2.1/32"], ["192.0.2.5/32"])
    assert shown(of(lab, "a")) == ["0.0.0.0/0 via 192.0.2.2 mtu None"], "no route that the outer packets would follow"


def test_one_psk_is_one_secret_at_both_ends() -> None:
    lab = site_to_site(peers(a=(PSK, None), b=(PSK, None)))
    (one,), (other,) = of(lab, "a").tunnels[0].secrets, of(lab, "b").tunnels[0].secrets
    assert one == other
    assert (one.name, one.owners, one.value) == ("s.t", ("192.0.2.1", "192.0.2.5"), None)


def test_a_wrong_secret_stays_with_the_end_that_has_it() -> None:
    lab = site_to_site(peers(a=(PSK, "guess-me"), b=(PSK, None)))
    assert [each.tunnels[0].secrets[0].value for each in lab.nodes[:2]] == ["guess-me", None]


def test_a_peer_behind_source_nat_may_come_from_anywhere() -> None:
    lab = site_to_site(peers(), masquerade=("to-b",))
    assert of(lab, "b").tunnels[0].peer_addresses == ()
    assert of(lab, "b").tunnels[0].children[0].start is Start.NONE
    assert [*map(str, of(lab, "a").tunnels[0].peer_addresses)] == ["192.0.2.5"]


def test_of_two_peers_behind_source_nat_the_one_that_should_begins() -> None:
    lab = site_to_site(peers(), masquerade=("to-a", "to-b"))
    one, other = of(lab, "a").tunnels[0], of(lab, "b").tunnels[0]
    assert ([*map(str, one.peer_addresses)], one.children[0].start) == (["192.0.2.5"], Start.BOOT)
    assert (other.peer_addresses, other.children[0].start) == ((), Start.NONE)


# --- gateway and clients


def road(pool: list[str], *methods: AuthMethod) -> Lab:
    lan = network("n", "192.168.0.0/24")
    names = [f"c{number}" for number in range(len(methods))]
    nodes = [node("gw", [("e", "n", "192.168.0.1/24"), ("in", "lan", "10.1.0.1/24")])]
    nodes += [host(name, ("e", "n", f"192.168.0.{10 + index}/24")) for index, name in enumerate(names)]
    ends = [end("gw", "192.168.0.1", "e", "10.1.0.0/24", role="gateway")]
    for index, name in enumerate(names):
        virtual = [f"10.3.0.{index + 1}"] if pool else []
        ends.append(end(name, f"192.168.0.{10 + index}", "e", role="client", virtual=virtual))
    auths = {name: auth(method) for name, method in zip(names, methods, strict=True)}
    if AuthMethod.PSK in methods:
        auths["gw"] = auth(PSK)
    networks = [lan, network("lan", "10.1.0.0/24")]
    return lower(bindings(networks, nodes, [tunnel("vpn", ends, auths=auths, pool=pool)]))


def test_a_gateway_has_a_connection_for_each_client_of_a_pool_with_its_identity_address_and_reqid() -> None:
    lab = road(["10.3.0.0/28"], AuthMethod.EAP_MSCHAPV2, AuthMethod.EAP_MSCHAPV2)
    one, other = of(lab, "gw").tunnels
    assert [(end.connection, end.peer, end.peer_addresses) for end in (one, other)] == [
        ("vpn.c0", "c0", ()), ("vpn.c1", "c1", ()),
    ]  # fmt: skip
    assert [end_inside(end).peer_auth[0].identity for end in (one, other)] == ["c0", "c1"]
    assert [secret.name for end in (one, other) for secret in end.secrets] == ["vpn.c0", "vpn.c1"]
    assert [child_inside(end.children[0]).reqid for end in (one, other)] == [1, 2]
    assert [[*map(str, end.pools)] for end in (one, other)] == [["10.3.0.1/32"], ["10.3.0.2/32"]]
    assert [(end.children[0].remote, end.children[0].start) for end in (one, other)] == [
        (one.pools, Start.NONE), (other.pools, Start.NONE),
    ]  # fmt: skip
    client = of(lab, "c1").tunnels[0]
    assert ([*map(str, client.virtual)], client.pools) == (["10.3.0.2"], ())
    assert (client.children[0].local, client.children[0].start) == (other.pools, Start.BOOT)
    assert [secret.name for secret in client.secrets] == ["vpn.c1"]
    assert shown(of(lab, "c1")) == ["10.1.0.0/24 via 192.168.0.1 mtu 1438"]


def test_clients_of_different_methods_trust_what_they_need() -> None:
    lab = road(["10.3.0.0/28"], AuthMethod.EAP_MSCHAPV2, AuthMethod.CERTIFICATE)
    (found,) = lab.pkis
    assert found.relying == (NodeId("c0"),)


def test_each_client_that_is_named_to_open_is_the_one_that_should() -> None:
    ends = [end("gw", "192.168.0.1", "e", role="gateway")]
    ends += [end(name, f"192.168.0.{number}", "e", role="client") for number, name in enumerate(("c0", "c1", "c2"), 10)]
    nodes = [node("gw", [("e", "n", "192.168.0.1/24")])]
    nodes += [host(one.node, ("e", "n", f"{one.outer}/24")) for one in ends[1:]]
    children = {str(one.node): [child("vpn", by=["c0", "c1", "gw"])] for one in ends[1:]}
    lab = lower(bindings([network("n", "192.168.0.0/24")], nodes, [tunnel("vpn", ends, children)]))
    opening = [(each.start, each.is_initiator) for one in lab.nodes for found in one.tunnels for each in found.children]
    assert opening == [
        (Start.BOOT, False), (Start.BOOT, False), (Start.BOOT, True),
        (Start.BOOT, True), (Start.BOOT, True), (Start.NONE, False),
    ]  # fmt: skip


def test_without_a_pool_each_client_has_a_connection_that_the_gateway_may_open() -> None:
    lab = road([], PSK, PSK)
    found = of(lab, "gw").tunnels
    assert [(each.connection, each.peer) for each in found] == [("vpn.c0", "c0"), ("vpn.c1", "c1")]
    assert [(each.children[0].start, each.children[0].is_initiator) for each in found] == [(Start.BOOT, False)] * 2
    assert [secret.owners for secret in found[1].secrets] == [("192.168.0.1", "192.168.0.11")]


def test_rounds_follow_one_another_on_both_sides_with_a_secret_for_each() -> None:
    rounds = replace(auth(PSK), then=auth(AuthMethod.EAP_MD5))
    nodes = [node("gw", [("e", "lan", "192.168.0.1/24")]), host("c", ("e", "lan", "192.168.0.9/24"))]
    ends = [end("gw", "192.168.0.1", "e", role="gateway"), end("c", "192.168.0.9", "e", role="client")]
    lab = lower(bindings([network("lan", "192.168.0.0/24")], nodes, [tunnel("t", ends, auths={"c": rounds})]))
    (gateway,) = of(lab, "gw").tunnels
    (client,) = of(lab, "c").tunnels
    assert end_inside(gateway).peer_auth == end_inside(client).own_auth
    assert [(one.method, one.identity) for one in end_inside(client).own_auth] == [
        (PSK, "192.168.0.9"), (AuthMethod.EAP_MD5, "c"),
    ]  # fmt: skip
    names = [(secret.name, secret.method, secret.owners) for secret in client.secrets]
    assert names == [(one.name, one.method, one.owners) for one in gateway.secrets]
    assert names == [
        ("t.c", PSK, ("O=test, CN=192.168.0.1", "192.168.0.9", "c")),
        ("eap@t.c", AuthMethod.EAP_MD5, ("c",)),
    ]


# --- certificates and keys


def test_each_end_has_its_own_raw_key_and_knows_the_others() -> None:
    lab = road(["10.3.0.0/28"], AuthMethod.PUBKEY, AuthMethod.PUBKEY)
    found = of(lab, "gw").tunnels
    assert [end_inside(one).peer_auth[0].key for one in found] == ["c0", "c1"], "a key is found by one identity"
    assert [end_inside(one).peer_auth[0].identity for one in found] == ["192.168.0.10", "192.168.0.11"]
    (client,) = of(lab, "c1").tunnels
    assert end_inside(client).own_auth[0].key == "c1"
    assert [(secret.name, secret.owners) for secret in client.secrets] == [("key@c1", ("192.168.0.11",))]


def test_a_subject_without_the_address_gets_the_host_name() -> None:
    given = [pki("default", ("C", "FI"), ("CN", "everybody"))]
    ends = [end("x.a", "192.0.2.1", "e"), end("b", "192.0.2.2", "e")]
    nodes = [node("x.a", [("e", "n", "192.0.2.1/24")]), node("b", [("e", "n", "192.0.2.2/24")])]
    lab = lower(bindings([network("n", "192.0.2.0/24")], nodes, [tunnel("t", ends)], given))
    assert end_inside(of(lab, "x.a").tunnels[0]).own_auth[0].identity == "C=FI, CN=x-a"


def test_given_identities_are_in_the_certificate() -> None:
    ends = [end("a", "192.0.2.1", "e"), end("b", "192.0.2.2", "e")]
    nodes = [node("a", [("e", "n", "192.0.2.1/24")]), node("b", [("e", "n", "192.0.2.2/24")])]
    auths = {"a": auth(identity="moon.example"), "b": auth(identity="O=x, CN=sun")}
    lab = lower(bindings([network("n", "192.0.2.0/24")], nodes, [tunnel("t", ends, auths=auths)]))
    one, other = lab.pkis[0].end_entities
    assert (one.names, [*map(str, one.addresses)]) == (("moon.example",), ["192.0.2.1"])
    assert (other.subject, other.names) == ((("O", "x"), ("CN", "sun")), ())
    assert end_inside(of(lab, "a").tunnels[0]).peer_auth[0].identity == "O=x, CN=sun"


# --- what it costs


@pytest.mark.parametrize(
    ("mode", "protocol", "proposal", "family", "inside"),
    [
        (Mode.TUNNEL, "esp", "aes256gcm16-ecp384", 4, 1438),
        (Mode.TUNNEL, "esp", "chacha20poly1305-x25519", 4, 1438),
        (Mode.TUNNEL, "esp", "aes256gcm16-ecp384", 6, 1418),
        (Mode.TUNNEL, "esp", "aes256-sha256", 4, 1422),
        (Mode.TUNNEL, "esp", "aes256-sha512", 4, 1406),
        (Mode.TRANSPORT, "esp", "aes256gcm16", 4, 1458),
        (Mode.TUNNEL, "ah", "sha256", 4, 1452),
        (Mode.TRANSPORT, "ah", "sha256", 6, 1468),
    ],
)
def test_the_largest_packet_inside(mode: Mode, protocol: str, proposal: str, family: int, inside: int) -> None:
    cost = child_cost(mode, protocol, (proposal,), family)
    assert cost.inside(1500) == inside
    assert inside + cost.most >= 1500


def test_the_smallest_link_of_the_way_counts() -> None:
    lab = site_to_site(peers(), mtu=1400)
    assert [(each.tunnels[0].mtu, each.tunnels[0].overhead) for each in lab.nodes[:2]] == [(1338, 65), (1338, 65)]
    assert shown(of(lab, "a")) == ["0.0.0.0/0 via 192.0.2.2 mtu None", "10.2.0.0/16 via 192.0.2.2 mtu 1338"]


def test_a_default_that_the_encapsulated_packets_follow_keeps_its_mtu() -> None:
    ends = [end("a", "192.0.2.1", "wan", "10.1.0.0/16"), end("b", "192.0.2.5", "wan", "0.0.0.0/0")]
    lab = site_to_site(tunnel("t", ends))
    assert shown(of(lab, "a")) == ["0.0.0.0/0 via 192.0.2.2 mtu None"]
    assert shown(of(lab, "b")) == ["0.0.0.0/0 via 192.0.2.6 mtu None", "10.1.0.0/16 via 192.0.2.6 mtu 1438"]


def test_a_line_to_what_lies_behind_a_tunnel_has_the_mtu_inside() -> None:
    networks = [network("w", "192.0.2.0/24"), network("la", "10.1.0.0/16"), network("lb", "10.2.0.0/16")]
    nodes = [
        node("a", [("wan", "w", "192.0.2.1/24"), ("lan", "la", "10.1.0.1/16")],
             routes=[("10.2.0.0/16", "192.0.2.9", "wan")]),
        node("b", [("wan", "w", "192.0.2.5/24"), ("lan", "lb", "10.2.0.1/16")]),
    ]  # fmt: skip
    lab = lower(bindings(networks, nodes, [peers()]))
    assert shown(of(lab, "a")) == ["10.2.0.0/16 via 192.0.2.9 mtu 1438"]


def test_a_tunnel_in_a_tunnel_has_what_is_left() -> None:
    inner = tunnel("inner", [end("a", "10.1.0.1", "lan", "10.8.0.0/16"), end("b", "10.2.0.1", "lan", "10.9.0.0/16")])
    networks = [network("w", "192.0.2.0/24"), network("la", "10.1.0.0/16"), network("lb", "10.2.0.0/16")]
    nodes = [
        node("a", [("wan", "w", "192.0.2.1/24"), ("lan", "la", "10.1.0.1/16")]),
        node("b", [("wan", "w", "192.0.2.5/24"), ("lan", "lb", "10.2.0.1/16")]),
    ]
    lab = lower(bindings(networks, nodes, [inner, peers()]))
    assert [found.mtu for found in of(lab, "a").tunnels] == [1438 - 64, 1438]
