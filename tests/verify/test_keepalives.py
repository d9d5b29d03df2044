"""keepalive-too-long: what keeps a NAT from forgetting a tunnel, for kinds that have keepalives."""

import pytest

from tests.kinds.asking import findings

HOME = """
network isp 192.0.2.0/24
network home 192.168.1.0/24
router hub { interface wan on isp .1 }
router box { interface wan on isp .2 ; interface on home .1 ; nat { masquerade out wan } ; %(box)s }
host a { interface on home .10 ; default via box }
%(kind)s t { addresses 10.9.0.0/29 ; gateway hub %(hub)s ; client a ; keepalive %(seconds)ss for a ; %(t)s }
"""
KINDS = ("wireguard", "openvpn")


def too_long(kind: str, seconds: int, box: str = "", hub: str = "", t: str = "") -> list[str]:
    """The messages of the rule, and no finding of another one."""
    text = HOME % {"kind": kind, "seconds": seconds, "box": box, "hub": hub, "t": t}
    found = findings(text)
    assert {one.rule.code for one in found} <= {"keepalive-too-long"}
    return [one.message for one in found]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("seconds", "is_told"), [(25, False), (29, False), (30, True), (60, True)])
def test_a_nat_forgets_a_flow_of_udp_after_thirty_seconds(kind: str, seconds: int, is_told: bool) -> None:
    hub = "{ keepalive 200s }" if kind == "openvpn" else ""
    assert too_long(kind, seconds, hub=hub) == ["`box` may forget the way to `a` after 30 s"] * is_told


@pytest.mark.parametrize("kind", KINDS)
def test_packets_of_the_other_end_keep_the_flow_as_well(kind: str) -> None:
    assert too_long(kind, 60, hub="{ keepalive 20s }") == []


@pytest.mark.parametrize(("timeout", "is_told"), [(120, False), (10, True)])
def test_the_node_may_keep_flows_for_another_time(timeout: int, is_told: bool) -> None:
    found = too_long(
        "wireguard", 25 if is_told else 60, box=f"sysctl net.netfilter.nf_conntrack_udp_timeout = {timeout}"
    )
    assert found == [f"`box` may forget the way to `a` after {timeout} s"] * is_told


def test_a_connection_of_tcp_needs_none() -> None:
    assert too_long("openvpn", 60, hub="{ keepalive 60s }", t="listen tcp/1194") == []


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_nat_on_the_way_nothing_is_forgotten(kind: str) -> None:
    text = HOME.replace("nat { masquerade out wan }", "").replace(
        "interface wan on isp .1", "interface wan on isp .1 ; default via box"
    )
    assert findings(text % {"kind": kind, "seconds": 60, "box": "", "hub": "", "t": ""}) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_nat_that_sees_the_packets_of_a_tunnel_around_it_keeps_the_flow_of_that_one(kind: str) -> None:
    around = "ipsec vpn { gateway hub ; client a ; auth psk ; start at boot }"
    text = f"{HOME % {'kind': kind, 'seconds': 60, 'box': '', 'hub': '', 't': ''}}\n{around}"
    assert [one.rule.code for one in findings(text)] == []
