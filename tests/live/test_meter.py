"""The meter of containers: what it says of a lab that runs, what it builds anew, and that nothing of it stays."""

import os
import signal
import time
from pathlib import Path
from threading import Thread

import pytest

from netdsl.backends.compose.driver import driver
from netdsl.backends.compose.meter import meter
from netdsl.measuring.job import Job
from netdsl.measuring.paths import choose, worlds_of
from netdsl.measuring.probes import Incomplete, latency, throughput
from netdsl.measuring.types import Asking, Plan, Subject, Throughput, Transport
from netdsl.measuring.types import Path as Way
from netdsl.pipeline.analysis import check
from netdsl.runtime.driver import DriverError
from tests.live.compose import ComposeLab
from tests.live.conftest import Starter
from tests.live.machine import HERE, ROOT
from tests.live.small import PAIR

pytestmark = pytest.mark.live


def ignore(_: str) -> None:
    """Progress."""


def containers_of(lab: ComposeLab) -> list[str]:
    words = ("docker", "ps", "--all", "--filter", f"name={lab.project}", "--format", "{{.Names}}")
    return sorted(HERE.say(*words).split())


@pytest.fixture
def pair(deploy: Starter) -> ComposeLab:
    lab = deploy(PAIR, "meter")
    lab.prepare()
    lab.up()
    return lab


def test_what_nodes_take_is_said_of_each_and_of_nobody_else(pair: ComposeLab) -> None:
    usage = meter.usage(pair.deployment)
    assert [node.node for node in usage.nodes] == ["one", "two"]
    for node in usage.nodes:
        assert node.cgroup is not None
        assert node.pss is not None
        assert 100_000 < node.pss < 30 * 2**20
        assert 100_000 < node.cgroup < 30 * 2**20
        assert 0 < node.cpu < 60
    assert 1_000_000 < usage.helpers < 60 * 2**20


def test_a_lab_that_does_not_run_takes_nothing(pair: ComposeLab) -> None:
    meter.park(pair.deployment, ignore)
    assert meter.usage(pair.deployment).nodes == ()
    assert containers_of(pair) == []
    assert all(HERE.run("docker", "image", "inspect", image).returncode == 0 for image in pair.images())


def test_facts_and_disk_are_of_this_lab(pair: ComposeLab) -> None:
    facts = {fact.name: fact.value for fact in meter.facts(pair.deployment)}
    assert facts["networks"] == "macvlan"
    assert facts["image"] == pair.images()[0]
    disk = meter.disk(pair.deployment)
    assert [share.node for share in disk.nodes] == ["one", "two"]
    assert sum(base.size for base in disk.bases) == pair.disk_held()[0][pair.images()[0]]


def test_tools_have_the_nodes_network_and_go(pair: ComposeLab) -> None:
    before = containers_of(pair)
    with meter.tools(pair.deployment, "two") as tools:
        assert "10.9.1.2/24" in tools.ask(["ip", "-br", "address"], timeout=10).output
        assert tools.ask(["nft", "list", "tables"], timeout=10).status == 0
        assert tools.ask(["false"], timeout=10).status == 1
        with pytest.raises(DriverError, match="does not end within 1 s"):
            tools.ask(["sleep", "60"], timeout=1)
        assert len(containers_of(pair)) == len(before) + 1
        assert [node.node for node in meter.usage(pair.deployment).nodes] == ["one", "two"]
    assert containers_of(pair) == before


def test_tools_that_were_left_go_with_the_lab(pair: ComposeLab) -> None:
    manager = meter.tools(pair.deployment, "two")
    manager.__enter__()  # as where this process is killed in the block
    driver.down(pair.deployment, ignore)
    assert containers_of(pair) == []
    manager.__exit__(None, None, None)


def test_a_node_that_there_is_not_has_no_tools(pair: ComposeLab) -> None:
    with pytest.raises(DriverError), meter.tools(pair.deployment, "three"):
        pytest.fail("no such node")
    assert len(containers_of(pair)) == 2


