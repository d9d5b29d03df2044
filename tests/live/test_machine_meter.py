"""Measuring virtual machines: one lab through a fresh boot, a rest, a measurement through its tunnel, and a warm boot."""

import json
import subprocess
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest

from netdsl.backends.vagrant.driver import driver
from netdsl.backends.vagrant.meter import meter
from netdsl.runtime.driver import Deployment, DriverError
from netdsl.runtime.meter import Tools, Usage
from tests.live.hypervisor import VIRSH, box_as
from tests.live.lab import compile_for
from tests.live.machine import Machine
from tests.live.small import PAIR, TWO_ENDS
from tests.live.story import Recorder
from tests.live.vagrant import CRASHED, DISK, MEMORY, VagrantLab

pytestmark = [pytest.mark.live, pytest.mark.vm]

NODES = {"left", "right"}
ASKED = "10.2.0.1"  # inside of the tunnel's right end
_MOVE = "table ip measured { chain in { type nat hook prerouting priority -150; tcp dport 30000 redirect to :5201; }; }"


@dataclass(frozen=True, slots=True)
class Measured:
    """`box`: a name of its own, so that machines of others that run on this host are in nobody's way."""

    box: str
    deployment: Deployment
    lab: VagrantLab
    readings: tuple[Usage, ...]
    said: tuple[str, ...]


@pytest.fixture(scope="module")
def measured(
    hypervisor: Machine, tmp_path_factory: pytest.TempPathFactory, run_name: str, record: Recorder
) -> Iterator[Measured]:
    """Brought up from nothing, read once a second."""
    project = f"{run_name}-metered"
    with box_as(hypervisor, f"netdsl/{project}") as box:
        place = tmp_path_factory.mktemp("metered")
        (place / "lab.net").write_text(TWO_ENDS)
        folder = compile_for("vagrant", place / "lab.net", place, project, "--closed", "--set", f"box={box}")
        deployment, lab = Deployment(folder, project), VagrantLab(folder, project, hypervisor)
        said: list[str] = []
        try:
            meter.rebuild(deployment, said.append)
            began = monotonic()
            with reading(deployment) as readings:
                up(deployment, said)
            record(f"two-ends in machines: fresh boot {monotonic() - began:.0f} s; {summed(readings[-1])}")
            lab.connect()
            yield Measured(box, deployment, lab, tuple(readings), tuple(said))
        finally:
            lab.take_away()


@contextmanager
def reading(deployment: Deployment) -> Iterator[list[Usage]]:
    taken: list[Usage] = []
    end = threading.Event()

    def run() -> None:
        while not end.wait(1):
            taken.append(meter.usage(deployment))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield taken
    finally:
        end.set()
        thread.join()


def up(deployment: Deployment, said: list[str]) -> None:
    try:
        driver.up(deployment, said.append, timeout=None)
    except DriverError as error:
        if CRASHED not in error.tail:
            pytest.fail(f"{error}: {error.tail}")
        warnings.warn(f"a guest's kernel crashed; once more\n{error.tail}", stacklevel=2)
        driver.down(deployment, said.append)
        driver.up(deployment, said.append, timeout=None)


def summed(usage: Usage) -> str:
    held = sum(node.pss or 0 for node in usage.nodes)
    cpu = {node.node: round(node.cpu) for node in usage.nodes}
    return f"{held / 2**20:.0f} MiB, seconds of processors {sum(cpu.values())} ({cpu})"


def test_a_fresh_boot_brings_the_box_to_libvirt(measured: Measured) -> None:
    assert any("copying the box into libvirt's pool" in line for line in measured.said)


def test_machines_are_read_while_they_boot(measured: Measured) -> None:
    first = next(usage for usage in measured.readings if usage.nodes)
    last = measured.readings[-1]
    assert {node.node for node in last.nodes} == NODES
    assert sum(node.cpu for node in first.nodes) < sum(node.cpu for node in last.nodes) / 4
    for node in last.nodes:
        assert node.pss is not None
        assert 64 * 2**20 < node.pss < MEMORY
        assert node.cgroup is None or node.cgroup > node.pss / 4
    assert 0 < last.helpers < 16 * 2**20


def test_the_disks_are_the_box_twice_and_little_for_each_machine(measured: Measured) -> None:
    disk = meter.disk(measured.deployment)
    vagrant, copy = disk.bases
    assert vagrant.name.startswith(measured.box)
    assert copy.name.endswith("(libvirt's copy)")
    assert abs(vagrant.size - copy.size) < copy.size / 4
    assert {share.node for share in disk.nodes} == NODES
    assert all(0 < share.size < DISK for share in disk.nodes)


