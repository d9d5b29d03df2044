"""Runs side by side: what their figures are, what is refused, what a reader is warned of."""

from dataclasses import replace

import pytest

from netdsl.comparing.compare import CannotCompare, compare
from netdsl.comparing.types import Comparison, Group
from netdsl.measuring.types import BootKind, Moment, Reading, Run, Trouble
from netdsl.runtime.meter import Fact
from tests.comparing.runs import MACHINE, MIB, PATH, SUBJECT, containers, cut, machines, taken, usage

SIX = (1.0, 1.1, 0.9, 1.0, 1.1, 0.9)
LOUD = replace(taken(1), load=(0.5, 12.25))


def median_of(comparison: Comparison, key: str, run: int = 0) -> float:
    quantity = comparison.quantity(key)
    assert quantity is not None, key
    spread = quantity.by_run[run]
    assert spread is not None, key
    return spread.median


def warnings_of(*runs: Run) -> str:
    return "\n".join(compare(runs).warnings)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("boot.fresh.build", 10.0),
        ("boot.fresh.up", 2.0),
        ("boot.fresh.ready", 12.0),
        ("boot.fresh.holding", 1.0),
        ("boot.fresh.total", 13.0),
        ("boot.warm.total", 3.0),
        ("boot.teardown", 1.0),
        ("memory.max.pss", 26 * MIB),
        ("memory.max.helpers", 4 * MIB),
        ("memory.max.all", 30 * MIB),
        ("memory.max.cgroup", 39 * MIB),
        ("memory.boot.all", 30 * MIB),
        ("memory.steady.all", 20 * MIB),
        ("processor.boot", 6.0),
        ("disk.base", 100 * MIB),
        ("disk.nodes", 2 * MIB),
        ("disk.total", 102 * MIB),
        ("latency.a-b.median", 0.0055),
        ("latency.a-b.lost", 0.0),
        ("latency.a-b.first", 0.25),
        ("throughput.a-b.tcp.bits", 80e6),
        ("processor.a-b.tcp", 0.02),
        ("wire.a-b.64", 60),
        ("throughput.a-b.udp.1000.packets", 10_000),
        ("throughput.a-b.udp.1000.lost", 0.0),
    ],
)
def test_a_figure_is_the_median_of_its_rounds(key: str, value: float) -> None:
    assert median_of(compare([containers()]), key) == pytest.approx(value)


def test_percentiles_of_latency_are_of_all_samples_of_all_rounds() -> None:
    found = compare([containers(1.0, 1.0, 10.0)])
    assert median_of(found, "latency.a-b.min") == pytest.approx(0.001)
    assert median_of(found, "latency.a-b.max") == pytest.approx(0.1)
    assert median_of(found, "latency.a-b.median") == pytest.approx(0.0055)
    assert median_of(found, "latency.a-b.p95") == pytest.approx(0.09)


def test_quantities_come_by_group_and_latencies_rise() -> None:
    found = compare([containers(), machines()])
    groups = [one.group for one in found.quantities]
    assert groups == sorted(groups, key=tuple(Group).index)
    rising = ["min", "median", "p95", "p99", "max", "lost", "first"]
    assert [one.key for one in found.quantities if one.group is Group.LATENCY] == [
        f"latency.a-b.{one}" for one in rising
    ]
    assert len({one.key for one in found.quantities}) == len(found.quantities)


def test_the_same_runs_give_the_same_comparison() -> None:
    assert compare([containers(), machines()]) == compare([containers(), machines()])


def test_five_runs_stand_side_by_side_and_none_is_called_as_another() -> None:
    found = compare([containers(), machines(), containers(), machines(accelerator="KVM"), containers()])
    names = [one.name for one in found.columns]
    assert names == ["compose #1", "vagrant (emulated)", "compose #2", "vagrant (KVM)", "compose #3"]
    assert all(len(one.by_run) == 5 for one in found.quantities)


def test_what_one_run_has_not_is_none() -> None:
    bare = replace(containers(), rounds=tuple(replace(one, latencies=(), cpu=None) for one in containers().rounds))
    found = compare([containers(), bare])
    for key in ("processor.boot", "latency.a-b.median", "latency.a-b.p99"):
        quantity = found.quantity(key)
        assert quantity is not None
        assert quantity.by_run[1] is None, key


def test_memory_that_not_every_node_tells_is_no_sum() -> None:
    silent = usage(8)
    part = replace(silent, nodes=(silent.nodes[0], replace(silent.nodes[1], cgroup=None)))
    readings = (replace(taken(1).readings[0], usage=part),)
    found = compare([replace(containers(1.0), rounds=(replace(taken(1), readings=readings),))])
    assert found.quantity("memory.max.cgroup") is None
    assert found.quantity("memory.max.pss") is not None


