"""What holds of a lab from its start to its end, in whatever runtime and on whatever machine: one suite for all of them.

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

from tests.live.capture import Capture
from tests.live.host import Host
from tests.live.lab import SCRIPT, Lab
from tests.live.studies import Study

Recorder = Callable[[str], None]

RECOVERY = 20  # seconds, after a gateway is killed and started again
USER = 1000


@dataclass(frozen=True, slots=True)
class Tunnel:
    """What the payload says of one."""

    state: str  # up, down
    start: str  # boot, traffic, hand
    esp: str  # kernel, user


@dataclass(frozen=True, slots=True)
class Running:
    """A lab that is up, which took `seconds`, and answered for the first time `answered` later.

    `before` is what the host held before; `before_traffic` is what gateway A said of itself before the first client asked
    for anything.
    """

    study: Study
    kind: str  # of its networks or nodes, for the record
    lab: Lab
    credentials: Path  # on this machine
    before: Host
    seconds: float
    before_traffic: str
    answered: float

    @property
    def name(self) -> str:
        return f"{self.study.name} {self.kind}"


def start(study: Study, kind: str, lab: Lab, credentials: Path) -> Running:
    """Bring a lab up, and wait for its first answer."""
    if study.of_another_user:
        give_away(credentials.parent)
    lab.prepare()
    before = lab.look()
    seconds = lab.up()
    status = lab.status(study.gateways[0])
    return Running(study, kind, lab, credentials, before, seconds, status, first_answer(study, lab))


def first_answer(study: Study, lab: Lab) -> float:
    """The seconds until a client of the study is answered for the first time."""
    client, url, answer = study.applications[0]
    answered = lab.answers_within(60, client, url, answer)
    assert answered is not None, f"no answer in a minute\n{lab.logs()}"
    return answered


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


def test_nobody_inside_reaches_the_other_site_or_the_outside(running: Running) -> None:
    study, lab = running.study, running.lab
    for client, url, answer in study.applications:
        assert lab.fetch(client, url) == answer
    host = lab.host_address()
    for node, neighbour in study.neighbours:
        others = [address for own, address in study.elsewhere if own == node]
        assert lab.pings(node, neighbour, *others, *study.outside, host) == (neighbour,)


def test_a_packet_of_full_size_passes_a_network_in_one_piece_and_no_larger_one(running: Running) -> None:
    node, address, mtu = running.study.mtu
    size = mtu - (48 if ":" in address else 28)  # the headers

    def ping(size: int) -> int:
        wait = str(5 * running.lab.machine.patience)
        words = ("ping", "-n", "-c", "1", "-W", wait, "-M", "do", "-s", str(size), address)
        return running.lab.run(node, *words, timeout=60).returncode

    assert ping(size) == 0
    assert ping(size + 1) != 0


def test_the_wire_shows_esp_and_never_the_marker_until_the_tunnel_is_taken_away(
    running: Running, tmp_path: Path
) -> None:
    """On both of the router's wires between A and S, in one capture each."""
    study, lab = running.study, running.lab
    client, url, answer = study.applications[0]
    marker = f"marker-{lab.project}-{secrets.token_hex(4)}"
    with (
        lab.capture("internet", study.wires[0], tmp_path / "a.pcap") as at_a,
        lab.capture("internet", study.wires[1], tmp_path / "s.pcap") as at_s,
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


def _take_down(lab: Lab, study: Study) -> bool:
    """Whether the tunnel is down at both ends, and what holds while it is up is away: the payload notes that last."""
    ends = tuple(zip(study.gateways, study.tunnel, strict=True))
    for node, tunnel in ends:
        lab.say(node, "sh", SCRIPT, "down", tunnel)
    return all(lab.run(node, "test", "-e", f"/run/netdsl/up/{tunnel}").returncode == 1 for node, tunnel in ends)


@contextmanager
def laid_bare(lab: Lab, study: Study) -> Iterator[None]:
    """The same flow without its tunnel: both ends keep it down, and what only holds while it is up holds all the same."""
    try:
        # more than once: the other end may bring it up again before it is told
        assert lab.machine.wait_until(lambda: _take_down(lab, study), 10, pause=1) is not None, "the tunnel stays up"
        for bare in study.bare:
            lab.say(bare.node, "sh", "-c", bare.command)
        yield
    finally:
        for bare in study.bare:
            lab.run(bare.node, "sh", "-c", bare.undo)
        for node in study.gateways:
            lab.renew(node)


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
    """Each lab whose files belong to an ordinary user has its tunnels up, and keys that only he reads."""
    keys = list(running.credentials.rglob("private/*"))
    if running.study.of_another_user:
        assert keys
        assert {key.stat().st_uid for key in keys} == {os.geteuid() or USER}
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    for gateway in running.study.gateways:
        assert "\tup\t" in running.lab.status(gateway)


def test_the_figures(running: Running, record: Recorder) -> None:
    """Times are for the record (a loaded machine stretches them); memory and size do not depend on it."""
    lab = running.lab
    nodes = lab.nodes()
    memory, memory_limit = lab.memory_held()
    sizes, size_limit = lab.disk_held()
    stopped = lab.stop(running.study.gateways[0])
    lab.start(running.study.gateways[0])
    record(
        f"{running.name}: up {running.seconds:.1f} s, first answer {running.answered:.1f} s later, stop of a gateway"
        f" {stopped:.1f} s, {len(nodes)} nodes hold {memory / 2**20:.1f} MiB of memory,"
        f" on disk {', '.join(f'{size / 1e6:.0f} MB' for size in sizes.values())}"
    )
    assert len(nodes) == running.study.size[0]
    assert memory < memory_limit
    assert max(sizes.values()) < size_limit


def test_down_leaves_the_host_as_it_was_and_up_finds_it_so(running: Running, record: Recorder) -> None:
    lab, (nodes, networks) = running.lab, running.study.size
    during = lab.look().added_since(running.before)
    mine = [line.split()[0] for line in during if lab.project in line]
    assert (mine.count("node"), mine.count("network")) == (nodes, networks + lab.own_networks())
    assert len([line for line in during if line.startswith("0 ")]) >= networks  # interfaces
    took = lab.down()
    record(f"{running.name}: down {took:.1f} s")
    left = lab.machine.wait_until(lambda: lab.look().added_since(running.before) == [], 10, pause=1)
    assert left is not None, lab.look().added_since(running.before)
    if lab.machine.patience > 1:
        return  # once is enough where it takes minutes
    lab.up()
    client, url, answer = running.study.applications[0]
    assert lab.answers_within(60, client, url, answer) is not None
