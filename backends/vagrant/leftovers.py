"""What a lab can leave in libvirt when Vagrant has forgotten it (`.vagrant` was removed, a start was killed half-way)."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from netdsl.runtime.driver import Deployment, Progress

FILE = "Vagrantfile"

URI = "qemu:///system"
_HOST = r"[a-z0-9-]+"  # of a host name: no `_`, so that a project `a` is not taken for `a_b`


def libvirt(*words: str) -> str | None:
    """What `virsh` answers; None where it is missing, fails or takes too long."""
    command = ["virsh", "--quiet", "--connect", os.environ.get("LIBVIRT_DEFAULT_URI") or URI, *words]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def sweep(deployment: Deployment, progress: Progress) -> None:
    """Take away machines that were made from this folder, then the disks and networks of the project that nobody uses.

    Nothing to do where no libvirt answers. A machine of the same name that was made elsewhere stays, with all it uses.
    """
    all_machines = names("list", "--all", "--name")
    if all_machines is None:
        return
    machines = [name for name in all_machines if re.fullmatch(f"{re.escape(deployment.project)}_{_HOST}", name)]
    own = [name for name in machines if _is_from(name, deployment.folder)]
    for name in own:
        progress(f"{name.removeprefix(deployment.project + '_')}: taken away (it was forgotten)")
        libvirt("destroy", name)
        libvirt("undefine", name, "--nvram", "--snapshots-metadata")
    if len(own) < len(machines):
        return
    for pool, volume in _volumes(deployment.project):
        libvirt("vol-delete", "--pool", pool, volume)
    for network in _networks(deployment.project):
        libvirt("net-destroy", network)
        libvirt("net-undefine", network)


def _is_from(name: str, folder: Path) -> bool:
    """vagrant-libvirt writes the Vagrantfile's path into a machine's description."""
    description = element(libvirt("dumpxml", name)).findtext("description") or ""
    return description == f"Source: {folder.resolve() / FILE}" or description == f"Source: {folder.absolute() / FILE}"


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
    """One per line of what `virsh` answers; None where it does not."""
    text = libvirt(*words)
    return None if text is None else [line.strip() for line in text.splitlines() if line.strip()]


def element(text: str | None) -> ElementTree.Element:
    """Of an answer in XML; without one an empty element."""
    return ElementTree.fromstring(text or "<none/>")  # noqa: S314 (libvirt's own)
