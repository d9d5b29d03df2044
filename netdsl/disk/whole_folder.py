"""Writing a folder of files atomically."""

import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from netdsl.disk.folder import Folder, part_name
from netdsl.disk.named import new_mode, parts_of
from netdsl.disk.refused import PathRefused


class FolderExists(Exception):
    """Something is there where the folder is to be."""


def write_folder(folder: Path, files: Mapping[str, bytes], *, replaces: Collection[str] = ()) -> None:
    """Make a folder with these files, by their paths in it. It appears whole; after an error nothing has changed.

    Raises FolderExists where something is there, unless it is a folder that holds nothing but what is called as one of
    `replaces`, and something; OSError.
    """
    try:
        place, name = parts_of(folder)
    except PathRefused as error:
        raise FolderExists from error
    with Folder.around(place, make=0o777) as around:
        if around.status(name) is not None and not _holds_only(around, name, replaces):
            raise FolderExists
        around.sweep()
        new, old = part_name(), part_name()
        try:
            with around.subfolder(new, make=0o777) as inside:
                inside.hold()
                for path, content in files.items():
                    inside.create(path, content, new_mode())
                was_there = around.take(around, name, old)
                try:
                    around.take(around, new, name)
                except BaseException:
                    if was_there:
                        around.take(around, old, name)
                    raise
        finally:
            around.remove_tree(new)
            around.remove_tree(old)


def _holds_only(around: Folder, name: str, names: Collection[str]) -> bool:
    status = around.status(name)
    if status is None or not stat.S_ISDIR(status.st_mode):
        return False
    found = set(around.names(name))
    return bool(found) and found <= set(names)
