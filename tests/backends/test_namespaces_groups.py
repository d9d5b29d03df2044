"""Control groups of labs of namespaces, of both versions, on hierarchies that are folders; and what they account."""

import os
from pathlib import Path

import pytest

from netdsl.backends.namespaces import usage
from netdsl.backends.namespaces.runner import groups
from netdsl.backends.namespaces.runner.groups import Hierarchy, hierarchies
from netdsl.backends.namespaces.runner.plan import Limits


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    hierarchies.cache_clear()


def mounted(monkeypatch: pytest.MonkeyPatch, *mounts: tuple[Path, str, str]) -> None:
    monkeypatch.setattr(groups, "_mounted", lambda: [(str(place), kind, options) for place, kind, options in mounts])


def folder(place: Path, **files: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / name.replace("__", ".")).write_text(text)
    return place


def test_each_controller_is_taken_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    memory, both = folder(tmp_path / "memory"), folder(tmp_path / "cpu")
    unified = folder(tmp_path / "unified", cgroup__controllers="hugetlb pids cpu\n", cgroup__subtree_control="")
    mounted(
        monkeypatch,
        (memory, "cgroup", "rw,memory"),
        (memory, "cgroup", "rw,memory"),
        (both, "cgroup", "rw,cpu,cpuacct"),
        (tmp_path / "systemd", "cgroup", "rw,xattr,name=systemd"),
        (unified, "cgroup2", "rw"),
    )
    assert hierarchies() == (
        Hierarchy(str(memory), frozenset({"memory"}), is_unified=False),
        Hierarchy(str(both), frozenset({"cpu", "cpuacct"}), is_unified=False),
        Hierarchy(str(unified), frozenset({"pids"}), is_unified=True),
    )


def test_groups_are_made_handed_down_and_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unified = folder(tmp_path / "unified", cgroup__controllers="cpu memory pids", cgroup__subtree_control="")
    mounted(monkeypatch, (unified, "cgroup2", "rw"))
    written: list[tuple[str, str]] = []
    monkeypatch.setattr(groups, "_write", lambda file, text: written.append((file, text)))
    groups.make_lab("exam", [Limits(1 << 20, 1, 32)])
    lab = unified / "netdsl-labs/exam"
    assert written == [
        (f"{one}/cgroup.subtree_control", text)
        for one in (unified, unified / "netdsl-labs", lab)
        for text in ("+cpu", "+memory", "+pids")
    ]
    assert lab.is_dir()
    (lab / "a").mkdir()
    assert groups.groups_of("exam", "a") == [str(lab / "a")]
    assert list(groups.seen_inside("exam", "a")) == [("", str(lab / "a"))]
    assert groups.groups_of("exam", "b") == []
    groups.remove_node("exam", "a")
    assert not (lab / "a").exists()


def test_processors_are_held_only_where_a_node_has_less_than_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where they are, a lab weighs as much as its nodes, and all labs as much as theirs."""
    cpu = folder(tmp_path / "cpu")
    mounted(monkeypatch, (cpu, "cgroup", "rw,cpu"))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    whole, half = Limits(1 << 20, 200_000, 32), Limits(1 << 20, 50_000, 32)
    groups.make_lab("exam", [whole, whole])
    assert list(cpu.iterdir()) == []
    assert groups.unlimited("exam", [whole]) == ["memory", "processes"]
    assert groups.unlimited("exam", [whole, half]) == ["memory", "processors", "processes"]
    for lab in ("exam", "other"):
        folder(cpu / "netdsl-labs" / lab, cpu__shares="1024", cpu__cfs_quota_us="-1")
    (cpu / "netdsl-labs/cpu.shares").write_text("1024")
    groups.make_lab("exam", [whole, half, half])
    assert (cpu / "netdsl-labs/exam/cpu.shares").read_text() == "3072"
    assert (cpu / "netdsl-labs/cpu.shares").read_text() == "4096"
    assert groups.unlimited("exam", [half]) == ["memory", "processes"]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"memory__current": "1048576\n", "cpu__stat": "usage_usec 2500000\nuser_usec 1\n"}, (1048576, 2.5)),
        (
            {"memory__usage_in_bytes": "4096\n", "cpuacct__usage": "1500000000\n", "cpu__stat": "nr_periods 0\n"},
            (4096, 1.5),
        ),
        ({}, (None, None)),
    ],
)
def test_what_is_accounted_is_read_in_either_version(
    files: dict[str, str], found: tuple[int | None, float | None], tmp_path: Path
) -> None:
    folder(tmp_path / "netdsl-labs/exam/a", **files)
    one = Hierarchy(str(tmp_path), frozenset({"memory", "cpu"}), is_unified=False)
    assert usage.accounted((one,), "exam", "a") == found
