"""What a tunnel leaves for IPv6 inside."""

import pytest

from tests.kinds.asking import findings, lab, said

LAB = """lab x
network isp 192.0.2.0/24 {{ mtu {mtu} }}
network l 10.1.0.0/24{left}
network r 10.2.0.0/24{right}
network o 10.5.0.0/24{inside}
router a {{ interface on isp .1 ; interface on l ; interface on o }}
router b {{ interface on isp .2 ; interface on r ; interface on o }}
{tunnel}
"""
GRE = (
    "tunnel t gre { between a.isp protecting l and b.isp protecting r ; %s }\n"
    "tunnel s vxlan { between a.isp and b.isp ; carries o }"
)
VXLAN = "tunnel t vxlan { between a.isp and b.isp ; carries o }"


def text(tunnel: str, mtu: int, left: str = "", right: str = "", inside: str = "") -> str:
    return LAB.format(tunnel=tunnel, mtu=mtu, left=left, right=right, inside=inside)


@pytest.mark.parametrize(
    ("source", "size"),
    [
        (text(GRE % "addresses fd00:9::/64", 1303), 1279),
        (text(GRE % "addresses 10.9.0.0/30", 1303, left=", fd00:1::/64", right=", fd00:2::/64"), 1279),
        (text(VXLAN, 1329, inside=", fd00:5::/64"), 1279),
    ],
)
def test_ipv6_inside_needs_1280_bytes(source: str, size: int) -> None:
    code, marked, message, advice = said(source)
    assert (code, marked.split(" {")[0].split()[:2]) == ("mtu-out-of-range", ["tunnel", "t"])
    assert message == f"packets inside `t` have at most {size} bytes, and IPv6 needs 1280"
    assert advice == "a larger `mtu` of the links between the ends, or IPv4 alone inside"


@pytest.mark.parametrize(
    "source",
    [
        text(GRE % "addresses 10.9.0.0/30", 1303),
        text(GRE % "addresses fd00:9::/64", 1304),
        text(VXLAN, 1329),
        text(VXLAN, 1330, inside=", fd00:5::/64"),
    ],
)
def test_ipv4_alone_and_what_is_large_enough_pass(source: str) -> None:
    assert findings(source) == []
    assert lab(source)
