"""What libvirt has of labs, and taking it away where Vagrant does not: it has forgotten it (`.vagrant` was removed, a start
was killed), or the lab has it no more.

A machine has the title `netdsl LAB` and the name PROJECT_NODE; a segment has the domain `netdsl` and the name PROJECT.KEY
(the title and the domain are machine/netdsl.rb's). Names are compared as wholes.
"""

import os
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping
from ipaddress import ip_interface
from pathlib import Path
from xml.etree import ElementTree

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Deployment, FoundLab, Progress
from netdsl.runtime.elsewhere import refuse_folders

from .machines import node_of

FILE = "Vagrantfile"

URI = "qemu:///system"
_MARK = "netdsl"
_HOST = r"[a-z0-9-]+(\.node)?"  # without `_`, so that machines of a project `a_b` do not match the project `a`
_MACHINE = re.compile(rf"([a-z0-9][a-z0-9_-]*)_{_HOST}")
_TITLE = re.compile(rf"{_MARK} ([a-z0-9-]+)")


@dataclass(frozen=True, slots=True)
class Domain:
    """A machine of libvirt's. `folder`: that of the Vagrantfile by which it was made; `lab`: in netdsl's title; None where
    there is none."""

    name: str
    id: str
    folder: Path | None
    lab: str | None

    @property
    def node(self) -> str:
        return node_of(self.name.rpartition("_")[2])


def libvirt(*words: str) -> str | None:
    """The output of `virsh`; None if it is missing, fails or takes too long."""
    command = ["virsh", "--quiet", "--connect", os.environ.get("LIBVIRT_DEFAULT_URI") or URI, *words]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def sweep(deployment: Deployment, progress: Progress) -> None:
    """Remove machines that were made from this folder, then the unused disks and networks of the project.

    Does nothing if libvirt does not answer. A machine of the same name from another folder stays with all it uses.
    """
    machines = domains(deployment.project)
    if machines is None:
        return
    own = [machine for machine in machines if _is_from(machine, deployment.folder)]
    for machine in own:
        _remove(machine)
        progress(f"{machine.node}: taken away (it was forgotten)")
    if len(own) == len(machines):
        _remove_rest(deployment.project)


def take_away_marked(project: str, progress: Progress) -> None:
    """All of a project that has netdsl's marks, whatever folder it is of. A machine without them is said, and stays with
    all that it may use."""
    machines = domains(project) or ()
    for machine in machines:
        if machine.lab is None:
            progress(f"note: the machine {machine.name} stays: it is not netdsl's")
            continue
        _remove(machine)
        progress(f"removed the node {machine.node}")
    if all(machine.lab is not None for machine in machines):
        _remove_rest(project)


def found_labs() -> tuple[FoundLab, ...]:
    """The labs of which libvirt has a machine; none if it does not answer."""
    labs: dict[str, FoundLab] = {}
    for name in names("list", "--all", "--name") or ():
        match = _MACHINE.fullmatch(name)
        machine = _domain(name) if match is not None else None
        if match is not None and machine is not None and machine.lab is not None:
            labs.setdefault(match[1], FoundLab(machine.lab, match[1], machine.folder))
    return tuple(labs.values())


def forgotten(deployment: Deployment, known: Collection[str]) -> list[Domain]:
    """Machines that were made from this folder, and that Vagrant does not know: by their ids."""
    machines = domains(deployment.project) or ()
    return [machine for machine in machines if _is_from(machine, deployment.folder) and machine.id not in known]


def remove_machine(machine: Domain, project: str) -> None:
    """With its disk."""
    _remove(machine)
    for pool, volume in _volumes(project):
        if volume == f"{machine.name}.img":
            libvirt("vol-delete", "--pool", pool, volume)


def other_networks(project: str, wanted: Mapping[str, str]) -> dict[str, bool]:
    """The project's networks that the lab has no more (False), or has otherwise (True). `wanted`: by name, what each is."""
    found = {name: network_kind(element(libvirt("net-dumpxml", name))) for name in _networks(project)}
    return {name: name in wanted for name, kind in found.items() if wanted.get(name) != kind}


