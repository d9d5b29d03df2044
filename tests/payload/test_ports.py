"""A switch is ready when its spanning tree has settled."""

from netdsl.credentials.contract import Credentials
from netdsl.payload.part import parts
from netdsl.payload.render import payload
from tests.verify.asking import lab

from .node import Node

ONE, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
BRIDGE = "type bridge stp_state 1 priority 32768 hello_time 100 forward_delay 200 max_age 600 ageing_time 1000"

TWO_LINKS = """lab two
network a 10.0.0.0/24
link s1.p -- s2.p
link s1.q -- s2.q
switch s1 {{ stp yes ; {0} interface lan on a {{ mac 02:00:00:00:00:01 }} }}
switch s2 {{ stp yes }}
host h {{ interface on a }}
"""


def texts(source: str, node: str) -> dict[str, str]:
    made = payload(lab(source), Credentials({}, None), tuple(parts()))
    return {
        file.path: file.content.decode() for file in next(of for id_, of in made.nodes.items() if id_ == node).files
    }


def test_a_switch_gets_its_bridge_with_short_timers_and_what_its_ports_come_to() -> None:
    found = texts(TWO_LINKS.format(""), "s2")
    assert found["links.batch"].splitlines() == [
        f"link add name br0 {BRIDGE}",
        "link set dev p master br0",
        "link set dev q master br0",
        "link set dev p type bridge_slave cost 100",
        "link set dev q type bridge_slave cost 100",
    ]
    assert found["ports.tsv"] == "p\tforwarding\nq\tblocking\n"


def test_what_commands_in_a_switch_may_change_is_not_awaited() -> None:
    assert texts(TWO_LINKS.format('run "true" ;'), "s2")["ports.tsv"] == "p\t-\nq\t-\n"


def test_a_switch_whose_ports_are_one_cable_blocks_the_second_and_is_ready_when_the_first_forwards(node: Node) -> None:
    node.inside("ip", "link", "add", "p", "address", ONE, "type", "veth", "peer", "name", "q", "address", OTHER)
    ports = "\n".join(
        f"link set dev {name} master br0\nlink set dev {name} type bridge_slave cost 100" for name in "pq"
    )
    node.data(
        interfaces__tsv=f"{ONE}\tp\tlab\n{OTHER}\tq\tlab\n",
        links__batch=f"link add name br0 {BRIDGE}\n{ports}\n",
        ports__tsv="p\tforwarding\nq\tblocking\n",
    )
    assert node.start() == ""
    assert node.verb("ready", "15").stdout == ""
    assert [node.inside("cat", f"/sys/class/net/{name}/brport/state").stdout for name in "pq"] == ["3\n", "4\n"]
    node.inside("ip", "link", "set", "q", "down")
    assert node.verb("ready").stdout == ""  # once it has settled another tree will do
