"""The meter of the target `compose`: what is read from the kernel's files, and what images share."""

from pathlib import Path

import pytest

from netdsl.backends.compose.facts import kernel
from netdsl.backends.compose.groups import GroupUsage, group_usage, members
from netdsl.backends.compose.layers import Layered, without_shared
from netdsl.backends.compose.own import MEASURE
from netdsl.backends.compose.tools import MEASURING, PROBING, run_words
from netdsl.codegen.images import BASE
from netdsl.runtime.driver import Deployment
from netdsl.runtime.meter import Base
from netdsl.runtime.procfs import group_mounts, processor_seconds, proportional

ONE, TWO, OTHER = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    return tmp_path / "proc"


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def process(proc: Path, number: int, group: str, pss: int = 0, comm: str = "sh", words: str = "") -> None:
    write(proc / str(number) / "cgroup", group)
    write(proc / str(number) / "comm", comm + "\n")
    write(proc / str(number) / "cmdline", words.replace(" ", "\0") + "\0")
    write(proc / str(number) / "smaps_rollup", f"55e9-7fff ---p 0 00:00 0 [rollup]\nRss: 900 kB\nPss:    {pss} kB\n")
    write(proc / str(number) / "stat", f"{number} (a (b) c) S 1 1 1 0 -1 4 0 0 0 0 100 50 25 25 20 0 1 0 9 0 0\n")


def mounted(proc: Path, *lines: str) -> None:
    write(proc / "self" / "mountinfo", "".join(f"{line}\n" for line in lines))


# --- processes


def test_a_containers_processes_are_those_in_a_group_with_its_id(proc: Path) -> None:
    process(proc, 10, f"0::/system.slice/docker-{ONE}.scope\n")
    process(proc, 11, f"0::/system.slice/docker-{ONE}.scope/inside\n")
    process(proc, 12, f"4:memory:/docker/{TWO}\n0::/docker/{TWO}\n")
    process(proc, 13, f"0::/docker/{OTHER}\n")
    process(proc, 14, "0::/\n")
    found = members(proc, {ONE, TWO})
    assert {one: own.processes for one, own in found.items()} == {ONE: (10, 11), TWO: (12,)}


def test_a_shim_belongs_to_the_container_that_it_names(proc: Path) -> None:
    process(proc, 10, f"0::/docker/{ONE}\n")
    process(proc, 20, "0::/\n", comm="containerd-shim", words=f"shim -namespace moby -id {ONE} -address x")
    process(proc, 21, "0::/\n", comm="containerd-shim", words=f"shim -namespace moby -id {OTHER} -address x")
    assert members(proc, {ONE})[ONE].shim == 20


def test_an_engine_that_runs_in_a_container_itself_has_its_own_in_that_one(proc: Path) -> None:
    write(proc / "self" / "cgroup", f"0::/docker/{OTHER}\n")
    process(proc, 10, f"4:memory:/docker/{OTHER}/docker/{ONE}\n0::/docker/{OTHER}/docker/{ONE}\n")
    process(
        proc, 20, f"0::/docker/{OTHER}\n", comm="containerd-shim", words=f"shim -namespace moby -id {ONE} -address x"
    )
    assert members(proc, {ONE})[ONE].processes == (10,)
    assert members(proc, {ONE})[ONE].shim == 20


def test_what_has_gone_meanwhile_is_left_out(proc: Path) -> None:
    (proc / "30").mkdir(parents=True)
    assert members(proc, {ONE}) == {}
    assert proportional(proc, (30, 31)) == 0
    assert processor_seconds(proc, (30, 31)) == 0


def test_where_there_is_no_procfs_nobody_is_seen(proc: Path) -> None:
    assert members(proc, {ONE}) == {}
    assert group_mounts(proc) == ()


def test_the_engines_kernel_is_this_machines_only_where_it_is() -> None:
    assert kernel("6.12.1", "6.12.1") == "6.12.1 (shared by all nodes, and with the machine)"
    assert kernel("6.10.14-linuxkit", "24.6.0") == "6.10.14-linuxkit (shared by all nodes, not this machine's own)"


def test_proportional_sizes_are_added_up(proc: Path) -> None:
    process(proc, 10, "", pss=300)
    process(proc, 11, "", pss=20)
    assert proportional(proc, (10, 11)) == 320 * 1024


