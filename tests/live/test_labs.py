"""The three labs of the case study on a real engine, with each driver that this kernel has: one `up` for each.

The tests of a lab are a story in the order of this file; the nodes that one ends or opens, it brings back.
"""

import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.capture import capture
from tests.live.conftest import Recorder, compiled_lab
from tests.live.host import Host
from tests.live.lab import ROOT, SCRIPT, Lab, say, wait_until
from tests.live.studies import STUDIES, Study

pytestmark = pytest.mark.live

RECOVERY = 20  # seconds, after a gateway is killed and started again
MEMORY = 40 * 2**20
IMAGE = 200 * 10**6
USER = 1000


def drivers() -> tuple[str, ...]:
    """Those that this kernel has. Asked in a network namespace of its own."""
    script = "ip link add base type veth peer name other && ip link add link base name probe type ipvlan"
    for words in (("unshare", "-n"), ("unshare", "-rn")):
        try:
            if subprocess.run((*words, "sh", "-c", script), capture_output=True, check=False).returncode == 0:
                return ("macvlan", "bridge", "ipvlan")
        except FileNotFoundError:
            break
    return ("macvlan", "bridge")


@dataclass(frozen=True, slots=True)
class Running:
    """A lab that is up, since `seconds` of `docker compose up --wait`; the host as it was before."""

    study: Study
    driver: str
    lab: Lab
    seconds: float
    answered: float
    before: Host

    @property
    def name(self) -> str:
        return f"{self.study.name} {self.driver}"


@pytest.fixture(
    scope="module",
    params=[(study, driver) for study in STUDIES for driver in drivers()],
    ids=lambda param: f"{param[0].name}-{param[1]}",
)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, run_name: str, look: Callable[[str], Host]
) -> Iterator[Running]:
    study, driver = request.param
    source = ROOT / "examples" / study.name / "lab.net"
    name = f"{run_name}-{study.name}-{driver}"
    with compiled_lab(source, tmp_path_factory.mktemp(name), name, "--closed", "--driver", driver) as lab:
        if study.name == "host-to-host":
            give_away(lab.folder.parent)
        lab.build()
        before = look(lab.project)
        seconds = lab.up()
        client, url, answer = study.applications[0]
        answered = lab.answers_within(60, client, url, answer)
        assert answered is not None, f"no answer a minute after `up --wait`\n{lab.logs()}"
        yield Running(study, driver, lab, seconds, answered, before)


