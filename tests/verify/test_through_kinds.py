"""`through KIND`: every tunnel of a kind that the node has, and those of no other kind."""

import pytest

from .asking import ask, codes

TEXT = """
network wan 192.0.2.0/24
network left 10.1.0.0/24
network mid 10.2.0.0/24
network right 10.3.0.0/24
router a { interface on wan .1 ; interface on left .1 ; %s }
router m { interface on wan .2 ; interface on mid .1 }
router b { interface on wan .3 ; interface on right .1 }
host h { interface on left .9 ; default via a }
host i { interface on mid .9 ; default via m }
host s { interface on right .9 ; default via b ; serve http }
tunnel vpn gre { between a protecting left and b protecting right ; addresses 10.9.0.0/30 }
tunnel far gre { between a protecting left and m protecting mid }
ipsec closed { between m protecting mid and b protecting right ; auth psk ; start on traffic }
"""
ACCEPT = "accept tunnel vpn ; accept tunnel far"


def wall(lines: str) -> str:
    return TEXT % f"firewall {{ policy drop ; {ACCEPT} ; {lines} }}"


@pytest.mark.parametrize("destination", ["10.2.0.9", "10.3.0.9"])
def test_a_kind_stands_for_all_its_tunnels(destination: str) -> None:
    assert ask(wall("accept forward through gre"), "h", destination).passes


@pytest.mark.parametrize("kind", ["ipsec", "vxlan"])
def test_a_kind_that_the_node_has_no_tunnel_of_matches_nothing(kind: str) -> None:
    assert not ask(wall(f"accept forward through {kind}"), "h", "10.3.0.9").passes


def test_a_tunnel_and_a_kind_in_one_clause_are_alternatives() -> None:
    assert ask(wall("accept forward through vpn, ipsec"), "h", "10.3.0.9").passes
    assert ask(wall("accept forward through ipsec, vpn"), "h", "10.3.0.9").passes


@pytest.mark.parametrize(
    ("first", "second", "is_hidden"),
    [
        ("through gre", "through vpn", True),
        ("through gre", "through gre from left", True),
        ("through ipsec", "through vpn", False),
        ("through vpn", "through gre", False),
        ("through ipsec", "through gre", False),
        ("in wan", "in wan through vpn", False),
        ("in wan through gre", "in wan through vpn", True),
        ("", "in wan through vpn", True),
    ],
)
def test_a_line_hides_another_of_the_same_tunnels(first: str, second: str, is_hidden: bool) -> None:
    found = codes(wall(f"accept forward {first} ; drop forward {second}"))
    assert found == (["rule-never-matches"] if is_hidden else [])


SEGMENT = """
network wan 192.0.2.0/24
network left 10.1.0.0/24
network shared 10.2.0.0/24
router a { interface on wan .1 ; interface on left .1 ; interface on shared .1 ; nat { masquerade out shared %s } }
host b { interface on wan .2 ; interface on shared .2 ; default via a.shared }
host h { interface on left .9 ; default via a }
tunnel vx vxlan { between a and b ; carries shared }
"""


def test_source_nat_leaves_out_what_goes_into_a_segment() -> None:
    def seen(clause: str) -> str:
        wires = ask(SEGMENT % clause, "h", "10.2.0.2").wires
        return next(str(wire.packet.source) for wire in wires if wire.network == "shared")

    assert seen("") == "10.2.0.1"
    assert seen("except through gre") == "10.2.0.1"
    assert seen("except through vxlan") == "10.1.0.9"


def test_masquerade_out_of_the_outer_interface_leaves_a_device_s_packets_alone() -> None:
    text = TEXT % "nat { masquerade out wan }"
    assert codes(text) == []
    found = ask(text, "h", "10.3.0.9", "tcp/80")
    assert found.tunnels == ("vpn",)
    assert "10.1.0.9" in {str(wire.packet.source) for wire in found.wires}


def test_through_a_device_comes_before_source_nat() -> None:
    lines = f"nat {{ masquerade out wan }} ; firewall {{ policy drop ; {ACCEPT} ; accept forward through vpn }}"
    assert codes(TEXT % lines) == []
    assert ask(TEXT % lines, "h", "10.3.0.9").passes