def test_the_facts_name_the_accelerator(measured: Measured, hypervisor: Machine) -> None:
    """By what each machine runs with, not by what the host could do."""
    facts = {fact.name: fact.value for fact in meter.facts(measured.deployment)}
    domain = measured.lab.domain("left")
    is_kvm = "<domain type='kvm'" in hypervisor.say(*VIRSH, "dumpxml", domain)
    assert facts["accelerator"] == ("KVM" if is_kvm else "none (QEMU emulates the processor)")
    assert facts["machines"] == "256 MiB, 1 processor"
    assert facts["box"].startswith(measured.box)
    assert facts["tunnels"] == "strongswan: kernel"
    assert facts["kernel"].endswith("(each machine's own)")
    for name in ("vagrant", "provider", "hypervisor", "processor", "networks"):
        assert facts[name]


def test_tools_measure_through_the_tunnel_and_leave_nothing(measured: Measured, record: Recorder) -> None:
    lab, deployment = measured.lab, measured.deployment
    with meter.tools(deployment, "right") as right, meter.tools(deployment, "left") as left:
        told(right, "nft", _MOVE)
        try:
            told(right, "iperf3", "-s", "-D")
            report = json.loads(told(left, "iperf3", "-c", ASKED, "-p", "30000", "-t", "3", "-J"))
        finally:
            told(right, "nft", "delete table ip measured")
        bits = report["end"]["sum_received"]["bits_per_second"]
        record(f"two-ends in machines: {bits / 1e6:.1f} Mbit/s of TCP through the tunnel")
        assert bits > 0
        assert "0% packet loss" in told(left, "ping", "-c", "3", "-n", ASKED)
        with pytest.raises(DriverError, match="`sleep` does not end within 1 s"):
            left.ask(("sleep", "60"), timeout=1)
        assert lab.run("right", "pgrep", "-x", "iperf3").returncode == 0
    assert lab.run("right", "pgrep", "-x", "iperf3").returncode == 1
    assert lab.run("left", "sh", "-c", "ls -d /sys/fs/cgroup/netdsl-*").stdout == ""


def told(tools: Tools, *command: str) -> str:
    answer = tools.ask(command, timeout=60)
    assert answer.status == 0, f"{command}: {answer}"
    return answer.output


def test_a_node_that_there_is_not_has_no_tools(measured: Measured) -> None:
    with pytest.raises(DriverError, match="no node `three`"), meter.tools(measured.deployment, "three"):
        pass


def test_the_box_stays_while_another_lab_s_machine_stands_on_it(
    measured: Measured, tmp_path: Path, run_name: str
) -> None:
    """Whose it is, is said. (The lab that asks was compiled, and never started.)"""
    (tmp_path / "lab.net").write_text(PAIR)
    box = f"box={measured.box}"
    folder = compile_for("vagrant", tmp_path / "lab.net", tmp_path / "o", f"{run_name}-other", "--closed", "--set", box)
    with pytest.raises(DriverError, match=f"`{measured.deployment.project}_left`"):
        meter.rebuild(Deployment(folder, f"{run_name}-other"), lambda _: None)
    with pytest.raises(DriverError, match="the lab runs"):
        meter.rebuild(measured.deployment, lambda _: None)


def test_parked_machines_come_up_again_as_they_were(measured: Measured, hypervisor: Machine, record: Recorder) -> None:
    """A warm boot: nothing is provisioned again, and the tunnel comes up by itself."""
    deployment, lab = measured.deployment, measured.lab
    before = lab.nodes()
    made = {node: lab.say(node, "stat", "-c", "%Y", "/netdsl/node").strip() for node in before}
    for node in before:
        lab.disconnect(node)
    began = monotonic()
    meter.park(deployment, lambda _: None)
    parked = monotonic() - began
    assert meter.usage(deployment).nodes == ()
    assert {states(hypervisor, identity) for identity in before.values()} == {"shut off"}
    said: list[str] = []
    began = monotonic()
    up(deployment, said)
    figures = summed(meter.usage(deployment))
    record(f"two-ends in machines: parked in {parked:.0f} s, warm boot {monotonic() - began:.0f} s; {figures}")
    assert lab.nodes() == before
    assert not any("setting up" in line for line in said)
    assert {state.health for state in driver.status(deployment)} == {"ready"}
    lab.connect()
    assert {node: lab.say(node, "stat", "-c", "%Y", "/netdsl/node").strip() for node in before} == made
    assert lab.fetch("left", f"http://{ASKED}:8080/") == "right.app"


def states(machine: Machine, identity: str) -> str:
    done: subprocess.CompletedProcess[str] = machine.run(*VIRSH, "domstate", identity)
    return done.stdout.strip()
