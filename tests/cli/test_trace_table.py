"""A trace as text: verdicts made by hand, so that every word of the engine's has a place in the table."""

import json
import re
from dataclasses import replace
from ipaddress import ip_address

import pytest

from netdsl.cli.flow_json import trace_json
from netdsl.cli.trace_table import RESULTS, trace_table
from netdsl.ir.ids import Address, NetworkId, NodeId, TunnelId
from netdsl.ir.service import Protocol, port
from netdsl.kinds.ipsec.ir import AH, ESP
from netdsl.packets.types import Decision, Hook, Hop, Outcome, Packet, Step, Verdict, Wire
from netdsl.packets.world import World
from netdsl.pipeline.analysis import check_text
from netdsl.source import Place, SourceFile, Span

LAB = b"""lab small
network lan 10.0.0.0/24
network isp 192.0.2.0/24
host pc { interface on lan .2 ; default via gw }
router gw { interface on lan .1 ; interface on isp .1 }
host far { interface on isp .9 ; default via gw }
"""
WEB = port(Protocol.TCP, 80)


def _at(line: int) -> Place:
    source = SourceFile("lab.net", LAB.decode())
    return Place(Span(source, source.line_starts[line - 1], source.line_starts[line - 1] + 4))


def _address(text: str) -> Address:
    return ip_address(text)


SENT = Packet(_address("10.0.0.2"), _address("192.0.2.9"), Protocol.TCP, 40000, 80)
HIDDEN = replace(SENT, source=_address("192.0.2.1"))
OUTER = Packet(_address("192.0.2.1"), _address("192.0.2.9"), ESP, size=140, inner=HIDDEN, tunnel=TunnelId("vpn"))
FIRST = Hop(NodeId("pc"), None, "lan", (), (Wire(NetworkId("lan"), SENT, False),))
SECOND = Hop(
    NodeId("gw"),
    "lan",
    "isp",
    (
        Step(Hook.FORWARD, Decision.ACCEPT, "`accept forward`", SENT, _at(5)),
        Step(Hook.POSTROUTING, Decision.SNAT, "`masquerade out isp`", HIDDEN, _at(5)),
        Step(Hook.TUNNEL, Decision.ENCAPSULATE, "into tunnel `vpn`", OUTER, _at(5)),
    ),
    (Wire(NetworkId("isp"), OUTER, True),),
)
THIRD = Hop(
    NodeId("far"), "isp", None, (Step(Hook.TUNNEL, Decision.DECAPSULATE, "out of tunnel `vpn`", HIDDEN, _at(5)),), ()
)
ARRIVED = Verdict(
    Outcome.ANSWERED,
    "`far.http` answers",
    NodeId("pc"),
    SENT.destination,
    WEB,
    (FIRST, SECOND, THIRD),
    node=NodeId("far"),
    hook=Hook.SOCKET,
    origin=_at(6),
    answered_by=(NodeId("far"), "http"),
)


@pytest.fixture(scope="module")
def world() -> World:
    lab = check_text(LAB).lab
    assert lab is not None
    return World(lab)


def test_each_hop_says_what_was_decided_changed_and_is_on_the_wire(world: World) -> None:
    assert trace_table(world, ARRIVED, 80) == (
        "pc to 192.0.2.9, tcp/80\n"
        "\n"
        "REQUEST  tcp 10.0.0.2:40000 > 192.0.2.9:80\n"
        " 1  pc, out lan via 10.0.0.1 (<stdin>:4)\n"
        "    ~ lan       clear       tcp 10.0.0.2:40000 > 192.0.2.9:80\n"
        " 2  gw, in lan, out isp\n"
        "    forward     accept      `accept forward` (lab.net:5)\n"
        "    postrouting snat        `masquerade out isp` (lab.net:5)\n"
        "                            source 10.0.0.2:40000 -> 192.0.2.1:40000\n"
        "    tunnel      encapsulate into tunnel `vpn` (lab.net:5)\n"
        "                            tcp 192.0.2.1:40000 > 192.0.2.9:80 (84 B)\n"
        "                            -> esp 192.0.2.1 > 192.0.2.9 (140 B)\n"
        "    ~ isp       ESP         esp 192.0.2.1 > 192.0.2.9\n"
        "                            inside: tcp 192.0.2.1:40000 > 192.0.2.9:80\n"
        " 3  far, in isp, it is taken\n"
        "    tunnel      decapsulate out of tunnel `vpn` (lab.net:5)\n"
        "                            -> tcp 192.0.2.1:40000 > 192.0.2.9:80\n"
        "\n"
        "ANSWERED  `far.http` answers\n"
        "  on the wire: encrypted on isp; clear on lan\n"
        "  --> lab.net:6:1\n"
        "  6 | host far { interface on isp .9 ; default via gw }\n"
    )


