"""Interfaces, addresses, routes and links inside a node."""

from .node import Node

WAN = "02:00:00:00:00:01"
LAN = "02:00:00:00:00:02"


def addresses(node: Node, name: str) -> list[str]:
    shown = node.inside("ip", "-brief", "-4", "address", "show", "dev", name).stdout.split()
    return shown[2:]


def test_interfaces_are_found_by_mac_address_and_named_although_the_names_are_swapped(node: Node) -> None:
    node.link("lan", WAN)
    node.link("wan", LAN)
    node.data(
        interfaces__tsv=f"{WAN}\twan\tlab\n{LAN}\tlan\tlab\n",
        addresses__batch="address add 172.16.16.16/24 dev wan\naddress add 10.1.0.1/16 dev lan\n",
        routes__batch="route replace default via 172.16.16.1\n",
    )
    assert node.start() == ""
    assert WAN in node.inside("cat", "/sys/class/net/wan/address").stdout
    assert addresses(node, "wan") == ["172.16.16.16/24"]
    assert addresses(node, "lan") == ["10.1.0.1/16"]
    assert "default via 172.16.16.1 dev wan" in node.inside("ip", "route").stdout


def test_the_engines_addresses_and_routes_go_and_overlapping_ranges_and_dot_one_stay(node: Node) -> None:
    node.link("eth0", WAN)
    node.link("eth1", LAN)
    node.inside("ip", "address", "add", "240.1.2.2/28", "dev", "eth0")
    node.inside("ip", "route", "add", "default", "via", "240.1.2.1")
    node.data(
        interfaces__tsv=f"{WAN}\ta\tlab\n{LAN}\tb\tlab\n",
        addresses__batch="address add 10.1.0.1/16 dev a\naddress add 10.1.0.99/16 dev a\naddress add 10.1.0.1/16 dev b\n",
    )
    assert node.start() == ""
    assert addresses(node, "a") == ["10.1.0.1/16", "10.1.0.99/16"]
    assert addresses(node, "b") == ["10.1.0.1/16"]
    assert "default" not in node.inside("ip", "route").stdout


def test_where_macs_are_shared_the_engines_address_finds_the_interface(node: Node) -> None:
    """The lab's interface is laid over it, with the lab's MAC address; the number tells segments apart."""
    node.link("eth0", WAN)
    node.link("eth1", LAN)
    node.inside("ip", "address", "add", "240.1.2.2/28", "dev", "eth0")
    node.inside("ip", "address", "add", "240.1.3.2/28", "dev", "eth1")
    node.data(interfaces__tsv="02:ff:00:00:00:01\twan\tlab\n02:ff:00:00:00:02\tlan\tlab\n")
    assert node.start(NETDSL_INTERFACES="lan=240.1.2.2@7 wan=240.1.3.2@8") == ""
    assert node.inside("cat", "/sys/class/net/wan/address").stdout == "02:ff:00:00:00:01\n"
    assert "vxlan id 8 group 239.110.100.1 dev netdsl-c1" in node.inside("ip", "-d", "link", "show", "wan").stdout
    assert "vxlan id 7 group 239.110.100.1 dev netdsl-c2" in node.inside("ip", "-d", "link", "show", "lan").stdout
    assert addresses(node, "netdsl-c1") == ["240.1.3.2/28"]


def test_a_missing_interface_is_said_and_ends_the_node(node: Node) -> None:
    node.data(interfaces__tsv=f"{WAN}\twan\tlab\n")
    assert f"not ready: interface `wan`: none here has the MAC address {WAN}" in node.start()
    assert node.verb("ready").returncode == 3
    assert "none here has the MAC address" in node.verb("ready").stdout


def test_the_uplink_keeps_the_engines_address_and_default_route(node: Node) -> None:
    node.link("eth0", WAN)
    node.inside("ip", "address", "add", "192.0.2.2/24", "dev", "eth0")
    node.inside("ip", "route", "add", "default", "via", "192.0.2.1")
    node.data(interfaces__tsv=f"{WAN}\tuplink\tuplink\n")
    assert node.start() == ""
    assert addresses(node, "uplink") == ["192.0.2.2/24"]
    assert "default via 192.0.2.1 dev uplink" in node.inside("ip", "route").stdout


