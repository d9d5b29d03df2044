"""Control groups: `netdsl-labs/PROJECT/NODE` in each hierarchy that this machine has, of version 1 or 2.

They account what a node takes, and limit it. Of version 2 (Documentation/admin-guide/cgroup-v2.rst) a group has the
controllers that the one above it hands down; of version 1 (cgroup-v1/) each controller has a hierarchy of its own.
"""

import os
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from .plan import Limits
from .said import Refused

TOP = "netdsl-labs"
_CONTROLLERS = ("memory", "cpu", "cpuacct", "pids")
_PERIOD = 100_000  # microseconds, the kernel's own (Documentation/scheduler/sched-bwc.rst)
_MEMORY, _PROCESSORS, _PROCESSES = "memory", "processors", "processes"
_CONTROLLING = ((_MEMORY, "memory"), (_PROCESSORS, "cpu"), (_PROCESSES, "pids"))
_ENDS = 10.0  # seconds until the kernel lets go of a group whose processes have ended
_SHORTLY = 0.01


@dataclass(frozen=True)
class Hierarchy:
    """`place`: where it is mounted; `controllers`: those of ours that it has."""

    place: str
    controllers: frozenset[str]
    is_unified: bool

    def lab(self, project: str) -> str:
        return f"{self.place}/{TOP}/{project}"

    def node(self, project: str, name: str) -> str:
        return f"{self.lab(project)}/{name}"


@cache
def hierarchies() -> tuple[Hierarchy, ...]:
    """Those that groups can be made in (proc_pid_mountinfo(5)). A controller is in one of them alone."""
    found: list[Hierarchy] = []
    for place, kind, options in _mounted():
        if kind == "cgroup":
            there = set(options.split(","))
        elif kind == "cgroup2":
            there = set(_text(f"{place}/cgroup.controllers").split())
        else:
            continue
        known = {controller for one in found for controller in one.controllers}
        ours = there.intersection(_CONTROLLERS) - known
        if ours and os.access(place, os.W_OK):
            found.append(Hierarchy(place, frozenset(ours), kind == "cgroup2"))
    return tuple(found)


