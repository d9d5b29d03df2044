"""Several tunnels between the same two nodes: which are one connection of charon, and which it takes for another."""

import pytest

from backends.strongswan.part import part
from netdsl.kinds.ipsec.ir import end_inside
from netdsl.verify import Esp, World
from tests.verify.asking import ask, codes, world

PAIR = """
network inet 192.0.2.0/24
network other 198.51.100.0/24
network a1 10.1.1.0/24
network a2 10.1.2.0/24
network b1 10.2.1.0/24
network b2 10.2.2.0/24
router a { interface on inet .1 ; interface back on other .1 ; interface on a1 .1 ; interface on a2 .1 }
router b { interface on inet .2 ; interface back on other .2 ; interface on b1 .1 ; interface on b2 .1 }
host h1 { interface on a1 .10 ; default via a }
host h2 { interface on a2 .10 ; default via a }
host s1 { interface on b1 .10 ; default via b }
host s2 { interface on b2 .10 ; default via b }
ipsec one { between a.inet protecting a1 and b.inet protecting b1 ; %s }
ipsec two { between a.%s protecting a2 and b.%s protecting b2 ; %s }
"""


def pair(one: str, two: str, by: str = "inet") -> World:
    """`by`: the interfaces of the second tunnel."""
    return world(PAIR % (one, by, by, two))


def up(where: World) -> list[bool]:
    names = list(dict.fromkeys(end.tunnel for node in where.lab.nodes for end in node.tunnels))
    return [where.is_up(name) for name in names]


def unique(where: World, node: str) -> list[str]:
    """The lines of the node's connections that say what replaces an IKE SA."""
    share = part.share(next(each for each in where.lab.nodes if each.id == node), where.lab)
    assert share is not None
    (conf,) = [file.content.decode() for file in share.files if file.path == "swanctl.conf"]
    return [line.split(" = ")[1] for line in conf.splitlines() if "unique" in line]


def test_tunnels_that_are_alike_are_children_of_one_connection_with_names_of_their_own() -> None:
    where = pair("auth psk", "auth psk ; start on traffic ; esp aes128gcm16")
    assert up(where) == [True, True]
    for node in where.lab.nodes[:2]:
        assert [end_inside(end).shares for end in node.tunnels] == [None, "one"]
        share = part.share(node, where.lab)
        assert share is not None
        assert [(one.tunnel, one.connection, one.child) for one in share.tunnels] == [
            ("one", "one", "one"), ("two", "one", "two"),
        ]  # fmt: skip
    assert unique(where, "a") == ["replace"]
    for esp in Esp:
        both = World(where.lab, esp)
        assert [ask(both, *way).tunnels for way in (("h1", "10.2.1.10"), ("h2", "10.2.2.10"))] == [("one",), ("two",)]


@pytest.mark.parametrize(
    "second",
    ["auth psk ; dpd 60s restart", "auth psk ; rekey ike 1h", 'auth psk ; secret "another-long-secret"',
     "auth psk ; ike aes256gcm16-prfsha384-ecp384, aes256-sha256-modp2048"],
)  # fmt: skip
def test_of_those_that_differ_in_what_the_peer_does_not_see_the_first_one_alone_comes_up(second: str) -> None:
    where = pair("auth psk", second)
    assert up(where) == [True, False]
    why = where.why_down(where.lab.nodes[0].tunnels[1].tunnel)
    assert why == "`b` takes it for tunnel `one`, which has the same addresses, identities and authentication"


@pytest.mark.parametrize(
    ("first", "second"),
    [("auth psk", "auth certificate"), ("auth psk", "auth psk ; identity x.example for a"),
     ("auth psk", "auth psk ; ike aes256-sha256-modp2048")],
)  # fmt: skip
def test_identities_authentication_and_proposals_tell_tunnels_apart(first: str, second: str) -> None:
    assert up(pair(first, second)) == [True, True]


def test_so_do_addresses_and_then_no_ike_sa_replaces_that_of_the_same_identities() -> None:
    where = pair("auth certificate", "auth certificate", "back")
    assert up(where) == [True, True]
    assert unique(where, "a") == ["never", "never"]


def test_a_client_of_two_pools_is_taken_for_the_first_one() -> None:
    where = world("""
    network inet 192.0.2.0/24
    network lan 10.1.0.0/24
    router gw { interface on inet .1 ; interface on lan .1 }
    host c { interface on inet .11 }
    ipsec one { gateway gw protecting lan ; client c ; pool 10.3.0.0/28 ; auth psk }
    ipsec two { gateway gw protecting 10.5.0.0/24 ; client c ; pool 10.4.0.0/28 ; auth psk }
    """)
    assert up(where) == [True, False]


def test_an_end_proves_itself_with_the_last_secret_that_it_has_for_the_identities() -> None:
    where = pair('auth psk ; secret "one-long-secret-of-a" for a ; secret "another-long-secret" for b', "auth psk")
    assert up(where) == [True, False]


CLIENTS = """
network inet 192.0.2.0/24
host gw { interface on inet .1 }
host a { interface on inet .11 }
host b { interface on inet .12 }
ipsec one { gateway gw ; client a ; auth psk ; %s }
ipsec two { gateway gw ; client b ; auth psk ; %s }
"""


def test_two_nodes_with_one_identity_cannot_be_told_apart() -> None:
    assert "shared-identity" in codes(CLIENTS % ("identity x.example for a", "identity x.example for b"))
    assert "shared-identity" not in codes(CLIENTS % ("identity x.example for gw", "identity x.example for gw"))
    assert "shared-identity" not in codes(CLIENTS % ("identity x.example for a", "identity y.example for b"))


@pytest.mark.parametrize("auth", ["psk", "certificate"])
def test_nodes_with_one_address_in_networks_of_their_own_have_identities_of_their_own(auth: str) -> None:
    where = world(f"""
    network inet 192.0.2.0/24
    network home-a 192.168.1.0/24
    network home-b 192.168.1.0/24
    router gw {{ interface on inet .1 }}
    router ra {{ interface on inet .2 ; interface on home-a .1 ; nat {{ masquerade out inet }} }}
    router rb {{ interface on inet .3 ; interface on home-b .1 ; nat {{ masquerade out inet }} }}
    host a {{ interface on home-a .10 ; default via ra }}
    host b {{ interface on home-b .10 ; default via rb }}
    ipsec vpn {{ gateway gw ; client a, b ; pool 10.3.0.0/28 ; auth {auth} }}
    """)
    assert up(where) == [True]
    ends = [end for node in where.lab.nodes for end in node.tunnels if end.node != "gw"]
    assert len({end_inside(end).own_auth[0].identity for end in ends}) == 2


def test_a_gateway_chooses_the_proposal_before_it_knows_which_client_asks() -> None:
    modern, old = "aes256gcm16-prfsha384-ecp384", "aes256-sha256-modp2048"
    first = f"pool 10.3.0.0/28 ; ike {old}"
    second = f"pool 10.4.0.0/28 ; ike {modern} for gw ; ike {modern}, {old} for b"
    where = world(CLIENTS % (first, second))
    assert up(where) == [True, False]
    assert "chooses the IKE proposal" in where.why_down(where.lab.nodes[2].tunnels[0].tunnel)
    assert up(world(CLIENTS % (f"ike {old}", second.partition(" ; ")[2]))) == [True, True], "known addresses"
