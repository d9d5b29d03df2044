"""Several clients of one gateway: each is known from all others, with its own address, policies and translated ports."""

from ipaddress import ip_address, ip_network

import pytest

from netdsl.ir.filter import FilterRule
from netdsl.ir.service import Protocol, port
from netdsl.ir.tunnel import Start
from netdsl.kinds.ipsec.resolve import virtual_addresses
from netdsl.pipeline.analysis import check_text
from netdsl.verify import Decision, Esp, Outcome, matrix
from netdsl.verify.matrix import virtual_names
from tests.kinds.asking import lab, said
from tests.verify.asking import ask, codes, world

GROUPS = """
network inet 192.0.2.0/24
network staff 10.1.0.0/24
network guest 10.2.0.0/24
router gw {
  interface on inet .1
  interface on staff .1
  interface on guest .1
  firewall { policy drop ; accept tunnel own ; accept tunnel other ; accept forward through own }
}
host s { interface on staff .10 ; default via gw }
host g { interface on guest .10 ; default via gw }
host c1 { interface on inet .11 }
host c2 { interface on inet .12 }
host d1 { interface on inet .21 }
host d2 { interface on inet .22 }
ipsec own { gateway gw protecting staff ; client c1, c2 ; pool 10.3.0.0/28 ; auth certificate }
ipsec other { gateway gw protecting %s ; client d1, d2 ; pool 10.4.0.0/28 ; auth certificate }
"""


@pytest.mark.parametrize("esp", Esp)
def test_each_client_of_a_pool_has_its_own_address(esp: Esp) -> None:
    where = world(GROUPS % "guest", esp)
    inner = {}
    for client in ("c1", "c2"):
        verdict = ask(where, client, "10.1.0.10")
        assert verdict.passes
        steps = [step for hop in verdict.request for step in hop.steps if step.decision is Decision.DECAPSULATE]
        inner[client] = [str(step.packet.source) for step in steps]
    assert inner == {"c1": ["10.3.0.1"], "c2": ["10.3.0.2"]}


@pytest.mark.parametrize("esp", Esp)
def test_through_a_tunnel_is_through_those_of_its_own_clients_alone(esp: Esp) -> None:
    where = world(GROUPS % "staff", esp)
    assert [ask(where, client, "10.1.0.10").passes for client in ("c1", "c2", "d1", "d2")] == [True, True, False, False]


def test_no_traffic_opens_a_tunnel_whose_client_has_its_address_from_it() -> None:
    """A trap for 10.3.0.1 catches nothing: the node has that address when the tunnel is up."""
    text = (GROUPS % "guest").replace("auth", "start on traffic ; auth").replace("pool 10.4.0.0/28 ; ", "")
    starts = {(end.node, child.start) for node in lab(text).nodes for end in node.tunnels for child in end.children}
    opened = {one for one in starts if one[0] != "gw"}
    assert opened == {("c1", Start.BOOT), ("c2", Start.BOOT), ("d1", Start.TRAFFIC), ("d2", Start.TRAFFIC)}


ROAD = """
network inet 192.0.2.0/24
network home 10.9.0.0/24
network corp 10.1.0.0/24, fc00:1::/64
router cpe { interface on inet .9 ; interface on home .1 ; nat { masquerade out inet } }
router gw {
  interface on inet .1
  interface on corp .1, ::1
  default via cpe
  firewall { policy drop ; accept tunnel rw ; accept forward tcp/80 from corp to rw.c2 }
}
host srv { interface on corp .10, ::10 ; default via gw }
host c1 { interface on home .11 ; default via cpe ; serve http }
host c2 { interface on inet .12 ; default via cpe ; serve http }
ipsec rw { gateway gw protecting corp ; client c2 ; client c1 ; pool 10.3.0.0/30, fc00:3::/64, 10.4.0.0/30 ; auth psk }
%s
"""


def test_clients_have_the_addresses_of_hosts_of_one_prefix_after_the_other() -> None:
    pool = tuple(map(ip_network, ("10.3.0.0/30", "fc00:3::/64", "10.4.0.0/31")))
    assert [[*map(str, virtual_addresses(pool, number))] for number in range(5)] == [
        ["10.3.0.1", "fc00:3::1"], ["10.3.0.2", "fc00:3::2"], ["10.4.0.0", "fc00:3::3"], ["10.4.0.1", "fc00:3::4"],
        ["fc00:3::5"],
    ]  # fmt: skip


@pytest.mark.parametrize("esp", Esp)
def test_a_client_is_reached_by_the_name_of_its_virtual_address(esp: Esp) -> None:
    expected = "expect { srv reaches rw.c2 tcp/80 through rw ; srv cannot reach rw.c1 }"
    found = check_text((ROAD % expected).encode(), esp=esp)
    assert [one.message for one in found.diagnostics] == []


