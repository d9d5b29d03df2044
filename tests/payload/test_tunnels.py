"""What a node knows of its tunnels: readiness, and rules that hold while one is up (strongSwan: tests/live)."""

import subprocess
from pathlib import Path

import pytest

from .node import ROOT, Node

FILTER = """table inet netdsl
delete table inet netdsl
table inet netdsl {
	chain while_t_forward { }
	chain forward { jump while_t_forward; }
}
"""


def record(child: str, ready: str, piece: str) -> str:
    return f"t\tt\t{child}\tboot\tnever\ttrap\tany\t{ready}\t{piece}\tstrongswan\n"


def with_strongswan(node: Node) -> None:
    """The part, which has nothing to start, and ESP in user space."""
    node.data(parts="nftables\nstrongswan\n")
    with (node.folder / "netdsl/lab/strongswan/part.sh").open("a") as script:
        script.write('strongswan_start() { echo user >"$STATE/space/strongswan"; }\n')


def prepared(node: Node, *children: str, ready: str = "must") -> None:
    """A configured node with tunnel `t`, as it is when strongSwan has been given its configuration."""
    with_strongswan(node)
    node.data(
        tunnels__tsv="".join(record(child, ready, f"t.{child}") for child in children),
        filter__nft=FILTER,
        while___t__up__nft="flush chain inet netdsl while_t_forward\nadd rule inet netdsl while_t_forward accept\n",
        while___t__down__nft="flush chain inet netdsl while_t_forward\n",
        while___t__conntrack="ipv4\ttcp\t-\t10.1.0.99\t8080\n",
    )
    assert node.start() == ""


SELECTORS = ("PLUTO_PEER_CLIENT", "PLUTO_MY_CLIENT", "PLUTO_MY_PROTOCOL")


def event(node: Node, verb: str, child: str, *selectors: str) -> None:
    """`selectors`: the remote one, the local one, and the protocol's number."""
    hook = str(node.folder / "netdsl" / "lab" / "strongswan" / "updown.sh")
    pair = [f"{name}={value}" for name, value in zip(SELECTORS, selectors, strict=False)]
    done = node.inside("env", f"PLUTO_VERB={verb}", f"PLUTO_CONNECTION={child}", *pair, "sh", hook)
    assert (done.returncode, done.stderr) == (0, "")


def holds(node: Node) -> bool:
    return "accept" in node.inside("nft", "list", "chain", "inet", "netdsl", "while_t_forward").stdout


def test_rules_come_with_the_first_and_go_with_the_last_of_a_childs_ways(node: Node) -> None:
    prepared(node, "c")
    assert not holds(node)
    event(node, "up-client", "c")
    event(node, "up-client", "c")
    assert holds(node)
    event(node, "down-client", "c")
    assert holds(node)
    event(node, "down-client", "c")
    assert not holds(node)


def test_a_tunnel_is_up_while_all_its_children_are(node: Node) -> None:
    prepared(node, "c", "d")
    event(node, "up-host-v6", "c")
    assert not holds(node)
    event(node, "up-host", "d")
    assert holds(node)
    event(node, "down-host-v6", "c")
    assert not holds(node)


def test_a_rule_while_one_child_is_up_asks_only_that_child(node: Node) -> None:
    with_strongswan(node)
    node.data(
        tunnels__tsv="".join(record(f"t_{name}", "no", f"t.{name}") for name in ("one", "two")),
        filter__nft=FILTER,
    )
    node.file("while/t.one.up.nft", "add rule inet netdsl while_t_forward accept\n")
    node.file("while/t.one.down.nft", "flush chain inet netdsl while_t_forward\n")
    assert node.start() == ""
    event(node, "up-client", "t_two")
    assert not holds(node)
    event(node, "up-client", "t_one")
    event(node, "down-client", "t_two")
    assert holds(node)
    event(node, "down-client", "t_one")
    assert not holds(node)


