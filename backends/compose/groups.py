"""What the kernel says of containers: the processes in their control groups, and what the groups hold. Linux's files alone.

Groups of version 1 and 2, whatever their driver names them: a container's group is the one with its id in its path.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from netdsl.runtime.procfs import Mount, processes, read_bytes, read_number, read_text

_CONTAINER = re.compile(r"[0-9a-f]{64}")
_OF_A_SHIM = re.compile(rb"-id\x00([0-9a-f]{64})\x00")
_SHIM = "containerd-shim"  # the kernel keeps fifteen characters of a program's name


@dataclass(frozen=True, slots=True)
class Members:
    """Of one container: its processes, the text of /proc/PID/cgroup of one of them, and its shim."""

    processes: tuple[int, ...]
    group: str
    shim: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes, and seconds of processor; None where this system does not say."""

    memory: int | None
    cpu: float | None


def members(proc: Path, containers: Collection[str]) -> dict[str, Members]:
    """Of those containers (full ids) that have a process here: one pass over all processes."""
    found: dict[str, list[int]] = {}
    groups: dict[str, str] = {}
    shims: dict[str, int] = {}
    is_inside = _CONTAINER.search(read_text(f"{proc}/self/cgroup")) is not None
    for process in processes(proc):
        own = f"{proc}/{process}"
        group = read_text(f"{own}/cgroup")
        ids = _CONTAINER.findall(group)
        container = next((one for one in ids if one in containers), None)  # an engine may run in a container itself
        if container is not None:
            found.setdefault(container, []).append(process)
            groups.setdefault(container, group)
        elif (not ids or is_inside) and read_text(f"{own}/comm").startswith(_SHIM):
            shim = _OF_A_SHIM.search(read_bytes(f"{own}/cmdline"))
            if shim is not None:
                shims[shim[1].decode()] = process
    return {one: Members(tuple(sorted(own)), groups[one], shims.get(one)) for one, own in sorted(found.items())}


def held(hierarchies: tuple[Mount, ...], group: str, container: str) -> Held:
    """`group`: the text of a member's /proc/PID/cgroup."""
    places = dict(_places(hierarchies, group, container))
    memory, cpu = places.get("memory"), places.get("cpuacct")
    if memory is not None or cpu is not None:
        return Held(
            read_number(memory / "memory.usage_in_bytes") if memory is not None else None,
            None if cpu is None else _scaled(read_number(cpu / "cpuacct.usage"), 1e-9),
        )
    unified = places.get("")
    if unified is None:
        return Held(None, None)
    return Held(read_number(unified / "memory.current"), _scaled(_statistic(unified / "cpu.stat", "usage_usec"), 1e-6))


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
            is_its = bool(wanted & mount.kinds) or not (wanted or mount.kinds)
            if is_its and (place := mount.folder(own)) is not None:
                yield from ((kind, place) for kind in wanted or {""})


def _statistic(file: Path, name: str) -> int | None:
    found = dict(line.split(" ", 1) for line in read_text(file).splitlines() if " " in line)
    return int(found[name]) if name in found else None


def _scaled(number: int | None, unit: float) -> float | None:
    return None if number is None else number * unit
