"""The hypervisor's process of each machine, and what the system says of it: Linux's files, elsewhere `ps`."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from netdsl.runtime.procfs import (
    Mount,
    group_mounts,
    processes,
    processor_seconds,
    proportional,
    read_bytes,
    read_number,
    read_text,
)

PS = ("ps", "-axww", "-o", "pid=,time=,args=")
_NAMES = ("qemu", "VBoxHeadless")  # the kernel keeps fifteen characters of a program's name
_RESOLVER = "dnsmasq"
_ID_AFTER = ("-uuid", "--startvm")
# As libvirt calls the group that it makes for a machine, with systemd and without.
_GROUP = re.compile(r"^0::(/(?:.*/)?(?:machine-qemu[^/]*\.scope|qemu-\d+-[^/]*\.libvirt-qemu))(?:/.*)?$", re.MULTILINE)
_TIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)")


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
    hierarchies = group_mounts(proc)
    for number, words in _candidates(proc):
        identity = machine_id(words)
        if identity is not None and identity in ids:
            held = _held(proc, number, hierarchies)
            machines.update({} if held is None else {identity: held})
        elif network_of(words) in networks:
            helpers += proportional(proc, (number,)) or 0
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


def seconds(time: str) -> float:
    """Of `[[DAYS-]HOURS:]MINUTES:SECONDS`, as `ps` has them."""
    found = _TIME.fullmatch(time)
    if found is None:
        return 0.0
    days, hours, minutes, rest = found.groups(default="0")
    return (int(days) * 24 + int(hours)) * 3600 + int(minutes) * 60 + float(rest)


def _held(proc: Path, number: int, hierarchies: tuple[Mount, ...]) -> Held | None:
    """None where it has ended meanwhile (its processor time is asked last), or has not run for a tick yet."""
    pss = proportional(proc, (number,)) or None
    group = _GROUP.search(read_text(proc / str(number) / "cgroup"))
    memory = None if group is None else _group_memory(group[1], hierarchies)
    cpu = processor_seconds(proc, (number,))
    return Held(number, cpu, pss, memory) if cpu else None


def _group_memory(group: str, hierarchies: tuple[Mount, ...]) -> int | None:
    """Bytes in a machine's own control group (version 2); None where it cannot be seen."""
    place = next((place for one in hierarchies if not one.kinds and (place := one.folder(group)) is not None), None)
    return None if place is None else read_number(place / "memory.current")


def _candidates(proc: Path) -> Iterator[tuple[int, list[str]]]:
    for number in processes(proc):
        if read_text(f"{proc}/{number}/comm").startswith((*_NAMES, _RESOLVER)):
            yield number, read_bytes(f"{proc}/{number}/cmdline").decode(errors="replace").split("\0")
