"""`netdsl measure` on a real engine: what a run says, and that nothing of it stays, however it ends."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from netdsl.codegen.contract import Options
from netdsl.comparing.variants import subject, variants
from netdsl.measuring.store import read_run
from netdsl.measuring.types import BootKind, Moment, Run
from netdsl.packets.types import Esp
from netdsl.pipeline.analysis import check
from tests.live.compose import ComposeLab
from tests.live.conftest import Starter
from tests.live.host import Host
from tests.live.machine import HERE, PROGRAM, ROOT, netdsl
from tests.live.small import PAIR

pytestmark = pytest.mark.live

LAB = PAIR + "expect { two reaches one tcp/80 ; one cannot reach 10.9.1.9 }\n"
BRIEF = ("--pings", "20", "--seconds", "0.5", "--rest", "1")
_LONGEST = 240.0  # seconds until a step begins


def _words(lab: ComposeLab, *more: str) -> tuple[str, ...]:
    return (
        "measure",
        "lab.net",
        "--folder",
        str(lab.folder),
        "--project",
        lab.project,
        "-o",
        "run.json",
        *BRIEF,
        *more,
    )


def _run(lab: ComposeLab) -> Run:
    return read_run(lab.folder.parent / "run.json")


def _nothing_stays(lab: ComposeLab, look: Callable[[str], Host], before: Host) -> None:
    assert lab.nodes() == {}
    left = HERE.wait_until(lambda: look(lab.project).added_since(before) == [], 60, pause=2)
    assert left is not None, look(lab.project).added_since(before)


def test_two_rounds_are_measured_and_nothing_stays(deploy: Starter, look: Callable[[str], Host]) -> None:
    lab = deploy(LAB, "measured")
    before = look(lab.project)
    done = netdsl(*_words(lab, "--runs", "2"), folder=lab.folder.parent, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "compose: 2 rounds; " in done.stdout
    assert "2 of 2 passed in every round" in done.stdout
    _nothing_stays(lab, look, before)

    run = _run(lab)
    assert run.is_complete
    assert (run.target, run.subject.nodes, run.subject.tunnels) == ("compose", 2, 0)
    assert any(fact.value.startswith("Docker") for fact in run.facts)
    assert {"memory", "cpu", "disk", "fresh boot", "warm boot"} <= {method.name for method in run.methods}
    for one in run.rounds:
        assert one.troubles == ()
        fresh, warm = one.boots
        assert (fresh.kind, warm.kind) == (BootKind.FRESH, BootKind.WARM)
        assert fresh.build > 0
        assert warm.build == 0
        assert None not in (fresh.total, warm.total, one.cpu, one.disk, one.teardown)
        assert {reading.moment for reading in one.readings} == set(Moment)
        steady = [reading for reading in one.readings if reading.moment is Moment.STEADY]
        assert [len(reading.usage.nodes) for reading in steady] == [2, 2]
        assert one.latencies
        assert all(len(each.times) + each.lost == 20 for each in one.latencies)
        assert all(each.bits > 0 for each in one.throughputs)
        assert [line.verdict for line in one.lines] == ["passed", "passed"]


@pytest.mark.parametrize(
    "kind", ["wireguard", pytest.param("ipsec", marks=pytest.mark.full), pytest.param("none", marks=pytest.mark.full)]
)
def test_the_bytes_on_the_wire_are_those_predicted(deploy: Starter, kind: str) -> None:
    source = ROOT / "examples/vpn-kinds/lab.net"
    lab = deploy(source.read_text(), kind, "-D", f"vpn={kind}", "--closed")
    words = _words(lab, "-D", f"vpn={kind}", "--closed", "--boot", "warm")
    done = netdsl(*words, folder=lab.folder.parent, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    run = _run(lab)
    (one,) = run.rounds
    on_paper = variants("vpn", [subject(kind, check(source, {"vpn": kind}), Options())], (), Options()).variants[0]
    ways = [way for way in on_paper.paths[0].ways if way.esp in (None, _esp(run))]
    assert [[(of.payload, of.outside) for of in way.sizes] for way in ways] == [
        [(seen.payload, seen.outside) for seen in one.wires]
    ]
    assert [first.path for first in one.firsts] == [path.name for path in run.paths if path.tunnels]
    assert all(each.cpu is not None for each in one.throughputs)


def _esp(run: Run) -> Esp:
    return Esp.USER if any("user space" in fact.value for fact in run.facts if fact.name == "tunnels") else Esp.KERNEL


@pytest.mark.parametrize(
    ("boot", "step", "number"),
    [
        ("both", "fresh boot: building", signal.SIGINT),
        ("both", "fresh boot: starting", signal.SIGINT),
        ("warm", "throughput of", signal.SIGTERM),
        ("warm", "expectations", signal.SIGINT),
    ],
)
def test_stopped_by_a_signal_it_leaves_nothing_and_is_gone_on_with(
    deploy: Starter, look: Callable[[str], Host], boot: str, step: str, number: signal.Signals
) -> None:
    lab = deploy(LAB, "stopped")
    before = look(lab.project)
    with _measuring(lab, "--boot", boot) as process:
        _await_step(process, step)
        time.sleep(0.7)
        process.send_signal(number)
        assert process.wait(timeout=120) == 130
    _nothing_stays(lab, look, before)
    (cut,) = _run(lab).rounds
    assert cut.is_cut
    done = netdsl(*_words(lab, "--boot", boot, "--resume"), folder=lab.folder.parent, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one.is_cut for one in _run(lab).rounds] == [False]
    _nothing_stays(lab, look, before)


def test_a_lab_that_runs_is_not_measured(deploy: Starter) -> None:
    lab = deploy(LAB, "running")
    lab.up()
    done = netdsl(*_words(lab), folder=lab.folder.parent)
    assert (done.returncode, done.stdout) == (3, "")
    assert "the lab is there already (one, two)" in done.stderr
    assert "netdsl down" in done.stderr
    assert len(lab.nodes()) == 2


def test_two_at_once_do_not_get_into_each_others_way(deploy: Starter) -> None:
    lab = deploy(LAB, "twice")
    with _measuring(lab) as process:
        _await_step(process, "fresh boot: building")
        done = netdsl(*_words(lab), folder=lab.folder.parent)
        assert (done.returncode, done.stdout) == (3, "")
        assert "another netdsl is measuring" in done.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 130


@contextmanager
def _measuring(lab: ComposeLab, *more: str) -> Iterator["subprocess.Popen[str]"]:
    """In a process group of its own: a signal to it alone, as `kill` sends one."""
    process = subprocess.Popen(
        [PROGRAM, *_words(lab, *more)],
        cwd=lab.folder.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=120)


def _await_step(process: "subprocess.Popen[str]", step: str) -> None:
    assert process.stderr is not None
    said = []
    deadline = time.monotonic() + _LONGEST
    for line in process.stderr:
        said.append(line)
        if f": {step}" in line:
            return
        assert time.monotonic() < deadline, said
    pytest.fail(f"it ended before `{step}`: {''.join(said)}")


def test_where_its_file_lies_nothing_else_is_written(deploy: Starter) -> None:
    lab = deploy(LAB, "tidy")
    with _measuring(lab) as process:
        _await_step(process, "fresh boot: building")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 130
    names = sorted(path.name for path in lab.folder.parent.iterdir())
    assert names == ["compose", "lab.net", "run.json"]
