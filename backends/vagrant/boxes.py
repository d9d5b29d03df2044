"""Boxes: which one a folder's machines are made from, and where Vagrant and libvirt keep it."""

import json
import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .machines import Made

OWN_BOX = "netdsl/debian-13"
PUBLIC_BOXES = {"libvirt": "cloud-image/debian-13", "virtualbox": "bento/debian-13"}
_ARM = ("arm64", "aarch64")
# As render.py writes them: names of boxes are plain (settings.py), so that nothing is quoted in them.
_WRITTEN = re.compile(r"\bbox: (?:nil|'([^'\\]*)')")


@dataclass(frozen=True, slots=True)
class Box:
    """`folder`: Vagrant's own, with its files."""

    name: str
    version: str
    provider: str
    folder: Path

    @property
    def title(self) -> str:
        """As facts have it: of a box made here, the day, as it has no version."""
        if self.version != "0":
            return f"{self.name} {self.version}"
        made = _info(self.folder).get("made")
        return f"{self.name}, made {made}" if made else f"{self.name}, without a version"

    def copies(self) -> frozenset[str]:
        """What the names of libvirt's copies of it begin with. A box without a version is told by the time of its file."""
        versions = [self.version]
        if self.version == "0":
            versions = [f"0_{int(file.stat().st_mtime)}" for file in self.folder.iterdir() if file.is_file()]
        return frozenset(f"{_flat(self.name)}_vagrant_box_image_{version}_" for version in versions)

    def size(self) -> int:
        """Bytes on disk."""
        return size_of(self.folder)


def box_of(machine: Made) -> Box | None:
    """The box that a machine was made from, as Vagrant notes it; None where that is not known, or it is gone."""
    try:
        noted = json.loads((machine.folder / "box_meta").read_text(encoding="utf-8"))
        name, version, folder = noted["name"], noted["version"], home() / noted["directory"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Box(name, version, machine.provider, folder) if folder.is_dir() else None


def wanted_boxes(vagrantfile: str, provider: str) -> tuple[Box, ...]:
    """Those that `up` would make machines from, as netdsl.rb decides it; a box that is not there yet is left out."""
    given = os.environ.get("NETDSL_BOX")
    written = [found[1] for found in _WRITTEN.finditer(vagrantfile)]  # the lab's, then each machine's
    of_lab, of_machines = (written[0], written[1:]) if written else (None, [])
    names = {given} if given else {name or of_lab for name in of_machines}
    known = {name or _usual(provider) for name in names}
    return tuple(box for name in sorted(known) for box in newest(name, provider))


def newest(name: str, provider: str) -> tuple[Box, ...]:
    """None or one: the box of that name with the highest version, which Vagrant takes."""
    found = sorted(_installed(name, provider), key=lambda box: _order(box.version))
    return tuple(found[-1:])


def home() -> Path:
    """Vagrant's own folder of this user."""
    return Path(os.environ.get("VAGRANT_HOME") or Path.home() / ".vagrant.d")


def size_of(folder: Path) -> int:
    """Bytes that the files below a folder take on disk."""
    return sum(file.lstat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def _usual(provider: str) -> str:
    return OWN_BOX if newest(OWN_BOX, provider) else PUBLIC_BOXES.get(provider, OWN_BOX)


def _installed(name: str, provider: str) -> Iterator[Box]:
    processor = "arm64" if platform.machine().lower() in _ARM else "amd64"
    for version in (home() / "boxes" / _flat(name)).glob("*/"):
        for folder in (version / provider, version / processor / provider):
            if folder.is_dir():
                yield Box(name, version.name, provider, folder)
                break


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _flat(name: str) -> str:
    return name.replace("/", "-VAGRANTSLASH-")


def _info(folder: Path) -> dict[str, str]:
    """What tools/vagrant-box has noted in a box."""
    try:
        noted = json.loads((folder / "info.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in noted.items()} if isinstance(noted, dict) else {}
