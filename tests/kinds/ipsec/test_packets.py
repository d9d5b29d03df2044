"""IPsec as packets meet it: when tunnels come up, what they take, what is on the wire, what becomes of packets without."""

import pytest

from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import NetworkId, TunnelId
from netdsl.verify import Decision, Esp, Hook, Outcome
from tests.verify.asking import ask, checked, world

TEXT = """
network wa 192.0.2.0/24
network wb 198.51.100.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router mid { interface on wa .1 ; interface on wb .1 ; %(mid)s }
router a { interface on wa .2 ; interface on left .1 ; default via mid ; %(a)s }
router b { interface on wb .2 ; interface on right .1 ; default via mid ; %(b)s }
host h { interface on left .10 ; default via a }
host s { interface on right .10 ; default via b ; serve http }
ipsec vpn { between a protecting left and b protecting right ; %(vpn)s }
"""
PLAIN = {"mid": "", "a": "", "b": "", "vpn": "auth psk ; start on traffic"}
DROP = "firewall { policy drop ; %s }"
DNAT = "nat { dnat tcp/99 to a.wan -> h tcp/7 }"


def text(**changed: str) -> str:
    return TEXT % (PLAIN | changed)


@pytest.mark.parametrize("esp", Esp)
def test_protected_networks_meet_through_the_tunnel_alone(esp: Esp) -> None:
    where = world(text(), esp)
    verdict = ask(where, "h", "10.2.0.10", "tcp/80")
    assert verdict.outcome is Outcome.ANSWERED
    assert verdict.tunnels == ("vpn",)
    wires = [wire for hop in verdict.request for wire in hop.wires]
    shown = {str(wire.network): (str(wire.packet.destination), wire.is_encrypted) for wire in wires}
    assert shown == {
        "left": ("10.2.0.10", False), "wa": ("198.51.100.2", True),
        "wb": ("198.51.100.2", True), "right": ("10.2.0.10", False),
    }  # fmt: skip
    assert not ask(where, "h", "198.51.100.2").is_encrypted


def test_user_space_puts_esp_into_udp() -> None:
    def protocol(esp: Esp) -> str:
        (outer,) = [one.packet for one in ask(world(text(), esp), "h", "10.2.0.10").wires[1:2]]
        return f"{outer.protocol}/{outer.destination_port}"

    assert [protocol(esp) for esp in Esp] == ["esp/0", "udp/4500"]


@pytest.mark.parametrize("esp", Esp)
def test_the_gateway_speaks_from_its_address_inside(esp: Esp) -> None:
    verdict = ask(world(text(), esp), "a", "10.2.0.10")
    assert verdict.passes
    assert verdict.tunnels == ("vpn",)


OWN = (
    text()
    .replace("router a { interface on wa .2 ; interface on left .1 ;", "router a { interface on %s ; interface on %s ;")
    .replace("a protecting left and", "a.wa protecting left, deep and")
    + "network deep 10.1.1.0/24\nrouter in { interface on left .3 ; interface on deep .1 ; default via a }"
)
WAYS = (("wa .2", "left .1"), ("left .1", "wa .2"))
CHILDREN = ("child one { between left and right }", "child two { between deep and right }")


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize("order", WAYS)
def test_a_gateway_sends_from_its_address_inside_any_selector(order: tuple[str, str], esp: Esp) -> None:
    assert ask(world(OWN % order, esp), "a", "10.2.0.10").passes


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize("order", WAYS)
@pytest.mark.parametrize("children", [CHILDREN, CHILDREN[::-1]])
def test_a_gateway_sends_from_its_address_inside_a_selector_of_any_child(
    children: tuple[str, str], order: tuple[str, str], esp: Esp
) -> None:
    several = (OWN % order).replace(
        "between a.wa protecting left, deep and b protecting right", " ; ".join(("between a.wa and b.wb", *children))
    )
    assert ask(world(several, esp), "a", "10.2.0.10").passes