def test_a_child_with_several_other_ends_is_up_while_it_is_with_all_of_them(node: Node) -> None:
    with_strongswan(node)
    node.data(tunnels__tsv="".join(record(f"t_{name}", "no", "t.c") for name in ("one", "two")), filter__nft=FILTER)
    node.file("while/t.c.up.nft", "add rule inet netdsl while_t_forward accept\n")
    node.file("while/t.c.down.nft", "flush chain inet netdsl while_t_forward\n")
    assert node.start() == ""
    event(node, "up-client", "t_one")
    assert not holds(node)
    event(node, "up-client", "t_two")
    assert holds(node)
    event(node, "down-client", "t_one")
    assert not holds(node)


def test_flows_that_the_rules_cover_are_forgotten_and_no_others(node: Node) -> None:
    prepared(node, "c")
    for destination in ("10.1.0.99", "10.1.0.98"):
        node.inside(
            "conntrack", "-I", "-p", "tcp", "-s", "10.1.0.2", "-d", destination, "--sport", "4000", "--dport", "8080",
            "--state", "ESTABLISHED", "-t", "100",
        )  # fmt: skip
    event(node, "up-client", "c")
    left = node.inside("conntrack", "-L").stdout
    assert "dst=10.1.0.98" in left
    assert "dst=10.1.0.99" not in left


def test_a_tunnel_is_said_to_be_down_when_its_rules_are_gone_and_not_before(node: Node) -> None:
    """On a busy machine that may be seconds apart."""
    prepared(node, "c")
    event(node, "up-host", "c")
    change = f"touch held; sleep 0.5; rm {node.state}/tunnel/c/up"
    script = (
        'cd "$1"; flock "$2" sh -c "$3" & until [ -e held ]; do sleep 0.01; done; exec sh netdsl/lab/node.sh status'
    )
    said = node.inside("sh", "-c", script, "sh", str(node.folder), str(node.state / "tunnels.lock"), change).stdout
    assert "tunnel\tt\tc\tdown\tboot\tuser" in said


def _with_swanctl(node: Node) -> list[str]:
    """A `swanctl` that notes what it is asked, in `asked`."""
    program = node.folder / "bin" / "swanctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$1" >>{node.folder}/asked\n')
    program.chmod(0o755)
    (node.folder / "asked").touch()
    return ["env", f"PATH={program.parent}:/usr/sbin:/usr/bin:/sbin:/bin"]


def test_down_waits_for_an_attempt_that_is_under_way_and_takes_down_what_comes_of_it(node: Node) -> None:
    prepared(node, "c")
    words, busy = _with_swanctl(node), node.state / "tunnel" / "c" / "busy"
    busy.touch()
    script = (
        f"sh {node.folder}/netdsl/lab/node.sh down t & until [ -e {node.state}/tunnel/c/held ]; do sleep 0.01; done;"
        f" sleep 0.5; cat {node.folder}/asked; echo until here; rm {busy}; wait $!"
    )
    done = node.inside(*words, "sh", "-c", script)
    assert (done.returncode, done.stdout) == (0, "until here\n"), "nothing is terminated before the attempt has ended"
    assert (node.folder / "asked").read_text() == "--terminate\n"


def test_a_tunnel_that_was_held_down_since_it_was_wanted_is_not_attempted(node: Node) -> None:
    prepared(node, "c")
    words, place = _with_swanctl(node), node.state / "tunnel" / "c"
    lines = (
        f"STATE={node.state}; read_clock() {{ uptime=1; }}; echo 1 >$STATE/tunnel/c/since;"
        f" . {node.folder}/netdsl/lab/strongswan/part.sh; : >$STATE/tunnel/c/busy; strongswan_initiate t c"
    )
    (place / "held").touch()
    assert node.inside(*words, "sh", "-c", lines).returncode == 0
    assert ((node.folder / "asked").read_text(), (place / "busy").exists()) == ("", False)
    (place / "held").unlink()
    node.inside(*words, "sh", "-c", lines)
    assert (node.folder / "asked").read_text() == "--initiate\n"


