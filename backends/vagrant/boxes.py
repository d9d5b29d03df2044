"""Boxes: the one that a folder's machines are made from, and where Vagrant and libvirt store it."""

import json
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

from netdsl.dataclass import dataclass
from netdsl.disk.named import read_named

from .machines import Made

OWN_BOX = "netdsl/debian-13"
PUBLIC_BOXES = {"libvirt": "cloud-image/debian-13", "virtualbox": "bento/debian-13"}
_ARM = ("arm64", "aarch64")
_LARGEST = 2**20  # bytes of a description
# As render.py writes them. Names of boxes have no character that needs quoting (settings.py).
_WRITTEN = re.compile(r"\bbox: (?:nil|'([^'\\]*)')")


@dataclass(frozen=True, slots=True)
class Box:
    """An installed box. `folder`: Vagrant's folder with its files."""

    name: str
    version: str
    provider: str
    folder: Path

    @property
    def title(self) -> str:
        """The name with the version, or for a box of tools/vagrant-box, which has none, the day when it was made."""
        if self.version != "0":
            return f"{self.name} {self.version}"
        day = _info(self.folder).get("made")
        return f"{self.name}, made {day}" if day else f"{self.name}, without a version"

    def copies(self) -> frozenset[str]:
        """The prefixes of the names of libvirt's copies. For a box without a version the name has its file's time
        stamp."""
        versions = [self.version]
        if self.version == "0":
            versions = [f"0_{int(file.stat().st_mtime)}" for file in self.folder.glob("*") if file.is_file()]
        return frozenset(f"{_flat(self.name)}_vagrant_box_image_{version}_" for version in versions)

    def size(self) -> int:
        """The size on disk in bytes."""
        return size_of(self.folder)


def box_of(machine: Made) -> Box | None:
    """The box that a machine was made from, by Vagrant's metadata; None if that or the box is missing."""
    try:
        metadata = json.loads(read_named(machine.folder / "box_meta", _LARGEST))
        name, version, folder = metadata["name"], metadata["version"], home() / metadata["directory"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return Box(name, version, machine.provider, folder) if folder.is_dir() else None


def wanted_boxes(vagrantfile: str, provider: str) -> tuple[Box, ...]:
    """The boxes from which `up` makes machines, by the rule of netdsl.rb, as far as they are installed."""
    override = os.environ.get("NETDSL_BOX")
    written = [found[1] for found in _WRITTEN.finditer(vagrantfile)]  # the lab's, then each machine's
    lab_box, machine_boxes = (written[0], written[1:]) if written else (None, [])
    names = {override} if override else {name or lab_box for name in machine_boxes}
    in_use = {name or _default_box(provider) for name in names}
    return tuple(box for name in sorted(in_use) for box in newest(name, provider))


def newest(name: str, provider: str) -> tuple[Box, ...]:
    """The installed box of that name with the highest version, which Vagrant uses: none or one."""
    found = sorted(_installed(name, provider), key=lambda box: _order(box.version))
    return tuple(found[-1:])


def home() -> Path:
    """Vagrant's folder of this user."""
    return Path(os.environ.get("VAGRANT_HOME") or Path.home() / ".vagrant.d")


def size_of(folder: Path) -> int:
    """The size on disk of the files below a folder, in bytes."""
    return sum(file.lstat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def _default_box(provider: str) -> str:
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
    """The metadata that tools/vagrant-box writes into a box."""
    try:
        metadata = json.loads(read_named(folder / "info.json", _LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in metadata.items()} if isinstance(metadata, dict) else {}
