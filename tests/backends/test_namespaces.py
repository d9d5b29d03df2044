"""The target `namespaces`: what `lab.json` says, what is refused, and what the runner reads. Nothing is started here."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netdsl.backends.namespaces.beside import PACKAGES, beside_of
from netdsl.backends.namespaces.driver import refused
from netdsl.backends.namespaces.runner.__main__ import main
from netdsl.backends.namespaces.runner.kernel import Process
from netdsl.backends.namespaces.runner.node import path_of, sysctls_of
from netdsl.backends.namespaces.runner.plan import Node, Plan, read_plan
from netdsl.backends.namespaces.runner.room import bridge_of
from netdsl.backends.namespaces.runner.said import Refused
from netdsl.backends.namespaces.runner.state import State, refuse_of_others
from netdsl.backends.namespaces.runner.tree import opened
from netdsl.codegen.contract import Options
from netdsl.codegen.images import Stage
from netdsl.runtime.driver import Answer
from tests.compiling import EXAMPLES, compiled_file, compiled_text

LAB = """lab x
network lan 10.0.0.0/24
host a { interface on lan .1 ; serve http tcp/80 }
host b { interface on lan .2 ; memory 64MiB }
"""


def _said(tmp_path: Path) -> dict[str, Any]:
    outcome = compiled_file(
        EXAMPLES / "site-to-site/lab.net", tmp_path, target="namespaces", options=Options(is_closed=True)
    )
    document: dict[str, Any] = json.loads(outcome.text("lab.json"))
    return document


@pytest.fixture
def plan_of(tmp_path: Path) -> Callable[[dict[str, Any]], Plan]:
    def read(document: dict[str, Any]) -> Plan:
        (tmp_path / "lab.json").write_text(json.dumps(document))
        return read_plan(str(tmp_path / "lab.json"), None)

    return read


# --- what is written


def test_a_node_is_its_root_interfaces_rights_and_folders(tmp_path: Path) -> None:
    document = _said(tmp_path)
    assert document["project"] == "site-to-site"
    gateway = document["nodes"]["a-gw"]
    assert set(gateway["interfaces"]) == {"wan", "lan"}
    assert gateway["interfaces"]["lan"]["network"] == "a-lan"
    assert gateway["capabilities"] == ["DAC_OVERRIDE", "NET_ADMIN", "NET_BIND_SERVICE"]
    assert gateway["devices"] == ["/dev/net/tun"]
    assert gateway["payload"] == "payload/nodes/a-gw"
    assert gateway["credentials"] == "nodes/a-gw"
    assert gateway["writes"] is None
    client = document["nodes"]["a-client-1"]
    assert (client["credentials"], client["writes"], client["capabilities"]) == (None, [], ["NET_ADMIN"])
    assert set(document["roots"]) == {gateway["root"], client["root"]} == {document["beside"]}


def test_the_payload_is_that_of_the_other_targets_byte_for_byte(tmp_path: Path) -> None:
    """Of one set of credentials."""
    lab, closed = EXAMPLES / "site-to-site/lab.net", Options(is_closed=True)
    both = [compiled_file(lab, tmp_path, target=target, options=closed).files for target in ("compose", "namespaces")]
    inside = [{path: text for path, text in (files or {}).items() if path.startswith("payload/")} for files in both]
    assert inside[0] == inside[1] != {}


def test_programs_beside_a_node_have_no_files_that_a_lab_has_changed() -> None:
    packages = tuple(sorted({*PACKAGES, "socat"}))
    plain, changed = (Stage("node-000000000000", packages, runs, (), is_online=False) for runs in ((), ("true",)))
    assert beside_of((changed, plain)).name == plain.name
    own = beside_of((changed,))
    assert own.name.startswith("beside-")
    assert (own.packages, own.runs) == (PACKAGES, ())


def test_what_namespaces_cannot_do_is_said_at_the_line(tmp_path: Path) -> None:
    way_out = LAB + "router c { interface on lan .3 ; uplink nat }\n"
    assert compiled_text(way_out, tmp_path / "keys", target="namespaces").errors == ["unsupported-by-target"]
    closed = compiled_text(way_out, tmp_path / "keys", target="namespaces", options=Options(is_closed=True))
    assert (closed.errors, "differs-in-target" in closed.codes) == ([], False)


def test_limits_are_those_of_containers(tmp_path: Path) -> None:
    """A node's own, the target's setting, what the command line says at most."""
    limited = LAB + 'target namespaces { cpu = "0.5" ; processes = "99" }\n'

    def of(**settings: str) -> dict[str, Any]:
        options = Options(settings=settings)
        outcome = compiled_text(limited, tmp_path / "keys", target="namespaces", options=options)
        return {name: node["limits"] for name, node in json.loads(outcome.text("lab.json"))["nodes"].items()}

    assert of() == {
        "a": {"memory": 512 << 20, "quota": 50_000, "processes": 99},
        "b": {"memory": 64 << 20, "quota": 50_000, "processes": 99},
    }
    assert of(memory="32MiB", cpu="3")["b"] == {"memory": 32 << 20, "quota": 300_000, "processes": 99}


# --- what the runner reads


def test_what_is_written_is_what_the_runner_reads(tmp_path: Path, plan_of: Callable[[dict[str, Any]], Plan]) -> None:
    document = _said(tmp_path)
    plan = plan_of(document)
    assert [node.name for node in plan.nodes] == list(document["nodes"])
    assert (plan.lab, plan.store, plan.beside) == ("payload/lab", "../credentials", document["beside"])
    first = plan.node("a-gw")
    document["nodes"]["a-gw"]["capabilities"].append("NET_RAW")
    assert plan_of(document).node("a-gw").digest != first.digest
    assert plan_of(document).node("b-gw").digest == plan.node("b-gw").digest
    with pytest.raises(Refused, match="no node `nobody`"):
        plan.node("nobody")


def _set(*path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        inner = document
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("project", value="../../etc"),
        _set("payload", value="../.."),
        _set("networks", value=["a b"]),
        _set("beside", value="none"),
        _set("nodes", value={"a/b": {}}),
        _set("nodes", "a-gw", "root", value="../x"),
        _set("nodes", "a-gw", "payload", value="payload/../../etc"),
        _set("nodes", "a-gw", "credentials", value="/etc"),
        _set("nodes", "a-gw", "capabilities", value=["ALL"]),
        _set("nodes", "a-gw", "devices", value=["/dev/../etc/shadow"]),
        _set("nodes", "a-gw", "writes", value=["relative"]),
        _set("nodes", "a-gw", "sysctls", value={"kernel/../../x": "1"}),
        _set("nodes", "a-gw", "sysctls", value={"net.ipv4.ip_forward": "1\n2"}),
        _set("nodes", "a-gw", "interfaces", value={"lan type dummy": {"network": "a-lan", "mac": "02:00:00:00:00:01"}}),
        _set("nodes", "a-gw", "interfaces", value={"lan": {"network": "a-lan", "mac": "02:00:00:00:00:01 up"}}),
        _set("nodes", "a-gw", "interfaces", value={"lan": {"network": "none", "mac": "02:00:00:00:00:01"}}),
        _set("roots", value={"node-000000000000": {"packages": ["--hook=x"], "runs": []}}),
        _set("nodes", "a-gw", "limits", value={"memory": "max", "quota": 1, "processes": 1}),
        _set("nodes", "a-gw", "limits", value={"memory": -1, "quota": 1, "processes": 1}),
        _set("nodes", value=3),
    ],
)
def test_what_netdsl_does_not_write_is_refused(
    change: Callable[[dict[str, Any]], None], tmp_path: Path, plan_of: Callable[[dict[str, Any]], Plan]
) -> None:
    document = _said(tmp_path)
    change(document)
    with pytest.raises(Refused, match=r"is not as netdsl writes it"):
        plan_of(document)


def test_a_file_that_is_missing_or_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No such file"):
        read_plan(str(tmp_path / "lab.json"), None)
    (tmp_path / "lab.json").write_bytes(b"\xff{")
    with pytest.raises(Refused, match="is not as netdsl writes it"):
        read_plan(str(tmp_path / "lab.json"), None)


def test_sysctls_of_all_reach_interfaces_by_default_and_those_of_one_come_when_it_is_there(
    tmp_path: Path, plan_of: Callable[[dict[str, Any]], Plan]
) -> None:
    document = _said(tmp_path)
    document["nodes"]["a-gw"]["sysctls"] = {
        "net.ipv4.conf.all.rp_filter": "1",
        "net.ipv4.conf.default.send_redirects": "1",
        "net.ipv4.conf.all.send_redirects": "0",
        "net.ipv4.conf.lan.rp_filter": "2",
        "net.ipv6.neigh.wan.gc_stale_time": "9",
        "net.ipv4.ip_forward": "1",
    }
    node: Node = plan_of(document).node("a-gw")
    early, late = sysctls_of(node)
    assert early[2:] == [
        ("net.ipv4.conf.all.rp_filter", "1"),
        ("net.ipv4.conf.default.rp_filter", "1"),
        ("net.ipv4.conf.default.send_redirects", "1"),
        ("net.ipv4.conf.all.send_redirects", "0"),
        ("net.ipv4.ip_forward", "1"),
    ]
    assert late == [("net.ipv4.conf.lan.rp_filter", "2"), ("net.ipv6.neigh.wan.gc_stale_time", "9")]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net.ipv4.conf.all.rp_filter", "net/ipv4/conf/all/rp_filter"),
        ("net.ipv4.conf.lan.10.rp_filter", "net/ipv4/conf/lan.10/rp_filter"),
        ("net.ipv6.neigh.wan.gc_stale_time", "net/ipv6/neigh/wan/gc_stale_time"),
    ],
)
def test_an_interface_with_a_full_stop_is_one_folder(key: str, path: str) -> None:
    assert path_of(key) == path


def test_names_of_bridges_fit_the_kernel_and_differ() -> None:
    names = [bridge_of(name) for name in ("lan", "wan", "a" * 200)]
    assert len(set(names)) == 3
    assert all(len(name) <= 15 for name in names)


@pytest.mark.parametrize("name", ["../../etc", "", "A", "a/b", ".hidden"])
def test_a_project_is_no_path(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Its folder is removed by `down`."""
    assert main(["--project", name, "down"]) == 3
    assert "is no name of a lab" in capfd.readouterr().err
    assert State("x").node("../room") is None


