"""The meter of namespaces: what it says of a lab that runs, a measured round, and that nothing of it stays."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from netdsl.backends.namespaces.meter import meter
from netdsl.backends.namespaces.runner.groups import hierarchies
from netdsl.measuring.store import read_run
from netdsl.measuring.types import BootKind, Moment
from netdsl.runtime.driver import Deployment, DriverError
from tests.live.machine import HERE, netdsl
from tests.live.namespaces import ROOTS, NamespacesLab, compile_spaces
from tests.live.small import PAIR

pytestmark = pytest.mark.live

OWN_ROOT = PAIR + "image own { packages hello }\n"  # no other lab stands on it
MEASURED = (
    OWN_ROOT.replace("host one {", "host one { image own ;").replace("host two {", "host two { image own ;")
    + "expect { two reaches one tcp/80 ; one cannot reach 10.9.1.9 }\n"
)


def ignore(_: str) -> None:
    """Progress."""


@pytest.fixture
def pair(tmp_path: Path, run_name: str) -> Iterator[NamespacesLab]:
    (tmp_path / "lab.net").write_text(PAIR)
    lab = compile_spaces(tmp_path / "lab.net", tmp_path, f"{run_name}-meter")
    try:
        lab.up()
        yield lab
    finally:
        lab.take_away()


def of(lab: NamespacesLab) -> Deployment:
    return Deployment(lab.folder, lab.project)


def groups_of(project: str) -> list[str]:
    return [str(path) for one in hierarchies() if (path := Path(one.lab(project))).exists()]


def test_what_nodes_take_is_said_of_each_and_of_no_other(pair: NamespacesLab) -> None:
    usage = meter.usage(of(pair))
    assert [node.node for node in usage.nodes] == ["one", "two"]
    for node in usage.nodes:
        assert node.pss is not None
        assert 100_000 < node.pss < 30 * 2**20
        assert node.cgroup is None or 100_000 < node.cgroup < 30 * 2**20
        assert 0 < node.cpu < 60
    assert 10_000 < usage.helpers < 10 * 2**20
    most = [
        one for one in hierarchies() if one.controllers != {"cpu"}
    ]  # that one where a node has fewer than the machine
    assert len(groups_of(pair.project)) >= len(most)
    facts = {fact.name: fact.value for fact in meter.facts(of(pair))}
    assert facts["engine"] == "none (Linux namespaces)"
    disk = meter.disk(of(pair))
    assert [share.node for share in disk.nodes] == ["one", "two"]
    assert sum(base.size for base in disk.bases) == pytest.approx(sum(pair.disk_held()[0].values()), rel=0.1)
    meter.park(of(pair), ignore)
    assert meter.usage(of(pair)).nodes == ()
    assert groups_of(pair.project) == []


def test_tools_have_the_nodes_network_and_go(pair: NamespacesLab) -> None:
    with meter.tools(of(pair), "two") as tools:
        assert "10.9.1.2/24" in tools.ask(["ip", "-br", "address"], timeout=30).output
        assert tools.ask(["nft", "list", "tables"], timeout=30).status == 0
        assert tools.ask(["false"], timeout=30).status == 1
        waiting = ["sh", "-c", "sleep 613 >/dev/null 2>&1 & echo $! >/tmp/waits"]
        assert tools.ask(waiting, timeout=30).status == 0
        assert tools.ask(["sh", "-c", "kill -0 $(cat /tmp/waits)"], timeout=30).status == 0
        assert any("613" in words for words in commands())
        with pytest.raises(DriverError, match="does not end within 1 s"):
            tools.ask(["sleep", "60"], timeout=1)
        assert [node.node for node in meter.usage(of(pair)).nodes] == ["one", "two"]
    assert not any("613" in words for words in commands())
    with pytest.raises(DriverError, match="no node `three`"), meter.tools(of(pair), "three"):
        pytest.fail("no such node")


def commands() -> list[list[str]]:
    """Of all processes of this machine."""
    return [line.split() for line in HERE.say("ps", "-eo", "args").splitlines()]


def test_a_round_is_measured_on_a_root_that_is_made_again_and_nothing_stays(tmp_path: Path, run_name: str) -> None:
    (tmp_path / "lab.net").write_text(MEASURED)
    lab = compile_spaces(tmp_path / "lab.net", tmp_path, f"{run_name}-round")
    before = lab.look()
    try:
        where = ("--folder", str(lab.folder), "--project", lab.project, "-o", "run.json", "-t", "namespaces")
        brief = ("--pings", "20", "--seconds", "0.5", "--rest", "1")
        done = netdsl("measure", "lab.net", *where, *brief, folder=tmp_path, timeout=900)
        assert done.returncode == 0, done.stdout + done.stderr
        (one,) = read_run(tmp_path / "run.json").rounds
        assert one.troubles == ()
        fresh, warm = one.boots
        assert (fresh.kind, warm.kind) == (BootKind.FRESH, BootKind.WARM)
        assert fresh.build > warm.build == 0
        assert None not in (fresh.total, warm.total, one.cpu, one.disk, one.teardown)
        assert {reading.moment for reading in one.readings} == set(Moment)
        assert all(len(each.times) + each.lost == 20 for each in one.latencies)
        assert one.throughputs
        assert all(each.bits > 0 for each in one.throughputs)
        assert [line.verdict for line in one.lines] == ["passed", "passed"]
        assert lab.look().added_since(before) == []
        assert groups_of(lab.project) == []
        lab.up()
        with pytest.raises(DriverError, match=f"the lab `{lab.project}` runs on the root file system"):
            meter.rebuild(of(lab), ignore)
    finally:
        lab.take_away()
        (own,) = {node["root"] for node in json.loads((lab.folder / "lab.json").read_text())["nodes"].values()}
        shutil.rmtree(ROOTS / own)
