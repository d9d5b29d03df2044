"""What the kernel says of containers: the processes in their control groups, and what the groups hold. Linux's files alone.

`proc` is the root of procfs: /proc, another one in tests. Groups of version 1 and 2, whatever their driver names them: a
container's group is the one with its id in its path.
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_CONTAINER = re.compile(r"[0-9a-f]{64}")
_OF_A_SHIM = re.compile(rb"-id\x00([0-9a-f]{64})\x00")
_SHIM = "containerd-shim"  # the kernel keeps fifteen characters of a program's name
_GONE = (FileNotFoundError, ProcessLookupError, NotADirectoryError)
_PIECE = 2**16  # bytes; the kernel gives less at once
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Members:
    """Of one container: its processes, the text of /proc/PID/cgroup of one of them, and its shim."""

    processes: tuple[int, ...]
    group: str
    shim: int | None


@dataclass(frozen=True, slots=True)
class Mount:
    """Where groups are mounted. `kinds`: the controllers of a hierarchy of version 1, none of version 2; `root`: the
    group that is seen at `place`."""

    place: Path
    root: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes, and seconds of processor; None where this system does not say."""

    memory: int | None
    cpu: float | None


def members(proc: Path, containers: Collection[str]) -> dict[str, Members]:
    """Of those containers (full ids) that have a process here: one pass over all processes."""
    processes: dict[str, list[int]] = {}
    groups: dict[str, str] = {}
    shims: dict[str, int] = {}
    is_inside = _CONTAINER.search(_text(f"{proc}/self/cgroup")) is not None
    for process in _processes(proc):
        own = f"{proc}/{process}"
        group = _text(f"{own}/cgroup")
        ids = _CONTAINER.findall(group)
        found = next((one for one in ids if one in containers), None)  # an engine may run in a container itself
        if found is not None:
            processes.setdefault(found, []).append(process)
            groups.setdefault(found, group)
        elif (not ids or is_inside) and _text(f"{own}/comm").startswith(_SHIM):
            shim = _OF_A_SHIM.search(_bytes(f"{own}/cmdline"))
            if shim is not None:
                shims[shim[1].decode()] = process
    return {one: Members(tuple(sorted(found)), groups[one], shims.get(one)) for one, found in sorted(processes.items())}


def mounts(proc: Path) -> tuple[Mount, ...]:
    """The hierarchies of control groups (proc_pid_mountinfo(5))."""
    found = []
    for line in _text(proc / "self" / "mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        kind = after.partition(" ")[0]
        if kind in ("cgroup", "cgroup2"):
            fields = before.split(" ")
            kinds = frozenset(after.rpartition(" ")[2].split(",")) if kind == "cgroup" else frozenset()
            found.append(Mount(Path(fields[4]), fields[3], kinds))
    return tuple(found)


def held(hierarchies: tuple[Mount, ...], group: str, container: str) -> Held:
    """`group`: the text of a member's /proc/PID/cgroup."""
    places = dict(_places(hierarchies, group, container))
    memory, cpu = places.get("memory"), places.get("cpuacct")
    if memory is not None or cpu is not None:
        return Held(
            _number(memory, "memory.usage_in_bytes") if memory is not None else None,
            None if cpu is None else _scaled(_number(cpu, "cpuacct.usage"), 1e-9),
        )
    unified = places.get("")
    if unified is None:
        return Held(None, None)
    return Held(_number(unified, "memory.current"), _scaled(_statistic(unified / "cpu.stat", "usage_usec"), 1e-6))


def proportional(proc: Path, processes: Collection[int]) -> int | None:
    """Bytes: their proportional set size together. None where this user may not ask."""
    total = 0
    for process in processes:
        try:
            text = (proc / str(process) / "smaps_rollup").read_text()
        except PermissionError:
            return None
        except _GONE:
            continue
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        total += int(found[1]) * 1024 if found else 0
    return total


def processor_seconds(proc: Path, processes: Collection[int]) -> float:
    """Of the processes that are there and their children that were waited for (proc_pid_stat(5))."""
    ticks = 0
    for process in processes:
        fields = _text(proc / str(process) / "stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS


def _processes(proc: Path) -> Iterator[int]:
    """None where there is no procfs (macOS)."""
    try:
        entries = os.scandir(proc)
    except _GONE:
        return
    with entries:
        yield from (int(entry.name) for entry in entries if entry.name.isdecimal())


def _places(hierarchies: tuple[Mount, ...], group: str, container: str) -> Iterator[tuple[str, Path]]:
    """The container's group by controller (`` of version 2), where it can be seen."""
    for line in group.splitlines():
        _, kinds, path = line.split(":", 2)
        head, found, tail = path.partition(container)
        if not found:
            continue
        own = head + found + tail.partition("/")[0]  # a process may have made groups of its own inside
        wanted = frozenset(kinds.split(",")) if kinds else frozenset()
        for mount in hierarchies:
            if (wanted & mount.kinds or not (wanted or mount.kinds)) and own.startswith(mount.root):
                place = mount.place / own.removeprefix(mount.root).lstrip("/")
                yield from ((kind, place) for kind in wanted or {""})


def _number(group: Path, name: str) -> int | None:
    text = _text(group / name).strip()
    return int(text) if text.isdecimal() else None


def _statistic(file: Path, name: str) -> int | None:
    found: Mapping[str, str] = dict(line.split(" ", 1) for line in _text(file).splitlines() if " " in line)
    return int(found[name]) if name in found else None


def _scaled(number: int | None, unit: float) -> float | None:
    return None if number is None else number * unit


def _text(file: Path | str) -> str:
    return _bytes(file).decode(errors="replace")


def _bytes(file: Path | str) -> bytes:
    """What is no longer there, or nobody's to read, says nothing. Without buffers: these files are short, and many."""
    try:
        number = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except (*_GONE, PermissionError):
        return b""
    try:
        return b"".join(iter(lambda: os.read(number, _PIECE), b""))
    except _GONE:
        return b""
    finally:
        os.close(number)