def test_a_gateway_sends_from_inside_in_the_family_that_the_way_to_the_other_end_has_not() -> None:
    source = """
    network inet 192.0.2.0/24
    network left 10.1.0.0/24, fc00:1::/64
    network right 10.2.0.0/24, fc00:2::/64
    router a { interface on inet .1 ; interface on left 10.1.0.1, fc00:1::1 }
    router b { interface on inet .2 ; interface on right 10.2.0.1, fc00:2::1 }
    ipsec vpn { between a protecting left and b protecting right ; over ipv4 ; auth psk ; start at boot }
    """
    for esp in Esp:
        for address in ("10.2.0.1", "fc00:2::1"):
            verdict = ask(world(source, esp), "a", address)
            assert verdict.passes
            assert verdict.is_encrypted


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize("addresses", [(".1", ".9"), (".9", ".1")])
def test_of_several_addresses_inside_the_first_one_of_the_source_is_taken(addresses: tuple[str, str], esp: Esp) -> None:
    two = (OWN % WAYS[0]).replace("left .1 ;", f"left {', '.join(addresses)} ;")
    verdict = ask(world(two, esp), "a", "10.2.0.10")
    assert [str(wire.packet.source) for hop in verdict.request for wire in hop.wires][-1] == f"10.1.0{addresses[0]}"


def test_a_gateway_without_any_address_inside_has_a_route_into_user_space_all_the_same() -> None:
    for order in WAYS:
        behind = (OWN % order).replace("protecting left, deep", "protecting deep")
        verdict = ask(world(behind, Esp.USER), "a", "10.2.0.10")
        assert (verdict.outcome, verdict.node, verdict.hook) == (Outcome.DROPPED, "a", Hook.TUNNEL)


SECRETS = 'auth psk ; secret "one-long-secret-of-a" for a ; secret "%s" for b ; start %s'


@pytest.mark.parametrize("auth", ["auth pubkey", "auth pubkey for a ; auth psk for b"])
def test_ends_with_raw_keys_agree(auth: str) -> None:
    assert world(text(vpn=auth)).is_up(TunnelId("vpn"))


@pytest.mark.parametrize(("line", "need"), [("ipcomp yes", "IPComp"), ("copy-dscp in", "copies of DSCP")])
def test_what_user_space_does_not_do_to_packets_keeps_the_tunnel_down_there(line: str, need: str) -> None:
    kernel, user = (world(text(vpn=f"auth psk ; {line}"), esp) for esp in (Esp.KERNEL, Esp.USER))
    assert kernel.is_up(TunnelId("vpn"))
    assert not user.is_up(TunnelId("vpn"))
    assert user.why_down(TunnelId("vpn")) == f"tunnel `vpn` needs the kernel's ESP: user space has not {need}"
    assert world(text(vpn="auth psk ; copy-dscp none"), Esp.USER).is_up(TunnelId("vpn"))


def test_ends_with_different_secrets_do_not_agree() -> None:
    same = world(text(vpn=SECRETS % ("one-long-secret-of-a", "at boot")))
    other = world(text(vpn=SECRETS % ("another-secret-than-a", "at boot")))
    vpn = same.lab.nodes[1].tunnels[0].tunnel
    assert same.is_up(vpn)
    assert not other.is_up(vpn)
    assert "secrets" in other.why_down(vpn)


def test_without_the_tunnel_a_trap_holds_packets_and_boot_lets_them_leave() -> None:
    def leaves(start: str, esp: Esp) -> bool:
        verdict = ask(world(text(vpn=SECRETS % ("another-secret-than-a", start)), esp), "h", "10.2.0.10")
        assert not verdict.passes
        return any(str(wire.network) == "wa" for wire in verdict.wires)

    assert [leaves("on traffic", esp) for esp in Esp] == [False, True]
    assert [leaves("at boot", esp) for esp in Esp] == [True, True]