def test_a_filter_means_the_one_address_and_the_hosts_file_has_its_name() -> None:
    found = lab(ROAD % "")
    gateway = next(node for node in found.nodes if node.id == "gw")
    assert gateway.firewall is not None
    rules = [rule for rule in gateway.firewall.rules if isinstance(rule, FilterRule)]
    assert [*map(str, rules[0].match.destinations)] == ["10.3.0.1/32", "fc00:3::1/128"]
    named = {name: str(address) for address, names in found.hosts for name in names}
    assert (named["rw-c2"], named["rw-c1"], named["c1"]) == ("fc00:3::1", "fc00:3::2", "10.9.0.11")


def test_the_matrix_has_a_column_for_a_virtual_address() -> None:
    where = world(ROAD % "")
    cells = {(str(cell.source), str(cell.address)): cell.outcome for cell in matrix(where, port(Protocol.TCP, 80))}
    assert cells["srv", "10.3.0.1"] is Outcome.ANSWERED
    assert cells["srv", "10.3.0.2"] is Outcome.DROPPED
    assert virtual_names(where.lab)[ip_address("10.3.0.2")] == "rw.c1"


def test_what_policies_give_no_address_to_is_no_goal() -> None:
    code, marked, message, _ = said(ROAD % "expect { srv reaches rw.gw }")
    assert (code, marked, message) == ("wrong-element", "rw.gw", "`gw` has no address of its own inside `rw`")


BEHIND = """
network inet 192.0.2.0/24
network home 192.168.1.0/24
network far 10.2.0.0/24
router nat { interface on inet .1 ; interface on home .1 ; nat { masquerade out inet } ; %s }
router gw { interface on inet .2 ; interface on far .1 ; %s }
host a { interface on home .10 ; default via nat }
host b { interface on home .20 ; default via nat }
host s { interface on far .10 ; default via gw }
%s
"""
CLIENTS = "ipsec vpn { gateway gw.inet protecting far ; client a, b ; %s auth psk }"
SITES = """
ipsec one { between gw.inet protecting far and a ; auth psk }
ipsec two { between gw.inet protecting far and b ; auth psk }
"""


@pytest.mark.parametrize("esp", Esp)
@pytest.mark.parametrize(
    "tunnels", [CLIENTS % "", CLIENTS % "pool 10.3.0.0/28 ;", CLIENTS % "start on traffic ;", SITES]
)
def test_clients_behind_one_nat_have_ports_of_their_own_there(tunnels: str, esp: Esp) -> None:
    drop = "firewall { policy drop ; accept tunnel %s ; accept forward through ipsec }"
    names = "one ; accept tunnel two" if tunnels == SITES else "vpn"
    where = world(BEHIND % ("", drop % names, tunnels), esp)
    verdicts = [ask(where, client, "10.2.0.10") for client in ("a", "b")]
    assert all(verdict.passes and verdict.is_encrypted for verdict in verdicts)
    outer = [wire.packet for verdict in verdicts for wire in verdict.wires if wire.network == "inet"]
    assert [(packet.source_port, packet.destination_port) for packet in outer] == [
        (4500, 4500), (4500, 4500), (1024, 4500), (4500, 1024),
    ]  # fmt: skip


@pytest.mark.parametrize("esp", Esp)
def test_a_nat_with_a_tunnel_of_its_own_gives_the_client_behind_it_another_port(esp: Esp) -> None:
    tunnels = "ipsec own { between nat and gw protecting 10.9.0.0/24 ; auth psk }\n" + CLIENTS % ""
    where = world(BEHIND % ("", "loopback 10.9.0.1/32", tunnels), esp)
    assert ask(where, "nat", "10.9.0.1").is_encrypted
    for client in ("a", "b"):
        verdict = ask(where, client, "10.2.0.10")
        assert verdict.passes
        assert verdict.is_encrypted


@pytest.mark.parametrize("lines", ["client one, two", "client one ; pool 10.3.0.0/28", "client one ; start on traffic"])
def test_a_gateway_without_a_way_to_clients_behind_a_nat_has_the_address_where_they_come(lines: str) -> None:
    behind = """
    network inet 203.0.113.0/24
    network lan 10.0.0.0/24
    network far 10.2.0.0/24
    router nat { interface wan on inet .1 ; interface lan on lan .1 ; nat { masquerade out wan } }
    router server { interface on inet .2 ; interface on far .1 }
    host one { interface on lan .2 ; default via nat }
    host two { interface on lan .3 ; default via nat }
    host f { interface on far .2 ; default via server }
    """
    tunnel = f"ipsec rw {{ gateway server protecting far ; auth psk ; {lines} }}\n"
    assert codes(f"{behind}{tunnel}expect {{ one reaches f through rw }}") == []
    apart = behind.replace(" ; nat { masquerade out wan }", "")
    assert "tunnel-ends-do-not-meet" in codes(f"{apart}{tunnel}")
