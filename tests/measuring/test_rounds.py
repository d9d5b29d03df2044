"""The order of a round, what is kept of it, and that nothing of a lab is left, wherever it is stopped or fails."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as FilePath

import pytest

from netdsl.measuring import stopping
from netdsl.measuring.failures import CannotResume, RunExists
from netdsl.measuring.job import Job, Said, Step
from netdsl.measuring.measurement import Existing
from netdsl.measuring.probes import NoAnswer
from netdsl.measuring.rounds import measure_all
from netdsl.measuring.store import read_run, write_run
from netdsl.measuring.types import CUT, BootKind, Moment, Plan, Run, Trouble
from netdsl.measuring.verdicts import is_good
from netdsl.runtime.driver import DriverError
from netdsl.runtime.meter import Fact
from tests.measuring.pretending import FACTS, PATH, SOURCE, Bench, Journal

BOOTED = ["up", "usage", "facts", "usage"]
ORDER = ["rebuild", *BOOTED, "park", *BOOTED, "latency", "throughput", "disk", "down"]
"""Of one round, but for how often nodes are asked for what is expected: that is for the tests of `holding` to say."""


@pytest.fixture(autouse=True)
def no_children(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Those of the test's own process are no concern of a runtime that pretends."""
    monkeypatch.setattr(stopping, "children", lambda: ())
    was = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # these may be run with nohup
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    after = {number: signal.getsignal(number) for number in before}
    signal.signal(signal.SIGHUP, was)
    assert before == after, "handlers are put back"


@pytest.fixture
def bench(tmp_path: FilePath) -> Bench:
    return Bench(tmp_path)


def _measure(bench: Bench, *jobs: Job, runs: int | None = 1, existing: Existing = Existing.REFUSE) -> tuple[Run, ...]:
    chosen = jobs or (bench.job(),)
    return measure_all(chosen, runs, existing=existing, ground=bench.ground, instruments=bench.instruments)


def _steps(bench: Bench) -> list[str]:
    return [step.partition(": ")[2] for step in bench.journal.steps]


def test_a_round_goes_through_all_steps_in_order(bench: Bench) -> None:
    (run,) = _measure(bench)
    assert [step for step in _steps(bench) if step != "ask"] == ORDER
    assert bench.is_idle
    (one,) = run.rounds
    assert [boot.kind for boot in one.boots] == [BootKind.FRESH, BootKind.WARM]
    assert one.boots[0].build > 0
    assert one.boots[1].build == 0
    assert all(boot.total is not None for boot in one.boots)
    assert {(each.boot, each.moment) for each in one.readings} >= {
        (BootKind.FRESH, Moment.BOOT),
        (BootKind.FRESH, Moment.STEADY),
        (BootKind.WARM, Moment.STEADY),
        (BootKind.WARM, Moment.LOAD),
    }
    assert one.cpu == 1.0
    assert one.teardown is not None
    assert [(line.text, line.verdict) for line in one.lines] == [("one reaches two tcp/80", "passed")]
    assert one.troubles == ()
    assert run.facts == FACTS
    assert is_good(run)


def test_what_is_measured_is_what_the_file_says(bench: Bench) -> None:
    (run,) = _measure(bench, runs=2)
    assert run.is_complete
    assert read_run(bench.file()) == run


@pytest.mark.parametrize(
    ("boots", "expected"),
    [
        ((BootKind.FRESH,), ["rebuild", "up", "down"]),
        ((BootKind.WARM,), ["up", "park", "up", "down"]),
        ((BootKind.WARM, BootKind.FRESH), ["up", "park", "up", "down", "rebuild", "up", "down"]),
    ],
)
def test_each_kind_of_boot_finds_what_it_needs(bench: Bench, boots: tuple[BootKind, ...], expected: list[str]) -> None:
    (run,) = _measure(bench, bench.job(plan=Plan(boots)))
    assert [step for step in _steps(bench) if step in ("rebuild", "up", "park", "down")] == expected
    assert tuple(boot.kind for boot in run.rounds[0].boots) == boots