def test_a_tunnel_by_hand_is_down_until_somebody_opens_it() -> None:
    found = world(text(vpn="auth psk ; start by hand"))
    vpn = found.lab.nodes[1].tunnels[0].tunnel
    assert not found.is_up(vpn)
    assert found.during(WhileState(is_up=True, tunnel=vpn)).is_up(vpn)


@pytest.mark.parametrize("esp", Esp)
def test_ike_has_to_get_through_every_firewall(esp: Esp) -> None:
    def is_up(**changed: str) -> bool:
        found = world(text(**changed), esp)
        return found.is_up(found.lab.nodes[1].tunnels[0].tunnel)

    assert is_up(a=DROP % "accept tunnel vpn")
    assert is_up(mid=DROP % "accept forward ike, esp")
    assert not is_up(mid=DROP % "accept forward esp")


def test_an_end_that_may_move_goes_on_at_the_other_port_of_ike() -> None:
    """With MOBIKE IKE leaves port 500 after the first exchange, and ESP stays outside of UDP."""

    def is_up(vpn: str, passes: str) -> bool:
        found = world(text(vpn=f"auth psk ; {vpn}", mid=DROP % f"accept forward {passes}, esp"))
        return found.is_up(found.lab.nodes[1].tunnels[0].tunnel)

    assert is_up("mobike no", "udp/500")
    assert not is_up("mobike yes", "udp/500")
    assert is_up("mobike yes", "udp/500, udp/4500")
    lab = text(vpn="auth psk ; mobike yes", mid=DROP % "accept forward udp/500, udp/4500")
    assert ask(lab, "h", "10.2.0.10").outcome is Outcome.DROPPED


def test_ah_does_not_go_through_udp() -> None:
    found = [world(text(vpn=f"auth psk ; ah sha256 ; {encap}")) for encap in ("encap no", "encap yes")]
    assert [each.is_up(each.lab.nodes[1].tunnels[0].tunnel) for each in found] == [True, False]


def test_a_firewall_that_passes_ike_and_not_esp_stops_the_packets_themselves() -> None:
    verdict = ask(text(mid=DROP % "accept forward ike"), "h", "10.2.0.10")
    assert (verdict.outcome, verdict.node) == (Outcome.DROPPED, "mid")
    assert ask(text(mid=DROP % "accept forward ike, esp"), "h", "10.2.0.10").passes


@pytest.mark.parametrize("esp", Esp)
def test_through_matches_what_the_tunnel_carries(esp: Esp) -> None:
    found = world(text(a=DROP % "accept tunnel vpn ; accept forward through vpn"), esp)
    assert ask(found, "h", "10.2.0.10").passes
    assert ask(found, "s", "10.1.0.10").passes
    assert not ask(found, "h", "198.51.100.1").passes


def test_masquerade_takes_packets_away_from_the_tunnel_but_where_it_is_excepted() -> None:
    def goes(clause: str) -> bool:
        return "vpn" in ask(text(a=f"nat {{ masquerade out wa {clause} }}"), "h", "10.2.0.10").tunnels

    assert goes("except through ipsec")
    assert goes("except to right")


@pytest.mark.parametrize("esp", Esp)
def test_gateway_to_gateway_carries_what_masquerade_brings_into_it(esp: Esp) -> None:
    lab = text(a="nat { dnat tcp/8080 to 10.1.0.1 -> b.wb tcp/8080 while vpn up ; masquerade out wa }",
               b="nat { dnat tcp/8080 to b.wb -> s tcp/80 }")  # fmt: skip
    lab = lab.replace("a protecting left and b protecting right", "a.wa and b.wb")
    verdict = ask(world(lab, esp), "h", "10.1.0.1", "tcp/8080")
    assert verdict.answered_by == ("s", "http")
    assert verdict.tunnels == ("vpn",)


