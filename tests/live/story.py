"""What holds of a lab of the case study from its start to its end, on whatever machine (test_labs, test_full).

They run in the order of this file on one lab that is up (the fixture `running`); nodes that one of them ends or opens, it
brings back.
"""

import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.live.capture import Capture, capture
from tests.live.conftest import Recorder
from tests.live.host import Host
from tests.live.lab import SCRIPT, Lab
from tests.live.studies import Study

RECOVERY = 20  # seconds, after a gateway is killed and started again
MEMORY = 40 * 2**20
IMAGE = 200 * 10**6
USER = 1000


@dataclass(frozen=True, slots=True)
class Tunnel:
    """What the payload says of one."""

    state: str  # up, down
    start: str  # boot, traffic, hand
    esp: str  # kernel, user


@dataclass(frozen=True, slots=True)
class Running:
    """A lab that is up, since `seconds` of `docker compose up --wait`, and answered for the first time `answered` later.

    `look` looks at the host, `before` is what it held before; `before_traffic` is what gateway A said of itself before the
    first client asked for anything.
    """

    study: Study
    driver: str
    lab: Lab
    credentials: Path  # on this machine
    look: Callable[[str], Host]
    before: Host
    seconds: float
    before_traffic: str
    answered: float

    @property
    def name(self) -> str:
        return f"{self.study.name} {self.driver}"


def start(study: Study, driver: str, lab: Lab, credentials: Path, look: Callable[[str], Host]) -> Running:
    """Bring a lab up, and wait for its first answer."""
    lab.build()
    before = look(lab.project)
    seconds = lab.up()
    status = lab.status(study.gateways[0])
    client, url, answer = study.applications[0]
    answered = lab.answers_within(60, client, url, answer)
    assert answered is not None, f"no answer a minute after `up --wait`\n{lab.logs()}"
    return Running(study, driver, lab, credentials, look, before, seconds, status, answered)


def give_away(folder: Path) -> None:
    """Everything below belongs to an ordinary user, as where an ordinary user compiles: keys of mode 0600 as well."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, USER, USER)


def test_every_client_gets_its_own_application_under_the_old_local_address(running: Running) -> None:
    got = {client: running.lab.fetch(client, url) for client, url, _ in running.study.applications}
    assert got == {client: answer for client, _, answer in running.study.applications}


def test_tunnels_come_up_when_the_lab_says(running: Running, record: Recorder) -> None:
    """At boot before the node is ready; on traffic with a trap in the kernel, and without waiting for it in user space."""
    name = running.study.tunnel[0]
    before, after = (
        _tunnel(status, name) for status in (running.before_traffic, running.lab.status(running.study.gateways[0]))
    )
    record(f"{running.name}: ESP in {'the kernel' if after.esp == 'kernel' else 'user space'}")
    assert after.state == "up"
    if before.start == "boot":
        assert before.state == "up"
    elif before.esp == "kernel":
        assert before.state == "down"


def _tunnel(status: str, name: str) -> Tunnel:
    (line,) = (line for line in status.splitlines() if line.startswith(f"tunnel\t{name}\t"))
    return Tunnel(*line.split("\t")[3:])


def test_no_client_reaches_the_other_site_or_the_outside(running: Running) -> None:
    study, lab = running.study, running.lab
    form = "{{(index .IPAM.Config 0).Gateway}}"
    host = lab.machine.say("docker", "network", "inspect", "--format", form, "bridge").strip()
    for client, url, answer in study.applications:
        assert lab.fetch(client, url) == answer
        others = [address for own, address in study.elsewhere if own == client]
        neighbour = study.neighbour_of(client)
        assert lab.pings(client, neighbour, *others, *study.outside, host) == (neighbour,)


def test_a_packet_of_full_size_passes_a_network_in_one_piece(running: Running) -> None:
    client = running.study.applications[0][0]
    neighbour = running.study.neighbour_of(client)
    size = "1452" if ":" in neighbour else "1472"  # 1500 without the headers
    running.lab.say(client, "ping", "-n", "-c", "1", "-W", "5", "-M", "do", "-s", size, neighbour)


def test_the_wire_shows_esp_and_never_the_marker_until_the_tunnel_is_taken_away(
    running: Running, tmp_path: Path
) -> None:
    """On both of the router's wires between A and S, in one capture each."""
    study, lab = running.study, running.lab
    client, url, answer = study.applications[0]
    marker = f"marker-{lab.project}-{secrets.token_hex(4)}"
    with (
        capture(lab, "internet", study.wires[0], tmp_path / "a.pcap") as at_a,
        capture(lab, "internet", study.wires[1], tmp_path / "s.pcap") as at_s,
    ):
        for _ in range(6):
            assert lab.fetch(client, url, marker) == answer
        for wire in (at_a, at_s):
            waited = lab.machine.wait_until(partial(_has_ten, wire, study.ends), 10)
            assert waited is not None, f"{len(wire.esp(study.ends))} ESP packets"
            assert not wire.sees(marker)
        with laid_bare(lab, study):
            assert lab.machine.wait_until(lambda: lab.fetch(client, url, marker) == answer, 20) is not None
            assert lab.machine.wait_until(lambda: at_a.sees(marker) and at_s.sees(marker), 10) is not None
    assert lab.answers_within(RECOVERY, client, url, answer) is not None