def _mounted() -> Iterator[tuple[str, str, str]]:
    for line in _text("/proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        kind, _, rest = after.partition(" ")
        yield before.split(" ")[4], kind, rest.rpartition(" ")[2]


def make_lab(project: str, limits: Collection[Limits]) -> None:
    """The groups that those of nodes are made in: a node for each of these limits. Where the kernel refuses one, nodes have
    none there.

    A group of processors holds all that is in it to the weight of one process of the machine, so that nodes would starve
    where others work. It is made only where a node has less than all processors, with a weight for each node.
    """
    is_held = holds_processors(limits)
    for one in hierarchies():
        wanted = one.controllers if is_held else one.controllers - {"cpu"}
        if not wanted:
            continue
        with suppress(OSError):
            for folder in (one.place, f"{one.place}/{TOP}", one.lab(project)):
                os.makedirs(folder, exist_ok=True)
                if one.is_unified:
                    _hand_down(folder, wanted)
        _weigh(f"{one.place}/{TOP}", project, len(limits))


def holds_processors(limits: Iterable[Limits]) -> bool:
    """Whether one of these is less than all that the machine has."""
    return any(one.quota < (os.cpu_count() or 1) * _PERIOD for one in limits)


def _weigh(top: str, project: str, nodes: int) -> None:
    """A lab weighs as much as so many processes, all labs together as much as they: what version 1 calls shares."""
    for file, unit, most in (("cpu.weight", 100, 10_000), ("cpu.shares", 1024, 1 << 18)):
        if os.path.exists(f"{top}/{project}/{file}"):
            with suppress(OSError):
                _write(f"{top}/{project}/{file}", str(min(unit * nodes, most)))
                labs = (entry.path for entry in os.scandir(top) if entry.is_dir())
                weights = (int(_text(f"{lab}/{file}") or 0) for lab in labs)
                _write(f"{top}/{file}", str(min(sum(weights), most)))


def _hand_down(folder: str, controllers: Iterable[str]) -> None:
    """The kernel refuses it where the group has processes of its own and is not the machine's first."""
    for controller in sorted(controllers):
        with suppress(OSError):
            _write(f"{folder}/cgroup.subtree_control", f"+{controller}")


def lacking() -> list[str]:
    """What labs here have without a limit, as far as is seen without making a group."""
    there = set[str]()
    for one in hierarchies():
        for controller in one.controllers:
            if not one.is_unified or _can_hand_down(one.place, controller):
                there.add(controller)
    return [what for what, controller in _CONTROLLING if controller not in there]


def _can_hand_down(place: str, controller: str) -> bool:
    """Processes in a group keep it from handing down, but for the machine's first, which alone has no `cgroup.type`."""
    is_first = not os.path.exists(f"{place}/cgroup.type")
    is_handed = controller in _text(f"{place}/cgroup.subtree_control").split()
    return is_first or is_handed or not _text(f"{place}/cgroup.procs")


def groups_of(project: str, name: str) -> list[str]:
    """The folders of a node's groups that are there."""
    return [folder for one in hierarchies() if os.path.isdir(folder := one.node(project, name))]


def seen_inside(project: str, name: str) -> Iterator[tuple[str, str]]:
    """Of each of a node's groups its path below /sys/fs/cgroup in the node, and its folder."""
    for one in hierarchies():
        folder = one.node(project, name)
        if os.path.isdir(folder):
            for path in [""] if one.is_unified else sorted(one.controllers):
                yield path, folder


def unlimited(project: str, limits: Collection[Limits]) -> list[str]:
    """What nodes of the lab have without a limit, as no group that `make_lab` could make has it."""
    missing = [_MEMORY, _PROCESSORS, _PROCESSES] if holds_processors(limits) else [_MEMORY, _PROCESSES]
    for one in hierarchies():
        lab = one.lab(project)
        handed = set(_text(f"{lab}/cgroup.subtree_control").split()) if one.is_unified else one.controllers
        for what, controller, file in _LIMITING:
            if what in missing and controller in handed and os.path.exists(f"{lab}/{file}"):
                missing.remove(what)
    return missing


_LIMITING = (
    (_MEMORY, "memory", "memory.max"),
    (_MEMORY, "memory", "memory.limit_in_bytes"),
    (_PROCESSORS, "cpu", "cpu.max"),
    (_PROCESSORS, "cpu", "cpu.cfs_quota_us"),
    (_PROCESSES, "pids", "pids.max"),
)


def enter_new(project: str, name: str, limits: Limits) -> None:
    """This process, and what it starts, is in the node's groups from now on, which are made and have these limits."""
    for one in hierarchies():
        if os.path.isdir(one.lab(project)):
            folder = one.node(project, name)
            os.makedirs(folder, exist_ok=True)
            for file, text in _limits(limits):
                if os.path.exists(f"{folder}/{file}"):
                    _write(f"{folder}/{file}", text)
    join(opened(project, name))


def _limits(limits: Limits) -> Iterator[tuple[str, str]]:
    """Files of both versions. As much memory again may be swapped out, as engines have it; a machine may account none."""
    yield "memory.max", str(limits.memory)
    yield "memory.swap.max", str(limits.memory)
    yield "memory.limit_in_bytes", str(limits.memory)
    yield "memory.memsw.limit_in_bytes", str(2 * limits.memory)
    yield "cpu.max", f"{limits.quota} {_PERIOD}"
    yield "cpu.cfs_period_us", str(_PERIOD)
    yield "cpu.cfs_quota_us", str(limits.quota)
    yield "pids.max", str(limits.processes)


def opened(project: str, name: str) -> list[int]:
    """Descriptors by which a process can join the node's groups, also where their folders are not seen any more."""
    folders = groups_of(project, name)
    if os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR):
        # The kernel keeps what runs in real time out of groups that have no time for that, and no quota holds it.
        folders = [folder for folder in folders if not os.path.exists(f"{folder}/cpu.rt_runtime_us")]
    return [os.open(f"{folder}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for folder in folders]


def join(descriptors: Iterable[int]) -> None:
    """This process is in these groups from now on. They are closed."""
    for descriptor in descriptors:
        os.write(descriptor, b"0")
        os.close(descriptor)


def remove_node(project: str, name: str) -> None:
    """When its processes have ended. Raises Refused where the kernel keeps one."""
    for folder in groups_of(project, name):
        _remove(folder)


def remove_lab(project: str) -> None:
    """All of its nodes' as well. Raises Refused."""
    for one in hierarchies():
        lab = one.lab(project)
        with suppress(FileNotFoundError):
            for entry in os.scandir(lab):
                if entry.is_dir():
                    _remove(entry.path)
            _remove(lab)
        with suppress(OSError):  # other labs are in it, or it was never made
            os.rmdir(f"{one.place}/{TOP}")


def _remove(folder: str) -> None:
    until = time.monotonic() + _ENDS
    while True:
        try:
            os.rmdir(folder)
            return
        except FileNotFoundError:
            return
        except OSError as error:
            if time.monotonic() > until:
                raise Refused(f"the control group {folder} does not go: {error.strerror}") from error
        time.sleep(_SHORTLY)


def _text(file: str) -> str:
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened_file:
            return opened_file.read()
    except OSError:
        return ""


def _write(file: str, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
