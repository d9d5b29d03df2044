"""libvirt on this machine: what it holds of a project, and what is on the host beside it."""

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live.host import VIEWS, Host, settled
from tests.live.machine import Machine

VIRSH = ("virsh", "--connect", "qemu:///system", "--quiet")
BOX = "netdsl/debian-13"
_CLOCK_TICKS = 100  # of /proc/PID/stat per second
_OF_ENGINES = re.compile(r"\b(veth|br-|docker|dm-|ifb|nd[0-9a-f]{10}\b)")  # containers may come and go meanwhile


@dataclass(frozen=True, slots=True)
class Interface:
    """One of a domain's: the device on the host, the network's name and the MAC address."""

    device: str
    network: str
    mac: str


def say(machine: Machine, *words: str) -> str:
    return machine.say(*VIRSH, *words)


@contextmanager
def box_as(machine: Machine, name: str) -> Iterator[str]:
    """The box under another name, which no machine but a test's own stands on; it goes, and libvirt's copy of it too."""
    boxes = Path(os.environ.get("VAGRANT_HOME") or Path.home() / ".vagrant.d") / "boxes"
    flat = name.replace("/", "-VAGRANTSLASH-")
    try:
        shutil.copytree(boxes / BOX.replace("/", "-VAGRANTSLASH-"), boxes / flat, copy_function=os.link)
        yield name
    finally:
        shutil.rmtree(boxes / flat, ignore_errors=True)
        for line in say(machine, "vol-list", "default").splitlines():
            if line.strip().startswith(f"{flat}_vagrant_box_image_"):
                machine.run(*VIRSH, "vol-delete", "--pool", "default", line.split()[0])


def interfaces_of(machine: Machine, domain: str) -> tuple[Interface, ...]:
    """Of a domain, which need not run (then the device is `-`)."""
    rows = (line.split() for line in say(machine, "domiflist", domain).splitlines())
    return tuple(Interface(row[0], row[2], row[4]) for row in rows if len(row) == 5)


def disks_of(machine: Machine, domain: str) -> tuple[Path, ...]:
    rows = (line.split() for line in say(machine, "domblklist", domain).splitlines())
    return tuple(Path(row[1]) for row in rows if len(row) == 2 and row[1].startswith("/"))


def bridge_of(machine: Machine, network: str) -> str:
    """The device on the host that is a network."""
    (line,) = (line for line in say(machine, "net-info", network).splitlines() if line.startswith("Bridge:"))
    return line.split()[1]


def process_of(machine: Machine, domain: str) -> int:
    """QEMU's process id."""
    name = say(machine, "domname", domain).strip()
    return int(machine.say("cat", f"/run/libvirt/qemu/{name}.pid"))


def processor_seconds(process: int) -> float:
    """What a process has used of processors until now."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS


def memory_of(process: int) -> int:
    """Its proportional set size, in bytes."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    (line,) = (line for line in text.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024


def belongs(name: str, project: str) -> bool:
    """Of domains, volumes and networks, as the Vagrantfile names them."""
    own = (f"netdsl-{project}", f"netdsl.{project}.outside")
    return name.startswith((f"{project}_", f"{project}.")) or name in own


def look_at_hypervisor(machine: Machine, project: str) -> Host:
    """A project's domains, networks, volumes and processes; the host's interfaces, addresses, routes, rules and filter.

    What is another project's, or an engine's, is left out.
    """
    lines: list[str] = []
    for kind, words in (("node", ("list", "--all", "--name")), ("network", ("net-list", "--all", "--name"))):
        lines += (f"{kind} {name}" for name in say(machine, *words).split() if belongs(name, project))
    for pool in say(machine, "pool-list", "--name").split():
        names = (line.split()[0] for line in say(machine, "vol-list", pool).splitlines() if line.strip())
        lines += (f"volume {name}" for name in names if belongs(name, project))
    lines += (f"process {words}" for words in _processes(project))
    others = _devices_of_others(machine, project)
    for number, view in enumerate(VIEWS):
        text = machine.say("sh", "-c", view)
        named = ((line, {*re.split(r'[\s"@,]', line)}) for line in settled(text))
        mine = (line for line, names in named if not _OF_ENGINES.search(line) and not others & names)
        lines += (f"{number} {line}" for line in mine)
    return Host(Counter(lines))


def _processes(project: str) -> list[str]:
    """The programs with the project's name among their words; it is random, so nobody else's have it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended
        if any(project in word for word in words):
            found.append(words[0])
    return found


def _devices_of_others(machine: Machine, project: str) -> set[str]:
    """The devices of domains and networks that do not belong to the project."""
    devices: set[str] = set()
    for network in say(machine, "net-list", "--name").split():
        if not belongs(network, project):
            found = machine.run(*VIRSH, "net-info", network).stdout  # it may be gone by now
            devices |= {line.split()[1] for line in found.splitlines() if line.startswith("Bridge:")}
    for domain in say(machine, "list", "--name").split():
        if not belongs(domain, project):
            rows = machine.run(*VIRSH, "domiflist", domain).stdout.splitlines()
            devices |= {row.split()[0] for row in rows if row.strip()}
    return devices