def test_what_should_come_encrypted_and_comes_in_clear_is_dropped_by_the_kernel() -> None:
    lab = (
        text(mid="route 10.2.0.0/24 via 198.51.100.2 ; interface on third .1")
        + """
    network third 10.1.1.0/24
    host x { interface on third .9 ; default via mid }
    """
    )
    assert ask(lab, "x", "10.2.0.10").outcome is not Outcome.DROPPED
    wide = lab.replace("protecting left", "protecting 10.1.0.0/16")
    verdict = ask(wide, "x", "10.2.0.10")
    assert (verdict.outcome, verdict.node) == (Outcome.DROPPED, "b")
    assert "in clear" in verdict.reason


TRANSPORT = """
network n 10.0.0.0/24
host a { interface on n .1 }
host b { interface on n .2 ; serve udp udp/514 ; serve http }
ipsec log { between a and b ; mode transport ; only udp/514 ; auth psk ; start on traffic ; %s }
"""


def test_transport_mode_for_one_service() -> None:
    lab = TRANSPORT % ""
    assert ask(lab, "a", "10.0.0.2", "udp/514").is_encrypted
    clear = ask(lab, "a", "10.0.0.2", "tcp/80")
    assert clear.passes
    assert not clear.is_encrypted
    assert not ask(world(lab, Esp.USER), "a", "10.0.0.2", "udp/514").is_encrypted


def test_ah_proves_and_does_not_hide() -> None:
    verdict = ask(TRANSPORT % "ah sha256", "a", "10.0.0.2", "udp/514")
    assert verdict.tunnels == ("log",)
    assert not verdict.is_encrypted


@pytest.mark.parametrize("esp", Esp)
def test_a_client_gets_an_address_of_the_pool(esp: Esp) -> None:
    lab = """
    network inet 192.0.2.0/24
    network inside 10.1.0.0/24
    router gw { interface on inet .1 ; interface on inside .1 }
    host carol { interface on inet .9 }
    host s { interface on inside .10 ; default via gw ; serve http }
    ipsec road {
      gateway gw protecting inside
      client carol
      pool 10.9.0.0/28
      auth certificate for gw
      auth eap-mschapv2 for carol
    }
    """
    verdict = ask(world(lab, esp), "carol", "10.1.0.10", "tcp/80")
    assert verdict.outcome is Outcome.ANSWERED
    assert verdict.tunnels == ("road",)
    inner = [step.packet for hop in verdict.request for step in hop.steps if step.decision is Decision.DECAPSULATE]
    assert [str(packet.source) for packet in inner] == ["10.9.0.1"]


@pytest.mark.parametrize(
    "auth",
    ["eap-md5", "eap-ttls", "psk and eap-md5", "certificate from ours and eap-mschapv2", "eap-tls from ours"],
)
def test_a_client_comes_in_by_each_kind_of_proof(auth: str) -> None:
    assert world(REVOKED % ("crl yes", f"auth {auth} for carol ; auth psk for dave")).is_up(TunnelId("road"))


RESPONDER = """
network inet 192.0.2.0/24
network office 10.1.0.0/24
router gw { interface on inet .1 ; interface on office .1 }
host ca { interface on inet .9 ; serve ocsp ; %s }
host carol { interface on inet .5 }
host dave { interface on inet .6 }
pki ours { %s ; ocsp ca ; revoke dave }
ipsec road { gateway gw protecting office ; client carol ; auth certificate from ours }
ipsec gone { gateway gw protecting office ; client dave ; auth certificate from ours }
"""


@pytest.mark.parametrize("lists", ["crl yes", "crl no"])
def test_a_responder_says_which_certificates_are_good(lists: str) -> None:
    where = world(RESPONDER % ("", lists))
    assert where.is_up(TunnelId("road"))
    assert "revoked" in where.why_down(TunnelId("gone"))


