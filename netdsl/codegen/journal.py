"""The journal of a commit to an output folder: what is renamed and removed once all new files are staged.

A journal that lies in a folder need not be ours. It can do no more than its folder's owner: its paths are inside the
folder, no link is followed, and it removes only what the manifest in place lists with the content that it has.
"""

import json
import re
import stat

from netdsl.codegen.manifest import MANIFEST, Manifest, digest, is_inside, manifest_in
from netdsl.dataclass import dataclass
from netdsl.disk.folder import PARTS, Folder
from netdsl.disk.refused import PathRefused, is_ours
from netdsl.payload.contract import HOSTS, RESOLVERS

JOURNAL = ".netdsl-journal.json"
STAGING = ".netdsl-staging-"
_REMEDY = "remove it, then compile with --overwrite"
_LARGEST = 64 * 2**20  # bytes
_STAGING = re.compile(rf"{re.escape(STAGING)}[0-9a-f]{{8}}")


@dataclass(frozen=True, slots=True)
class Journal:
    """`staging`: the folder with the new files, each named by its number in `files`."""

    staging: str
    files: tuple[str, ...]
    removed: tuple[str, ...]

    def text(self) -> bytes:
        return json.dumps({"staging": self.staging, "files": self.files, "removed": self.removed}).encode()


def recover_in(tree: Folder) -> bool:
    """Finish a commit whose journal was written, and return True; otherwise remove its staged files. Raises PathRefused for
    a journal that is none of netdsl's, ManifestUnreadable, OSError."""
    raw = tree.read(JOURNAL, _LARGEST)
    if raw is None:
        for name in tree.names():
            if name.startswith((STAGING, PARTS)):
                tree.remove_tree(name)
        return False
    journal = _journal(raw, tree)
    written = manifest_in(tree) or Manifest("", "", {})
    removed = tuple(path for path in journal.removed if _is_written(path, written, tree))
    try:
        finish(tree, Journal(journal.staging, journal.files, removed))
    except PathRefused:
        raise
    except OSError as error:
        reason = f"cannot be finished: {error.filename}: {error.strerror}"
        raise PathRefused(tree.shown(JOURNAL), reason, _REMEDY) from error
    return True


def finish(tree: Folder, journal: Journal) -> None:
    """Put the staged files in their places, a missing one is there already; remove; the manifest comes last, so that until
    then the old one says what is netdsl's. Files that nodes have for /etc are mounted there one by one: they stay the same
    files, so that a node that runs sees what is in them now. Raises OSError."""
    if tree.status(journal.staging) is not None:
        with tree.subfolder(journal.staging) as staging:
            for number, path in enumerate(journal.files):
                if path.rpartition("/")[2] in (HOSTS, RESOLVERS):
                    tree.pour(staging, str(number), path)
                elif path != MANIFEST:
                    tree.take(staging, str(number), path)
            _remove(tree, journal.removed)
            if journal.files[-1:] == (MANIFEST,):
                tree.take(staging, str(len(journal.files) - 1), MANIFEST)
        tree.remove_tree(journal.staging)
    tree.remove(JOURNAL)


def is_reserved(path: str) -> bool:
    """Whether a path is netdsl's own of a commit, which no output has."""
    return path.startswith((STAGING, PARTS)) or path == JOURNAL


def _remove(tree: Folder, paths: tuple[str, ...]) -> None:
    for path in paths:
        tree.remove(path)
        tree.remove_empty(path.rpartition("/")[0])


def _is_written(path: str, written: Manifest, tree: Folder) -> bool:
    """Whether a file has what netdsl wrote into it."""
    current = tree.read(path) if path in written.files else None
    return current is not None and digest(current) == written.files[path]


def _journal(raw: bytes, tree: Folder) -> Journal:
    """Raises PathRefused."""
    status = tree.status(JOURNAL)
    if status is None or not is_ours(status):
        raise PathRefused(tree.shown(JOURNAL), "the unfinished write of another user, who can compile again", _REMEDY)
    try:
        journal = _parsed(json.loads(raw))
        _check_staging(journal, tree)
    except (ValueError, RecursionError) as error:
        raise PathRefused(tree.shown(JOURNAL), "not a journal of netdsl", _REMEDY) from error
    return journal


def _parsed(document: object) -> Journal:
    """Raises ValueError."""
    match document:
        case {"staging": str(staging), "files": list(files), "removed": list(removed), **others} if not others:
            is_whole = all(is_inside(path) and not is_reserved(path) for path in (*files, *removed))
            if not is_whole or not _STAGING.fullmatch(staging) or len({*files, *removed}) < len(files) + len(removed):
                raise ValueError
            if MANIFEST in (*files[:-1], *removed):
                raise ValueError
            return Journal(staging, tuple(files), tuple(removed))
        case _:
            raise ValueError


def _check_staging(journal: Journal, tree: Folder) -> None:
    """That what is staged are files. Raises ValueError, PathRefused."""
    status = tree.status(journal.staging)
    if status is None:
        return
    if not stat.S_ISDIR(status.st_mode):
        raise ValueError
    known = {str(number) for number in range(len(journal.files))}
    for name in tree.names(journal.staging):
        staged = tree.status(f"{journal.staging}/{name}")
        if name not in known or staged is None or not stat.S_ISREG(staged.st_mode):
            raise ValueError
