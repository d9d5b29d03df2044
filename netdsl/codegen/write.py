"""Writing an output folder atomically, without losing a user's changes and without touching files outside of the
folder.

All content is staged below the folder first, so that a full disk or a missing permission is an error before anything
changes. Then a journal lists the renames and removals (`netdsl.codegen.journal`); from then on the new output is complete,
and `recover` finishes an interrupted commit before the folder is used again.

A lab of a thousand nodes has thousands of files: every folder is opened and created once, and the staging is flat (a staged
file is named by its number in the journal).
"""

import errno
import os
import secrets
from pathlib import Path

from netdsl.codegen.contract import Artifact
from netdsl.codegen.journal import JOURNAL, STAGING, Journal, finish, is_reserved, recover_in
from netdsl.codegen.manifest import MANIFEST, Manifest, digest, is_inside, manifest_in
from netdsl.dataclass import dataclass
from netdsl.disk.folder import Folder
from netdsl.disk.lock import PATIENCE, locked
from netdsl.disk.refused import PathRefused

_LONGEST_NAME = 255  # bytes, the limit of Linux file systems


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that writing makes. `edited`: generated files that were changed by hand since; `foreign`: files at a
    path of the output that netdsl did not write. Both prevent a commit without `--overwrite`. `kept`: edited files that
    are not part of the new output, which stay."""

    folder: Path
    created: tuple[Artifact, ...]
    changed: tuple[Artifact, ...]
    unchanged: tuple[Artifact, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    edited: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def is_safe(self) -> bool:
        return not self.edited and not self.foreign


def plan(artifacts: tuple[Artifact, ...], folder: Path) -> Plan:
    """Compare the new files with the folder, without writing. Raises PathRefused, ManifestUnreadable, OSError."""
    for artifact in artifacts:
        _refuse_bad_path(artifact.path)
    opened = Folder.found(folder)
    if opened is None:
        return Plan(folder, artifacts, (), (), (), (), (), ())
    with opened:
        return _compared(artifacts, opened, folder)


def _compared(artifacts: tuple[Artifact, ...], tree: Folder, folder: Path) -> Plan:
    old = manifest_in(tree) or Manifest("", "", {})
    created: list[Artifact] = []
    changed: list[Artifact] = []
    unchanged: list[Artifact] = []
    edited: list[str] = []
    foreign: list[str] = []
    for artifact in artifacts:
        current = tree.read(artifact.path)
        if current is None:
            created.append(artifact)
        elif current == artifact.content:
            unchanged.append(artifact)
        else:
            changed.append(artifact)
            if artifact.path != MANIFEST and digest(current) != old.files.get(artifact.path):
                (edited if artifact.path in old.files else foreign).append(artifact.path)
    removed, kept = _stale(old, {artifact.path for artifact in artifacts}, tree)
    return Plan(
        folder,
        tuple(created),
        tuple(changed),
        tuple(unchanged),
        removed,
        kept,
        tuple(edited),
        tuple(foreign),
    )


def commit(planned: Plan) -> None:
    """Carry out a plan. Raises OSError; then the folder is unchanged."""
    existed = Folder.found(planned.folder)
    try:
        with existed or Folder.named(planned.folder, make=0o777) as tree:
            journal = _stage(planned, tree)
            for artifact in planned.unchanged:
                tree.set_mode(artifact.path, artifact.mode)
            finish(tree, journal)
    except BaseException:
        if existed is None:
            _remove_if_empty(planned.folder)
        raise


def recover(folder: Path) -> bool:
    """Finish a commit whose journal was written, and return True; otherwise remove its staged files. Raises PathRefused for
    a journal that is none of netdsl's, OSError."""
    opened = Folder.found(folder)
    if opened is None:
        return False
    with opened:
        return recover_in(opened)


def settle(folder: Path) -> None:
    """Finish what an interrupted commit has left, so that the output is whole; without one nothing is done. Raises
    FolderBusy, PathRefused, OSError."""
    if is_unfinished(folder):
        with locked(folder, patience=PATIENCE):
            recover(folder)


def is_unfinished(folder: Path) -> bool:
    """Whether a commit was interrupted: some files are of the old output, some of the new one."""
    opened = Folder.found(folder)
    if opened is None:
        return False
    with opened:
        return opened.status(JOURNAL) is not None


def _refuse_bad_path(path: str) -> None:
    """Raises PathRefused for a path that is none of an output's, OSError for one that no file system takes."""
    if not is_inside(path) or is_reserved(path):
        raise PathRefused(repr(path), "no path inside the output folder")
    if len(path) > _LONGEST_NAME // 4 and any(len(os.fsencode(part)) > _LONGEST_NAME for part in path.split("/")):
        raise OSError(
            errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path
        )  # staging uses short names and would not find this error


def _stale(old: Manifest, new: set[str], tree: Folder) -> tuple[tuple[str, ...], tuple[str, ...]]:
    removed: list[str] = []
    kept: list[str] = []
    for path, written in old.files.items():
        if path in new or is_reserved(path):
            continue
        current = tree.read(path)
        if current is not None:
            (removed if digest(current) == written else kept).append(path)
    return tuple(removed), tuple(kept)


def _stage(planned: Plan, tree: Folder) -> Journal:
    """Write each new file to one named by its number, the manifest last, then the journal. Raises OSError; then nothing of
    it is left."""
    fresh = sorted((*planned.created, *planned.changed), key=lambda artifact: artifact.path == MANIFEST)
    name = f"{STAGING}{secrets.token_hex(4)}"
    journal = Journal(name, tuple(artifact.path for artifact in fresh), planned.removed)
    with tree.subfolder(name, make=0o700) as staging:
        try:
            for number, artifact in enumerate(fresh):
                staging.create(str(number), artifact.content, artifact.mode)
            tree.replace(JOURNAL, journal.text(), 0o644)
        except BaseException:
            tree.remove_tree(name)
            raise
    return journal


def _remove_if_empty(folder: Path) -> None:
    with Folder.around(folder.parent) as around:
        around.remove_empty(folder.name)