def test_without_lists_each_end_has_to_reach_the_responder() -> None:
    for_one = DROP % "accept input tcp/2560 from gw"
    assert world(RESPONDER % (for_one, "crl yes")).is_up(TunnelId("road"))
    assert (
        world(RESPONDER % (for_one, "crl no"))
        .why_down(TunnelId("road"))
        .startswith("authentication of tunnel `road` fails: `carol` gets no answer from the OCSP responder `ca`: ")
    )


ASKING = """
network inet 192.0.2.0/24
network office 10.1.0.0/24
router gw { interface on inet .1 ; interface on office .1 }
host aaa { interface on office .5 ; default via gw ; serve radius ; %s }
host s { interface on office .10 ; default via gw }
host carol { interface on inet }
ipsec road {
  gateway gw protecting office
  client carol
  radius aaa
  auth certificate for gw
  auth %s for carol
}
"""


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize("auth", ["eap-md5", "eap-ttls", "certificate and eap-mschapv2"])
def test_a_client_comes_in_where_the_gateway_reaches_its_radius_server(auth: str, esp: Esp) -> None:
    assert world(ASKING % ("", auth), esp).is_up(TunnelId("road"))
    assert world(ASKING % (DROP % "accept input udp/1812 from gw.office", auth), esp).is_up(TunnelId("road"))
    closed = world(ASKING % (DROP % "accept input udp/1813", auth), esp)
    assert not closed.is_up(TunnelId("road"))
    assert closed.why_down(TunnelId("road")).startswith(
        "authentication of tunnel `road` fails: `gw` gets no answer from its RADIUS server `aaa`: "
    )


def test_commands_of_a_server_may_keep_a_client_out() -> None:
    found = checked(ASKING % ('run "true"', "eap-md5") + "expect { road is not up }")
    assert "expectation-not-verified" in [one.rule.code for one in found.diagnostics]


AWAY = (
    (ASKING % ("", "eap-md5"))
    .replace("interface on office .5 ;", "")
    .replace("interface on office .1 }", "interface on office .1 }\nlink gw.a -- aaa.gw 10.9.0.0/30")
)


def test_a_client_that_is_in_stays_in_when_the_server_is_gone() -> None:
    gone, road = WhileState(is_up=False, link=NetworkId("gw.a--aaa.gw")), TunnelId("road")
    assert world(AWAY).during(gone).is_up(road)
    assert not world(AWAY.replace("radius aaa", "radius aaa ; start on traffic")).during(gone).is_up(road)


ASKING_TOO = """
network yard 10.2.0.0/24
router gx { interface on inet .2 ; interface on office .2 ; interface on yard .1 }
ipsec more { gateway gx protecting yard ; client carol ; radius aaa ; auth certificate for gx ; auth %s for carol }
"""


def test_a_client_of_two_tunnels_has_one_account_at_the_server() -> None:
    assert world((ASKING + ASKING_TOO) % ("", "eap-md5", "eap-ttls")).is_up(TunnelId("road"))
    differing = world((ASKING + ASKING_TOO) % ("", "eap-md5", 'eap-md5 "another-secret"'))
    assert "differ" in differing.why_down(TunnelId("road"))


def test_who_does_not_use_eap_does_not_need_the_server() -> None:
    shut = ASKING.replace("client carol", "client carol, dave") + "host dave { interface on inet }"
    both = shut % (DROP % "accept input udp/1813", "eap-md5 for dave ; auth psk")
    where = world(both)
    assert ask(where, "carol", "10.1.0.10").tunnels == ("road",)


def test_one_refused_round_is_enough() -> None:
    where = world(REVOKED % ("crl yes", "auth psk for carol ; auth certificate from ours and eap-md5 for dave"))
    assert "revoked" in where.why_down(TunnelId("road"))


REVOKED = """
network inet 192.0.2.0/24
network office 10.1.0.0/24
host carol { interface on inet }
host dave { interface on inet }
router gw { interface on inet .1 ; interface on office .1 }
host s { interface on office .10 ; default via gw }
pki ours { revoke dave ; %s }
ipsec road { gateway gw protecting office ; client carol, dave ; auth certificate from ours for gw ; %s }
"""
WAYS_TO_PROVE = ("auth certificate from ours for carol, dave", "auth eap-tls from ours for carol, dave")


