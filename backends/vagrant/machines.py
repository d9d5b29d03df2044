"""What an output folder says of its machines, what Vagrant has made of them, and what `up` therefore has to do."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netdsl.runtime.driver import DriverError

DIGESTS = "machine/digests.tsv"
HARDWARE = "netdsl-hardware"  # in the folder that Vagrant keeps for a machine, and takes away with it
INSIDE = "netdsl-inside"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A machine of the lab: its host name; the digest of what only a new machine can change, and that of what is
    provisioned."""

    name: str
    hardware: str
    inside: str


@dataclass(frozen=True, slots=True)
class Made:
    """A machine that Vagrant has made, by the `id` of its provider. `folder` is Vagrant's own for it; `hardware` and
    `inside` are the digests that it was made and last provisioned from, None where that did not end well."""

    name: str
    provider: str
    id: str
    folder: Path
    hardware: str | None
    inside: str | None


@dataclass(frozen=True, slots=True)
class Steps:
    """Names of machines: to be made anew, to be provisioned once more, and no longer in the lab."""

    anew: tuple[str, ...]
    again: tuple[str, ...]
    obsolete: tuple[str, ...]


def wanted_machines(folder: Path) -> tuple[Wanted, ...]:
    """In the order of the lab. Raises DriverError where the folder is no Vagrant project of netdsl's."""
    remedy = "compile the lab again for this target"
    try:
        text = (folder / DIGESTS).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DriverError(f"{folder / DIGESTS} cannot be read ({error.strerror})", remedy=remedy) from error
    records = [line.split("\t") for line in text.splitlines()]
    if any(len(record) != 3 for record in records):
        raise DriverError(f"{folder / DIGESTS} is not as netdsl wrote it", remedy=remedy)
    return tuple(Wanted(name, hardware, inside) for name, hardware, inside in records)


def own_folder(folder: Path) -> Path:
    """Where Vagrant keeps what it made from an output folder."""
    return folder / os.environ.get("VAGRANT_DOTFILE_PATH", ".vagrant")


def made_machines(folder: Path) -> tuple[Made, ...]:
    """By name; machines that Vagrant is only preparing are among them. A folder without any is no error."""
    found = []
    for path in sorted(own_folder(folder).glob("machines/*/*/id")):
        place = path.parent
        name, provider = place.parent.name, place.name
        found.append(Made(name, provider, _line(path) or "", place, _line(place / HARDWARE), _line(place / INSIDE)))
    return tuple(found)


def steps(wanted: Sequence[Wanted], made: Sequence[Made]) -> Steps:
    """A machine whose digest is not known was not made to the end: Vagrant can bring it up, but would not provision it."""
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
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
