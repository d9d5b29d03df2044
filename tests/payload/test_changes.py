"""`change`: a node takes new data while it runs, and is as it was where it cannot."""

import json
import subprocess
from hashlib import sha256

import pytest

from netdsl.payload.changing import digests, laid_sum, lines_of, needs_start

from .node import Node
from .test_network import LAN, WAN, addresses

_FILTER = "table inet netdsl\ndelete table inet netdsl\ntable inet netdsl {{\nchain x {{\ntcp dport {} drop\n}}\n}}\n"


@pytest.fixture
def plain(node: Node) -> Node:
    """A started node with two interfaces, an address on each, a default route, a filter, a web server."""
    node.link("eth0", WAN)
    node.link("eth1", LAN)
    node.data(
        parts="nftables\nbusybox\n",
        interfaces__tsv=f"{WAN}\twan\tlab\n{LAN}\tlan\tlab\n",
        addresses__batch="address add 10.1.0.1/16 dev wan\naddress add 10.2.0.1/16 dev lan\n",
        routes__batch="route replace default via 10.1.0.9 dev wan\nroute replace 10.7.0.0/16 via 10.2.0.9 dev lan\n",
        filter__nft=_FILTER.format(7000),
        services__tsv="http\tn.http\ttcp\t80\tbusybox\n",
    )
    node.file("../lab/hosts", "127.0.0.1\tlocalhost\n")
    assert node.start() == ""
    return node


def _routes(node: Node) -> list[str]:
    return [line.strip() for line in node.inside("ip", "route").stdout.splitlines() if "proto kernel" not in line]


def _change(node: Node) -> str:
    """What it says; nothing where it was done."""
    done = node.verb("change")
    assert (done.returncode == 0) == (done.stdout == ""), done
    return done.stdout.strip()


def _state(node: Node) -> dict[str, object]:
    """All that a change can touch."""
    listed = {
        word: json.loads(node.inside("ip", "-json", *word.split()).stdout or "[]")
        for word in ("address show", "-4 route", "-6 route", "neighbour")
    }
    listed["rules"] = node.inside("nft", "list", "ruleset").stdout
    listed["address show"] = [
        (device["ifname"], [(one["local"], one["prefixlen"]) for one in device["addr_info"]])
        for device in listed["address show"]
    ]
    return listed


