"""Two ends that are both behind source NAT: what is said, and that it helps."""

import pytest

from tests.kinds.asking import findings, lab, said

HOMES = """
network isp 192.0.2.0/24
network h1 192.168.1.0/24
network h2 192.168.%(two)s.0/24
router r1 { interface wan on isp .1 ; interface lan on h1 .1 ; nat { masquerade out wan } }
router r2 { interface wan on isp .2 ; interface lan on h2 .1 ; nat { masquerade out wan ; %(nat)s } }
host a { interface on h1 .10 ; default via r1 }
host b { interface on h2 .11 ; default via r2 }
%(tunnel)s
"""
KINDS = {
    "wireguard": "wireguard t { between a and b ; addresses 10.9.0.0/30 ; keepalive 25s ; %s }",
    "ipsec": "ipsec t { between a and b ; auth psk ; %s }",
}
SAID = (
    "both ends are behind source NAT, of `r1` and of `r2`: a `gateway` that both reach, or a `dnat` to `b` in `r2` with "
    "`at ADDRESS for b`"
)


def homes(kind: str, *, line: str = "", nat: str = "", two: int = 2) -> str:
    return HOMES % {"tunnel": KINDS[kind] % line, "nat": nat, "two": two}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("two", [1, 2])
def test_both_ends_behind_nat_are_told_as_such(kind: str, two: int) -> None:
    code, marked, _, advice = said(homes(kind, two=two))
    assert (code, marked, advice) == ("tunnel-ends-do-not-meet", "a", SAID)


def test_with_what_is_said_the_tunnel_comes_up() -> None:
    nat = "dnat udp/51820 to 192.0.2.2 in wan -> b"
    lab(homes("wireguard", nat=nat, line="at 192.0.2.2 for b") + "expect { t is up }")


def test_with_one_end_behind_nat_a_way_is_missing() -> None:
    text = homes("wireguard").replace("nat { masquerade out wan ;  }", "")
    (one,) = (one for one in findings(text) if one.rule.code == "tunnel-ends-do-not-meet")
    assert one.help == "a `route` or `default` in `r1` that leads to 192.168.2.11"
