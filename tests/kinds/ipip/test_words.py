"""IPIP's words: what they mean in the lab, and what is said where they are wrong."""

import pytest

from netdsl.kinds.ipip.ir import settings_of
from tests.kinds.asking import end, lab, said

SITES = """
network isp 192.0.2.0/24, fd00:5::/64
network left 10.1.0.0/24
network right 10.2.0.0/24
network new fd00:1::/64
router a { interface wan on isp .1, ::1 ; interface lan on left .1 ; interface new on new ::1 }
router b { interface wan on isp .2, ::2 ; interface lan on right .1 }
"""


def ipip(line: str, ends: str = "between a protecting left and b protecting right") -> str:
    return f"{SITES}tunnel t ipip {{ {ends} ; {line} }}"


@pytest.mark.parametrize(("line", "mtu"), [("over ipv4", 1480), ("over ipv6", 1460), ("over ipv4 ; mtu 1300", 1300)])
def test_the_mtu_inside_is_what_the_header_leaves(line: str, mtu: int) -> None:
    """IPv4's header has 20 bytes, IPv6's 40."""
    assert [end(lab(ipip(line)), node, "t").mtu for node in "ab"] == [mtu, mtu]


@pytest.mark.parametrize(
    ("text", "families"),
    [
        (ipip("over ipv4"), (4,)),
        (ipip("over ipv4", "between a protecting new and b"), (6,)),
        (ipip("over ipv4 ; addresses fd00:9::/64"), (4, 6)),
        (ipip("over ipv4", "between a and b"), (4, 6)),
    ],
)
def test_it_carries_the_families_of_what_is_inside(text: str, families: tuple[int, ...]) -> None:
    assert settings_of(end(lab(text), "a", "t")).families == families


@pytest.mark.parametrize(
    ("line", "code", "marked", "message"),
    [
        ("ttl 0", "out-of-range", "0", "`ttl` is a number from 1 to 255, not 0"),
        ("mtu 67", "mtu-out-of-range", "67", "an MTU of 67 is impossible here"),
        ("addresses fd00:9::/64 ; mtu 1279", "mtu-out-of-range", "1279", "an MTU of 1279 is impossible here"),
        ("key 7", "misplaced-statement", "key 7", "`key` does not belong in a `tunnel ipip`"),
        (
            "addresses 10.9.0.1/32", "pool-exhausted", "10.9.0.1/32",
            "10.9.0.1/32 has one address, and the tunnel has two ends",
        ),
    ],
)  # fmt: skip
def test_a_line_that_is_wrong_is_marked(line: str, code: str, marked: str, message: str) -> None:
    assert said(ipip(f"over ipv4 ; {line}"))[:3] == (code, marked, message)


def test_two_addresses_have_one_such_tunnel() -> None:
    two = ipip("over ipv4") + "\ntunnel u ipip { between a and b ; over ipv4 }"
    assert said(two)[:2] == ("tunnels-not-told-apart", "tunnel u ipip")
    lab(ipip("over ipv4") + "\ntunnel u ipip { between a and b ; over ipv6 }")


def test_gre_between_the_same_addresses_is_told_apart() -> None:
    lab(ipip("over ipv4") + "\ntunnel u gre { between a and b ; over ipv4 }")


def test_a_tunnel_cannot_carry_its_own_outer_packets() -> None:
    assert said(ipip("over ipv4", "between a and b protecting isp"))[0] == "tunnel-carries-itself"
