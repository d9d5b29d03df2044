"""Writing a folder of files atomically."""

import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path


class FolderExists(Exception):
    """Something is there where the folder is to be."""


def write_folder(folder: Path, files: Mapping[str, bytes], *, replaces: Collection[str] = ()) -> None:
    """Make a folder with these files, by their paths in it. It appears whole; after an error nothing has changed.

    Raises FolderExists where something is there, unless it is a folder that holds nothing but what is called as one of
    `replaces`, and something; OSError.
    """
    if os.path.lexists(folder) and not _holds_only(folder, replaces):
        raise FolderExists
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        new, old = part / "new", part / "old"
        new.mkdir()
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if os.path.lexists(folder):
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _holds_only(folder: Path, names: Collection[str]) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    found = {path.name for path in folder.iterdir()}
    return bool(found) and found <= set(names)
