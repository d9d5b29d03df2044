"""GRE in a node: the tables, batches and filters that its script reads."""

import pytest

from netdsl.backends.gre.part import part
from tests.kinds.asking import files, lab, records

SITES = """
network isp 192.0.2.0/24%(isp)s
network left 10.1.0.0/24, fd00:1::/64
network right 10.2.0.0/24
router a { interface wan on isp .1%(a)s ; interface lan on left .1, ::1 ; firewall { %(rules)s } }
router b { interface wan on isp .2%(b)s ; interface lan on right .1 }
tunnel t gre { between a protecting left and b protecting right ; addresses 10.9.0.0/30, fd00:9::/64 ; %(t)s }
"""
IPV4 = {"isp": "", "a": "", "b": "", "t": "over ipv4"}
IPV6 = {"isp": ", fd00:5::/64", "a": ", ::1", "b": ", ::2", "t": "over ipv6"}


def sites(base: dict[str, str], line: str = "") -> str:
    rules = "policy drop ; accept tunnel t ; accept forward icmp through t"
    return SITES % (base | {"rules": rules} | {"t": f"{base['t']} ; {line}"})


@pytest.mark.parametrize(
    ("text", "link", "tun", "remote"),
    [
        (
            sites(IPV4), "type gre local 192.0.2.1 remote 192.0.2.2 ttl 64",
            "iff-up", "IP4-DATAGRAM:192.0.2.2:47,bind=192.0.2.1,range=192.0.2.2/32,ttl=64",
        ),
        (
            sites(IPV6, "ttl 9"), "type ip6gre local fd00:5::1 remote fd00:5::2 hoplimit 9 encaplimit none",
            "iff-up", "IP6-DATAGRAM:[fd00:5::2]:47,bind=[fd00:5::1],range=[fd00:5::2]/128,ipv6-unicast-hops=9",
        ),
        (
            sites(IPV4, "key 7"), "type gre local 192.0.2.1 remote 192.0.2.2 key 7 ttl 64",
            "-", "GRE in user space has no key",
        ),
    ],
    ids=["IPv4", "IPv6", "key"],
)  # fmt: skip
def test_the_table_has_both_ways_to_make_the_device(text: str, link: str, tun: str, remote: str) -> None:
    assert records(lab(text), "a", "gre.tsv") == [["t", "t", link, tun, remote]]


def test_the_table_of_tunnels_says_that_one_with_a_key_runs_in_the_kernel_alone() -> None:
    assert [records(lab(sites(IPV4, line)), "a", "tunnels.tsv")[0][6] for line in ("", "key 7")] == ["any", "kernel"]


@pytest.mark.parametrize(("line", "devices"), [("", ("/dev/net/tun",)), ("key 7", ())])
def test_a_node_has_the_device_of_user_space_where_that_has_its_tunnels(line: str, devices: tuple[str, ...]) -> None:
    found = lab(sites(IPV4, line))
    share = part.share(found.nodes[0], found)
    assert share is not None
    assert share.needs.devices == devices
    assert ("NET_RAW" in share.needs.capabilities) == bool(devices)


def test_the_batch_has_mtu_addresses_and_routes() -> None:
    assert files(lab(sites(IPV4)), "b")["devices/t.batch"].splitlines() == [
        "link set dev t mtu 1476",
        "link set dev t up",
        "address add 10.9.0.2/30 dev t",
        "address add fd00:9::2/64 dev t nodad",
        "route replace 10.1.0.0/24 dev t",
        "route replace fd00:1::/64 dev t",
    ]


def test_over_a_device_without_addresses_a_node_sends_with_one_that_it_protects() -> None:
    text = sites(IPV4).replace("addresses 10.9.0.0/30, fd00:9::/64 ; ", "")
    assert files(lab(text), "a")["devices/t.batch"].splitlines()[2:] == ["route replace 10.2.0.0/24 dev t src 10.1.0.1"]
    assert files(lab(text), "b")["devices/t.batch"].splitlines()[2:] == [
        "route replace 10.1.0.0/24 dev t src 10.2.0.1",
        "route replace fd00:1::/64 dev t",
    ]


def test_the_filter_takes_protocol_47_with_the_other_end_only() -> None:
    rules = files(lab(sites(IPV4)), "a")["filter.nft"]
    assert "ip saddr 192.0.2.2 ip daddr 192.0.2.1 meta l4proto 47 accept" in rules
    assert "ip daddr 192.0.2.2 ip saddr 192.0.2.1 meta l4proto 47 accept" in rules
    assert 'iifname "t" meta l4proto { icmp, icmpv6 } accept' in rules
    assert 'oifname "t" meta l4proto { icmp, icmpv6 } accept' in rules


def test_a_node_waits_for_its_tunnel_unless_its_lab_is_meant_to_fail() -> None:
    line = ["t", "-", "t", "boot", "never", "restart", "any", "must", "t.t", "gre"]
    assert records(lab(sites(IPV4)), "a", "tunnels.tsv") == [line]
    failing = lab(sites(IPV4) + "expect failure { a reaches b tcp/9 }")
    assert records(failing, "a", "tunnels.tsv")[0][7] == "may"


def test_a_tunnel_in_a_scope_has_the_last_name_as_its_device() -> None:
    text = """
network isp 192.0.2.0/24
router a { interface on isp .1 }
router b { interface on isp .2 }
template pair() {
  tunnel t gre { between a and b }
}
use pair as x ()
"""
    assert records(lab(text), "a", "gre.tsv")[0][:2] == ["x_t", "t"]