@pytest.mark.parametrize(
    ("says", "ends", "asked", "said"),
    [
        ("Error: connecting to 'default' URI failed: Connection refused", "", 3, "loaded\n"),
        ("Error: connecting to 'default' URI failed: Connection refused", "kill $charon; wait", 1, "refused\n"),
        ("loading connection 't' failed", "", 1, "refused\n"),
    ],
)
def test_charon_may_not_take_connections_when_its_socket_has_a_name(
    tmp_path: Path, says: str, ends: str, asked: int, said: str
) -> None:
    """`swanctl` fails twice."""
    script = f"""
    fail() {{ echo refused; exit 1; }}
    swanctl() {{ echo >>asked; [ $(wc -l <asked) -gt 2 ] || {{ echo "{says}" >&2; return 1; }}; }}
    STATE=.; . {ROOT}/backends/strongswan/part.sh
    sleep 60 >/dev/null 2>&1 & charon=$!
    trap 'kill $charon 2>/dev/null' EXIT
    {ends}
    strongswan_load $charon && echo loaded
    """
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, len((tmp_path / "asked").read_text())) == (said, asked)


def test_a_tunnel_that_starts_at_boot_holds_readiness_up_until_it_was_up_once(node: Node) -> None:
    prepared(node, "c")
    assert node.verb("ready").stdout == "tunnel t: c is not up\n"
    event(node, "up-client", "c")
    assert node.verb("ready").returncode == 0
    event(node, "down-client", "c")
    assert node.verb("ready").returncode == 0
    assert "tunnel\tt\tc\tdown\tboot\tuser\n" in node.verb("status").stdout


def test_a_lab_meant_to_be_broken_gets_ready_after_a_while(node: Node) -> None:
    prepared(node, "c", ready="may")
    assert node.verb("ready").returncode == 1
    since = int((node.state / "since").read_text())
    (node.state / "since").write_text(f"{since - 2001}\n")
    assert node.verb("ready").returncode == 0


def test_a_tunnel_on_traffic_does_not_hold_readiness_up(node: Node) -> None:
    prepared(node, "c", ready="no")
    assert node.verb("ready").returncode == 0


# --- routes into tunnels


def leading(node: Node, esp: str = "user") -> None:
    """A gateway with two interfaces and charon's own routes, in the order of a child without an address inside."""
    node.link("veth1", "02:00:00:00:00:11")
    node.link("veth2", "02:00:00:00:00:12")
    node.data(
        interfaces__tsv="02:00:00:00:00:12\twan\tlab\n02:00:00:00:00:11\tlan\tlab\n",
        addresses__batch="address add 192.0.2.1/24 dev wan\naddress add fc00:9::1/64 dev wan nodad\n"
        "address add 10.1.0.7/24 dev lan\naddress add 10.1.0.1/24 dev lan\n"
        "address add fc00:1::7/64 dev lan nodad\naddress add fc00:1::1/64 dev lan nodad\n",
    )
    prepared(node, "c", "d")
    (node.state / "space" / "strongswan").write_text(f"{esp}\n")
    node.link("ipsec0", "02:00:00:00:00:13")
    for family, remote in (("-4", "10.2.0.0/16"), ("-6", "fc00:2::/64")):
        done = node.inside("ip", family, "route", "add", remote, "dev", "ipsec0", "table", "220")
        assert done.returncode == 0


def route(node: Node, remote: str) -> str:
    family = "-6" if ":" in remote else "-4"
    return " ".join(node.inside("ip", family, "route", "show", "table", "219", "exact", remote).stdout.split())


