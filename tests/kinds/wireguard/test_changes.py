"""WireGuard in a node that is changed as it runs: what has not changed keeps its session."""

import pytest

from netdsl.ir.lab import Lab
from netdsl.ir.tunnel import SharedSecret
from tests.kinds.asking import files, lab
from tests.kinds.conftest import LEFT_OUT, Pair
from tests.kinds.wireguard.keys import Value, give_keys, value
from tests.kinds.wireguard.test_node import IS_UP, SITES, begun, comes, pings
from tests.payload.node import Node

_OTHER = """
wireguard u { between a and b protecting more ; over ipv4 ; addresses 10.8.0.0/30 }
network more 10.7.0.0/24
"""
TWO = (
    SITES.replace("interface lan on right .1, ::1", "interface lan on right .1, ::1 ; interface more on more .1")
    + _OTHER
)
U_IS_UP = IS_UP.replace("tunnel/t/", "tunnel/u/")


def give(found: Lab, name: str, node: Node, of: Value = value) -> None:
    """What a lab has for a node, in place of what its folders had."""
    given = files(found, name)
    place = node.folder / "netdsl/node"
    for old in [file for file in place.rglob("*") if file.is_file()]:
        if str(old.relative_to(place)) not in given:
            old.unlink()
    for path, content in given.items():
        if path not in LEFT_OUT:
            node.file(path, content)
    for file in (node.folder / "netdsl/credentials/wireguard").iterdir():
        file.unlink()
    give_keys(found, name, node, of)


def changed(nodes: tuple[Node, Node], text: str, of: Value = value) -> None:
    found = lab(text)
    for name, node in zip("ab", nodes, strict=True):
        give(found, name, node, of)
        done = node.verb("change")
        assert (done.returncode, done.stdout) == (0, ""), done


def peer(node: Node, device: str) -> dict[str, str]:
    """What `wg` says of the device's only peer, and of it."""
    own, one = (line.split("\t") for line in node.inside("wg", "show", device, "dump").stdout.splitlines())
    names = ("key", "psk", "endpoint", "allowed", "handshake", "received", "sent", "keepalive")
    return {"own": own[0], "port": own[2], **dict(zip(names, one, strict=True))}


def daemon(node: Node, device: str) -> str:
    """Its process, in user space."""
    file = node.state / f"daemon/wireguard-{device}"
    return file.read_text() if file.exists() else ""


def renewed(secret: SharedSecret) -> bytes:
    """Other keys than `value`."""
    return value(secret)[::-1]


@pytest.fixture
def started(pair: Pair) -> tuple[Node, Node]:
    nodes = begun(pair, TWO)
    assert all(comes(node, condition) for node in nodes for condition in (IS_UP, U_IS_UP))
    return nodes


def test_port_prefixes_keepalive_addresses_and_mtu_are_set_and_sessions_stay(started: tuple[Node, Node]) -> None:
    one, other = started
    before = [(peer(node, device)["handshake"], daemon(node, device)) for node in started for device in "tu"]
    changed(
        started,
        TWO.replace("psk yes", "psk yes ; mtu 1380 ; listen udp/7000")
        .replace("10.9.0.0/30", "10.9.1.0/30")
        .replace("psk yes", "psk yes ; keepalive 25s")
        .replace("protecting more", ""),
    )
    assert [(peer(node, device)["handshake"], daemon(node, device)) for node in started for device in "tu"] == before
    of_t, of_u = peer(one, "t"), peer(one, "u")
    assert (of_t["port"], of_t["endpoint"], of_t["keepalive"]) == ("7000", "192.0.2.2:7000", "25")
    assert of_t["allowed"].split(",")[0] == "10.9.1.2/32"
    assert of_u["allowed"] == "10.8.0.2/32"
    assert pings(one, "10.9.1.2", "-M", "do", "-s", str(1380 - 28))
    assert pings(other, "10.1.0.1")
    assert "mtu 1380" in one.inside("ip", "link", "show", "t").stdout
    assert "10.9.0." not in one.inside("ip", "address", "show", "dev", "t").stdout
    assert "10.7.0." not in one.inside("ip", "route").stdout
    changed(started, TWO)
    assert [(peer(node, device)["handshake"], daemon(node, device)) for node in started for device in "tu"] == before
    assert peer(one, "t")["keepalive"] == "off"
    assert "10.7.0.0/24 dev u" in one.inside("ip", "route").stdout
    assert pings(one, "10.7.0.1")


def test_a_tunnel_goes_and_another_one_comes_with_its_port_while_the_first_stays(started: tuple[Node, Node]) -> None:
    one, other = started
    before, port = peer(one, "t"), peer(one, "u")["port"]
    changed(started, TWO.replace("wireguard u", "wireguard other").replace("10.8.0.0/30", "10.8.1.0/30"))
    assert peer(one, "t") | {"received": "", "sent": ""} == before | {"received": "", "sent": ""}
    assert not one.inside("ip", "link", "show", "u").stdout
    assert peer(one, "other")["port"] == port
    assert all(comes(node, IS_UP.replace("tunnel/t/", "tunnel/other/")) for node in started)
    assert pings(one, "10.8.1.2")
    assert one.verb("ready").returncode == 0
    changed(started, SITES)
    assert sorted((one.state / "tunnel").iterdir()) == [one.state / "tunnel/t"]
    assert not [file for file in (one.state / "daemon").iterdir() if file.name.endswith(("-u", "-other"))]
    assert peer(one, "t")["handshake"] == before["handshake"]
    assert pings(other, "10.1.0.1")


def test_renewed_keys_reach_the_node_and_make_a_session_of_their_own(started: tuple[Node, Node]) -> None:
    one, _ = started
    before, devices = peer(one, "t"), [daemon(node, "t") for node in started]
    changed(started, TWO, renewed)
    after = peer(one, "t")
    assert not {before["own"], before["key"], before["psk"]} & {after["own"], after["key"], after["psk"]}
    assert [daemon(node, "t") for node in started] == devices
    assert all(comes(node, condition) for node in started for condition in (IS_UP, U_IS_UP))
    assert all(pings(one, address) for address in ("10.9.0.2", "10.8.0.2"))
    assert one.verb("ready").returncode == 0


def test_a_port_that_is_taken_needs_a_start_and_all_is_as_it_was(started: tuple[Node, Node]) -> None:
    one, _ = started
    before = {device: peer(one, device)["handshake"] for device in "tu"}
    give(
        lab(
            TWO.replace("psk yes", "psk yes ; mtu 1380 ; listen udp/51821").replace(
                "10.8.0.0/30", "10.8.0.0/30 ; listen udp/51820"
            )
        ),
        "a",
        one,
    )
    done = one.verb("change")
    assert (done.returncode, done.stdout) == (3, "tunnel t: its port is taken\n")
    assert {device: peer(one, device)["handshake"] for device in "tu"} == before
    assert "mtu 1440" in one.inside("ip", "link", "show", "t").stdout
    assert all(pings(one, address) for address in ("10.9.0.2", "10.8.0.2"))


def test_a_tunnel_that_is_held_down_stays_down_when_it_changes(started: tuple[Node, Node]) -> None:
    one, _ = started
    assert one.verb("down", "t").returncode == 0
    changed(started, TWO, renewed)
    assert one.inside("wg", "show", "t", "peers").stdout == ""
    assert one.verb("ready", "20").returncode == 0
    assert one.verb("up", "t").returncode == 0
    assert comes(one, IS_UP)
    assert pings(one, "10.9.0.2")