def test_addresses_routes_filter_services_and_names_change_while_the_node_runs(plain: Node) -> None:
    main = (plain.state / "pid").read_text()
    plain.data(
        addresses__batch="address add 10.1.0.2/16 dev wan\naddress add 10.2.0.1/16 dev lan\n"
        "address add 10.3.0.1/16 dev lan\naddress add fc00::1/64 dev lan nodad\n",
        routes__batch="route replace default via 10.1.0.8 dev wan\nroute replace fc01::/64 via fc00::9 dev lan\n",
        filter__nft=_FILTER.format(7001),
        services__tsv="http\tn.other\ttcp\t80\tbusybox\nhttp\tn.more\ttcp\t81\tbusybox\n",
    )
    plain.file("../lab/hosts", "127.0.0.1\tlocalhost\n10.2.0.1\tn\n")
    assert _change(plain) == ""
    assert addresses(plain, "wan") == ["10.1.0.2/16"]
    assert addresses(plain, "lan") == ["10.2.0.1/16", "10.3.0.1/16"]
    assert _routes(plain) == ["default via 10.1.0.8 dev wan"]
    assert "fc01::/64 via fc00::9 dev lan" in plain.inside("ip", "-6", "route").stdout
    assert "tcp dport 7001" in plain.inside("nft", "list", "ruleset").stdout
    assert plain.inside("busybox", "wget", "-qO-", "http://127.0.0.1:80/").stdout == "n.other\n"
    assert plain.inside("busybox", "wget", "-qO-", "http://127.0.0.1:81/").stdout == "n.more\n"
    assert plain.inside("cat", "/etc/hosts").stdout.endswith("\tn\n")
    assert (plain.state / "pid").read_text() == main
    assert plain.verb("ready").returncode == 0
    plain.data(services__tsv="http\tn.more\ttcp\t81\tbusybox\n")
    pid = (plain.state / "daemon" / "tcp-81").read_text()
    assert _change(plain) == ""
    assert (plain.state / "daemon" / "tcp-81").read_text() == pid
    assert plain.inside("busybox", "wget", "-qO-", "http://127.0.0.1:80/").returncode != 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("10.1.0.1 10.1.0.2", "10.1.0.2"),
        ("10.1.0.1 10.1.0.2", "10.1.0.2 10.1.0.1"),
        ("10.1.0.1", "10.1.0.3 10.1.0.1"),
        ("10.1.0.1 10.1.0.2 10.1.0.3", "10.1.0.1 10.1.0.3"),
        ("10.1.0.1 fc00::1 fc00::2", "10.1.0.1 fc00::2 fc00::3"),
        ("fc00::1", "fc00::2 fc00::1"),
    ],
)
def test_addresses_stand_in_the_order_that_a_start_gives_them(node: Node, before: str, after: str) -> None:
    def lines(text: str) -> str:
        found = ((one, "/64", " nodad") if ":" in one else (one, "/16", "") for one in text.split())
        return "".join(f"address add {one}{length} dev wan{flag}\n" for one, length, flag in found)

    def shown() -> list[str]:
        return node.inside("ip", "-brief", "address", "show", "dev", "wan").stdout.split()[2:]

    node.link("eth0", WAN)
    node.data(interfaces__tsv=f"{WAN}\twan\tlab\n", addresses__batch=lines(after))
    assert node.start() == ""
    expected = shown()
    node.data(addresses__batch=lines(before))
    assert _change(node) == ""
    assert shown() != expected
    node.data(addresses__batch=lines(after))
    assert _change(node) == ""
    assert shown() == expected


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("filter__nft", "table inet netdsl {\nchain x {\nnonsense\n}\n}\n", "the packet filter is refused"),
        ("routes__batch", "route replace default via 10.99.0.1 dev wan\n", "a route"),
        ("services__tsv", "http\tn.http\ttcp\t80\tbusybox\nhttp\tn.x\ttcp\t99999\tbusybox\n", "does not listen"),
    ],
)
def test_what_is_refused_leaves_all_as_it_was(plain: Node, name: str, text: str, reason: str) -> None:
    before, pid = _state(plain), (plain.state / "daemon" / "tcp-80").read_text()
    said = plain.verb("running").stdout
    data = {
        "addresses__batch": "address add 10.1.0.2/16 dev wan\naddress add 10.3.0.1/16 dev lan\n",
        "routes__batch": "route replace default via 10.1.0.8 dev wan\n",
        "filter__nft": _FILTER.format(7001),
    }
    plain.data(**{**data, name: text})
    assert reason in _change(plain)
    assert _state(plain) == before
    assert (plain.state / "daemon" / "tcp-80").read_text() == pid
    assert plain.verb("running").stdout == said
    assert plain.verb("ready").returncode == 0
    plain.data(**data, services__tsv="")
    assert _change(plain) == ""
    assert addresses(plain, "lan") == ["10.3.0.1/16"]


def test_data_that_are_only_there_are_not_the_nodes(plain: Node) -> None:
    """Compiled anew, without `up`."""
    said = plain.verb("running").stdout
    plain.data(capabilities="cap_net_raw\n", services__tsv="")
    assert plain.verb("running").stdout == said
    assert "CapPrm:\t0000000000000000" in plain.verb("exec", "cat", "/proc/self/status").stdout


def test_a_link_local_address_needs_a_start_and_nothing_has_changed(plain: Node) -> None:
    before = _state(plain)
    plain.data(addresses__batch="address add 10.3.0.1/16 dev lan\naddress add fe80::5/64 dev wan nodad\n")
    done = plain.verb("change")
    assert (done.returncode, done.stdout) == (3, "a link-local address of `wan`\n")
    assert _state(plain) == before


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("route replace 10.2.0.0/16 via 10.1.0.9 dev wan", "a route for a network of its own"),
        ("route replace 10.2.0.0/17 via 10.1.0.9 dev wan", ""),
    ],
)
def test_a_route_for_a_network_of_the_nodes_own_needs_a_start(plain: Node, line: str, reason: str) -> None:
    """The kernel's own route for it would not come back when the line goes."""
    before = _state(plain)
    plain.data(routes__batch=f"route replace default via 10.1.0.9 dev wan\n{line}\n")
    assert _change(plain) == reason
    assert (_state(plain) == before) == bool(reason)


