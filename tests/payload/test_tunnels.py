"""What a node knows of its tunnels: readiness, and rules that hold while one is up (strongSwan: tests/live)."""

from .node import Node

FILTER = """table inet netdsl
delete table inet netdsl
table inet netdsl {
	chain while_t_forward { }
	chain forward { jump while_t_forward; }
}
"""


def prepared(node: Node, *children: str, ready: str = "must") -> None:
    """A configured node with tunnel `t`, as it is when strongSwan has been given its configuration."""
    node.data(
        tunnels__tsv="".join(f"t\tt\t{child}\tboot\tnever\ttrap\tany\t{ready}\n" for child in children),
        filter__nft=FILTER,
        while___t__up__nft="flush chain inet netdsl while_t_forward\nadd rule inet netdsl while_t_forward accept\n",
        while___t__down__nft="flush chain inet netdsl while_t_forward\n",
        while___t__conntrack="ipv4\ttcp\t-\t10.1.0.99\t8080\n",
    )
    for child in children:
        (node.state / "tunnel" / child).mkdir(parents=True)
    assert node.start() == ""
    for child in children:
        (node.state / "tunnel" / child).mkdir(parents=True)
        (node.state / "tunnel" / child / "count").write_text("0\n")
    (node.state / "esp").write_text("user\n")


def event(node: Node, verb: str, child: str) -> None:
    hook = str(node.folder / "netdsl" / "lab" / "updown.sh")
    done = node.inside("env", f"PLUTO_VERB={verb}", f"PLUTO_CONNECTION={child}", "sh", hook)
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
    node.data(
        tunnels__tsv="".join(f"t\tt\tt_{name}\tboot\tnever\ttrap\tany\tno\tt.{name}\n" for name in ("one", "two")),
        filter__nft=FILTER,
    )
    node.file("while/t.one.up.nft", "add rule inet netdsl while_t_forward accept\n")
    node.file("while/t.one.down.nft", "flush chain inet netdsl while_t_forward\n")
    assert node.start() == ""
    for child in ("t_one", "t_two"):
        (node.state / "tunnel" / child).mkdir(parents=True, exist_ok=True)
        (node.state / "tunnel" / child / "count").write_text("0\n")
    event(node, "up-client", "t_two")
    assert not holds(node)
    event(node, "up-client", "t_one")
    event(node, "down-client", "t_two")
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
