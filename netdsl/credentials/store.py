"""The credential store of a lab: one folder, shared by all targets, private to its owner."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from netdsl.dataclass import dataclass
from netdsl.disk.folder import Folder
from netdsl.disk.lock import locked

_INDEX = "index.json"
_LARGEST = 64 * 2**20  # bytes
_PATIENCE = 600.0  # seconds for another process's keys: a thousand of RSA, 4096 bits, take as long


class StoreUnreadable(Exception):
    """The store's index exists and is not one that netdsl wrote; the message names it and the remedy."""


@dataclass(slots=True)
class Store:
    """A folder of secrets. Files have mode 0600, folders 0700; a file is replaced atomically.

    The index maps the name of each credential (`pki:lab-pki`, `entity:lab-pki:gw`) to a fingerprint of its parameters,
    so that it is made again if they change. It is written at the end: what a killed process has made is made again.
    """

    folder: Folder | None
    """None: nothing is written, and there is nothing yet."""
    is_dry: bool = False
    _index: dict[str, str] = field(default_factory=dict)
    _new: dict[str, bytes] = field(default_factory=dict)

    def is_made(self, name: str, fingerprint: str) -> bool:
        return self._index.get(name) == fingerprint

    def made(self, name: str, fingerprint: str) -> None:
        self._index[name] = fingerprint

    def read(self, path: str) -> bytes | None:
        """The content of a file; None where there is none. Raises PathRefused, OSError."""
        if path in self._new:
            return self._new[path]
        return None if self.folder is None else self.folder.read(path)

    def write(self, path: str, content: bytes) -> None:
        if self.is_dry or self.folder is None:
            self._new[path] = content
        else:
            self.folder.replace(path, content, 0o600)

    def fill(self, path: str, files: Mapping[str, bytes]) -> None:
        """Make the folder at `path` contain exactly `files`; files that are already right are not rewritten. It is the
        same folder as before, where a node has it mounted, unless it had or has no files."""
        folder = self.folder
        if self.is_dry or folder is None:
            return
        former = list(folder.below(path))
        for name, content in files.items():
            if folder.read(f"{path}/{name}") != content:
                self.write(f"{path}/{name}", content)
        for old in former:
            if old.endswith("/"):
                folder.remove_empty(old.removesuffix("/"))
            elif old.removeprefix(f"{path}/") not in files:
                folder.remove(old)
                folder.remove_empty(old.rpartition("/")[0])

    def keep(self) -> None:
        """Write the index."""
        document = {"format": 1, "made": dict(sorted(self._index.items()))}
        text = json.dumps(document, indent=1).encode() + b"\n"
        if self.read(_INDEX) != text:
            self.write(_INDEX, text)


@contextmanager
def opened(folder: Path, *, is_dry: bool = False) -> Iterator[Store]:
    """A context with the store at a folder, which no other process has meanwhile. `is_dry`: nothing is made nor changed.

    Raises StoreUnreadable, FolderBusy, PathRefused, OSError.
    """
    if is_dry:
        found = Folder.found(folder)
        yield Store(found, is_dry, _index_of(found))
        return
    with locked(folder, patience=_PATIENCE), Folder.named(folder, make=0o700) as own:
        is_store = own.status(_INDEX) is not None or not own.names()
        own.make_private(is_itself=is_store)  # a folder of the user's with other things in it keeps its mode
        own.sweep()
        store = Store(own, False, _index_of(own))
        try:
            yield store
        finally:
            store.keep()


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


def _index_of(folder: Folder | None) -> dict[str, str]:
    """Raises StoreUnreadable."""
    raw = None if folder is None else folder.read(_INDEX, _LARGEST)
    if folder is None or raw is None:
        return {}
    try:
        match json.loads(raw):
            case {"format": 1, "made": dict(made)} if all(isinstance(value, str) for value in made.values()):
                return made
            case _:
                raise ValueError
    except (ValueError, RecursionError) as error:
        remedy = "remove the folder, and its keys are made again"
        raise StoreUnreadable(f"{folder.shown(_INDEX)} is not of a store of netdsl; {remedy}") from error
