"""The credential store of a lab: one folder, shared by all targets, private to its owner."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from netdsl.dataclass import dataclass

_INDEX = "index.json"


class StoreUnreadable(Exception):
    """The store's index exists and cannot be parsed."""


@dataclass(slots=True)
class Store:
    """A folder of secrets. Files have mode 0600, folders 0700; a file is replaced atomically.

    The index maps the name of each credential (`pki:lab-pki`, `entity:lab-pki:gw`) to a fingerprint of its parameters,
    so that it is made again if they change.
    """

    folder: Path
    _index: dict[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path) -> "Store":
        """The store at a folder, which the first write creates. Raises OSError, StoreUnreadable."""
        try:
            raw = json.loads((folder / _INDEX).read_bytes())
            return cls(folder, {str(name): str(value) for name, value in raw["made"].items()})
        except FileNotFoundError:
            return cls(folder)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreUnreadable(f"{folder / _INDEX} cannot be read") from error

    def is_made(self, name: str, fingerprint: str, files: tuple[str, ...]) -> bool:
        return self._index.get(name) == fingerprint and all((self.folder / path).is_file() for path in files)

    def made(self, name: str, fingerprint: str) -> None:
        self._index[name] = fingerprint
        document = {"format": 1, "made": dict(sorted(self._index.items()))}
        self.write(_INDEX, json.dumps(document, indent=1).encode() + b"\n")

    def read(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()

    def write(self, path: str, content: bytes) -> None:
        target = self.folder / path
        self._make_folder(target.parent)
        part = target.with_name(f".{target.name}.part")
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
        part.replace(target)

    def fill(self, path: str, files: Mapping[str, bytes]) -> None:
        """Make the folder at `path` contain exactly `files`; files that are already right are not rewritten."""
        root = self.folder / path
        for old in sorted(root.rglob("*"), reverse=True):
            if old.is_dir() and not old.is_symlink():
                if not any(old.iterdir()):
                    old.rmdir()
            elif old.relative_to(root).as_posix() not in files:
                old.unlink()
        for name, content in files.items():
            target = root / name
            if not target.is_file() or target.is_symlink() or target.read_bytes() != content:
                if target.is_dir():
                    shutil.rmtree(target)
                self.write(f"{path}/{name}", content)
            elif target.stat().st_mode & 0o7777 != 0o600:
                target.chmod(0o600)

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            if folder != self.folder:
                self._make_folder(folder.parent)
                folder.mkdir(mode=0o700)
            else:
                folder.mkdir(mode=0o700, parents=True)


def fingerprint(*parts: object) -> str:
    """A hash of a credential's parameters, whose `repr` must be stable."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def digest(files: Mapping[str, bytes]) -> str:
    """A hash of the names and contents of files."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0{len(files[name])}\0".encode())
        total.update(files[name])
    return total.hexdigest()