def test_a_lab_that_expects_nothing_holds_at_once(bench: Bench) -> None:
    (run,) = _measure(bench, bench.job(source=SOURCE.partition("expect")[0]))
    assert [boot.holding for boot in run.rounds[0].boots] == [0.0, 0.0]
    assert run.rounds[0].lines == ()


def test_what_does_not_come_to_hold_is_told_and_the_rest_is_measured(bench: Bench) -> None:
    job = bench.job()
    bench.runtimes["compose"].lie = lambda _, __: "timeout\t"
    (run,) = _measure(bench, job)
    (one,) = run.rounds
    assert [boot.holding for boot in one.boots] == [None, None]
    assert one.cpu is None
    assert [line.verdict for line in one.lines] == ["failed"]
    assert "fresh boot: until everything holds" in [trouble.step for trouble in one.troubles]
    assert one.latencies
    assert one.teardown is not None
    assert not is_good(run)


def test_targets_take_turns(bench: Bench) -> None:
    compose, vagrant = _measure(bench, bench.job("compose"), bench.job("vagrant"), runs=2)
    ups = [step for step in bench.journal.steps if step.endswith("rebuild")]
    assert ups == ["compose: rebuild", "vagrant: rebuild"] * 2
    assert [one.number for one in compose.rounds] == [one.number for one in vagrant.rounds] == [1, 2]


# --- what fails


@pytest.mark.parametrize("step", ["usage", "facts", "latency", "throughput", "disk"])
def test_a_step_that_fails_is_a_trouble_and_the_others_go_on(bench: Bench, step: str) -> None:
    bench.journal.fail = lambda name, _: (
        DriverError("no", tail="because", remedy="look") if name.endswith(step) else None
    )
    (run,) = _measure(bench)
    (one,) = run.rounds
    assert one.troubles
    assert {(each.message, each.remedy) for each in one.troubles} == {("no\nbecause", "look")}
    assert len(one.boots) == 2
    assert one.teardown is not None
    assert run.is_complete
    assert not is_good(run)


@pytest.mark.parametrize("step", ["rebuild", "up", "park"])
def test_without_a_boot_the_round_ends_and_is_taken_down(bench: Bench, step: str) -> None:
    bench.journal.fail = lambda name, _: DriverError("no") if name.endswith(step) else None
    (run,) = _measure(bench, runs=2)
    assert [len(one.troubles) for one in run.rounds] == [1, 1], "the next round is tried"
    assert bench.journal.count("down") == 2
    assert bench.journal.count("latency") == 0
    assert bench.is_idle


def test_what_cannot_be_taken_down_at_once_is_taken_down_again(bench: Bench) -> None:
    bench.journal.fail = lambda name, times: DriverError("busy") if name.endswith("down") and times == 1 else None
    (run,) = _measure(bench)
    assert run.rounds[0].teardown is None
    assert [(one.step, one.message) for one in run.rounds[0].troubles] == [("taking down", "busy")]
    assert bench.is_idle
    assert run.is_complete


def test_a_runtime_that_dies_ends_the_measurement_and_leaves_what_was_measured(bench: Bench) -> None:
    def dead(name: str, _: int) -> DriverError | None:
        is_dead = bench.journal.count("latency") > 0
        return DriverError("it does not answer") if is_dead else None

    bench.journal.fail = dead
    with pytest.raises(DriverError, match="does not answer") as caught:
        _measure(bench, runs=3)
    assert "--resume" in (caught.value.remedy or "")
    kept = read_run(bench.file())
    assert len(kept.rounds) == 1
    assert kept.rounds[0].is_cut
    assert len(kept.rounds[0].boots) == 2
    bench.journal.fail = lambda _, __: None
    (run,) = _measure(bench, runs=None, existing=Existing.RESUME)
    assert [one.is_cut for one in run.rounds] == [False] * 3
    assert bench.is_idle


