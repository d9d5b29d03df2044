"""What a node with commands of the author may change, on the way and beside it, cannot be known."""

from dataclasses import replace

import pytest

from netdsl.ir.node import NodeFile
from netdsl.packets.types import Esp, Outcome
from netdsl.packets.view import raw_nodes
from tests.verify.asking import ask, checked, codes, count_same, lab, world

SEGMENT = """lab raw
network lan 10.0.0.0/24, fd00::/64
network far 10.1.0.0/24
router r { interface on lan .1, ::1 ; interface on far .1 }
host pc { interface on lan .10, ::10 ; default via 10.0.0.1 }
host other { interface on lan .11, ::11 ; %s }
host there { interface on far .2 ; default via r }
"""
PLAIN = SEGMENT % "default via 10.0.0.1"
RUNS = SEGMENT % 'capability NET_ADMIN ; run "ip address add 10.0.0.254/24 dev lan"'


def test_an_address_that_nobody_has_may_be_one_that_a_command_adds() -> None:
    assert ask(PLAIN, "pc", "10.0.0.254").is_exact
    found = ask(RUNS, "pc", "10.0.0.254")
    assert (found.outcome, found.raw, found.is_exact) == (Outcome.UNREACHABLE, ("other",), False)
    assert ask(RUNS, "there", "10.0.0.254").raw == ("other",)  # asked for by the router
    assert ask(RUNS, "pc", "10.1.0.254").is_exact  # no such node is on that network


def test_proxy_arp_is_such_a_sysctl() -> None:
    text = SEGMENT % "sysctl net.ipv4.conf.all.proxy_arp = 1"
    assert ask(text, "pc", "10.0.0.254").raw == ("other",)


def test_what_does_not_pass_such_a_node_and_is_answered_is_known() -> None:
    assert ask(RUNS, "pc", "10.0.0.1").is_exact
    assert ask(RUNS, "pc", "10.1.0.2").is_exact


def test_an_expectation_about_it_is_a_warning_and_not_an_error() -> None:
    line = "expect { pc reaches 10.0.0.254 }\n"
    assert codes(PLAIN + line) == ["expectation-fails"]
    assert codes(RUNS + line) == ["expectation-not-verified"]
    (found,) = checked(RUNS + line).diagnostics
    assert found.help == "commands, files, sysctls or tunnels of `other` may change it: only the running lab can tell"


def test_a_node_with_commands_may_have_a_route_that_no_line_gives_it() -> None:
    text = SEGMENT % 'capability NET_ADMIN ; run "ip route add 10.1.0.0/24 via 10.0.0.1"'
    found = ask(text, "other", "10.1.0.2")
    assert (found.outcome, found.raw) == (Outcome.NO_ROUTE, ("other",))


def test_a_host_may_get_an_ipv6_route_by_router_advertisements() -> None:
    assert ask(RUNS, "pc", "fd00:1::1").raw == ("other",)
    assert ask(PLAIN, "pc", "fd00:1::1").is_exact
    assert ask(RUNS, "there", "fd00:1::1").is_exact  # on another network
    assert ask(
        RUNS.replace("host pc {", "host pc { sysctl net.ipv6.conf.all.accept_ra = 0 ;"), "pc", "fd00:1::1"
    ).is_exact
    assert ask(RUNS, "pc", "192.0.2.1").is_exact  # IPv4 has none


def test_a_switch_with_commands_is_on_all_ways_over_its_segment() -> None:
    text = """lab switched
network a 10.0.0.0/24
network b 10.0.0.0/24
switch s { interface p on a ; interface q on b ; capability NET_ADMIN ; run "ip link set q down" }
host h1 { interface on a .1 }
host h2 { interface on b .2 }
host h3 { interface on a .3 }
"""
    for goal in ("10.0.0.2", "10.0.0.3", "10.0.0.9"):
        assert ask(text, "h1", goal).raw == ("s",)


TUNNEL = """lab vpn
network w1 192.0.2.0/25
network w2 192.0.2.128/25
network l1 10.1.0.0/24
network l2 10.2.0.0/24
router inet { interface on w1 .1 ; interface on w2 .129 ; %s }
router g1 { interface on w1 .2 ; interface on l1 .1 ; default via inet }
router g2 { interface on w2 .130 ; interface on l2 .1 ; default via inet }
host h1 { interface on l1 .2 ; default via g1 }
host h2 { interface on l2 .2 ; default via g2 }
ipsec v { between g1 protecting l1 and g2 protecting l2 ; auth psk }
"""


