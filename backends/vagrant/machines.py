"""The machines of an output folder, those that Vagrant has made, and the steps that `up` takes for the difference."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from netdsl.dataclass import dataclass
from netdsl.disk.named import read_named
from netdsl.runtime.driver import DriverError

_HEXADECIMAL = re.compile(r"[0-9a-f]+")
_NODE = ".node"  # no host name has a dot
DIGESTS = "machine/digests.tsv"
NETWORKS = "machine/networks.tsv"
HARDWARE = "netdsl-hardware"  # in Vagrant's folder of a machine, which Vagrant removes with it
INSIDE = "netdsl-inside"
NO_FILES: Mapping[str, bytes | None] = MappingProxyType({})
VAGRANTFILE = "Vagrantfile"
_CREDENTIALS = re.compile(r"^    payload: .*, credentials: '((?:[^'\\\n]|\\.)*)'\)$", re.MULTILINE)
_LARGEST = 4096  # bytes of an id or a digest


@dataclass(frozen=True, slots=True)
class Wanted:
    """A machine of the lab. `name`: its host name; `hardware`: the digest of properties that require a new machine;
    `inside`: the digest of what is provisioned."""

    name: str
    hardware: str
    inside: str


@dataclass(frozen=True, slots=True)
class Made:
    """A machine that Vagrant has made. `name`: its host name; `id`: the provider's; `folder`: Vagrant's for it;
    `hardware`, `inside`: the digests from which it was made and last provisioned, None if that failed."""

    name: str
    provider: str
    id: str
    folder: Path
    hardware: str | None
    inside: str | None


@dataclass(frozen=True, slots=True)
class Steps:
    """Names of machines. `anew`: to be recreated; `again`: to be provisioned again; `obsolete`: no longer in the
    lab."""

    anew: tuple[str, ...]
    again: tuple[str, ...]
    obsolete: tuple[str, ...]


def vagrant_name(node: str) -> str:
    """What Vagrant calls the machine of a node, as machine/netdsl.rb does.

    Vagrant takes a name for the beginning of a machine's id, which is a hexadecimal number: `a` may be any machine of the
    user's, in any folder (MachineIndex#find_by_prefix, asked by every command).
    """
    return f"{node}{_NODE}" if _HEXADECIMAL.fullmatch(node) else node


def node_of(name: str) -> str:
    """The node of a machine, by its name for Vagrant."""
    return name.removesuffix(_NODE)


def wanted_machines(folder: Path, files: Mapping[str, bytes | None] = NO_FILES) -> tuple[Wanted, ...]:
    """The machines in the order of the lab. `files`: by their paths, instead of those in the folder. Raises DriverError if
    the folder is no Vagrant project of netdsl."""
    records = _records(folder, DIGESTS, 3, files)
    return tuple(Wanted(name, hardware, inside) for name, hardware, inside in records)


def wanted_networks(folder: Path, files: Mapping[str, bytes | None] = NO_FILES) -> Mapping[str, str]:
    """libvirt's networks by name, each with what it is (`leftovers.network_kind`). Otherwise as `wanted_machines`."""
    return {name: kind for name, kind in _records(folder, NETWORKS, 2, files)}  # noqa: C416 - lists, for `dict` no pairs


def _records(folder: Path, path: str, length: int, files: Mapping[str, bytes | None]) -> list[list[str]]:
    remedy = "compile the lab again for this target"
    try:
        content = files.get(path) or read_named(folder / path)
    except OSError as error:
        raise DriverError(f"{folder / path} cannot be read ({error.strerror})", remedy=remedy) from error
    records = [line.split("\t") for line in content.decode(errors="replace").splitlines()]
    if any(len(record) != length for record in records):
        raise DriverError(f"{folder / path} is not as netdsl wrote it", remedy=remedy)
    return records


def credentials_of(folder: Path, files: Mapping[str, bytes | None] = NO_FILES) -> Path | None:
    """Where the Vagrantfile takes credentials from; None where it does not say it in plain characters. As
    `wanted_machines`."""
    given = os.environ.get("NETDSL_CREDENTIALS")
    try:
        found = _CREDENTIALS.search(
            (files.get(VAGRANTFILE) or read_named(folder / VAGRANTFILE)).decode(errors="replace")
        )
    except OSError as error:
        raise DriverError(f"{folder / VAGRANTFILE} cannot be read ({error.strerror})") from error
    if given:
        return folder / given
    return None if found is None else folder / re.sub(r"\\(.)", r"\1", found[1])


def own_folder(folder: Path) -> Path:
    """Vagrant's data folder of an output folder."""
    return folder / os.environ.get("VAGRANT_DOTFILE_PATH", ".vagrant")


def made_machines(folder: Path) -> tuple[Made, ...]:
    """The machines that Vagrant has made or is making, by name; none is no error."""
    found = []
    for path in sorted(own_folder(folder).glob("machines/*/*/id")):
        machine = path.parent
        name, provider = machine.parent.name, machine.name
        found.append(
            Made(
                node_of(name), provider, _line(path) or "", machine, _line(machine / HARDWARE), _line(machine / INSIDE)
            )
        )
    return tuple(found)


def steps(wanted: Sequence[Wanted], made: Sequence[Made]) -> Steps:
    """The steps of `up`. A machine without digests was not completed: Vagrant boots it but does not provision it, so it
    is provisioned again."""
    by_name = {machine.name: machine for machine in wanted}
    anew, again, obsolete = [], [], []
    for machine in made:
        target = by_name.get(machine.name)
        if target is None:
            obsolete.append(machine.name)
        elif machine.hardware not in (None, target.hardware):
            anew.append(machine.name)
        elif machine.inside != target.inside:
            again.append(machine.name)
    return Steps(tuple(anew), tuple(again), tuple(obsolete))


def _line(path: Path) -> str | None:
    try:
        return read_named(path, _LARGEST).decode().strip() or None
    except (OSError, UnicodeDecodeError):
        return None