def test_a_packet_that_ends_has_the_node_the_hook_and_the_statement_last(world: World) -> None:
    end = Step(Hook.FORWARD, Decision.DROP, "dropped by `policy drop` at `gw`", SENT, _at(5))
    verdict = replace(
        ARRIVED,
        outcome=Outcome.DROPPED,
        reason="dropped by `policy drop` at `gw`",
        request=(FIRST, Hop(NodeId("gw"), "lan", None, (end,), ())),
        node=NodeId("gw"),
        hook=Hook.FORWARD,
        origin=_at(5),
        answered_by=None,
    )
    table = trace_table(world, verdict, 80)
    assert " 2  gw, in lan\n    forward    drop        dropped by `policy drop` at `gw` (lab.net:5)\n" in table
    assert table.endswith(
        "DROPPED  dropped by `policy drop` at `gw`\n  at gw, forward\n  --> lab.net:5:1\n"
        "  5 | router gw { interface on lan .1 ; interface on isp .1 }\n"
    )


@pytest.mark.parametrize("width", [20, 60, 80, 110, 400])
def test_nothing_is_cut_and_no_line_is_too_long(world: World, width: int) -> None:
    wide = replace(
        SENT,
        source=_address("2001:db8:1111:2222:3333:4444:5555:6666"),
        destination=_address("2001:db8:1111:2222:3333:4444:5555:7777"),
    )
    name = NodeId("a-site.with-a-long-name.of-many-parts.client-1")
    hops = (Hop(NodeId("gw"), "lan", "isp", (), (Wire(NetworkId(name), wide, False),)),)
    table = trace_table(world, replace(ARRIVED, request=hops, raw=(name,)), width)
    assert max(map(len, table.splitlines())) <= min(max(width, 60), 110)
    assert name in table.replace("\n", "").replace(" ", "")
    assert "[2001:db8:1111:2222:3333:4444:5555:7777]:80" in re.sub(r"\n *", "", table)


def test_what_goes_round_is_shown_once(world: World) -> None:
    back = Hop(NodeId("gw"), "isp", "isp", (), (Wire(NetworkId("isp"), SENT, False),))
    end = Step(Hook.ROUTE, Decision.DROP, "it goes round", SENT)
    hops = (FIRST, *([back] * 60), Hop(NodeId("gw"), "isp", None, (end,), ()))
    table = trace_table(world, replace(ARRIVED, outcome=Outcome.LOOP, request=hops), 80)
    assert "    … and so on, 59 more hops\n62  gw, in isp\n" in table
    assert len(table.splitlines()) < 20


def test_ah_is_readable_and_esp_behind_nat_is_in_udp(world: World) -> None:
    ah = replace(OUTER, protocol=AH)
    udp = replace(OUTER, protocol=Protocol.UDP, source_port=4500, destination_port=4500, shown="ESP in UDP")
    hops = tuple(
        Hop(NodeId("gw"), "lan", "isp", (), (Wire(NetworkId("isp"), packet, packet is udp),)) for packet in (ah, udp)
    )
    table = trace_table(world, replace(ARRIVED, request=hops), 80)
    assert "~ isp      AH clear    ah 192.0.2.1 > 192.0.2.9\n" in table
    assert "~ isp      ESP in UDP  esp in udp 192.0.2.1:4500 > 192.0.2.9:4500\n" in table


def test_every_outcome_has_a_word() -> None:
    assert set(RESULTS) == set(Outcome)


def test_nothing_from_a_source_moves_the_cursor(world: World) -> None:
    step = Step(Hook.FORWARD, Decision.ACCEPT, "`accept \x1b[2J\x07`", SENT)
    table = trace_table(world, replace(ARRIVED, request=(replace(FIRST, steps=(step,)),)), 80)
    assert "\x1b" not in table
    assert "\x07" not in table


def test_json_has_the_packet_before_and_after_each_step(world: World) -> None:
    document = json.loads(trace_json(world, ARRIVED, 84))
    assert (document["format"], document["lab"], document["outcome"]) == ("netdsl-trace", "small", "answered")
    assert (document["encrypted_on"], document["clear_on"], document["tunnels"]) == (["isp"], ["lan"], ["vpn"])
    gateway = document["request"][1]
    snat, esp = gateway["steps"][1:]
    assert (snat["before"]["source"], snat["after"]["source"]) == ("10.0.0.2", "192.0.2.1")
    assert (esp["after"]["protocol"], esp["after"]["inside"], esp["after"]["tunnel"]) == ("esp", esp["before"], "vpn")
    assert document["place"] == "lab.net:6:1"
    assert document["request"][0]["next_hop"] == "10.0.0.1"
