"""`farp`: a gateway answers ARP for what is behind its tunnels; virtual addresses out of its own network."""

import pytest

from netdsl.backends.strongswan.part import part
from netdsl.ir.expectation import WhileState
from netdsl.ir.ids import TunnelId
from netdsl.verify import Esp, Outcome
from tests.mending.asking import after, failing, help_of
from tests.verify.asking import ask, checked, codes, lab, world

HOME = """
network inet 192.0.2.0/24
network lan 10.1.0.0/24
router moon { interface on inet .1 ; interface on lan .1 }
host alice { interface on lan .10 ; default via moon ; serve http }
host carol { interface on inet .100 }
host dave { interface on inet .200 }
ipsec rw { gateway moon protecting %s ; client carol, dave ; auth psk ; pool 10.1.0.200/29 ; %s }
"""
CAROL = "10.1.0.201"
HALVES = """
network inet 192.0.2.0/24
network left 10.1.0.0/24
network right 10.1.0.0/24
router a { interface on inet .1 ; interface on left .1 }
router b { interface on inet .2 ; interface on right .129 }
host h { interface on left .10 }
host s { interface on right .140 ; serve http }
ipsec vpn { between a protecting 10.1.0.0/25 and b protecting 10.1.0.128/25 ; auth psk ; %s }
"""


@pytest.mark.parametrize("esp", Esp)
def test_hosts_of_the_network_reach_clients_inside_of_its_prefix(esp: Esp) -> None:
    where = world(HOME % ("lan", "farp yes"), esp)
    for source, goal in (("alice", CAROL), ("carol", "10.1.0.10"), ("dave", CAROL), ("moon", CAROL)):
        verdict = ask(where, source, goal)
        assert verdict.passes
        assert verdict.tunnels[:1] == ("rw",)
    (crossed,) = ask(where, "alice", CAROL).request[0].wires
    assert crossed.network == "lan"


@pytest.mark.parametrize("esp", Esp)
def test_without_farp_nobody_answers_for_a_client_there(esp: Esp) -> None:
    where = world(HOME % ("lan", "farp no"), esp)
    verdict = ask(where, "alice", CAROL)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNREACHABLE, "nobody on `lan` answers for 10.1.0.201")
    assert ask(where, "carol", "10.1.0.10").outcome is Outcome.NO_WAY_BACK
    assert ask(where, "carol", "10.1.0.1").passes


def test_a_host_may_still_know_the_gateway_s_answer_when_the_tunnel_goes_down() -> None:
    down = world(HOME % ("lan", "farp yes")).during(WhileState(is_up=False, tunnel=TunnelId("rw")))
    verdict = ask(down, "alice", CAROL)
    assert verdict.outcome is Outcome.NOT_VERIFIED
    assert verdict.reason == "`alice` may know 10.1.0.201 by `moon` from when tunnel `rw` was up"


def test_nobody_answers_for_a_tunnel_that_never_was_up() -> None:
    assert ask(HOME % ("lan", "farp yes ; start by hand"), "alice", CAROL).outcome is Outcome.UNREACHABLE


def test_who_asks_from_an_address_that_is_not_protected_gets_no_answer() -> None:
    where = world(HOME % ("10.1.0.0/29", "farp yes"))
    assert ask(where, "alice", CAROL).outcome is Outcome.UNREACHABLE
    assert ask(where, "moon", CAROL).passes


def test_a_tunnel_that_traffic_opens_may_not_be_up_when_a_host_asks() -> None:
    text = HALVES % "farp yes ; start on traffic"
    assert ask(text, "h", "10.1.0.140").outcome is Outcome.NOT_VERIFIED
    assert ask(world(text, Esp.USER), "h", "10.1.0.140").passes
    assert ask(HOME % ("lan", "farp yes ; start on traffic"), "alice", CAROL).passes


@pytest.mark.parametrize("esp", Esp)
def test_two_halves_of_a_prefix_are_one_network_to_their_hosts(esp: Esp) -> None:
    assert ask(world(HALVES % "farp yes", esp), "h", "10.1.0.140", "tcp/80").passes
    assert ask(world(HALVES % "farp yes", esp), "s", "10.1.0.10").passes
    assert ask(world(HALVES % "farp yes for a", esp), "h", "10.1.0.140").outcome is Outcome.NO_WAY_BACK
    assert ask(world(HALVES % "farp yes for b", esp), "h", "10.1.0.140").outcome is Outcome.UNREACHABLE


