"""The hypervisor's process of each machine and its usage: by procfs, on other systems by `ps`."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from netdsl.dataclass import dataclass
from netdsl.disk.system import system_bytes, system_text
from netdsl.runtime.procfs import (
    Mount,
    group_mounts,
    processes,
    processor_seconds,
    proportional,
    read_number,
)

PS = ("ps", "-axww", "-o", "pid=,time=,args=")
_NAMES = ("qemu", "VBoxHeadless")  # the kernel stores fifteen characters of a program's name
_RESOLVER = "dnsmasq"
_ID_AFTER = ("-uuid", "--startvm")
# libvirt's name of a machine's control group, with systemd and without.
_GROUP = re.compile(r"^0::(/(?:.*/)?(?:machine-qemu[^/]*\.scope|qemu-\d+-[^/]*\.libvirt-qemu))(?:/.*)?$", re.MULTILINE)
_TIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class ProcessUsage:
    """The usage of one process: seconds of processor time, bytes. None if the system or the permissions do not allow
    it."""

    number: int
    cpu: float
    pss: int | None = None
    cgroup: int | None = None


@dataclass(frozen=True, slots=True)
class RunningMachines:
    """The running machines by the provider's id. `helpers`: bytes of the processes that serve the project's
    networks."""

    machines: dict[str, ProcessUsage]
    helpers: int = 0


def running_machines(proc: Path, ids: Collection[str], networks: Collection[str]) -> RunningMachines:
    """The running machines by procfs, in one pass. `networks`: names of libvirt's networks whose DHCP servers are
    helpers."""
    machines: dict[str, ProcessUsage] = {}
    helpers = 0
    hierarchies = group_mounts(proc)
    for number, words in _candidates(proc):
        identity = machine_id(words)
        if identity is not None and identity in ids:
            usage = _usage(proc, number, hierarchies)
            machines.update({} if usage is None else {identity: usage})
        elif network_of(words) in networks:
            helpers += proportional(proc, (number,)) or 0
    return RunningMachines(machines, helpers)


def running_in_listing(listing: str, ids: Collection[str]) -> RunningMachines:
    """The same from the output of PS, on systems without procfs. Without memory: `ps` has no proportional set size."""
    machines = {}
    for line in listing.splitlines():
        number, time, *words = line.split()
        identity = machine_id(words)
        if identity in ids and identity is not None:
            machines[identity] = ProcessUsage(int(number), seconds(time))
    return RunningMachines(machines)


def machine_id(words: Sequence[str]) -> str | None:
    """The id of the machine in a hypervisor's command line."""
    if not words or not Path(words[0]).name.startswith(_NAMES):
        return None
    return next((after for word, after in pairwise(words) if word in _ID_AFTER), None)


def network_of(words: Sequence[str]) -> str | None:
    """The libvirt network that a DHCP server serves, by its command line."""
    if not words or Path(words[0]).name != _RESOLVER:
        return None
    file = next((word.partition("=")[2] for word in words if word.startswith("--conf-file=")), "")
    return Path(file).name.removesuffix(".conf") if "/libvirt/" in file else None


def seconds(time: str) -> float:
    """The seconds of `[[DAYS-]HOURS:]MINUTES:SECONDS`, the format of `ps`."""
    found = _TIME.fullmatch(time)
    if found is None:
        return 0.0
    days, hours, minutes, secs = found.groups(default="0")
    return (int(days) * 24 + int(hours)) * 3600 + int(minutes) * 60 + float(secs)


def _usage(proc: Path, number: int, hierarchies: tuple[Mount, ...]) -> ProcessUsage | None:
    """The usage of a process. None if it has ended meanwhile (processor time is read last) or has used no tick yet."""
    pss = proportional(proc, (number,)) or None
    group = _GROUP.search(system_text(proc / str(number) / "cgroup"))
    memory = None if group is None else _group_memory(group[1], hierarchies)
    cpu = processor_seconds(proc, (number,))
    return ProcessUsage(number, cpu, pss, memory) if cpu else None


def _group_memory(group: str, hierarchies: tuple[Mount, ...]) -> int | None:
    """Bytes in a machine's control group (version 2); None if the group is not visible."""
    unified = (mount.folder(group) for mount in hierarchies if not mount.kinds)
    folder = next((folder for folder in unified if folder is not None), None)
    return None if folder is None else read_number(folder / "memory.current")


def _candidates(proc: Path) -> Iterator[tuple[int, list[str]]]:
    for number in processes(proc):
        if system_text(f"{proc}/{number}/comm").startswith((*_NAMES, _RESOLVER)):
            yield number, system_bytes(f"{proc}/{number}/cmdline").decode(errors="replace").split("\0")