def network_kind(network: ElementTree.Element) -> str:
    """A segment is `mtu 1500`, another network `10.176.0.0/26 nat`: its range, and the way out (`none`)."""
    address = network.find("ip")
    if address is None:
        mtu = network.find("mtu")
        return f"mtu {'1500' if mtu is None else mtu.get('size')}"
    forward = network.find("forward")
    prefix = ip_interface(f"{address.get('address')}/{address.get('netmask') or address.get('prefix')}").network
    return f"{prefix} {'none' if forward is None else forward.get('mode', 'nat')}"


def remove_network(name: str) -> bool:
    """Whether it is gone: one that a machine is in stays."""
    if element(libvirt("net-dumpxml", name)).get("connections"):
        return False
    libvirt("net-destroy", name)
    return libvirt("net-undefine", name) is not None


def refuse_other_folder(deployment: Deployment) -> None:
    """Raises DriverError where libvirt has machines of the project that are of another folder: both labs would have the
    same networks."""
    folders = (machine.folder for machine in domains(deployment.project) or ())
    refuse_folders(deployment, (folder for folder in folders if folder is not None), "netdsl down -t vagrant")


def domains(project: str) -> list[Domain] | None:
    """The machines of a project by their names; None if libvirt does not answer."""
    found = names("list", "--all", "--name")
    if found is None:
        return None
    machines = (_domain(name) for name in found if re.fullmatch(f"{re.escape(project)}_{_HOST}", name))
    return [machine for machine in machines if machine is not None]


def _domain(name: str) -> Domain | None:
    """The folder: vagrant-libvirt writes the Vagrantfile's path into a machine's description."""
    described = libvirt("dumpxml", name)
    if described is None:  # it has just gone
        return None
    machine = element(described)
    source = re.fullmatch(f"Source: (/.*)/{FILE}", machine.findtext("description") or "")
    title = _TITLE.fullmatch(machine.findtext("title") or "")
    folder = None if source is None else Path(source[1])
    return Domain(name, machine.findtext("uuid") or "", folder, None if title is None else title[1])


def _is_from(machine: Domain, folder: Path) -> bool:
    return machine.folder in (folder.resolve(), folder.absolute())


def _remove(machine: Domain) -> None:
    libvirt("destroy", machine.name)
    libvirt("undefine", machine.name, "--nvram", "--snapshots-metadata")


def _remove_rest(project: str) -> None:
    """The disks and the networks of a project without machines."""
    for pool, volume in _volumes(project):
        libvirt("vol-delete", "--pool", pool, volume)
    for network in list(_networks(project)):
        remove_network(network)


def _networks(project: str) -> Iterator[str]:
    for name in names("net-list", "--all", "--name") or ():
        if name in (f"netdsl-{project}", f"netdsl.{project}.outside"):
            yield name
        elif name.startswith(f"{project}."):
            domain = element(libvirt("net-dumpxml", name)).find("domain")
            if domain is not None and domain.get("name") == _MARK:
                yield name


def _volumes(project: str) -> Iterator[tuple[str, str]]:
    for pool in names("pool-list", "--name") or ():
        for line in (libvirt("vol-list", "--pool", pool) or "").splitlines():
            name = line.split()[0] if line.split() else ""
            if re.fullmatch(f"{re.escape(project)}_{_HOST}\\.img", name):
                yield pool, name


def names(*words: str) -> list[str] | None:
    """The output lines of `virsh`; None if it fails."""
    text = libvirt(*words)
    return None if text is None else [line.strip() for line in text.splitlines() if line.strip()]


def element(text: str | None) -> ElementTree.Element:
    """The root element of an XML output; an empty element if there is none."""
    return ElementTree.fromstring(text or "<none/>")  # noqa: S314 (libvirt's output)