def test_images_are_built_anew_and_harm_nobody_who_has_them(pair: ComposeLab, deploy: Starter) -> None:
    """The other copy is not run: its image is the one that the running lab has."""
    (image,) = pair.images()
    other = deploy(PAIR, "other")
    identity = HERE.say("docker", "image", "inspect", "--format", "{{.Id}}", image)
    said: list[str] = []
    meter.rebuild(other.deployment, said.append)
    assert any("apt-get install" in line for line in said)
    assert HERE.say("docker", "image", "inspect", "--format", "{{.Id}}", image) == identity
    meter.park(pair.deployment, ignore)
    meter.rebuild(other.deployment, ignore)
    assert HERE.say("docker", "image", "inspect", "--format", "{{.Id}}", image) != identity
    assert HERE.run("docker", "image", "inspect", identity.strip()).returncode != 0


def test_an_engine_elsewhere_is_told(pair: ComposeLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("netdsl.backends.compose.meter.PROC", tmp_path)
    with pytest.raises(DriverError, match="cannot be seen from here") as caught:
        meter.usage(pair.deployment)
    assert caught.value.remedy


# --- along a path


def job_of(lab: ComposeLab, name: str) -> tuple[Job, tuple[Way, ...]]:
    found = check(ROOT / "examples" / name / "lab.net").lab
    assert found is not None
    paths = choose(found, worlds_of(found))
    subject = Subject(name, name, "", "", len(found.nodes), len(found.networks), 0)
    plan = Plan(pings=20, seconds=1.0, payloads=(64, 1370))
    return Job(found, subject, "compose", driver, meter, lab.deployment, paths, plan, None), paths


def carried(job: Job, path: Way) -> tuple[Throughput, ...]:
    try:
        return throughput(job, path)
    except Incomplete as part:
        assert path.services == ("tcp/8080",)
        return part.found


@pytest.mark.parametrize("name", ["site-to-site", "host-to-host", "site-to-site-v6"])
def test_the_case_studies_are_measured_through_their_tunnel_and_around_it(deploy: Starter, name: str) -> None:
    lab = deploy(ROOT / "examples" / name / "lab.net", name, "--closed")
    lab.prepare()
    lab.up()
    job, paths = job_of(lab, name)
    through, around = paths[0], paths[-1]
    assert through.tunnels
    assert not around.tunnels
    for path in (through, around):
        times = latency(job, path)
        assert times.asking is (Asking.PING if "icmp" in path.services else Asking.CONNECT)
        assert len(times.times) + times.lost == 20
        assert len(times.times) > 10
        found = carried(job, path)
        wanted = [Transport.TCP, Transport.UDP, Transport.UDP] if len(path.services) == 3 else [Transport.TCP]
        assert [one.transport for one in found] == wanted
        assert all(one.bits > 10_000 for one in found)
    assert len(containers_of(lab)) == 9
    facts = {fact.name: fact.value for fact in meter.facts(lab.deployment)}
    assert facts["tunnels"] in ("strongswan: kernel", "strongswan: user space")
    for node in lab.nodes():
        assert "netdsl-measure" not in lab.say(node, "nft", "list", "tables")


def interrupt_when_asked(container: str) -> None:
    """A Ctrl-C for this process once the container's tool runs, at most 60 s later."""
    for _ in range(600):
        if "sleep 60" in HERE.run("docker", "top", container, "-eo", "pid,args").stdout:
            os.kill(os.getpid(), signal.SIGINT)
            return
        time.sleep(0.1)


def ask_and_interrupt(lab: ComposeLab, before: list[str]) -> None:
    with meter.tools(lab.deployment, "two") as tools:
        (container,) = set(containers_of(lab)) - set(before)
        Thread(target=interrupt_when_asked, args=(container,)).start()
        tools.ask(["sleep", "60"], timeout=60)


def test_after_a_stop_nothing_is_left(pair: ComposeLab) -> None:
    before = containers_of(pair)
    with pytest.raises(KeyboardInterrupt):
        ask_and_interrupt(pair, before)
    assert containers_of(pair) == before