def _has_ten(wire: Capture, ends: tuple[str, str]) -> bool:
    return len(wire.esp(ends)) >= 10


@contextmanager
def laid_bare(lab: Lab, study: Study) -> Iterator[None]:
    """The same flow without its tunnel: both ends keep it down, and what only holds while it is up holds all the same."""
    try:
        for node, tunnel in zip(study.gateways, study.tunnel, strict=True):
            lab.say(node, "sh", SCRIPT, "down", tunnel)
        for bare in study.bare:
            lab.say(bare.node, "sh", "-c", bare.command)
        yield
    finally:
        for bare in study.bare:
            lab.run(bare.node, "sh", "-c", bare.undo)
        for node in study.gateways:
            lab.machine.say("docker", "restart", lab.container(node))


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
    answered = lab.answers_within(RECOVERY, client, url, answer)
    took = time.monotonic() - began
    record(f"{running.name}: {study.gateways[end]} killed and started, traffic again after {took:.1f} s")
    assert answered is not None, lab.logs()
    assert took < RECOVERY * lab.machine.patience


def test_keys_of_another_user_are_read_where_they_should(running: Running) -> None:
    """Each lab whose files belong to an ordinary user (host-to-host) has its tunnels up, and keys that only he reads."""
    keys = list(running.credentials.rglob("private/*"))
    if running.study.name == "host-to-host":
        assert keys
        assert {key.stat().st_uid for key in keys} == {os.geteuid() or USER}
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    for gateway in running.study.gateways:
        assert "\tup\t" in running.lab.status(gateway)


def test_the_figures(running: Running, record: Recorder) -> None:
    """Times are for the record (a loaded machine stretches them); memory and size do not depend on it."""
    lab = running.lab
    nodes = lab.nodes()
    memory = _memory_held(lab)
    sizes = {image: _image_size(lab, image) for image in lab.images()}
    stopped = lab.stop(running.study.gateways[0])
    lab.start(running.study.gateways[0])
    record(
        f"{running.name}: up --wait {running.seconds:.1f} s, first answer {running.answered:.1f} s later, stop of a gateway"
        f" {stopped:.1f} s, {len(nodes)} containers hold {memory / 2**20:.1f} MiB,"
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
    words = ("docker", "run", "--rm", *mount, lab.images()[0], "-c", script, "sh", *identities)
    held = lab.machine.say(*words).split()
    assert len(held) == len(identities)
    return sum(map(int, held))


def _image_size(lab: Lab, image: str) -> int:
    return int(lab.machine.say("docker", "image", "inspect", "--format", "{{.Size}}", image))


def test_down_leaves_the_host_as_it_was_and_up_finds_it_so(running: Running, record: Recorder) -> None:
    lab, look = running.lab, running.look
    during = look(lab.project).added_since(running.before)
    assert len([line for line in during if line.startswith("container ")]) == 9
    assert len([line for line in during if line.startswith("network ")]) == 6
    assert len([line for line in during if line.startswith("0 ")]) >= 6  # interfaces
    took = lab.down()
    record(f"{running.name}: down {took:.1f} s")
    left = lab.machine.wait_until(lambda: look(lab.project).added_since(running.before) == [], 10, pause=1)
    assert left is not None, look(lab.project).added_since(running.before)
    if lab.machine.patience > 1:
        return  # once is enough where it takes minutes
    lab.up()
    client, url, answer = running.study.applications[0]
    assert lab.answers_within(60, client, url, answer) is not None
