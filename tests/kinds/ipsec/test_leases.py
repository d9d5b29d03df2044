"""`pool … from NODE`: a DHCP server of the gateway's network has the addresses of its clients."""

import pytest

from netdsl.backends.dnsmasq.part import part as dnsmasq
from netdsl.backends.strongswan.part import part as strongswan
from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import NetworkId, TunnelId
from netdsl.payload.part import Part
from netdsl.verify import Esp
from tests.verify.asking import ask, checked, codes, lab, world

HOME = """
network inet 192.0.2.0/24
network lan 10.1.0.0/16
router moon { interface on inet .1 ; interface on lan .0.1 }
host alice { interface on lan .0.10 ; default via moon ; serve http }
host venus { interface on lan .0.20 ; serve dhcp ; default via moon }
host carol { interface on inet .100 }
host dave { interface on inet .200 }
ipsec rw {
  gateway moon protecting lan
  client carol, dave
  auth psk
  identity "dave@example.org" for dave
  pool 10.1.0.64/28 from venus
  farp yes
}
"""
RW, CAROL = TunnelId("rw"), "10.1.0.65"
DROPPING = "firewall { policy drop ; policy output accept ; accept input icmp }"


def _files(text: str, node: str, part: Part) -> dict[str, str]:
    found = lab(text)
    share = part.share(next(one for one in found.nodes if one.id == node), found)
    assert share is not None
    return {file.path: file.content.decode() for file in share.files}


@pytest.mark.parametrize("esp", Esp)
def test_clients_have_the_addresses_that_the_pool_gives_them(esp: Esp) -> None:
    where = world(HOME, esp)
    assert where.is_up(RW)
    assert ask(where, "alice", CAROL).tunnels == ("rw",)
    assert ask(where, "dave", "10.1.0.10").passes


def test_the_server_knows_each_client_by_its_identity() -> None:
    assert _files(HOME, "venus", dnsmasq) == {
        "dnsmasq/67.conf": "dhcp-range=10.1.0.0,static,255.255.0.0\n"
        "dhcp-lease-max=2\n"
        "dhcp-host=id:c0:00:02:64:,10.1.0.65\n"
        "dhcp-host=id:64:61:76:65:40:65:78:61:6d:70:6c:65:2e:6f:72:67:,10.1.0.66\n"
    }


def test_the_gateway_asks_it_and_has_no_pool_of_its_own() -> None:
    files = _files(HOME, "moon", strongswan)
    assert files["dhcp"] == "10.1.0.20\n"
    assert files["swanctl.conf"].count("pools = dhcp\n") == 2
    assert "\npools {" not in files["swanctl.conf"]
    assert "dhcp" not in _files(HOME, "carol", strongswan)


def test_addresses_of_ipv6_are_the_gateway_s_own() -> None:
    text = HOME.replace("farp yes", "farp yes ; pool fd00:9::/120 ; over ipv4").replace(
        "10.1.0.0/16", "10.1.0.0/16, fd00:1::/64"
    )
    conf = _files(text.replace("lan .0.1 }", "lan .0.1, ::1 }"), "moon", strongswan)["swanctl.conf"]
    assert "pools = dhcp, rw_carol-pool-2\n" in conf
    assert "addrs = fd00:9::1/128\n" in conf


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("serve dhcp ;", f"serve dhcp ; {DROPPING} ;", "dropped by `policy drop` of the input chain at `venus`"),
        (
            "lan .0.1 }",
            "lan .0.1 ; firewall { policy accept ; drop output udp/67 } }",
            "dropped by `drop output udp/67` at `moon` (output)",
        ),
        (
            "serve dhcp ;",
            "serve dhcp ; firewall stateless { policy drop ; accept input } ;",
            "the answer: dropped by `policy drop` of the output chain at `venus`, whose firewall is stateless",
        ),
    ],
)
def test_no_client_comes_in_where_the_gateway_gets_no_answer(old: str, new: str, reason: str) -> None:
    where = world(HOME.replace(old, new))
    assert not where.is_up(RW)
    assert reason in where.why_down(RW)
    assert "`moon` gets no address from its DHCP server `venus`" in where.why_down(RW)


def test_the_gateway_takes_the_answer_before_its_own_filter() -> None:
    rules = "policy drop ; policy output accept ; accept tunnel rw ; accept forward through rw"
    assert world(HOME.replace("lan .0.1 }", f"lan .0.1 ; firewall stateless {{ {rules} }} }}")).is_up(RW)


