"""What a person asks: names with dots, parts of nodes, addresses, services; and what is told where there is none."""

import pytest

from netdsl.ir.lab import Lab
from netdsl.ir.service import Protocol, port
from netdsl.packets.world import World
from netdsl.pipeline.analysis import check_text
from netdsl.verify.question import BadQuestion, nodes_of, question, service_of, world_of

LAB = b"""lab asked
network lan 10.0.0.0/24, fd00::/64
network far 10.9.0.0/24
template site() {
  host pc-1 { interface eth0 on lan ; default via gw }
  host pc-2 { interface eth0 on lan ; default via gw ; serve http app tcp/8080 }
}
use site as a
router gw { interface lan on lan .1, ::1 ; interface out on far .1 }
host server { interface on far .9 ; default via gw ; serve dns }
switch sw
service web = tcp/8443, tcp/443
service http = tcp/81
ipsec vpn { between gw and server ; auth psk ; start by hand }
"""


@pytest.fixture(scope="module")
def lab() -> Lab:
    checked = check_text(LAB)
    assert checked.lab is not None, [found.message for found in checked.diagnostics]
    return checked.lab


@pytest.fixture(scope="module")
def world(lab: Lab) -> World:
    return World(lab)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a.pc-2", "10.0.0.3"),
        ("a.pc-2.eth0", "10.0.0.3"),
        ("a.pc-2.app", "10.0.0.3"),
        ("gw", "10.0.0.1"),  # that near the source
        ("gw.out", "10.9.0.1"),
        ("gw@far", "10.9.0.1"),
        ("10.1.2.3", "10.1.2.3"),
        ("fd00::9", "fd00::9"),
        ("[fd00::9]", "fd00::9"),
    ],
)
def test_a_destination_is_a_node_a_part_of_it_or_an_address(text: str, address: str, world: World) -> None:
    asked = question(world, "a.pc-1", text)
    assert (asked.source, str(asked.destination)) == ("a.pc-1", address)


def test_a_network_with_one_other_node_is_that_node(world: World) -> None:
    assert str(question(world, "gw", "far").destination) == "10.9.0.9"


def test_a_node_is_asked_in_a_family_that_the_source_has(world: World) -> None:
    assert str(question(world, "server", "gw").destination) == "10.9.0.1"
    assert question(world, "a.pc-1", "gw", family=6).destination.version == 6


def test_the_other_addresses_are_told(world: World) -> None:
    assert "10.9.0.1" in map(str, question(world, "a.pc-1", "gw").others)


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("icmp", None),
        ("ping", None),
        ("tcp/8080", port(Protocol.TCP, 8080)),
        ("http", port(Protocol.TCP, 80)),
        ("dns", port(Protocol.UDP, 53)),
    ],
)
def test_a_service_is_a_port_or_a_known_name(text: str, service: object) -> None:
    assert service_of(text) == service


def test_a_name_that_the_lab_gives_to_ports_is_known_and_goes_before_the_common_one(world: World) -> None:
    assert question(world, "a.pc-1", "gw", "web").service == port(Protocol.TCP, 8443)
    assert question(world, "a.pc-1", "gw", "http").service == port(Protocol.TCP, 81)


def test_a_service_of_the_destination_goes_by_its_name(world: World) -> None:
    assert question(world, "a.pc-1", "a.pc-2", "app").service == port(Protocol.TCP, 8080)
    assert question(world, "a.pc-1", "a.pc-2.app").service == port(Protocol.TCP, 8080)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a.cp-1", "gw"), "there is no node `a.cp-1`: did you mean `a.pc-1`?"),
        (("a.pc-1", "servre"), "there is no node, network or address `servre`: did you mean `server`?"),
        (("a.pc-1", "gw.lna"), "`gw` has no interface or service `lna`: did you mean `gw.lan`?"),
        (("a.pc-1", "gw@fra"), "`gw` is not on `fra`: did you mean `far`?"),
        (("a.pc-1", "far"), "`far` is a network of 2 other nodes; one of them is `gw@far`, `server@far`"),
        (("sw", "gw"), "`sw` is a switch, which sends no packets of its own"),
        (("a.pc-1", "gw", "tpc/80"), "there is no service `tpc/80`: did you mean `tcp/80`?"),
        (("a.pc-1", "gw", "wbe"), "there is no service `wbe`: did you mean `web`?"),
        (("a.pc-1", "gw", "80"), "`80` is no service: did you mean `tcp/80`?"),
        (("a.pc-1", "gw", "tcp"), "`tcp` needs a port: `tcp/8080`"),
        (("a.pc-1", "gw", "tcp/1-9"), "`tcp/1-9` is more than one port; name one, as `tcp/1`"),
        (("a.pc-1", "gw", "tcp/70000"), "`tcp/70000`: ports are from 1 to 65535"),
        (("a.pc-1", "a.pc-2.app", "tcp/1"), "`a.pc-2.app` names a service already; `tcp/1` is one too many"),
    ],
)
def test_a_name_that_is_none(words: tuple[str, ...], said: str, world: World) -> None:
    with pytest.raises(BadQuestion) as refused:
        question(world, *words)
    assert str(refused.value) == said


def test_a_family_that_the_node_has_not(world: World) -> None:
    with pytest.raises(BadQuestion, match="`server` has no IPv6 address"):
        question(world, "gw", "server", family=6)


def test_tunnels_and_networks_go_down_tunnels_up(lab: Lab) -> None:
    world = world_of(lab, down=["vpn", "far"], up=["vpn"])
    assert (set(world.held), set(world.cut), set(world.forced)) == ({"vpn"}, {"far"}, {"vpn"})
    with pytest.raises(BadQuestion, match="no tunnel, network or link `vnp`: did you mean `vpn`"):
        world_of(lab, down=["vnp"])
    with pytest.raises(BadQuestion, match="no tunnel `far`"):
        world_of(lab, up=["far"])


def test_nodes_by_pattern_and_by_network(lab: Lab) -> None:
    assert nodes_of(lab, ["a.*", "far"]) == ("a.pc-1", "a.pc-2", "gw", "server")
    with pytest.raises(BadQuestion, match="no node is called like `x"):
        nodes_of(lab, ["x*"])