@pytest.mark.parametrize("order", [("c", "d"), ("d", "c")])
@pytest.mark.parametrize(
    ("remote", "locals_", "first"),
    [
        ("10.2.0.0/16", {"c": "10.1.0.0/24", "d": "10.1.1.0/24"}, "10.1.0.7"),
        ("fc00:2::/64", {"c": "fc00:1::/64", "d": "fc00:1:1::/64"}, "fc00:1::7"),
    ],
)
def test_the_source_of_a_route_does_not_depend_on_who_came_first(
    node: Node, order: tuple[str, str], remote: str, locals_: dict[str, str], first: str
) -> None:
    leading(node)
    for child in order:
        event(node, "up-client", child, remote, locals_[child])
    assert f"dev ipsec0 src {first}" in route(node, remote).replace("scope link ", "")
    event(node, "down-client", "d", remote, locals_["d"])
    assert first in route(node, remote)
    event(node, "down-client", "c", remote, locals_["c"])
    assert route(node, remote) == ""


def test_a_route_stays_while_any_child_needs_it_although_charon_takes_its_own_away(node: Node) -> None:
    leading(node)
    for child, local in (("c", "10.1.0.0/24"), ("d", "10.1.1.0/24")):
        event(node, "up-client", child, "10.2.0.0/16", local)
    node.inside("ip", "route", "delete", "10.2.0.0/16", "table", "220")
    event(node, "down-client", "d", "10.2.0.0/16", "10.1.1.0/24")
    assert "dev ipsec0 scope link src 10.1.0.7" in route(node, "10.2.0.0/16")


def test_a_child_that_is_built_again_before_it_goes_keeps_its_route(node: Node) -> None:
    leading(node)
    for verb in ("up-client", "up-client", "down-client"):
        event(node, verb, "c", "10.2.0.0/16", "10.1.0.0/24")
    assert "src 10.1.0.7" in route(node, "10.2.0.0/16")


def test_without_an_address_inside_user_space_takes_the_first_one_and_the_kernel_has_no_route(node: Node) -> None:
    leading(node)
    event(node, "up-client", "c", "10.2.0.0/16", "10.1.1.0/24")
    assert "src 192.0.2.1" in route(node, "10.2.0.0/16")
    event(node, "down-client", "c", "10.2.0.0/16", "10.1.1.0/24")
    (node.state / "space" / "strongswan").write_text("kernel\n")
    event(node, "up-client", "c", "10.2.0.0/16", "10.1.1.0/24")
    assert route(node, "10.2.0.0/16") == ""
    event(node, "up-client", "d", "10.2.0.0/16", "10.1.0.0/24")
    assert "src 10.1.0.7" in route(node, "10.2.0.0/16")


def test_selectors_of_a_protocol_have_a_route_in_user_space_alone(node: Node) -> None:
    leading(node, "kernel")
    event(node, "up-client", "c", "10.2.0.0/16", "10.1.0.0/24", "6")
    assert route(node, "10.2.0.0/16") == ""
    event(node, "up-client", "d", "10.2.0.0/16", "10.1.0.0/24", "0")
    assert "src 10.1.0.7" in route(node, "10.2.0.0/16")
    event(node, "down-client", "d", "10.2.0.0/16", "10.1.0.0/24", "0")
    assert route(node, "10.2.0.0/16") == ""
    (node.state / "space" / "strongswan").write_text("user\n")
    event(node, "up-client", "d", "10.2.0.0/16", "10.1.0.0/24", "6")
    assert "src 10.1.0.7" in route(node, "10.2.0.0/16")


def test_a_virtual_address_is_a_source_too_and_a_gateway_is_kept(node: Node) -> None:
    leading(node, "kernel")
    node.inside("ip", "address", "add", "10.77.0.1/32", "dev", "wan")
    node.inside(
        "ip", "route", "replace", "10.2.0.0/16", "via", "192.0.2.254", "dev", "wan", "src", "10.1.0.1", "table", "220"
    )
    event(node, "up-client", "c", "10.2.0.0/16", "10.77.0.1/32")
    assert "via 192.0.2.254 dev wan src 10.77.0.1" in route(node, "10.2.0.0/16")