def test_a_node_that_is_still_starting_says_so(node: Node) -> None:
    for verb in ("change", "running"):
        done = node.verb(verb)
        assert (done.returncode, done.stdout) == (1, "still starting\n")


_PROBE = """
probe_change() { echo "change $1 $2" >>"$STATE/called"; }
probe_renew() {
	[ -d "$STATE/credentials/private" ] || return 0
	reason='a key is refused'
	[ ! -e "$STATE/refuse" ] || return 1
	: >"$STATE/reached"
	while [ -e "$STATE/hold" ]; do sleep 0.05; done
	echo renew >>"$STATE/called"
	find "$STATE" -path '*credentials*' -type f ! -perm 600 >>"$STATE/called"
	rm -rf "$STATE/credentials/private"
}
"""


def _secrets(node: Node) -> list[str]:
    """Files of the node's state that have one of its secrets in them."""
    return node.inside("grep", "-rlE", "secret-[0-9]", str(node.state)).stdout.splitlines()


def _give(node: Node, secret: str) -> None:
    node.file("../credentials/private/keys.pem", secret)
    node.file("../credentials/x509/keys.pem", f"certificate of {secret[-1]}")
    (node.folder / "netdsl/credentials/private/keys.pem").chmod(0o600)


@pytest.fixture
def keyed(node: Node) -> Node:
    """A started node with credentials, whose part forgets the private ones as soon as it has them."""
    node.file("../lab/probe/part.sh", f'{_PROBE}\nprobe_start() {{ rm -rf "$STATE/credentials/private"; }}\n')
    node.data(parts="nftables\nprobe\nbusybox\n", services__tsv="http\tn.http\ttcp\t80\tbusybox\n")
    _give(node, "secret-1")
    assert node.start() == ""
    assert _secrets(node) == []
    return node


def test_secrets_are_taken_when_no_step_that_is_undone_can_fail_and_are_in_no_file_then(keyed: Node) -> None:
    _give(keyed, "secret-2")
    keyed.data(services__tsv="http\tn.http\ttcp\t80\tbusybox\nhttp\tn.x\ttcp\t99999\tbusybox\n")
    said = keyed.verb("running").stdout
    assert "does not listen" in _change(keyed)
    assert "renew" not in (keyed.state / "called").read_text()
    assert (keyed.state / "credentials/x509/keys.pem").read_text() == "certificate of 1"
    assert keyed.verb("running").stdout == said
    assert _secrets(keyed) == []
    keyed.data(services__tsv="http\tn.more\ttcp\t81\tbusybox\n")
    assert _change(keyed) == ""
    assert (keyed.state / "called").read_text().splitlines()[-1] == "renew"  # and no file of another mode than 0600
    assert (keyed.state / "credentials/x509/keys.pem").read_text() == "certificate of 2"
    assert _secrets(keyed) == []


@pytest.mark.parametrize("folder", ["next", "whole"])
def test_what_a_killed_client_has_copied_goes_and_is_not_taken(keyed: Node, folder: str) -> None:
    keyed.inside("mkdir", "-p", f"{keyed.state}/data/{folder}/credentials")
    keyed.inside("sh", "-c", f"echo secret-3 >{keyed.state}/data/{folder}/credentials/keys.pem")
    said = keyed.verb("running").stdout
    assert _secrets(keyed) == []
    keyed.inside("sh", "-c", f"read -r main <{keyed.state}/pid; kill -USR1 $main")
    assert keyed.verb("running").stdout == said


def test_a_change_whose_client_is_killed_is_done_by_the_main_process(keyed: Node) -> None:
    keyed.inside("touch", f"{keyed.state}/hold")
    _give(keyed, "secret-2")
    client = subprocess.Popen(
        keyed.command(["sh", f"{keyed.folder}/netdsl/lab/node.sh", "change"]), env=keyed.environment
    )
    _await(keyed, f"[ -e {keyed.state}/reached ]")
    client.kill()
    client.wait()
    keyed.inside("rm", f"{keyed.state}/hold")
    _await(keyed, f"[ -e {keyed.state}/change/done ]")
    assert (keyed.state / "credentials/x509/keys.pem").read_text() == "certificate of 2"
    assert _secrets(keyed) == []
    assert _change(keyed) == ""


