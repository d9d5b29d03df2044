"""VXLAN in a node: the tables, batches and filters that its script reads."""

from tests.kinds.asking import files, lab, records

OFFICES = """
network isp 192.0.2.0/24, fd00:5::/64
network o 10.5.0.0/24
router a {
  interface wan on isp .1, ::1
  interface on o .1 { mac 02:00:00:00:00:0a }
  firewall { policy drop ; accept tunnel t }
}
router b { interface wan on isp .2, ::2 ; interface on o .2 { mac 02:00:00:00:00:0b } }
router c { interface wan on isp .3, ::3 ; interface on o .3 { mac 02:00:00:00:00:0c } }
tunnel t vxlan { between a, b and c ; carries o ; vni 42 ; port 8472 ; ttl 9 ; over %s }
"""


def test_the_table_has_the_device_and_each_other_end() -> None:
    found = lab(OFFICES % "ipv4")
    assert records(found, "a", "vxlan.tsv") == [
        ["o", "address 02:00:00:00:00:0a type vxlan id 42 local 192.0.2.1 dstport 8472 ttl 9 nolearning"],
    ]  # fmt: skip
    assert records(found, "a", "vxlan-peers.tsv") == [
        ["t_b", "o", "192.0.2.2", "02:00:00:00:00:0b"], ["t_c", "o", "192.0.2.3", "02:00:00:00:00:0c"],
    ]  # fmt: skip
    assert [line[2] for line in records(found, "a", "tunnels.tsv")] == ["t_b", "t_c"]


def test_outer_packets_are_of_either_family() -> None:
    found = lab(OFFICES % "ipv6")
    assert " local fd00:5::1 " in records(found, "a", "vxlan.tsv")[0][1]
    assert records(found, "a", "vxlan-peers.tsv")[0][2] == "fd00:5::2"


def test_the_batch_has_mtu_and_addresses_and_no_cable_is_looked_for() -> None:
    inside = files(lab(OFFICES % "ipv4"), "b")
    assert inside["devices/o.batch"].splitlines() == [
        "link set dev o mtu 1450", "link set dev o up", "address add 10.5.0.2/24 dev o",
    ]  # fmt: skip
    assert [line.split("\t")[1] for line in inside["interfaces.tsv"].splitlines()] == ["wan"]
    assert "10.5.0.2" not in inside["addresses.batch"]


def test_the_filter_takes_the_port_with_the_other_ends_only() -> None:
    rules = files(lab(OFFICES % "ipv4"), "a")["filter.nft"]
    assert "ip saddr { 192.0.2.2, 192.0.2.3 } ip daddr 192.0.2.1 udp dport 8472 accept" in rules
    assert "ip daddr { 192.0.2.2, 192.0.2.3 } ip saddr 192.0.2.1 udp dport 8472 accept" in rules