def test_a_network_of_two_halves_is_no_overlap_and_its_hosts_need_no_route() -> None:
    assert codes(HALVES % "farp yes") == []
    assert {"overlapping-ranges", "no-route"} <= {*codes(HALVES % "farp no")}
    assert "no-route" not in codes((HOME % ("lan", "farp yes")).replace(" ; default via moon", ""))


def test_of_two_that_answer_it_is_not_known_who_gets_the_packet() -> None:
    text = HALVES % "farp yes" + "host twin { interface on left 10.1.0.140 }"
    verdict = ask(text, "h", "10.1.0.140")
    assert verdict.outcome is Outcome.NOT_VERIFIED
    assert verdict.reason == "`a` and `twin` answer ARP for 10.1.0.140 on `left`"


def test_a_range_of_everything_is_left_out_and_neighbours_keep_their_addresses() -> None:
    text = (HALVES % "farp yes for b").replace("a protecting 10.1.0.0/25", "a protecting 0.0.0.0/0")
    assert "farp-impossible" in codes(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HOME % ("lan", ""), "pool-unanswered"),
        (HOME.replace("pool 10.1.0.200/29", "pool 192.0.2.128/28") % ("lan", "farp yes"), "pool-overlaps"),
        (HOME.replace("pool 10.1.0.200/29", "pool 10.1.0.8/29") % ("lan", "farp yes"), "pool-overlaps"),
        (HOME.replace("10.1.0.200/29", "10.0.0.0/8") % ("lan", "farp yes"), "pool-overlaps"),
        (HOME.replace("pool 10.1.0.200/29", "pool 10.1.0.254/31") % ("lan", "farp yes"), "pool-overlaps"),
        (HALVES % "device yes ; farp yes", "misplaced-statement"),
        (HALVES % "farp maybe", "wrong-kind"),
        (HALVES % "proxy-arp yes", "foreign-word"),
    ],
)
def test_a_lab_in_which_it_is_wrong(text: str, code: str) -> None:
    assert code in codes(text)


def test_neighbour_discovery_has_no_such_answer() -> None:
    text = (HOME % ("lan", "over ipv4 ; farp yes")).replace("10.1.0.0/24", "10.1.0.0/24, fc00:1::/64")
    text = text.replace("lan .1 }", "lan .1, ::1 }").replace("10.1.0.200/29", "10.1.0.200/29, fc00:1::c0/124")
    finding = next(one for one in checked(text).diagnostics if one.rule.code == "pool-unanswered")
    assert "`farp` is for IPv4 alone" in finding.message


def test_the_line_is_proposed_where_it_makes_an_expectation_hold() -> None:
    (finding,) = failing(HOME % ("lan", "") + "expect { alice reaches rw.carol through rw }")
    assert finding.help == "nobody answers ARP there for what is behind tunnel `rw`: `farp yes` lets `moon` answer"
    assert "\n  farp yes\n" in after(finding.fixes[0]) or "; farp yes" in after(finding.fixes[0])
    (finding,) = failing(HALVES % "farp yes for b" + "expect { h reaches 10.1.0.140 }")
    assert "`farp yes for a`" in help_of(finding)


def test_in_a_template_the_line_has_the_names_of_the_template() -> None:
    inside = (HALVES % "farp yes for b").replace("network inet 192.0.2.0/24\n", "") + "expect { h reaches 10.1.0.140 }"
    text = f"network inet 192.0.2.0/24\ntemplate site() {{{inside}\n}}\nuse site as q\n"
    (finding,) = failing(text)
    assert "`farp yes for a` lets `q.a` answer" in help_of(finding)


def test_the_gateway_alone_loads_the_plug_in_and_may_open_packet_sockets() -> None:
    found = lab(HOME % ("lan", "farp yes"))
    shares = {node.id: part.share(node, found) for node in found.nodes}
    has_file = {
        name: [file.path for file in share.files if file.path == "farp"] for name, share in shares.items() if share
    }
    assert has_file == {"moon": ["farp"], "carol": [], "dave": []}
    raw = {name for name, share in shares.items() if share and "NET_RAW" in share.needs.capabilities}
    assert raw == {"moon"}