@pytest.mark.parametrize("pool", ["", " ; pool 10.3.0.0/24"])
@pytest.mark.parametrize("auth", WAYS_TO_PROVE)
def test_a_revoked_client_stays_outside_and_the_others_come_in(auth: str, pool: str) -> None:
    where = world(REVOKED % ("crl yes", auth + pool))
    assert ask(where, "carol", "10.1.0.10").tunnels == ("road",)
    assert ask(where, "dave", "10.1.0.10").tunnels == ()
    assert not where.is_up(TunnelId("road"))
    assert where.why_down(TunnelId("road")) == (
        "authentication of tunnel `road` fails: `gw` does not take the certificate of `dave`: `ours` has revoked it"
    )


def test_without_revocation_lists_a_revoked_certificate_is_taken() -> None:
    assert world(REVOKED % ("crl no", WAYS_TO_PROVE[0])).is_up(TunnelId("road"))


TWO_PKIS = """
pki other { validity 100d }
pki ours { validity 100d }
ipsec admin { between aaa and s ; auth certificate from other }
"""


def test_a_server_shows_the_certificate_that_clients_of_the_tunnel_trust() -> None:
    """Not that of the first authority which has one for it."""
    text = TWO_PKIS + ASKING.replace("certificate for gw", "certificate from ours for gw")
    (service,) = [each for node in world(text % ("", "eap-ttls")).lab.nodes for each in node.services]
    assert service.certificate == "ours"


def test_a_server_cannot_show_two_certificates() -> None:
    text = TWO_PKIS + (ASKING + ASKING_TOO).replace("certificate for gw", "certificate from ours for gw")
    text = text.replace("certificate for gx", "certificate from other for gx") % ("", "eap-ttls", "eap-ttls")
    (found,) = [one for one in checked(text).diagnostics if one.rule.code == "auth-mismatch"]
    assert found.message == "`aaa` shows the certificate of `ours`, and clients of `more` trust `other`"


@pytest.mark.parametrize(
    ("outside", "inside", "nat", "esp", "outcome"),
    [
        ("fc00:9::/64", "fc00:%d::/64", DNAT, Esp.KERNEL, Outcome.NOT_VERIFIED),
        ("fc00:9::/64", "10.%d.0.0/24", "", Esp.KERNEL, Outcome.NOT_VERIFIED),
        ("fc00:9::/64", "fc00:%d::/64", "", Esp.KERNEL, Outcome.REFUSED),
        ("192.0.2.0/24", "10.%d.0.0/24", DNAT, Esp.KERNEL, Outcome.REFUSED),
        ("fc00:9::/64", "fc00:%d::/64", DNAT, Esp.USER, Outcome.REFUSED),
    ],
)
def test_an_error_in_udp_over_ipv6_may_be_lost_between_containers_behind_translation(
    outside: str, inside: str, nat: str, esp: Esp, outcome: Outcome
) -> None:
    """policies.py, error_fault; connections have checksums of their own, and pass."""
    where = world(
        f"""
        network net {outside}
        network left {inside % 1}
        network right {inside % 2}
        router a {{ interface wan on net ; interface in on left ; {nat} }}
        router b {{ interface wan on net ; interface in on right }}
        host h {{ interface on left ; default via a ; serve tcp echo tcp/7 }}
        host c {{ interface on right ; default via b }}
        ipsec vpn {{ between a protecting left and b protecting right ; auth psk ; encap yes }}
        """,
        esp,
    )
    asked = str(next(one for one in where.fabric.lab.nodes if one.id == "h").addresses[0])
    assert ask(where, "c", asked, "udp/514").outcome is outcome
    assert ask(where, "c", asked, "tcp/7").tunnels == ("vpn",)
