"""Who may speak to a node: the lab's own interfaces, known by their MAC addresses."""

import subprocess
from ipaddress import ip_address

from netdsl.backends.nftables.guard import guard_file
from netdsl.ir.ids import NetworkId, NodeId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Interface, Neighbour, Node, NodeKind

from .node import Node as Running


def _lab(*macs: str, neighbour: str = "") -> Lab:
    interfaces = tuple(Interface(f"e{number}", NetworkId("n"), mac, (), 1500) for number, mac in enumerate(macs))
    neighbours = (Neighbour(ip_address("10.0.0.9"), neighbour, "e0"),) if neighbour else ()
    return Lab("l", None, (), (Node(NodeId("a"), "a", NodeKind.HOST, interfaces, neighbours=neighbours),))


def test_allocated_addresses_are_known_by_their_prefix_alone() -> None:
    text = guard_file(_lab("02:6e:64:00:00:01", "02:6e:64:00:00:02")).content.decode()
    assert "ether saddr & ff:ff:ff:00:00:00 != 02:6e:64:00:00:00 drop" in text
    assert "02:6e:64:00:00:01" not in text


def test_addresses_that_the_source_gives_are_listed() -> None:
    text = guard_file(_lab("02:00:00:00:00:07", neighbour="02:00:00:00:00:01")).content.decode()
    assert "\t\tether saddr { 02:00:00:00:00:01, 02:00:00:00:00:07 } accept\n" in text


def test_a_stranger_on_the_segment_is_not_answered(node: Running) -> None:
    node.data(
        interfaces__tsv="02:6e:64:00:00:01\tlan\tlab\n",
        addresses__batch="address add 10.0.0.1/24 dev lan\n",
    )
    node.file("../lab/nftables/guard.nft", guard_file(_lab()).content.decode())
    node.inside("ip", "link", "add", "eth0", "address", "02:6e:64:00:00:01", "type", "veth", "peer", "name", "far")
    with subprocess.Popen(node.command(["unshare", "-n", "sleep", "30"])) as far:
        try:
            node.inside("ip", "link", "set", "far", "netns", _its_own(node, far))
            assert node.start() == ""
            assert _answers(node, far, "02:6e:64:00:00:02")
            assert not _answers(node, far, "02:42:00:00:00:02")
        finally:
            far.kill()


def _its_own(node: Running, far: "subprocess.Popen[bytes]") -> str:
    """The process, when it has a network namespace of its own."""
    script = 'until [ "$(readlink /proc/$1/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done'
    assert node.inside("timeout", "5", "sh", "-c", script, "sh", str(far.pid)).returncode == 0
    return str(far.pid)


def _answers(node: Running, far: "subprocess.Popen[bytes]", mac: str) -> bool:
    """Whether the node answers the other end, once that has this MAC address."""
    inside = ("nsenter", "-t", str(far.pid), "-n")
    for words in (("link", "set", "far", "address", mac, "up"), ("address", "replace", "10.0.0.2/24", "dev", "far")):
        assert node.inside(*inside, "ip", *words).returncode == 0
    return node.inside(*inside, "ping", "-c", "1", "-W", "1", "10.0.0.1").returncode == 0


def test_a_segment_over_a_carrier_has_the_labs_addresses_and_nothing_else_passes(node: Running) -> None:
    """Where the envelope gives the engine's address of an interface, two nodes meet over what only carries that."""
    node.data(
        interfaces__tsv="02:6e:64:00:00:01\tlan\tlab\n",
        addresses__batch="address add 10.0.0.1/24 dev lan\n",
    )
    node.file("../lab/nftables/guard.nft", guard_file(_lab()).content.decode())
    node.inside("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far")
    node.inside("ip", "address", "add", "240.0.0.2/29", "dev", "eth0")
    node.inside("ip", "link", "set", "eth0", "up")
    with subprocess.Popen(node.command(["unshare", "-n", "sleep", "30"])) as far:
        try:
            node.inside("ip", "link", "set", "far", "netns", _its_own(node, far))
            inside = ("nsenter", "-t", str(far.pid), "-n")
            segment = "lan2 mtu 1500 type vxlan id 7 group 239.110.100.1 dev far dstport 4789 ttl 1"
            script = f"""ip link set far mtu 9300 up; ip address add 240.0.0.3/29 dev far
                ip link add name {segment} && ip link set lan2 address 02:6e:64:00:00:02 up
                ip address add 10.0.0.2/24 dev lan2"""
            assert node.inside(*inside, "sh", "-c", script).returncode == 0
            for _ in range(2):  # the second start finds what the first has made
                assert node.start(NETDSL_INTERFACES="lan=240.0.0.2@7") == ""
                assert "02:6e:64:00:00:01" in node.inside("ip", "link", "show", "lan").stdout
                assert " mtu 1500 " in node.inside("ip", "link", "show", "lan").stdout
                ping = (*inside, "ping", "-c", "1", "-W", "2")
                assert node.inside(*ping, "-s", "1472", "-M", "do", "10.0.0.1").returncode == 0
                assert node.inside(*ping, "240.0.0.2").returncode != 0
                node.verb("stop")
        finally:
            far.kill()