def test_processor_time_is_that_of_processes_and_of_their_children_that_ended(proc: Path) -> None:
    process(proc, 10, "")
    assert processor_seconds(proc, (10,)) == pytest.approx(2.0)


# --- groups


def test_version_2_has_one_place_for_all(proc: Path, tmp_path: Path) -> None:
    mounted(proc, f"41 31 0:38 / {tmp_path}/cg rw,relatime - cgroup2 cgroup2 rw,nsdelegate")
    place = tmp_path / "cg" / "system.slice" / f"docker-{ONE}.scope"
    write(place / "memory.current", "4096\n")
    write(place / "cpu.stat", "usage_usec 2500000\nuser_usec 1\n")
    group = f"0::/system.slice/docker-{ONE}.scope/init.scope\n"
    assert group_usage(group_mounts(proc), group, ONE) == GroupUsage(4096, 2.5)


def test_version_1_has_a_place_for_each_controller(proc: Path, tmp_path: Path) -> None:
    mounted(
        proc,
        f"33 31 0:30 / {tmp_path}/cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
        f"35 31 0:32 / {tmp_path}/memory rw - cgroup cgroup rw,memory",
        f"41 31 0:38 / {tmp_path}/unified rw - cgroup2 cgroup2 rw",
        "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755",
    )
    write(tmp_path / "memory" / "docker" / ONE / "memory.usage_in_bytes", "8192\n")
    write(tmp_path / "cpuacct" / "docker" / ONE / "cpuacct.usage", "1500000000\n")
    group = f"4:memory:/docker/{ONE}\n2:cpu,cpuacct:/docker/{ONE}\n0::/docker/{ONE}\n"
    assert group_usage(group_mounts(proc), group, ONE) == GroupUsage(8192, 1.5)


def test_a_mount_that_shows_a_part_of_the_hierarchy_is_looked_into(proc: Path, tmp_path: Path) -> None:
    mounted(proc, f"41 31 0:38 /outer {tmp_path}/cg rw - cgroup2 cgroup2 rw")
    write(tmp_path / "cg" / "docker" / ONE / "memory.current", "4096\n")
    assert group_usage(group_mounts(proc), f"0::/outer/docker/{ONE}\n", ONE) == GroupUsage(4096, None)


def test_groups_that_cannot_be_seen_say_nothing(proc: Path) -> None:
    mounted(proc)
    assert group_usage(group_mounts(proc), f"0::/docker/{ONE}\n", ONE) == GroupUsage(None, None)


# --- images


def test_what_images_share_is_counted_once() -> None:
    below = Layered("debian", 70, ("d",))
    images = [Layered("one", 100, ("d", "1")), Layered("two", 90, ("d", "2"))]
    assert without_shared(below, images) == (Base("debian", 70), Base("one", 30), Base("two", 20))


def test_an_image_on_another_base_counts_whole() -> None:
    assert without_shared(Layered("debian", 70, ("new",)), [Layered("one", 100, ("d", "1"))]) == (Base("one", 100),)
    assert without_shared(None, [Layered("one", 100, ("d", "1"))]) == (Base("one", 100),)


# --- tools


def test_the_tools_have_two_rights_and_go_with_the_project() -> None:
    words = run_words(Deployment(Path("/x"), "lab"), "a-gw", "lab-a-gw-measures-1", MEASURING)
    assert [words[at + 1] for at, word in enumerate(words) if word.startswith("--cap")] == [
        "ALL",
        "NET_ADMIN",
        "NET_RAW",
    ]
    assert words[words.index("--network") + 1] == "container:lab-a-gw-1"
    assert "no-new-privileges" in words
    probing = run_words(Deployment(Path("/x"), "lab"), "a-gw", "lab-a-gw-beside-1", PROBING)
    assert [probing[at + 1] for at, word in enumerate(probing) if word.startswith("--cap")] == ["ALL", "NET_ADMIN"]
    assert {"--read-only", "no-new-privileges"} <= set(probing)
    labels = {words[at + 1] for at, word in enumerate(words) if word == "--label"}
    assert {"com.docker.compose.project=lab", "com.docker.compose.oneoff=False"} <= labels


def test_the_tools_image_is_on_the_labs_own_base() -> None:
    assert MEASURE.dockerfile.startswith(f"FROM {BASE}\n")