def give_away(folder: Path) -> None:
    """Everything below belongs to an ordinary user, as where an ordinary user compiles: keys of mode 0600 as well."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, USER, USER)


def test_every_client_gets_its_own_application_under_the_old_local_address(running: Running) -> None:
    got = {client: running.lab.fetch(client, url) for client, url, _ in running.study.applications}
    assert got == {client: answer for client, _, answer in running.study.applications}


def test_keys_of_another_user_are_read_where_they_should(running: Running) -> None:
    """In the lab whose files belong to an ordinary user; its tunnels are up, and whoever looks in finds no key."""
    if running.study.name != "host-to-host":
        return
    keys = list((running.lab.folder.parent / "credentials").rglob("private/*"))
    assert keys
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert {key.stat().st_uid for key in keys} == {os.geteuid() or USER}
    for gateway in running.study.gateways:
        assert "\tup\t" in running.lab.say(gateway, "sh", SCRIPT, "status")


def test_no_client_reaches_the_other_site_or_the_outside(running: Running) -> None:
    study, lab = running.study, running.lab
    host = say("docker", "network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", "bridge").strip()
    for client, url, answer in study.applications:
        assert lab.fetch(client, url) == answer
        others = [address for own, address in study.elsewhere if own == client]
        assert lab.pings(client, *others, *study.outside, host) == ()


def test_the_clients_of_a_site_reach_one_another_and_their_gateway(running: Running) -> None:
    """What the negatives above are held against: ping works from every client."""
    addresses = {
        "site-to-site": ("10.1.0.3", "10.1.0.4", "10.2.0.3", "10.2.0.4"),
        "host-to-host": ("10.1.0.2", "10.1.0.3", "10.1.0.2", "10.1.0.3"),
        "site-to-site-v6": ("fc00:4300:a::3", "fc00:4300:a::4", "fc00:4300:b::3", "fc00:4300:b::4"),
    }[running.study.name]
    first, second, third, fourth = running.study.clients
    pairs = ((first, addresses[1]), (second, addresses[0]), (third, addresses[3]), (fourth, addresses[2]))
    assert [pair for pair in pairs if not running.lab.pings(*pair)] == []


@pytest.mark.parametrize("side", [0, 1], ids=["at-A", "at-S"])
def test_the_wire_shows_esp_and_never_the_marker_until_the_tunnel_is_taken_away(
    running: Running, tmp_path: Path, side: int
) -> None:
    study, lab = running.study, running.lab
    client, url, answer = study.applications[0]
    marker = f"marker-{running.lab.project}-{side}"
    with capture(lab, "internet", study.wires[side], tmp_path / "wire.pcap") as wire:
        for _ in range(6):
            assert lab.fetch(client, url, marker) == answer
        waited = wait_until(lambda: sum(packet.is_esp for packet in wire.packets()) >= 10, 10)
        assert waited is not None, f"{sum(packet.is_esp for packet in wire.packets())} ESP packets"
        between = {frozenset((packet.source, packet.destination)) for packet in wire.packets() if packet.is_esp}
        assert frozenset(study.ends) in between
        assert not wire.sees(marker)
        with laid_bare(lab, study):
            assert wait_until(lambda: lab.fetch(client, url, marker) == answer, 20) is not None
            assert wait_until(lambda: wire.sees(marker), 10) is not None
    assert lab.answers_within(RECOVERY, client, url, answer) is not None


class laid_bare:  # noqa: N801
    """The same flow without its tunnel: both ends keep it down, and what only holds while it is up holds all the same."""

    def __init__(self, lab: Lab, study: Study) -> None:
        self._lab, self._study = lab, study

    def __enter__(self) -> None:
        for node, tunnel in zip(self._study.gateways, self._study.tunnel, strict=True):
            self._lab.say(node, "sh", SCRIPT, "down", tunnel)
        for bare in self._study.bare:
            self._lab.say(bare.node, "sh", "-c", bare.command)

    def __exit__(self, *_: object) -> None:
        for bare in self._study.bare:
            self._lab.say(bare.node, "sh", "-c", bare.undo)
        for node in self._study.gateways:
            say("docker", "restart", self._lab.container(node))


@pytest.mark.parametrize("end", [0, 1], ids=["A", "S"])
def test_a_gateway_that_is_killed_and_started_again_carries_traffic_within_20_seconds(
    running: Running, end: int, record: Recorder
) -> None:
    study, lab = running.study, running.lab
    client, url, answer = study.applications[0]
    assert lab.fetch(client, url) == answer
    lab.kill(study.gateways[end])
    assert lab.fetch(client, url, seconds=1) is None
    began = time.monotonic()
    lab.start(study.gateways[end])
    assert lab.answers_within(RECOVERY, client, url, answer) is not None, lab.logs()
    took = time.monotonic() - began
    record(f"{running.name}: {study.gateways[end]} killed and started, traffic again after {took:.1f} s")
    assert took < RECOVERY


def test_the_figures(running: Running, record: Recorder) -> None:
    """Times are for the record (a loaded machine stretches them); memory and size do not depend on it."""
    lab = running.lab
    nodes = lab.nodes()
    memory = _memory_held(lab)
    sizes = {lab.image(node): _image_size(lab.image(node)) for node in nodes}
    stopped = lab.stop(running.study.gateways[0])
    lab.start(running.study.gateways[0])
    record(
        f"{running.name}: up --wait {running.seconds:.1f} s, first answer {running.answered:.1f} s"
        f" later, stop of a gateway {stopped:.1f} s, {len(nodes)} containers hold {memory / 2**20:.1f} MiB,"
        f" images {', '.join(f'{size / 1e6:.0f} MB' for size in sizes.values())}"
    )
    assert len(nodes) == 9
    assert memory < MEMORY
    assert max(sizes.values()) < IMAGE


def _memory_held(lab: Lab) -> int:
    """Of the containers' control groups, in bytes, whatever their version and driver; read from outside of them."""
    script = """cd /groups; for id; do
        for place in memory/docker/$id docker/$id system.slice/docker-$id.scope
        do cat $place/memory.usage_in_bytes $place/memory.current 2>/dev/null; done; done; true"""
    identities = lab.nodes().values()
    mount = ("--network", "none", "-v", "/sys/fs/cgroup:/groups:ro", "--entrypoint", "sh")
    image = lab.image(next(iter(lab.nodes())))
    held = say("docker", "run", "--rm", *mount, image, "-c", script, "sh", *identities).split()
    assert len(held) == len(identities)
    return sum(map(int, held))


def _image_size(image: str) -> int:
    return int(say("docker", "image", "inspect", "--format", "{{.Size}}", image))


def test_down_leaves_the_host_as_it_was(running: Running, look: Callable[[str], Host], record: Recorder) -> None:
    lab = running.lab
    during = look(lab.project).added_since(running.before)
    containers = [line for line in during if line.startswith("container ")]
    assert len(containers) == 9
    assert len([line for line in during if line.startswith("network ")]) == 6
    assert len([line for line in during if line.startswith("0 ")]) >= 6  # interfaces
    took = lab.down()
    record(f"{running.name}: down {took:.1f} s")
    left = wait_until(lambda: look(lab.project).added_since(running.before) == [], 10, pause=1)
    assert left is not None, look(lab.project).added_since(running.before)
    lab.up()
    client, url, answer = running.study.applications[0]
    assert lab.answers_within(60, client, url, answer) is not None
