"""The processes of containers and the usage of their control groups, from procfs and cgroupfs.

Supports versions 1 and 2 and every cgroup driver: a container's group is the one with the container's id in its path.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from netdsl.dataclass import dataclass
from netdsl.disk.system import system_bytes, system_text
from netdsl.runtime.procfs import Mount, processes, read_number

_CONTAINER = re.compile(r"[0-9a-f]{64}")
_OF_A_SHIM = re.compile(rb"-id\x00([0-9a-f]{64})\x00")
_SHIM = "containerd-shim"  # the kernel stores fifteen characters of a program's name


@dataclass(frozen=True, slots=True)
class Members:
    """The processes of a container, the text of /proc/PID/cgroup of one of them, and the container's shim."""

    processes: tuple[int, ...]
    group: str
    shim: int | None


@dataclass(frozen=True, slots=True)
class GroupUsage:
    """The usage of a control group: bytes, seconds of processor time; None if the system lacks the figure."""

    memory: int | None
    cpu: float | None


def members(proc: Path, containers: Collection[str]) -> dict[str, Members]:
    """The members of each container (full ids) that has a process on this machine, in one pass over all processes."""
    found: dict[str, list[int]] = {}
    groups: dict[str, str] = {}
    shims: dict[str, int] = {}
    is_inside = _CONTAINER.search(system_text(f"{proc}/self/cgroup")) is not None
    for process in processes(proc):
        folder = f"{proc}/{process}"
        group = system_text(f"{folder}/cgroup")
        ids = _CONTAINER.findall(group)
        container = next(
            (identity for identity in ids if identity in containers), None
        )  # the engine may run in a container itself
        if container is not None:
            found.setdefault(container, []).append(process)
            groups.setdefault(container, group)
        elif (not ids or is_inside) and system_text(f"{folder}/comm").startswith(_SHIM):
            shim = _OF_A_SHIM.search(system_bytes(f"{folder}/cmdline"))
            if shim is not None:
                shims[shim[1].decode()] = process
    return {
        container: Members(tuple(sorted(numbers)), groups[container], shims.get(container))
        for container, numbers in sorted(found.items())
    }


def group_usage(hierarchies: tuple[Mount, ...], group: str, container: str) -> GroupUsage:
    """The usage of a container's group. `group`: the text of /proc/PID/cgroup of a member."""
    folders = dict(_group_folders(hierarchies, group, container))
    memory, cpu = folders.get("memory"), folders.get("cpuacct")
    if memory is not None or cpu is not None:
        return GroupUsage(
            read_number(memory / "memory.usage_in_bytes") if memory is not None else None,
            None if cpu is None else _scaled(read_number(cpu / "cpuacct.usage"), 1e-9),
        )
    unified = folders.get("")
    if unified is None:
        return GroupUsage(None, None)
    return GroupUsage(
        read_number(unified / "memory.current"), _scaled(_statistic(unified / "cpu.stat", "usage_usec"), 1e-6)
    )


def _group_folders(hierarchies: tuple[Mount, ...], group: str, container: str) -> Iterator[tuple[str, Path]]:
    """The folders of the container's group by controller (empty for version 2), as far as they are visible."""
    for line in group.splitlines():
        _, kinds, path = line.split(":", 2)
        head, found, tail = path.partition(container)
        if not found:
            continue
        container_group = (
            head + found + tail.partition("/")[0]
        )  # without groups that the container's processes have created
        controllers = frozenset(kinds.split(",")) if kinds else frozenset()
        for mount in hierarchies:
            is_same = bool(controllers & mount.kinds) or not (controllers or mount.kinds)
            if is_same and (folder := mount.folder(container_group)) is not None:
                yield from ((controller, folder) for controller in controllers or {""})


def _statistic(file: Path, name: str) -> int | None:
    found = dict(line.split(" ", 1) for line in system_text(file).splitlines() if " " in line)
    return int(found[name]) if name in found else None


def _scaled(number: int | None, unit: float) -> float | None:
    return None if number is None else number * unit