# ----------------------------------------------------------------------------------------------------------- refusals


def test_two_labs_are_refused_by_their_names() -> None:
    other = replace(machines(), subject=replace(SUBJECT, name="dmz", digest="e" * 64))
    with pytest.raises(CannotCompare, match=r"two labs, `tiny` .* and `dmz` .*: compare runs of one"):
        compare([containers(), other])


def test_two_states_of_a_lab_are_refused_with_what_changed() -> None:
    source = replace(SUBJECT.sources[0], text="lab tiny\nhost a\n")
    other = replace(machines(), subject=replace(SUBJECT, digest="e" * 64, sources=(source,)))
    with pytest.raises(CannotCompare, match=r"two states of a lab.*\(lab\.net\): measure both from the same source"):
        compare([containers(), other])


def test_no_run_is_refused() -> None:
    with pytest.raises(CannotCompare, match="no run"):
        compare([])


# ----------------------------------------------------------------------------------------------------------- columns


@pytest.mark.parametrize(
    ("accelerator", "name"),
    [
        ("none (QEMU emulates the processor)", "vagrant (emulated)"),
        ("KVM", "vagrant (KVM)"),
        ("none (QEMU emulates the processor) (a); KVM (b)", "vagrant (emulated in part)"),
        ("the processor's virtualization (VirtualBox has no emulation)", "vagrant (VirtualBox)"),
        ("unknown to netdsl: xen", "vagrant (unknown to netdsl: xen)"),
        ("", "vagrant (accelerator unknown)"),
    ],
)
def test_an_emulated_machine_is_never_called_as_a_real_one(accelerator: str, name: str) -> None:
    assert compare([machines(accelerator=accelerator)]).columns[0].name == name


def test_a_run_that_knows_nothing_of_its_runtime_is_no_plain_one() -> None:
    assert compare([replace(containers(), facts=())]).columns[0].name == "compose (accelerator unknown)"
    assert compare([containers()]).columns[0].name == "compose"


def test_what_emulation_does_stands_first_among_the_warnings() -> None:
    assert compare([containers(), machines()]).warnings[0].startswith("vagrant (emulated): QEMU emulates")


# ---------------------------------------------------------------------------------------------------------- warnings


def test_two_good_runs_on_one_machine_have_no_warning() -> None:
    assert compare([containers(*SIX), machines(*SIX, accelerator="KVM")]).warnings == ()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(machines(), subject=replace(SUBJECT, payload="q" * 64)), "other nodes inside (payload): pppppppppppp"),
        (replace(machines(), machine=replace(MACHINE, processor="M1")), "other machines: A processor, 4 cores"),
        (replace(machines(), netdsl="1.1"), "other versions of netdsl: 1.0 (compose); 1.1 (vagrant (emulated))"),
        (
            replace(machines(), facts=(*machines().facts[:2], Fact("tunnels", "strongswan: user space"))),
            "tunnels by other means: strongswan: kernel (compose); strongswan: user space (vagrant (emulated))",
        ),
        (replace(machines(), plan=replace(machines().plan, pings=5)), "5 pings"),
        (replace(machines(), wanted=5), "vagrant (emulated): 3 of 5 rounds are done"),
        (machines(), "vagrant (emulated): 3 rounds: an interval of so few is at most their range"),
        (machines(20.0, 21.0), "vagrant (emulated): 2 rounds: too few to say how far the figures spread"),
        (replace(machines(), rounds=(*machines().rounds, cut(4))), "1 round cut short and left out"),
        (
            replace(machines(), rounds=(LOUD, *machines().rounds[1:])),
            "the machine was busy (load up to 12.2 on 4 cores)",
        ),
    ],
)
def test_what_makes_figures_incomparable_is_said(other: Run, said: str) -> None:
    assert said in warnings_of(containers(), other)


def test_a_step_that_failed_is_told_by_the_first_thing_that_was_wrong() -> None:
    trouble = Trouble("throughput of a to b", "UDP of 64 bytes: no answer; UDP of 653 bytes: no answer")
    rounds = tuple(replace(one, troubles=(trouble,)) for one in containers().rounds)
    said = warnings_of(replace(containers(), rounds=rounds))
    assert "compose: throughput of a to b failed in 3 rounds: UDP of 64 bytes: no answer …" in said


def test_runs_one_after_the_other_are_told_from_runs_in_turns() -> None:
    later = tuple(replace(one, began=one.began.replace("2026", "2027")) for one in machines().rounds)
    assert "not measured in turns" in warnings_of(containers(), replace(machines(), rounds=later))
    assert "not measured in turns" not in warnings_of(containers(), machines())


