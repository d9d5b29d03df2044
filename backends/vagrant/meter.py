"""Measuring a lab of machines, by the hypervisor's process and the disks of each."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import join, quote
from time import monotonic, sleep

from netdsl.disk.named import read_named
from netdsl.runtime.driver import Deployment, DriverError, Progress
from netdsl.runtime.meter import Base, Disk, Fact, Meter, NodeUsage, Share, Usage
from netdsl.runtime.procfs import PROC

from . import vagrant
from .boxes import Box, box_of, size_of, wanted_boxes
from .driver import driver
from .explain import succeeded
from .facts import METHODS, facts_of
from .leftovers import FILE, libvirt
from .machines import Made, made_machines
from .processes import PS, RunningMachines, running_in_listing, running_machines
from .reach import all_at_once, reach, reach_node
from .ssh import Connection, Unreachable, close_all
from .tools import MachineTools, tools_in
from .virtualbox import folder_of
from .volumes import described, disks_of, take_away_copies

_PROVIDER = re.compile(r"\bprovider: '(\w+)'")
_OFF = ("systemctl", "poweroff", "--no-block")
_HALTING = 90.0  # seconds for all machines to shut down before they are switched off
_PATIENCE = 60.0


class VagrantMeter:
    """Nodes are machines. Every method raises DriverError."""

    def facts(self, deployment: Deployment) -> tuple[Fact, ...]:
        return facts_of(deployment)

    def methods(self) -> tuple[Fact, ...]:
        return METHODS

    def rebuild(self, deployment: Deployment, progress: Progress) -> None:
        """Remove halted machines, then libvirt's copy of their box. VirtualBox's master of linked clones stays, because
        machines of other labs may be clones of it."""
        if _running(deployment, made_machines(deployment.folder)).machines:
            raise DriverError("the lab runs", remedy=f"netdsl down -t vagrant -o {quote(str(deployment.folder))}")
        provider = _provider(deployment.folder)
        driver.down(deployment, progress)
        if provider != "libvirt":
            progress("the master of VirtualBox's linked clones stays: other labs may stand on it")
            return
        boxes = wanted_boxes(_vagrantfile(deployment.folder), provider)
        take_away_copies({beginning for box in boxes for beginning in box.copies()}, progress)

    def park(self, deployment: Deployment, progress: Progress) -> None:
        """Shut all machines down in parallel (Vagrant would do it one by one), then switch off those that still run."""
        folder = deployment.folder
        made = made_machines(folder)
        if not made:
            raise DriverError("no machine of the lab was made", remedy=f"netdsl up -t vagrant -o {quote(str(folder))}")
        progress("shutting the machines down")
        all_at_once(_ask_to_end, reach(folder, made).connections.values())
        deadline = monotonic() + _HALTING
        while _running(deployment, made).machines and monotonic() < deadline:
            sleep(0.5)
        close_all(folder)
        succeeded(vagrant.call(folder, "halt", "--force", heard=vagrant.telling(progress)), "halt")

    def usage(self, deployment: Deployment) -> Usage:
        """By the kernel's files only (Linux), without a request to libvirt or to a machine."""
        made = made_machines(deployment.folder)
        running = _running(deployment, made)
        found = ((machine.name, running.machines[machine.id]) for machine in made if machine.id in running.machines)
        nodes = tuple(NodeUsage(name, usage.cgroup, usage.pss, usage.cpu) for name, usage in found)
        return Usage(nodes, running.helpers)

    def disk(self, deployment: Deployment) -> Disk:
        made = [machine for machine in made_machines(deployment.folder) if machine.id]
        boxes = {box for box in map(box_of, made) if box is not None}
        boxes_on_disk = tuple(
            Base(f"{box.title} (Vagrant's)", box.size()) for box in sorted(boxes, key=lambda box: box.title)
        )
        is_libvirt = all(machine.provider == "libvirt" for machine in made)
        copies, shares = _volumes_of(made, boxes) if is_libvirt else _folders_of(made, boxes)
        return Disk((*boxes_on_disk, *copies), shares)

    @contextmanager
    def tools(self, deployment: Deployment, node: str) -> Iterator[MachineTools]:
        """Tools that run in the machine: their usage is part of the node's figures."""
        with tools_in(node, reach_node(deployment, node)) as tools:
            yield tools


def _running(deployment: Deployment, made: tuple[Made, ...]) -> RunningMachines:
    """The machines that have a process. Vagrant stores an id before it starts a machine."""
    ids = {machine.id for machine in made if machine.id}
    if not ids:
        return RunningMachines({})
    if PROC.joinpath("self").exists():
        project = deployment.project
        return running_machines(PROC, ids, {f"netdsl-{project}", f"netdsl.{project}.outside"})
    try:
        done = subprocess.run(PS, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise DriverError("the hypervisor's processes cannot be seen", command=join(PS)) from error
    return running_in_listing(done.stdout, ids)


def _ask_to_end(connection: Connection) -> None:
    """Ask a machine to shut down. One that does not answer is switched off later."""
    with suppress(Unreachable):
        connection.ask(_OFF, timeout=_PATIENCE)


def _provider(folder: Path) -> str:
    """The provider of the existing machines, otherwise the one that `up` would use."""
    made = made_machines(folder)
    if made:
        return made[0].provider
    written = _PROVIDER.search(_vagrantfile(folder))
    chosen = os.environ.get("VAGRANT_DEFAULT_PROVIDER") or (written[1] if written else None)
    return chosen or ("virtualbox" if libvirt("version") is None else "libvirt")


def _vagrantfile(folder: Path) -> str:
    try:
        return read_named(folder / FILE).decode(errors="replace")
    except OSError as error:
        raise DriverError(f"{folder / FILE} cannot be read", remedy="compile the lab again for this target") from error


def _volumes_of(made: list[Made], boxes: set[Box]) -> tuple[tuple[Base, ...], tuple[Share, ...]]:
    """libvirt's volumes: the copies of boxes that the machines use, and each machine's own volumes."""
    shares, backing = [], set[str]()
    for machine in made:
        volumes = [described("", libvirt("vol-dumpxml", path)) for path in disks_of(machine.id)]
        shares.append(Share(machine.name, sum(volume.size for volume in volumes if volume is not None)))
        backing |= {volume.backing for volume in volumes if volume is not None and volume.backing is not None}
    copies = [described("", libvirt("vol-dumpxml", path)) for path in sorted(backing)]
    titles = {beginning: box.title for box in boxes for beginning in box.copies()}

    def title(name: str) -> str:
        """The box's title; the volume's name for the copy of an older box."""
        return next((text for beginning, text in titles.items() if name.startswith(beginning)), name)

    bases = (Base(f"{title(copy.name)} (libvirt's copy)", copy.size) for copy in copies if copy is not None)
    return tuple(bases), tuple(shares)


def _folders_of(made: list[Made], boxes: set[Box]) -> tuple[tuple[Base, ...], tuple[Share, ...]]:
    """VirtualBox's folders: the masters of linked clones (Vagrant stores their ids with the boxes), and each
    machine's."""
    size: Callable[[str], int] = lambda machine: size_of(folder) if (folder := folder_of(machine)) else 0  # noqa: E731
    masters = [
        read_named(file).decode(errors="replace").strip() for box in boxes for file in box.folder.glob("master_id")
    ]
    bases = tuple(Base(f"master {master} (VirtualBox's)", size(master)) for master in sorted(masters))
    return bases, tuple(Share(machine.name, size(machine.id)) for machine in made)


meter: Meter = VagrantMeter()