def test_a_lab_that_runs_already_is_left_alone(bench: Bench) -> None:
    job = bench.job()
    bench.runtimes["compose"].is_up = True
    with pytest.raises(DriverError, match="there already") as caught:
        _measure(bench, job)
    assert "netdsl down" in (caught.value.remedy or "")
    assert bench.journal.steps == []
    assert not bench.file().exists()


def test_a_folder_that_is_compiled_anew_meanwhile_ends_it(bench: Bench) -> None:
    job = bench.job()
    manifest = job.deployment.folder / "netdsl-manifest.json"
    manifest.parent.mkdir()
    manifest.write_text("{}")

    def edited(name: str, times: int) -> DriverError | None:
        if name.endswith("disk"):
            manifest.write_text('{"other": 1}')
        return None

    bench.journal.fail = edited
    with pytest.raises(DriverError, match="compiled anew"):
        _measure(bench, job, runs=2)
    assert [one.is_cut for one in read_run(bench.file()).rounds] == [False]
    assert bench.is_idle


def test_another_runtime_than_in_the_rounds_before_is_told(bench: Bench) -> None:
    _measure(bench)
    bench.runtimes["compose"].facts_now = (Fact("engine", "a newer one"),)
    (run,) = _measure(bench, runs=2, existing=Existing.RESUME)
    assert "a newer one" in run.rounds[1].troubles[0].message
    assert run.facts == FACTS


# --- being stopped


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2 * len(ORDER)))
def test_stopped_anywhere_it_is_taken_down_once_and_can_be_gone_on_with(bench: Bench, number: int) -> None:
    bench.journal.stop_at = number
    with pytest.raises(KeyboardInterrupt):
        _measure(bench, runs=3)
    assert bench.is_idle
    assert bench.journal.steps[-1] == "compose: down"
    assert bench.journal.count("down") == bench.journal.count("rebuild"), "each round once"
    kept = read_run(bench.file())
    assert kept.wanted == 3
    assert sum(one.is_cut for one in kept.rounds) <= 1
    (run,) = _measure(bench, runs=None, existing=Existing.RESUME)
    assert [one.number for one in run.rounds] == [1, 2, 3]
    assert not any(one.is_cut for one in run.rounds)
    assert read_run(bench.file()) == run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_stop_it_alike(bench: Bench, number: signal.Signals) -> None:
    bench.journal = Journal(stop_at=4, stop_by=number)
    with pytest.raises(KeyboardInterrupt):
        _measure(bench)
    assert bench.is_idle


def test_a_boot_that_was_measured_is_kept_when_the_round_is_stopped(bench: Bench) -> None:
    def stop(name: str, _: int) -> DriverError | None:
        if name.endswith("park"):
            signal.raise_signal(signal.SIGINT)
        return None

    bench.journal.fail = stop
    with pytest.raises(KeyboardInterrupt):
        _measure(bench)
    (one,) = read_run(bench.file()).rounds
    assert [boot.kind for boot in one.boots] == [BootKind.FRESH]
    assert one.is_cut
    assert one.teardown is not None


def test_a_second_ctrl_c_does_not_keep_it_from_being_taken_down(bench: Bench) -> None:
    def impatient(name: str, _: int) -> DriverError | None:
        if name.endswith(("latency", "down")):
            signal.raise_signal(signal.SIGINT)
        return None

    bench.journal.fail = impatient
    with pytest.raises(KeyboardInterrupt):
        _measure(bench, runs=2)
    assert bench.journal.count("down") == 1
    assert bench.is_idle


def test_stopped_while_it_is_taken_down_the_round_is_whole(bench: Bench) -> None:
    def late(name: str, _: int) -> DriverError | None:
        if name.endswith("down"):
            signal.raise_signal(signal.SIGINT)
        return None

    bench.journal.fail = late
    with pytest.raises(KeyboardInterrupt):
        _measure(bench, runs=2)
    assert [one.is_cut for one in read_run(bench.file()).rounds] == [False]