def test_a_change_does_not_end_with_that_of_a_killed_client(keyed: Node) -> None:
    keyed.inside("touch", f"{keyed.state}/hold")
    _give(keyed, "secret-2")
    words = keyed.command(["sh", f"{keyed.folder}/netdsl/lab/node.sh", "change"])
    killed = subprocess.Popen(words, env=keyed.environment)
    _await(keyed, f"[ -e {keyed.state}/reached ]")
    killed.kill()
    killed.wait()
    keyed.data(services__tsv="http\tn.x\ttcp\t99999\tbusybox\n")
    other = subprocess.Popen(words, env=keyed.environment, stdout=subprocess.PIPE, text=True)
    _await(keyed, f"[ -e {keyed.state}/data/whole ]")
    keyed.inside("rm", f"{keyed.state}/hold")
    said, _ = other.communicate(timeout=60)
    assert (other.returncode, said) == (1, "service n.x does not listen on tcp/99999\n")


def test_secrets_that_are_refused_need_a_start(keyed: Node) -> None:
    """Some may be in a daemon by then, and the former ones are in no file."""
    keyed.inside("touch", f"{keyed.state}/refuse")
    _give(keyed, "secret-2")
    done = keyed.verb("change")
    assert (done.returncode, done.stdout) == (3, "a key is refused\n")
    assert _secrets(keyed) == []


def _await(node: Node, condition: str) -> None:
    done = node.inside("timeout", "30", "sh", "-c", f"until {condition}; do sleep 0.02; done")
    assert done.returncode == 0, condition


def _sum(node: Node) -> str:
    """Of what the node's folders have."""
    place = node.folder / "netdsl"
    files = (path for one in ("node", "credentials") for path in (place / one).rglob("*") if path.is_file())
    return laid_sum({str(path.relative_to(place)): sha256(path.read_bytes()).hexdigest() for path in files})


def test_only_what_the_caller_judged_is_taken(keyed: Node) -> None:
    """A mount of a folder that was removed is empty."""
    keyed.data(filter__nft=_FILTER.format(7001))
    keyed.data(files___1="not compared")
    _give(keyed, "secret-2")
    wanted, before = _sum(keyed), keyed.verb("running").stdout
    there, elsewhere = keyed.folder / "netdsl/node", keyed.folder / "elsewhere"
    there.rename(elsewhere)
    there.mkdir()
    done = keyed.verb("change", wanted)
    assert (done.returncode, done.stdout) == (3, "what it can read is not what was compiled\n")
    assert keyed.verb("running").stdout == before
    assert _secrets(keyed) == []
    there.rmdir()
    elsewhere.rename(there)
    assert keyed.verb("change", wanted).returncode == 0
    assert laid_sum(digests(keyed.verb("running").stdout.splitlines())) == wanted


_OWN = "route replace 10.2.0.0/16 via 10.1.0.9 dev wan\n"
_OTHER = "route replace 10.3.0.0/16 via 10.1.0.9 dev wan\n"
_LINES = (
    "address add 10.1.0.1/16 dev wan\naddress add 10.2.0.1/16 dev lan\n",
    "route replace default via 10.1.0.9 dev wan\n",
)


@pytest.mark.parametrize(
    ("addresses", "routes", "reason"),
    [
        (_LINES[0], _LINES[1] + _OWN, "a route for a network of its own"),
        (_LINES[0], _LINES[1] + _OTHER, ""),
        (_LINES[0] + "address add 10.3.0.1/16 dev lan\n", _LINES[1] + _OTHER, "a route for a network of its own"),
        (_LINES[0] + "address add 10.3.0.1/16 dev lan\n", _LINES[1], ""),
        (_LINES[0] + "address add fe80::5/64 dev wan nodad\n", _LINES[1], "a link-local address of `wan`"),
        (_LINES[0] + "address add fc00::5/64 dev wan nodad\n", _LINES[1], ""),
    ],
)
def test_the_caller_knows_before_what_the_script_will_say(
    plain: Node, addresses: str, routes: str, reason: str
) -> None:
    plain.data(routes__batch=_LINES[1])
    assert _change(plain) == ""
    for before, after in ((_LINES, (addresses, routes)), ((addresses, routes), _LINES)):
        said = lines_of(plain.verb("running").stdout.splitlines())
        if said != tuple("".join(before).splitlines()):  # it could not take the first
            assert reason
            break
        assert needs_start(said, "".join(after).splitlines()) == reason
        plain.data(addresses__batch=after[0], routes__batch=after[1])
        assert _change(plain) == reason
