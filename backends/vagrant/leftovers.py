"""Removing what a lab left in libvirt without Vagrant's metadata (`.vagrant` was removed, or a start was killed)."""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from netdsl.runtime.driver import Deployment, Progress
from netdsl.runtime.elsewhere import refuse_folders

FILE = "Vagrantfile"

URI = "qemu:///system"
_HOST = r"[a-z0-9-]+(\.node)?"  # without `_`, so that machines of a project `a_b` do not match the project `a`


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
    all_machines = names("list", "--all", "--name")
    if all_machines is None:
        return
    machines = _of_project(all_machines, deployment)
    orphans = [name for name in machines if _is_from(name, deployment.folder)]
    for name in orphans:
        progress(f"{name.removeprefix(deployment.project + '_')}: taken away (it was forgotten)")
        libvirt("destroy", name)
        libvirt("undefine", name, "--nvram", "--snapshots-metadata")
    if len(orphans) < len(machines):
        return
    for pool, volume in _volumes(deployment.project):
        libvirt("vol-delete", "--pool", pool, volume)
    for network in _networks(deployment.project):
        libvirt("net-destroy", network)
        libvirt("net-undefine", network)


def refuse_other_folder(deployment: Deployment) -> None:
    """Raises DriverError where libvirt has machines of the project that are of another folder: both labs would have the
    same networks."""
    found = map(_folder_of, _of_project(names("list", "--all", "--name") or (), deployment))
    refuse_folders(deployment, (folder for folder in found if folder is not None), "netdsl down -t vagrant")


def _of_project(machines: Iterable[str], deployment: Deployment) -> list[str]:
    return [name for name in machines if re.fullmatch(f"{re.escape(deployment.project)}_{_HOST}", name)]


def _is_from(name: str, folder: Path) -> bool:
    return _folder_of(name) in (folder.resolve(), folder.absolute())


def _folder_of(name: str) -> Path | None:
    """The folder that a machine was made from: vagrant-libvirt writes the Vagrantfile's path into its description."""
    description = element(libvirt("dumpxml", name)).findtext("description") or ""
    found = re.fullmatch(f"Source: (/.*)/{FILE}", description)
    return None if found is None else Path(found[1])


def _networks(project: str) -> Iterator[str]:
    for name in names("net-list", "--all", "--name") or ():
        is_ours = name in (f"netdsl-{project}", f"netdsl.{project}.outside") or name.startswith(f"{project}.")
        if is_ours and not element(libvirt("net-dumpxml", name)).get("connections"):
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