# --- what lies on the machine


def test_a_symbolic_link_on_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "payload").mkdir()
    (tmp_path / "payload/nodes").symlink_to("/etc")
    with pytest.raises(OSError, match="symbolic link"):
        opened(str(tmp_path), "payload/nodes")
    with pytest.raises(OSError, match=r"."):
        opened(str(tmp_path), "payload/nodes/passwd")
    os.close(opened(str(tmp_path), "payload"))


def test_a_folder_that_others_can_write_to_is_not_believed(tmp_path: Path) -> None:
    folder = tmp_path / "roots"
    folder.mkdir()
    folder.chmod(stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)
    with pytest.raises(Refused, match=r"can be written by others|no folder of root's"):
        refuse_of_others(folder)
    (tmp_path / "link").symlink_to("/usr")
    with pytest.raises(Refused, match="no folder of root's"):
        refuse_of_others(tmp_path / "link")


def test_a_process_is_its_number_and_its_start() -> None:
    own = Process.of("self")
    assert own == Process.of(os.getpid())
    assert own.is_alive
    assert not Process(own.number, "1@never").is_alive


# --- what the runner says to the driver


def test_what_the_runner_refuses_is_an_error_with_its_remedy() -> None:
    error = refused(Answer(3, "", "error: the lab did not get ready\na: has ended\nb: still starting\nhelp: look\n"))
    assert (error.message, error.tail, error.remedy) == (
        "the lab did not get ready", "a: has ended\nb: still starting", "look",
    )  # fmt: skip
    two = refused(Answer(3, "", "error: `a` cannot be started: no space\nerror: `x` could not be started\n"))
    assert (two.message, two.tail, two.remedy) == ("`x` could not be started", "`a` cannot be started: no space", None)
    broken = refused(Answer(1, "", "Traceback …"))
    assert (broken.message, broken.tail) == ("the runner has failed", "Traceback …")