@pytest.mark.parametrize("order", [("c", "d"), ("d", "c")])
def test_the_way_of_a_route_does_not_depend_on_who_came_first(node: Node, order: tuple[str, str]) -> None:
    leading(node, "kernel")
    for child in order:
        words = {"c": ("dev", "lan"), "d": ("via", "192.0.2.254", "dev", "wan")}[child]
        node.inside("ip", "route", "replace", "10.2.0.0/16", *words, "table", "220")
        event(node, "up-client", child, "10.2.0.0/16", "10.1.0.0/24")
    assert "via 192.0.2.254 dev wan" in route(node, "10.2.0.0/16")
    event(node, "down-client", "d", "10.2.0.0/16", "10.1.0.0/24")
    assert "dev lan" in route(node, "10.2.0.0/16")


@pytest.mark.parametrize(
    ("remote", "local", "gateway"),
    [("10.2.0.0/16", "10.1.0.0/24", "192.0.2.254"), ("fc00:2::/64", "fc00:1::/64", "fc00:9::fe")],
)
def test_a_backup_that_goes_takes_its_gateway_along(node: Node, remote: str, local: str, gateway: str) -> None:
    """Charon removes its route to the remote prefix only after it has said that the child goes."""
    leading(node, "kernel")
    event(node, "up-client", "c", remote, local)
    ours = route(node, remote)
    assert "via" not in ours
    family = "-6" if ":" in remote else "-4"
    node.inside("ip", family, "route", "replace", remote, "via", gateway, "dev", "wan", "table", "220")
    for _ in range(2):  # authenticated again meanwhile
        event(node, "up-client", "d", remote, local)
    event(node, "down-client", "d", remote, local)
    assert f"via {gateway} dev wan" in route(node, remote)
    event(node, "down-client", "d", remote, local)
    assert route(node, remote) == ours


@pytest.mark.parametrize(("remote", "gateway"), [("fc00:9::2/128", "fc00:9::2"), ("::/0", "fc00:9::fe")])
def test_an_ipv6_gateway_may_lie_in_what_is_reached_by_it(node: Node, remote: str, gateway: str) -> None:
    leading(node, "kernel")
    node.inside("ip", "-6", "rule", "add", "pref", "220", "lookup", "220")
    node.inside("ip", "-6", "route", "replace", remote, "via", gateway, "dev", "wan", "table", "220")
    event(node, "up-client", "c", remote, "fc00:1::/64")
    assert f"via {gateway} dev wan src fc00:1::7" in route(node, remote)


def test_where_charon_has_no_route_there_is_none(node: Node) -> None:
    """Transport mode."""
    leading(node)
    event(node, "up-host", "c", "192.0.2.2/32", "192.0.2.1/32")
    assert route(node, "192.0.2.2/32") == ""


KEEPING = """
STATE=$NETDSL_STATE NODE=$STATE/now/node TAB='	'
. "$1/parts.sh" && . "$1/strongswan/part.sh" || exit
strongswan_esp=kernel
rounds() { for _ in $(seq "$1"); do strongswan_keep_routes; done; }
said() { ip route show table 219 | wc -l; }
mkdir "$STATE/routes"
echo 'route replace 10.9.0.0/24 via 10.0.0.2 dev w table 219' >"$STATE/routes/10.9.0.0_24"
rounds 2 && said
ip link set w down && ip link set w up && said
rounds 1 && said
ip route flush table 219 && rounds 19 && said
rounds 1 && said
"""


def test_routes_that_went_with_a_link_are_put_back_and_without_an_event_a_little_later(node: Node) -> None:
    with_strongswan(node)
    assert node.start() == ""
    node.link("w", "02:00:00:00:00:01")
    node.inside("ip", "address", "add", "10.0.0.1/24", "dev", "w")
    done = node.inside("sh", "-c", KEEPING, "sh", str(node.folder / "netdsl/lab"))
    assert (done.stdout.split(), done.stderr) == (["1", "0", "1", "0", "1"], "")
