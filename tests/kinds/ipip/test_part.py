"""IPIP in a node: the table that its script reads, and a running pair of nodes."""

import pytest

from tests.kinds.asking import files, lab, records
from tests.kinds.conftest import Pair

SITES = """
network isp 192.0.2.0/24, fd00:5::/64
network left 10.1.0.0/24
network right 10.2.0.0/24
router a {
  interface wan on isp .1, ::1
  interface lan on left .1
  firewall { policy drop ; accept tunnel t ; accept input, output icmp }
}
router b { interface wan on isp .2, ::2 ; interface lan on right .1 }
tunnel t ipip { between a%s and b%s ; %s }
"""
BOTH, IPV4 = ("", ""), (" protecting left", " protecting right")


@pytest.mark.parametrize(
    ("inside", "line", "link", "far"),
    [
        (
            IPV4, "over ipv4", "type ipip local 192.0.2.1 remote 192.0.2.2 ttl 64",
            ["iff-up,iff-no-pi", "IP4-DATAGRAM:192.0.2.2:4,bind=192.0.2.1,range=192.0.2.2/32,ttl=64"],
        ),
        (
            IPV4, "over ipv6 ; ttl 9",
            "type ip6tnl mode ipip6 local fd00:5::1 remote fd00:5::2 hoplimit 9 encaplimit none",
            [
                "iff-up,iff-no-pi",
                "IP6-DATAGRAM:[fd00:5::2]:4,bind=[fd00:5::1],range=[fd00:5::2]/128,ipv6-unicast-hops=9",
            ],
        ),
        (
            BOTH, "over ipv4 ; addresses fd00:9::/64", "type sit local 192.0.2.1 remote 192.0.2.2 ttl 64",
            ["iff-up,iff-no-pi", "IP4-DATAGRAM:192.0.2.2:41,bind=192.0.2.1,range=192.0.2.2/32,ttl=64"],
        ),
        (
            BOTH, "over ipv4", "type sit mode any local 192.0.2.1 remote 192.0.2.2 ttl 64",
            ["-", "IPIP in user space carries one family only"],
        ),
    ],
)  # fmt: skip
def test_the_table_has_both_ways_to_make_the_device(
    inside: tuple[str, str], line: str, link: str, far: list[str]
) -> None:
    assert records(lab(SITES % (*inside, line)), "a", "ipip.tsv") == [["t", "t", link, *far]]


def test_the_filter_takes_the_protocols_of_the_families_inside() -> None:
    rules = files(lab(SITES % (*IPV4, "over ipv4")), "a")["filter.nft"]
    assert "ip saddr 192.0.2.2 ip daddr 192.0.2.1 meta l4proto 4 accept" in rules


def test_packets_pass_between_two_nodes(pair: Pair) -> None:
    one, other = pair(lab(SITES % (*IPV4, "over ipv4")))
    assert (one.start(), other.start()) == ("", "")
    assert one.inside("ping", "-n", "-c", "1", "-W", "2", "-s", "1452", "10.2.0.1").returncode == 0
    assert other.verb("ready").returncode == 0


def test_both_families_without_the_kernels_device_end_the_node_with_the_reason(pair: Pair) -> None:
    one, _ = pair(lab(SITES % (*BOTH, "over ipv4")))
    said = one.start()
    if said == "":
        pytest.skip("this kernel has such devices")
    assert "tunnel t: this kernel has no such device, and IPIP in user space carries one family only" in said