def test_one_run_alone_is_a_comparison_that_says_so() -> None:
    assert "one run alone" in warnings_of(containers())


def test_a_cut_round_is_in_no_figure() -> None:
    run = replace(containers(), rounds=(*containers().rounds, cut(4)))
    quantity = compare([run]).quantity("boot.fresh.build")
    assert quantity is not None
    assert quantity.by_run[0] is not None
    assert len(quantity.by_run[0].values) == 3


def test_a_run_of_nothing_but_a_cut_round_shows_what_there_is() -> None:
    found = compare([replace(containers(), rounds=(cut(1),))])
    assert median_of(found, "boot.fresh.total") == 13.0
    assert any("cut short: what there is of it is shown" in one for one in found.warnings)


def test_a_run_without_rounds_has_no_figures() -> None:
    found = compare([replace(containers(), rounds=())])
    assert found.quantities == ()
    assert any("0 of 3 rounds" in one for one in found.warnings)


def test_a_boot_after_which_not_all_holds_has_no_total_and_says_so() -> None:
    rounds = tuple(replace(one, boots=(replace(one.boots[0], holding=None),)) for one in containers().rounds)
    found = compare([replace(containers(), rounds=rounds)])
    assert found.quantity("boot.fresh.total") is None
    assert median_of(found, "boot.fresh.ready") == 12.0
    assert any("not every expectation was seen to hold in 3 rounds" in one for one in found.warnings)


# ---------------------------------------------------------------------------------------------------------- verdicts


def test_verdicts_are_of_all_rounds() -> None:
    failed = replace(taken(2), lines=(replace(taken(2).lines[0], verdict="failed"),))
    run = replace(containers(), rounds=(taken(1), failed, taken(3)))
    silent = replace(containers(), rounds=tuple(replace(one, lines=()) for one in containers().rounds))
    (verdicts,) = compare([containers(), run, silent]).verdicts
    assert verdicts.by_run == ("passed", "passed 2 of 3, failed 1", "")


def test_a_line_of_a_block_that_is_to_fail_has_no_verdict() -> None:
    line = replace(taken(1).lines[0], verdict="-")
    assert compare([replace(containers(1.0), rounds=(replace(taken(1), lines=(line,)),))]).verdicts == ()


def test_a_path_that_the_run_does_not_describe_is_called_by_its_name() -> None:
    found = compare([replace(containers(), paths=())])
    quantity = found.quantity("latency.a-b.median")
    assert quantity is not None
    assert quantity.title == f"{PATH.name}: median"


def test_what_a_lab_takes_under_load_is_told_apart() -> None:
    loaded = taken(1)
    reading = Reading(BootKind.WARM, Moment.LOAD, 9.0, usage(98))
    run = replace(containers(1.0), rounds=(replace(loaded, readings=(*loaded.readings, reading)),))
    found = compare([run])
    assert median_of(found, "memory.boot.all") == 30 * MIB
    assert median_of(found, "memory.load.all") == median_of(found, "memory.max.all") == 200 * MIB
    assert median_of(found, "memory.steady.all") == 20 * MIB
    assert compare([containers()]).quantity("memory.load.all") is None


def test_a_round_that_did_not_get_to_its_expectations_did_not_pass_them() -> None:
    ended = replace(taken(2), lines=(), troubles=(Trouble("fresh boot: starting", "no"),))
    run = replace(containers(), rounds=(taken(1), ended, taken(3)))
    (one,) = compare([run]).verdicts
    assert one.by_run == ("passed 2 of 3, not tested 1",)


def test_sizes_of_segments_that_differ_are_all_said() -> None:
    one = taken(1)
    tcp, *others = one.throughputs
    other = replace(machines(1.0), rounds=(replace(one, throughputs=(replace(tcp, payload=1200), *others)),))
    quantity = compare([containers(1.0), other]).quantity("throughput.a-b.tcp.bits")
    assert quantity is not None
    assert quantity.detail == "segments of 1398 bytes; segments of 1200 bytes"


def test_other_paths_are_told() -> None:
    other = replace(machines(), paths=())
    assert "other paths (under load another memory): a-b (compose); none (vagrant (emulated))" in warnings_of(
        containers(), other
    )


def test_of_a_long_message_the_first_line_is_told() -> None:
    failed = replace(taken(1), troubles=(Trouble("fresh boot: starting", "fw is not ready\nits log\nits end"),))
    told = warnings_of(replace(containers(1.0), rounds=(failed,)))
    assert "fresh boot: starting failed in 1 round: fw is not ready …" in told
    assert "its log" not in told
