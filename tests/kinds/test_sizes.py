"""MTUs inside tunnels without keys that are said, and the ways of the outer packets."""

import pytest

from tests.kinds.asking import end, lab, said

SITES = """
network isp 192.0.2.0/24%s
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on isp .1 ; interface lan on left .1 ; %s }
router b { interface wan on isp .2 ; interface lan on right .1 ; %s }
%s
"""
TUNNEL = "tunnel t %s { between a.wan protecting left and b.wan protecting right ; %s }"
ON_OFFICE = ("interface on o .1%s", "interface on o .2")


def pair(kind: str, line: str, isp: str = "") -> str:
    return SITES % (isp, "", "", TUNNEL % (kind, line))


def office(network: str = "", line: str = "", interface: str = "") -> str:
    a, b = ON_OFFICE
    tunnel = f"network o 10.5.0.0/24{network}\ntunnel t vxlan {{ between a and b ; carries o ; {line} }}"
    return SITES % ("", a % interface, b, tunnel)


@pytest.mark.parametrize(
    ("text", "marked", "inside", "outside", "way", "room"),
    [
        (pair("gre", "mtu 1477"), "1477", 1477, 1501, 1500, 1476),
        (pair("gre", "mtu 1473 ; key 1"), "1473", 1473, 1501, 1500, 1472),
        (pair("gre", "mtu 1400", " { mtu 1400 }"), "1400", 1400, 1424, 1400, 1376),
        (pair("ipip", "mtu 1500"), "1500", 1500, 1520, 1500, 1480),
        (office(line="mtu 1500"), "1500", 1500, 1550, 1500, 1450),
        (office(" { mtu 1500 }"), "network o 10.5.0.0/24", 1500, 1550, 1500, 1450),
        (office(interface=" { mtu 1480 }"), "interface on o .1", 1480, 1530, 1500, 1450),
    ],
)
def test_an_mtu_that_the_way_has_no_room_for_is_marked_where_it_is_said(
    text: str, marked: str, inside: int, outside: int, way: int, room: int
) -> None:
    assert said(text) == (
        "mtu-above-way",
        marked,
        f"{inside} bytes inside `t` are {outside} outside, and the way from `a` to `b` takes {way}",
        f"`mtu {room}`, which it is without the line; or a larger `mtu` of the links between the ends",
    )


@pytest.mark.parametrize(
    "text",
    [
        pair("gre", "mtu 1476"),
        pair("gre", "mtu 1500", " { mtu 1524 }"),
        pair("ipip", "mtu 1280"),
        office(line="mtu 1450"),
        office(" { mtu 1400 }"),
        office(interface=" { mtu 1450 }"),
    ],
)
def test_an_mtu_that_fits_is_no_finding(text: str) -> None:
    lab(text)


def test_the_end_with_the_smallest_way_is_told() -> None:
    text = SITES % (
        "",
        "interface on o .1 ; route small via b.wan",
        "interface on o .2 ; interface on small .1",
        """
        network o 10.5.0.0/24
        network small 198.51.100.0/24 { mtu 1400 }
        host c { interface on small .3 ; interface on o .3 ; default via b.small }
        tunnel t vxlan { between a.wan, b.wan and c ; carries o ; mtu 1450 }
        """,
    )
    assert said(text)[2] == "1450 bytes inside `t` are 1500 outside, and the way from `a` to `c` takes 1400"


def test_only_the_tunnel_that_is_too_large_is_told_of_two_in_one_another() -> None:
    inner = "tunnel u gre { between a.lan and b.lan ; addresses 10.9.0.0/30 }"
    text = pair("gre", "mtu 1500") + inner
    assert said(text)[:2] == ("mtu-above-way", "1500")
    assert end(lab(pair("gre", "mtu 1300") + inner), "a", "u").mtu == 1276
