"""The hypervisor's process of each machine, and what the system says of it: Linux's /proc, elsewhere `ps`.

`proc` is the root of procfs: /proc, another one in tests.
"""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

PROC = Path("/proc")
PS = ("ps", "-axww", "-o", "pid=,time=,args=")
_NAMES = ("qemu", "VBoxHeadless")  # the kernel keeps fifteen characters of a program's name
_RESOLVER = "dnsmasq"
_ID_AFTER = ("-uuid", "--startvm")
_TICKS = os.sysconf("SC_CLK_TCK")
# As libvirt calls the group that it makes for a machine, with systemd and without.
_GROUP = re.compile(r"^0::(/(?:.*/)?(?:machine-qemu[^/]*\.scope|qemu-\d+-[^/]*\.libvirt-qemu))(?:/.*)?$", re.MULTILINE)
_TIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)")
_GONE = (FileNotFoundError, ProcessLookupError, NotADirectoryError)


@dataclass(frozen=True, slots=True)
class Held:
    """Of one process: seconds of processor, bytes. None where this system, or this user, is not told."""

    number: int
    cpu: float
    pss: int | None = None
    cgroup: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """Machines that run, by the id of their provider; `helpers` in bytes: what serves a project's own networks."""

    machines: dict[str, Held]
    helpers: int = 0


def look(proc: Path, ids: Collection[str], networks: Collection[str]) -> Seen:
    """One pass over all processes. `networks`: libvirt's, by name, whose DHCP servers are the helpers."""
    machines: dict[str, Held] = {}
    helpers = 0
    groups = _groups(proc)
    for number, words in _candidates(proc):
        identity = machine_id(words)
        try:
            if identity in ids and identity is not None:
                machines[identity] = _held(proc, number, groups)
            elif network_of(words) in networks:
                helpers += proportional(proc / str(number)) or 0
        except (*_GONE, PermissionError):
            continue
    return Seen(machines, helpers)


def heard_of(listing: str, ids: Collection[str]) -> Seen:
    """The same from the output of PS, where there is no procfs: no memory, which `ps` knows no fair figure of."""
    machines = {}
    for line in listing.splitlines():
        number, time, *words = line.split()
        identity = machine_id(words)
        if identity in ids and identity is not None:
            machines[identity] = Held(int(number), seconds(time))
    return Seen(machines)


def machine_id(words: Sequence[str]) -> str | None:
    """The id of the machine that a hypervisor's command line is about."""
    if not words or not Path(words[0]).name.startswith(_NAMES):
        return None
    return next((after for word, after in pairwise(words) if word in _ID_AFTER), None)


def network_of(words: Sequence[str]) -> str | None:
    """The network of libvirt's that a DHCP server is for."""
    if not words or Path(words[0]).name != _RESOLVER:
        return None
    given = next((word.partition("=")[2] for word in words if word.startswith("--conf-file=")), "")
    return Path(given).name.removesuffix(".conf") if "/libvirt/" in given else None


def proportional(place: Path) -> int | None:
    """Bytes: the proportional set size of the process whose folder this is; None where this user may not ask."""
    try:
        text = (place / "smaps_rollup").read_text(encoding="ascii")
    except PermissionError:
        return None
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def seconds(time: str) -> float:
    """Of `[[DAYS-]HOURS:]MINUTES:SECONDS`, as `ps` has them."""
    found = _TIME.fullmatch(time)
    if found is None:
        return 0.0
    days, hours, minutes, rest = found.groups(default="0")
    return (int(days) * 24 + int(hours)) * 3600 + int(minutes) * 60 + float(rest)


def _held(proc: Path, number: int, groups: Path | None) -> Held:
    place = proc / str(number)
    fields = (place / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / _TICKS
    return Held(number, cpu, proportional(place), _group_memory(place, groups))


def _group_memory(place: Path, groups: Path | None) -> int | None:
    """Bytes in the machine's own control group (version 2); None where libvirt has made none."""
    found = _GROUP.search((place / "cgroup").read_text(encoding="utf-8", errors="replace"))
    if found is None or groups is None:
        return None
    try:
        return int((groups / found[1].lstrip("/") / "memory.current").read_text(encoding="ascii"))
    except (*_GONE, PermissionError, ValueError):
        return None


def _groups(proc: Path) -> Path | None:
    """Where control groups of version 2 are mounted (proc_pid_mountinfo(5))."""
    for line in (proc / "self" / "mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            return Path(before.split(" ")[4])
    return None


def _candidates(proc: Path) -> Iterator[tuple[int, list[str]]]:
    for entry in proc.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            if (entry / "comm").read_text(encoding="utf-8", errors="replace").startswith((*_NAMES, _RESOLVER)):
                yield int(entry.name), (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except (*_GONE, PermissionError):
            continue  # of others, where procfs hides them (`hidepid`)
