"""Parts: their needs come together, and the script calls the functions that they have."""

from dataclasses import replace

import pytest

from netdsl.credentials.contract import Credentials
from netdsl.ir.ids import ImageId, NodeId
from netdsl.ir.image import Image
from netdsl.ir.lab import Lab
from netdsl.ir.node import Node, NodeFile, NodeKind
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.part import Share, TunnelRecord
from netdsl.payload.render import payload

from .node import Node as Running

HOST = Node(NodeId("h"), "h", NodeKind.HOST, ())


class _Part:
    """A part that every node has, named as its test says."""

    def __init__(self, name: str, share: Share) -> None:
        self.name = name
        self._share = share

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return (PayloadFile(f"{self.name}/part.sh", b""),)

    def share(self, node: Node, lab: Lab) -> Share:
        return self._share


def _needs(node: Node, *needs: Needs) -> Needs:
    some = [_Part(f"p{number}", Share(needs=one)) for number, one in enumerate(needs)]
    return payload(Lab("l", None, (), (node,)), Credentials({}, None), some).nodes[node.id].needs


def test_needs_of_all_parts_come_together() -> None:
    found = _needs(
        HOST,
        Needs(("bird2",), ("NET_RAW",), ("/dev/net/tun",), (("net.ipv4.conf.all.rp_filter", "0"),)),
        Needs(("frr",), ("NET_ADMIN",), (), (("net.ipv4.ip_forward", "1"),)),
    )
    assert {"bird2", "frr"} < set(found.packages)
    assert found.capabilities == ("NET_ADMIN", "NET_RAW")
    assert found.devices == ("/dev/net/tun",)
    assert found.sysctls == (("net.ipv4.conf.all.rp_filter", "0"), ("net.ipv4.ip_forward", "1"))


def test_what_the_lab_asks_of_a_sysctl_beats_what_a_part_does() -> None:
    own = replace(HOST, sysctls=(("net.ipv4.ip_forward", "0"),))
    assert _needs(own, Needs(sysctls=(("net.ipv4.ip_forward", "1"),))).sysctls == own.sysctls


def test_folders_that_parts_write_to_come_together() -> None:
    one, two = Needs(writes=("/var/lib/frr", "/var/log/frr")), Needs(writes=("/var/lib/bird",))
    assert _needs(HOST, one, two).writes == ("/var/lib/bird", "/var/lib/frr", "/var/log/frr")
    assert _needs(HOST, one, Needs(writes=None)).writes is None


@pytest.mark.parametrize(
    "change", [{"runs": ("true",)}, {"files": (NodeFile("/srv/x", b""),)}, {"image": ImageId("i")}], ids=str
)
def test_where_an_author_of_a_lab_writes_is_not_known(change: dict[str, object]) -> None:
    node = replace(HOST, **change)  # type: ignore[arg-type]
    lab = Lab("l", None, (), (node,), images=(Image(ImageId("i"), ("curl",)),))
    assert payload(lab, Credentials({}, None), ()).nodes[HOST.id].needs.writes is None


def test_a_sysctl_of_a_part_is_verified_by_the_script() -> None:
    part = _Part("p", Share(needs=Needs(sysctls=(("net.ipv4.ip_forward", "1"),))))
    files = payload(Lab("l", None, (), (HOST,)), Credentials({}, None), [part]).nodes[HOST.id].files
    assert {file.path: file.content for file in files}["sysctl.tsv"] == b"net.ipv4.ip_forward\t1\n"


def test_the_tunnels_of_all_parts_are_in_one_table() -> None:
    one = _Part("one", Share(tunnels=(TunnelRecord("t", "c", "t.c", "boot", "must"),)))
    two = _Part("two", Share(tunnels=(TunnelRecord("u", "u", "u.u", "hand", "no", connection="x", patience="0"),)))
    files = payload(Lab("l", None, (), (HOST,)), Credentials({}, None), [one, two]).nodes[HOST.id].files
    assert {file.path: file.content for file in files}["tunnels.tsv"] == (
        b"t\t-\tc\tboot\tnever\trestart\tany\tmust\tt.c\tone\nu\tx\tu\thand\t0\trestart\tany\tno\tu.u\ttwo\n"
    )


