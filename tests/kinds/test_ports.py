"""A port of a node has one listener: a tunnel, all tunnels of a kind that share it, or a service."""

import pytest

from tests.kinds.asking import findings

NODES_ON_ONE = """
network isp 192.0.2.0/24
host a { interface on isp .1 ; %s }
host b { interface on isp .2 ; %s }
"""
WIREGUARD = "wireguard t { between a and b ; addresses 10.9.0.0/30 ; listen udp/%s }\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            NODES_ON_ONE % ("", "serve tcp x tcp/53 ; serve dns") + WIREGUARD % "53",
            "the service `dns` and the tunnel `t` of `b` listen on udp/53",
        ),
        (
            NODES_ON_ONE % ("", "") + WIREGUARD % "4500" + "ipsec v { between a and b ; auth psk }\n",
            "the tunnel `t` and the tunnel `v` of `a` listen on udp/4500",
        ),
        (
            NODES_ON_ONE % ("interface x on seg", "interface x on seg") + "network seg 10.7.0.0/24\n" + WIREGUARD % "4789"
            + "tunnel v vxlan { between a and b ; carries seg ; vni 7 }\n",
            "the tunnel `t` and the tunnel `v` of `a` listen on udp/4789",
        ),
    ],
)  # fmt: skip
def test_a_port_that_a_tunnel_and_something_else_listen_on_is_reported_once(text: str, message: str) -> None:
    found = [one for one in findings(text) if one.rule.code == "port-taken"]
    assert [one.message for one in found] == [message]


def test_ports_of_two_protocols_or_of_tunnels_of_one_kind_are_not_taken() -> None:
    text = NODES_ON_ONE % ("serve tcp x tcp/51820", "") + WIREGUARD % "51820"
    text += "".join(f"ipsec v{n} {{ between a and b ; auth psk ; only tcp/{n} }}\n" for n in (1, 2))
    assert "port-taken" not in {one.rule.code for one in findings(text)}
