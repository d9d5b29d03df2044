"""`change`: MTUs of interfaces, and what the data say of devices of tunnels."""

import pytest

from netdsl.payload.changing import lines_of, needs_start
from tests.payload.node import Node
from tests.payload.test_network import LAN, WAN, addresses

_MADE = 'probe_start() { ip link add tun0 type veth peer name far && ip -batch "$NODE/devices/tun0.batch"; }\n'
_TUN = "link set dev tun0 mtu 1400\nlink set dev tun0 addrgenmode none\nlink set dev tun0 up\n"


@pytest.fixture
def begun(node: Node) -> Node:
    """A started node with an interface of 1400 bytes, one of which nothing is said, and a part that makes a device."""
    node.link("eth0", WAN)
    node.link("eth1", LAN)
    node.file("../lab/probe/part.sh", _MADE)
    node.data(
        parts="nftables\nprobe\n",
        interfaces__tsv=f"{WAN}\twan\tlab\n{LAN}\tlan\tlab\n",
        links__batch="link set dev wan mtu 1400\n",
        addresses__batch="address add 10.1.0.1/16 dev wan\naddress add fc00::1/64 dev wan nodad\n",
        routes__batch="route replace default via 10.1.0.9 dev wan\n",
        devices___tun0__batch=f"{_TUN}address add 10.9.0.1/30 dev tun0\nroute replace 10.7.0.0/16 dev tun0\n",
    )
    assert node.start() == ""
    return node


def _mtu(node: Node, device: str) -> int:
    return int(node.inside("cat", f"/sys/class/net/{device}/mtu").stdout)


def _changed(node: Node) -> tuple[int, str]:
    done = node.verb("change")
    return done.returncode, done.stdout.strip()


def test_an_mtu_changes_and_what_the_interface_has_stays(begun: Node) -> None:
    main = (begun.state / "pid").read_text()
    begun.data(links__batch="link set dev lan mtu 1300\n")
    assert _changed(begun) == (0, "")
    assert (_mtu(begun, "wan"), _mtu(begun, "lan"), _mtu(begun, "tun0")) == (1500, 1300, 1400)
    assert addresses(begun, "wan") == ["10.1.0.1/16"]
    assert "fc00::1/64" in begun.inside("ip", "-6", "address", "show", "dev", "wan").stdout
    assert "default via 10.1.0.9 dev wan" in begun.inside("ip", "route").stdout
    (begun.folder / "netdsl/node/links.batch").unlink()
    assert _changed(begun) == (0, "")
    assert (_mtu(begun, "wan"), _mtu(begun, "lan")) == (1500, 1500)
    assert (begun.state / "pid").read_text() == main


def test_what_a_device_has_changes_and_the_device_stays(begun: Node) -> None:
    before = begun.inside("cat", "/sys/class/net/tun0/ifindex").stdout
    begun.data(
        devices___tun0__batch=_TUN.replace("1400", "1380")
        + "address add 10.9.1.1/30 dev tun0\nroute replace 10.8.0.0/16 dev tun0\n"
    )
    assert _changed(begun) == (0, "")
    assert _mtu(begun, "tun0") == 1380
    assert addresses(begun, "tun0") == ["10.9.1.1/30"]
    routes = begun.inside("ip", "route", "show", "dev", "tun0").stdout
    assert ("10.8.0.0/16" in routes, "10.7.0.0/16" in routes) == (True, False)
    assert begun.inside("cat", "/sys/class/net/tun0/ifindex").stdout == before


def test_what_is_said_of_a_device_that_is_not_there_is_for_its_part(begun: Node) -> None:
    begun.inside("ip", "link", "delete", "tun0")
    begun.data(devices___tun0__batch=_TUN + "address add 10.9.1.1/30 dev tun0\nroute replace 10.8.0.0/16 dev tun0\n")
    assert _changed(begun) == (0, "")
    assert "dev tun0" not in begun.inside("ip", "route").stdout


def test_an_mtu_that_is_refused_leaves_all_as_it_was(begun: Node) -> None:
    begun.data(links__batch="link set dev lan mtu 1300\nlink set dev wan mtu 1000000\n")
    status, said = _changed(begun)
    assert status == 1
    assert said.startswith("an MTU: ")
    assert (_mtu(begun, "wan"), _mtu(begun, "lan")) == (1400, 1500)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"links__batch": "link set dev wan mtu 1279\n"}, "the MTU of `wan`"),
        ({"links__batch": "link set dev wan mtu 1280\n"}, ""),
        ({"links__batch": "link set dev wan mtu 1400\nlink add name br0 type bridge\n"}, "its links"),
        ({"devices___tun0__batch": "link set dev tun0 addrgenmode none\nlink set dev tun0 up\n"}, "the MTU of `tun0`"),
        ({"devices___tun0__batch": _TUN.replace("1400", "1279")}, "the MTU of `tun0`"),
        ({"devices___tun0__batch": _TUN.replace("1400", "1280")}, ""),
        ({"devices___tun0__batch": f"{_TUN}address add fe80::7/64 dev tun0 nodad\n"}, "a link-local address of `tun0`"),
        ({"devices___tun0__batch": f"{_TUN}route replace 10.1.0.0/16 dev tun0\n"}, "a route for a network of its own"),
    ],
)
def test_the_caller_knows_before_what_the_script_will_say(begun: Node, data: dict[str, str], reason: str) -> None:
    said = lines_of(begun.verb("running").stdout.splitlines())
    begun.data(**data)
    place = begun.folder / "netdsl/node"
    files = [place / f"{name}.batch" for name in ("links", "addresses", "routes", "devices/tun0")]
    assert needs_start(said, [line for file in files for line in file.read_text().splitlines()]) == reason
    assert _changed(begun) == ((3, reason) if reason else (0, ""))