# --- in a node


def with_parts(node: Running, **scripts: str) -> None:
    """Parts with these scripts, in order."""
    for name, script in scripts.items():
        node.file(f"../lab/{name}/part.sh", script)
    node.data(parts="".join(f"{name}\n" for name in scripts))


def test_a_function_is_called_in_each_part_that_has_it_in_order(node: Running) -> None:
    with_parts(
        node,
        one="one_filter() { say filter; }\none_start() { say start one; }\n",
        two="two_start() { say start two; }\ntwo_status() { printf 'neighbour\\tfe80::1\\n'; }\n",
    )
    assert node.start() == ""
    assert node.log().splitlines() == [f"netdsl: {what}" for what in ("filter", "start one", "start two", "configured")]
    assert node.verb("status").stdout.endswith("\nneighbour\tfe80::1\n")


def test_a_node_is_ready_when_all_its_parts_are(node: Running) -> None:
    with_parts(
        node,
        one='one_ready() { [ -e "$STATE/one" ] || { echo "one waits"; return 1; }; }\n',
        two='two_ready() { [ -e "$STATE/two" ] || { echo "two waits"; return 1; }; }\n',
    )
    assert node.start() == ""
    for reason in ("one", "two"):
        assert (node.verb("ready").returncode, node.verb("ready").stdout) == (1, f"{reason} waits\n")
        (node.state / reason).touch()
    assert node.verb("ready").returncode == 0


def test_the_next_round_comes_when_the_first_part_wants_it(node: Running) -> None:
    with_parts(
        node,
        slow="slow_tend() { wake_in 600; }\n",
        fast='fast_tend() { echo >>"$STATE/rounds"; wake_in 1; wake_in 300; }\n',
        last="last_tend() { wake_in 900; }\n",
    )
    assert node.start() == ""
    rounds = 'until [ "$(wc -l <"$1")" -ge 5 ]; do sleep 0.01; done'
    assert node.inside("timeout", "10", "sh", "-c", rounds, "sh", str(node.state / "rounds")).returncode == 0


def test_up_and_down_go_to_the_part_that_has_the_tunnel(node: Running) -> None:
    says = (
        "{0}_start() {{ echo kernel >$STATE/space/{0}; }}\n"
        "{0}_up() {{ say {0} up $1 $2 $3; }}\n"
        "{0}_down() {{ say {0} down $1; }}\n"
    )
    with_parts(node, one=says.format("one"), two=says.format("two"))
    node.data(
        tunnels__tsv="t\t-\tt_a\tboot\t0\tclear\tany\tno\tt.a\tone\nt\t-\tt_b\tboot\t0\tclear\tany\tno\tt.b\tone\n"
        "u\tike\tu\thand\t0\tclear\tany\tno\tu.u\ttwo\n"
    )
    assert node.start() == ""
    assert node.verb("down", "t").stderr == "netdsl: one down t_a\nnetdsl: one down t_b\n"
    assert (node.state / "tunnel" / "t_b" / "held").exists()
    assert node.verb("up", "t_b").stderr == "netdsl: one up t_b - boot\n"
    assert [(node.state / "tunnel" / child / "held").exists() for child in ("t_a", "t_b", "u")] == [True, False, False]
    assert node.verb("up", "u").stderr == "netdsl: two up u ike hand\n"
    assert node.verb("up", "w").returncode == 1
    said = [line.split("\t") for line in node.verb("status").stdout.splitlines()]
    assert [line[1:] for line in said if line[0] == "tunnel"] == [
        ["t", "t_a", "down", "boot", "kernel"],
        ["t", "t_b", "down", "boot", "kernel"],
        ["u", "u", "down", "hand", "kernel"],
    ]