def test_the_management_interface_is_left_alone(node: Node) -> None:
    node.link("eth0", WAN)
    node.link("mgmt", LAN)
    node.inside("ip", "address", "add", "192.0.2.2/24", "dev", "mgmt")
    node.inside("ip", "route", "add", "192.0.2.128/25", "via", "192.0.2.1")
    before = node.inside("ip", "route").stdout
    node.data(interfaces__tsv=f"{WAN}\twan\tlab\n")
    assert node.start() == ""
    assert node.inside("ip", "route").stdout == before


def test_starting_again_in_the_same_namespace_gives_the_same(node: Node) -> None:
    node.link("eth0", WAN)
    node.data(
        interfaces__tsv=f"{WAN}\twan\tlab\n",
        links__batch="link add name br0 type bridge\nlink set dev wan master br0\n",
        addresses__batch="address add 10.0.0.1/24 dev br0\n",
        filter__nft="table inet netdsl\ndelete table inet netdsl\ntable inet netdsl {\n}\n",
    )
    assert node.start() == ""
    node.inside("sh", "-c", f"kill -KILL $(cat {node.state}/pid)")
    assert node.start() == ""
    assert addresses(node, "br0") == ["10.0.0.1/24"]
    assert "master br0" in node.inside("ip", "link", "show", "wan").stdout


def test_a_refused_filter_ends_the_node_before_any_link_is_touched(node: Node) -> None:
    node.link("eth0", WAN)
    node.data(interfaces__tsv=f"{WAN}\twan\tlab\n", filter__nft="table inet netdsl { chain x { nonsense } }\n")
    assert "not ready: the packet filter is refused" in node.start()
    assert not node.inside("ip", "link", "show", "wan").stdout


def test_ipv6_addresses_and_the_link_local_one_are_usable_at_once(node: Node) -> None:
    node.link("eth0", WAN)
    node.data(interfaces__tsv=f"{WAN}\twan\tlab\n", addresses__batch="address add fc00:1::2/64 dev wan nodad\n")
    assert node.start() == ""
    shown = node.inside("ip", "-6", "address", "show", "dev", "wan").stdout
    assert "fe80::ff:fe00:1/64" in shown
    assert "fc00:1::2/64" in shown
    assert "tentative" not in shown


def test_a_link_local_address_that_the_lab_gives_stands_alone(node: Node) -> None:
    node.link("eth0", WAN)
    node.link("eth1", LAN)
    node.data(
        interfaces__tsv=f"{WAN}\twan\tlab\n{LAN}\tlan\tlab\n",
        addresses__batch="address add fe80::1/64 dev wan nodad\n",
        routes__batch="route replace fd00::/8 via fe80::2 dev wan\nroute replace fd00:9::/64 via fe80::2 dev lan\n",
    )
    assert node.start() == ""
    own = node.inside("ip", "-6", "-brief", "address", "show", "dev", "wan").stdout.split()
    assert own[2:] == ["fe80::1/64"]
    assert "fe80::ff:fe00:2/64" in node.inside("ip", "-6", "address", "show", "dev", "lan").stdout
    assert "fd00::/8 via fe80::2 dev wan" in node.inside("ip", "-6", "route").stdout


def test_a_next_hop_in_no_prefix_of_an_interface_is_on_its_link(node: Node) -> None:
    node.link("eth0", WAN)
    node.data(
        interfaces__tsv=f"{WAN}\twan\tlab\n",
        addresses__batch="address add 10.9.0.1/32 dev wan\naddress add 10.9.0.1/32 dev lo\n",
        routes__batch="route replace default via 10.9.0.2 dev wan onlink\n",
    )
    assert node.start() == ""
    assert "default via 10.9.0.2 dev wan onlink" in node.inside("ip", "route").stdout
    assert "src 10.9.0.1" in node.inside("ip", "route", "get", "192.0.2.1").stdout


def test_term_stops_the_node_within_a_second_and_frees_its_interfaces(node: Node) -> None:
    node.link("eth0", WAN)
    node.data(parts="busybox\n", interfaces__tsv=f"{WAN}\twan\tlab\n", services__tsv="http\tw\ttcp\t80\tbusybox\n")
    assert node.start() == ""
    assert node.stop() < 1
    assert not node.inside("ip", "link", "show", "wan").stdout
    assert not node.inside("ss", "-Hltn").stdout