def test_stopped_after_the_last_step_the_round_is_whole(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = stopping.Stop.hold

    def late(stop: stopping.Stop) -> None:
        signal.raise_signal(signal.SIGINT)
        hold(stop)

    monkeypatch.setattr(stopping.Stop, "hold", late)
    with pytest.raises(KeyboardInterrupt):
        _measure(bench, runs=2)
    (one,) = read_run(bench.file()).rounds
    assert not one.is_cut
    assert one.latencies
    assert bench.is_idle


@pytest.mark.parametrize("step", ["rebuild", "up", "latency", "disk", "down"])
def test_what_a_process_that_was_killed_left_running_is_taken_down_by_who_resumes(bench: Bench, step: str) -> None:
    left = b""

    def killed(name: str, times: int) -> DriverError | None:
        nonlocal left
        if name.endswith(step) and times == 1:
            left = bench.file().read_bytes()
        return None

    bench.journal.fail = killed
    _measure(bench)
    bench.file().write_bytes(left)
    bench.runtimes["compose"].is_up = True
    (run,) = _measure(bench, runs=None, existing=Existing.RESUME)
    assert run.is_complete
    assert bench.is_idle


def test_what_was_left_is_taken_down_before_a_stop_is_heard(bench: Bench) -> None:
    _measure(bench)
    (whole,) = read_run(bench.file()).rounds
    cut = replace(whole, teardown=None, troubles=(Trouble(CUT, "killed"),))
    write_run(bench.file(), replace(read_run(bench.file()), rounds=(cut,)))
    bench.runtimes["compose"].is_up = True

    def stop(name: str, times: int) -> DriverError | None:
        if name.endswith("down") and times == 2:
            signal.raise_signal(signal.SIGTERM)
        return None

    bench.journal.fail = stop
    with pytest.raises(KeyboardInterrupt):
        _measure(bench, runs=None, existing=Existing.RESUME)
    assert bench.is_idle


def test_a_lab_that_somebody_started_after_a_stop_is_left_alone_by_who_resumes(bench: Bench) -> None:
    bench.journal.stop_at = 6
    with pytest.raises(KeyboardInterrupt):
        _measure(bench)
    bench.runtimes["compose"].is_up = True
    with pytest.raises(DriverError, match="there already"):
        _measure(bench, runs=None, existing=Existing.RESUME)


# --- files


def test_a_file_that_is_there_is_not_replaced_unasked(bench: Bench) -> None:
    _measure(bench)
    with pytest.raises(RunExists, match=r"--resume.*--anew"):
        _measure(bench)
    (run,) = _measure(bench, existing=Existing.ANEW)
    assert len(run.rounds) == 1


def test_a_path_on_which_nothing_answers_is_asked_no_more(bench: Bench) -> None:
    bench.journal.fail = lambda step, _: NoAnswer("nothing answers") if step.endswith("latency") else None
    (run,) = _measure(bench)
    assert bench.journal.count("throughput") == 0
    assert [trouble.step for trouble in run.rounds[0].troubles] == ["latency of one to two"]
    assert run.rounds[0].lines, "the rest goes on"


def test_a_path_whose_latency_cannot_be_told_is_asked_on(bench: Bench) -> None:
    bench.journal.fail = lambda step, _: DriverError("no ping") if step.endswith("latency") else None
    _measure(bench)
    assert bench.journal.count("throughput") == 1


@pytest.mark.parametrize(("pairs", "troubles"), [((), 0), ((("one", "two"),), 1)])
def test_a_path_that_needs_the_other_kind_of_esp_is_not_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, pairs: tuple[tuple[str, str], ...], troubles: int
) -> None:
    monkeypatch.setattr("netdsl.measuring.round.esp_of", lambda *_: "user")
    job = bench.job(plan=Plan(pairs=pairs))
    (run,) = _measure(bench, replace(job, paths=(replace(PATH, esp="kernel"), replace(PATH, name="other", esp="user"))))
    assert [one.path for one in run.rounds[0].latencies] == ["other"]
    found = [trouble.message for trouble in run.rounds[0].troubles]
    assert found == ["with the nodes' ESP (user) nothing passes; it does with the other kind (kernel)"] * troubles


