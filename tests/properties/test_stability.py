"""A node that comes at the end moves nobody else: not an address, a MAC address, a name, a digest."""

from pathlib import Path

from tests.compiling import Outcome, compiled_text
from tests.outputs import compose, table
from tests.vagrantfile import Vagrantfile, read

_LAB = """\
lab x
network lan 10.0.0.0/24
network wan 192.0.2.0/24
router gw { interface on lan ; interface on wan }
for i in 1..3 { host a$i { interface on lan ; default via gw } }
host web { interface on wan ; default via gw ; serve http tcp/80 }
ipsec t { between gw.wan and web ; auth psk }
"""


def _machines(text: str, store: Path) -> tuple[Vagrantfile, dict[str, list[str]]]:
    """The Vagrantfile, and the digests by host: hardware, inside."""
    outcome = compiled_text(text, store, target="vagrant")
    digests = table(outcome.text("machine/digests.tsv").encode(), 3)
    return read(outcome.text("Vagrantfile")), {host: rest for host, *rest in digests}


def test_a_node_more_needs_no_other_machine(tmp_path: Path) -> None:
    before, old = _machines(_LAB, tmp_path / "c")
    after, new = _machines(_LAB + "host late { interface on lan ; default via gw }\n", tmp_path / "c")
    assert after.settings == before.settings
    assert after.segments == before.segments
    assert after.machines[:-1] == before.machines
    assert {host: new[host][0] for host in old} == {host: old[host][0] for host in old}


def _nodes(outcome: Outcome) -> dict[str, dict[str, bytes]]:
    assert outcome.files is not None, outcome.rendered()
    nodes: dict[str, dict[str, bytes]] = {}
    for path, content in outcome.files.items():
        if path.startswith("payload/nodes/"):
            _, _, node, rest = path.split("/", 3)
            nodes.setdefault(node, {})[rest] = content
    return nodes


def test_a_node_more_moves_nobody(tmp_path: Path) -> None:
    before = compiled_text(_LAB, tmp_path / "c")
    after = compiled_text(_LAB + "host late { interface on lan ; default via gw }\n", tmp_path / "c")
    old, new = _nodes(before), _nodes(after)
    assert {name: new[name] for name in old} == old
    services = [compose(outcome.files["compose.yaml"])["services"] for outcome in (before, after) if outcome.files]
    assert {name: services[1][name] for name in services[0]} == services[0]
    assert services[1].keys() - services[0].keys() == {"late"}


def test_a_network_more_moves_nobody(tmp_path: Path) -> None:
    more = "network far 10.9.0.0/24\nhost late { interface on far }\n"
    before, after = compiled_text(_LAB, tmp_path / "c"), compiled_text(_LAB + more, tmp_path / "c")
    old, new = _nodes(before), _nodes(after)
    assert {name: new[name] for name in old} == old
    networks = [compose(outcome.files["compose.yaml"])["networks"] for outcome in (before, after) if outcome.files]
    assert {name: networks[1][name] for name in networks[0]} == networks[0]


def test_a_client_more_in_a_loop_moves_nobody(tmp_path: Path) -> None:
    before, after = (compiled_text(_LAB.replace("1..3", f"1..{last}"), tmp_path / str(last)) for last in (3, 4))
    old, new = _nodes(before), _nodes(after)
    alike = [name for name in old if new[name] == old[name]]
    assert {"a1", "a2", "a3", "gw"} <= set(alike)


def test_a_changed_inside_changes_that_node_s_digest_alone(tmp_path: Path) -> None:
    before = compiled_text(_LAB, tmp_path / "c")
    after = compiled_text(_LAB.replace("serve http tcp/80", "serve http tcp/81"), tmp_path / "c")
    services = [compose(outcome.files["compose.yaml"])["services"] for outcome in (before, after) if outcome.files]
    assert [name for name in services[0] if services[0][name] != services[1][name]] == ["web"]