FAR = """
network inet 192.0.2.0/24
router moon { interface on inet .1 }
host alice { default via moon }
host venus { serve dhcp ; default via moon }
host carol { interface on inet .100 }
link moon.a -- alice.lan 10.2.0.0/24
link moon.v -- venus.lan 10.3.0.0/24
ipsec rw {
  gateway moon protecting 10.2.0.0/24, 10.3.0.0/24
  client carol
  auth psk
  pool 10.3.0.64/28 from venus
  farp yes
  %s
}
"""
CUT = WhileState(is_up=False, link=NetworkId("moon.v--venus.lan"))


def test_who_has_an_address_keeps_it_when_the_server_is_gone() -> None:
    verdict = ask(world(FAR % "").during(CUT), "alice", "10.3.0.65")
    assert verdict.passes
    assert verdict.is_exact


def test_it_is_not_known_whether_one_that_may_ask_again_is_up_then() -> None:
    text = FAR % "reauth 60s" + "expect while moon -- venus down { rw is up ; alice reaches rw.carol }"
    assert [one.rule.code for one in checked(text).diagnostics][-2:] == ["expectation-not-verified"] * 2
    assert ask(world(FAR % "reauth 60s"), "alice", "10.3.0.65").passes


def test_a_server_with_commands_of_its_own_may_give_nothing() -> None:
    raw = HOME.replace("serve dhcp ;", 'serve dhcp ; run "true" ;') + "expect { rw is not up }"
    assert "expectation-not-verified" in codes(raw)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("serve dhcp ;", "", "`venus` serves no `dhcp`"),
        (
            "serve dhcp ;",
            "serve dhcp udp/6767 ;",
            "`venus` serves `dhcp` on another port than udp/67, where charon asks",
        ),
        ("from venus", "from carol", "`carol` is an end of the tunnel itself"),
        ("from venus", "from moon", "`moon` is an end of the tunnel itself"),
        (
            "10.1.0.64/28",
            "10.9.0.64/28",
            "`venus` gives addresses of its network 10.1.0.0/16, and the pool is 10.9.0.64/28",
        ),
        ("10.1.0.64/28", "10.1.0.64/28, fd00::/64", "DHCP gives addresses of IPv4 alone"),
        (
            "farp yes",
            "farp yes ; pool 10.1.0.96/28",
            "a part of the tunnel's pool is from another server, or from none",
        ),
        ('"dave@example.org"', '"keyid:x"', "`venus` cannot be told the identity of `dave` beforehand"),
        (
            "lan .0.1 }",
            "lan .0.1 ; serve udp udp/67 }",
            "`udp` of the gateway `moon` has udp/67, from which charon asks",
        ),
        (
            "interface on lan .0.20",
            "interface on inet .20",
            "`venus` gives addresses of its network 192.0.2.0/24, and the pool is 10.1.0.64/28",
        ),
    ],
)
def test_a_server_that_cannot_give_out_the_pool(old: str, new: str, message: str) -> None:
    found = [one for one in checked(HOME.replace(old, new, 1)).diagnostics if one.rule.code == "pool-server"]
    assert [one.message for one in found] == [message]


MORE = """
host mars {{ interface on lan .0.30 ; serve dhcp ; default via moon }}
router sun {{ interface on inet .2 ; interface on lan .0.2 }}
host erin {{ interface on inet .210 }}
ipsec other {{ gateway {} protecting lan ; client {} ; auth psk ; pool {} ; farp yes }}
"""


@pytest.mark.parametrize(
    ("tunnel", "message"),
    [
        (("moon", "erin", "10.1.0.96/28 from mars"), "`moon` asks `venus` already, and a gateway asks one DHCP server"),
        (
            ("moon", "carol", "10.1.0.96/28 from venus"),
            "`venus` knows `carol` by one identity, and has two addresses for it",
        ),
        (("sun", "erin", "10.1.0.64/28 from venus"), "`venus` gives 10.1.0.65 to `erin` and to `carol`"),
    ],
)
def test_what_two_tunnels_cannot_have_of_a_server(tunnel: tuple[str, str, str], message: str) -> None:
    found = [one for one in checked(HOME + MORE.format(*tunnel)).diagnostics if one.rule.code == "pool-server"]
    assert [one.message for one in found] == [message]


def test_two_gateways_ask_one_server() -> None:
    where = world(HOME + MORE.format("sun", "erin", "10.1.0.96/28 from venus"))
    assert where.is_up(RW)
    assert where.is_up(TunnelId("other"))


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (HOME.replace("pool 10.1.0.64/28 from venus", "rightsourceip %dhcp"), "pool PREFIX from NODE"),
        (HOME.replace("pool 10.1.0.64/28 from venus", "pool dhcp"), "`pool PREFIX from NODE`"),
        (HOME.replace("serve dhcp", "serve dhcpd"), "`serve dhcp`"),
    ],
)
def test_words_of_other_tools(text: str, advice: str) -> None:
    helps = [one.help for one in checked(text).diagnostics if one.help]
    assert any(advice in one for one in helps), helps