def test_more_rounds_than_before_can_be_asked_for(bench: Bench) -> None:
    (first,) = _measure(bench)
    (run,) = _measure(bench, runs=2, existing=Existing.RESUME)
    assert run.rounds[0] == first.rounds[0]
    assert len(run.rounds) == 2


def test_a_complete_run_has_nothing_to_go_on_with(bench: Bench) -> None:
    (first,) = _measure(bench)
    steps = list(bench.journal.steps)
    assert _measure(bench, runs=None, existing=Existing.RESUME) == (first,)
    assert bench.journal.steps == steps


def test_another_lab_plan_or_machine_is_not_gone_on_with(bench: Bench) -> None:
    _measure(bench)
    other = bench.job(source=SOURCE.replace(".2 ;", ".3 ;"))
    with pytest.raises(CannotResume, match="lab was changed"):
        _measure(bench, other, existing=Existing.RESUME)
    with pytest.raises(CannotResume, match="--pings was 100, and is 7"):
        _measure(bench, bench.job(plan=Plan(pings=7)), existing=Existing.RESUME)
    bench.machine = type(bench.machine)("Another", 2, 2**34, "x86_64", "Linux 6.1", "Debian")
    with pytest.raises(CannotResume, match="processor was A processor, and is Another"):
        _measure(bench, existing=Existing.RESUME)


def test_a_file_that_cannot_be_written_is_told_before_anything_starts(bench: Bench) -> None:
    job = bench.job()
    bench.folder.joinpath("compose.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        _measure(bench, job, existing=Existing.ANEW)
    assert bench.journal.steps == []


def test_who_watches_hears_each_step_and_how_long_still(bench: Bench) -> None:
    events: list[Step | Said] = []
    measure_all([bench.job()], 2, watch=events.append, ground=bench.ground, instruments=bench.instruments)
    steps = [one for one in events if isinstance(one, Step)]
    assert steps[0] == Step("compose", 1, 2, "fresh boot: building", None)
    assert [one.name for one in steps if one.round == 1] == [
        "fresh boot: building",
        "fresh boot: starting",
        "fresh boot: until everything holds",
        "fresh boot: at rest",
        "parking",
        "warm boot: starting",
        "warm boot: until everything holds",
        "warm boot: at rest",
        "latency of one to two",
        "throughput of one to two",
        "bytes on the wire of one to two",
        "disk",
        "expectations",
        "taking down",
    ]
    rest = [one.rest for one in steps if one.round == 2]
    assert all(one is not None for one in rest)
    assert rest == sorted(rest, key=lambda one: -(one or 0))


def test_fewer_rounds_than_there_are_changes_nothing(bench: Bench) -> None:
    (first,) = _measure(bench, runs=3)
    (run,) = _measure(bench, runs=1, existing=Existing.RESUME)
    assert (run.wanted, run.rounds) == (3, first.rounds)


@pytest.mark.parametrize("step", ["rebuild", "up", "latency", "throughput", "disk"])
def test_what_fails_because_it_was_stopped_does_not_hide_the_stop(bench: Bench, step: str) -> None:
    def stop(name: str, _: int) -> DriverError | None:
        if name.endswith(step):
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                raise DriverError("what was begun cannot be ended")
        return None

    bench.journal.fail = stop
    with pytest.raises(KeyboardInterrupt):
        _measure(bench, runs=2)
    (one,) = read_run(bench.file()).rounds
    assert one.is_cut
    assert bench.journal.count(step) == 1
    assert bench.is_idle