@pytest.mark.parametrize("esp", list(Esp))
def test_commands_on_the_way_of_ike_decide_whether_a_tunnel_is_up(esp: Esp) -> None:
    raw, plain = world(TUNNEL % 'run "true"', esp), world(TUNNEL % "", esp)
    assert ask(plain, "h1", "10.2.0.2").is_exact
    assert ask(raw, "h1", "10.2.0.2").raw == ("inet",)
    assert ask(raw, "h1", "10.1.0.1").raw == ("inet",)  # what its end does depends on the tunnel
    assert ask(raw, "g1", "192.0.2.130").raw == ("inet",)


def test_so_do_they_where_a_device_leads_into_it_and_never_of_what_is_there_without_an_agreement() -> None:
    routed = TUNNEL.replace("auth psk", "auth psk ; device yes")
    assert ask(routed % "", "h1", "10.2.0.2").is_exact
    assert ask(routed % 'run "true"', "h1", "10.1.0.1").raw == ("inet",)
    plain = TUNNEL.replace("ipsec v", "tunnel v gre").replace(" ; auth psk", "")
    assert ask(plain % 'run "true"', "h1", "10.1.0.1").is_exact


def test_whether_such_a_tunnel_is_up_is_not_verified() -> None:
    line = "expect { v is not up }\n"
    assert codes(TUNNEL % "" + line) == ["expectation-fails"]
    assert codes(TUNNEL % 'run "true"' + line) == ["expectation-not-verified"]


def test_of_a_node_s_addresses_one_that_may_answer_is_enough() -> None:
    text = """lab two
network lan 10.0.0.0/24, fd00::/64
network far 10.1.0.0/24, fd00:1::/64
router r { interface on lan .1, ::1 ; interface on far .1, ::1 ; %s }
host pc { interface on lan .10, ::10 }
host there { interface on far .2, ::2 ; default via r }
expect { pc reaches there }
"""
    assert "expectation-fails" in codes(text % "")
    assert "expectation-not-verified" in codes(text % 'run "radvd"')


def test_names_that_a_command_may_change_are_not_verified() -> None:
    line = "expect { other resolves www.example to 10.0.0.1 }\n"
    assert codes(PLAIN + line) == ["expectation-fails"]
    assert codes(RUNS + line) == ["expectation-not-verified"]


def test_the_matrix_says_the_same() -> None:
    for text in (
        RUNS,
        SEGMENT % "sysctl net.ipv4.conf.all.proxy_arp = 1",
        TUNNEL.replace("expect", "# expect") % 'run "true"',
    ):
        assert count_same(world(text)) > 10


IMAGE = SEGMENT.replace("%s }", "image made }") + "image made { packages curl }\n"
LIAR = IMAGE.replace("packages curl }", 'packages curl ; run "cp liar /usr/bin/perl" }')


def test_commands_of_an_image_are_as_those_of_its_nodes() -> None:
    assert ask(IMAGE, "pc", "10.0.0.254").is_exact
    assert ask(LIAR, "pc", "10.0.0.254").raw == ("other",)
    assert ask(LIAR, "pc", "10.0.0.11").raw == ("other",)
    assert ask(LIAR, "pc", "10.1.0.2").is_exact


def test_what_depends_on_an_image_with_commands_is_not_verified() -> None:
    line = "expect { pc reaches other ; pc cannot reach other tcp/80 ; pc reaches there }\n"
    assert _exact(IMAGE + line) == [True, True, True]
    assert _exact(LIAR + line) == [False, False, True]


def _exact(text: str) -> list[bool]:
    summary = checked(text).summary
    assert summary is not None
    return [proof.is_exact for proof in summary.proofs]


@pytest.mark.parametrize("path", ["/run/x", "/var/lib/x", "/usr/local/bin/ip", "/etc/nsswitch.conf"])
def test_a_file_over_the_system_s_own_is_as_a_command(path: str) -> None:
    plain = lab(PLAIN)
    nodes = tuple(replace(node, files=(NodeFile(path, b""),)) if node.id == "other" else node for node in plain.nodes)
    assert raw_nodes(replace(plain, nodes=nodes)) == {"other"}
