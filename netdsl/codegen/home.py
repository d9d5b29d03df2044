"""The folder of a lab below `build/`: it belongs to one source, with its outputs, its keys, and what runs of it.

Students' labs all have one name. The first source gets the folder of the lab's name; another one a folder of its own, with
the name of the source's folder behind the lab's, or a digest where that is another's too. A file in the folder says whose
it is; a source that is not there any more has none.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from netdsl.diagnostics.visible import visible
from netdsl.disk.folder import Folder
from netdsl.disk.lock import PATIENCE, locked
from netdsl.disk.refused import PathRefused

OWNER = ".netdsl-source"
STORE = "credentials"
"""The folder of the keys in a lab's."""

_LONGEST = 4096  # bytes of a path, as Linux has it
_FITTING = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_STDIN = "-"


def home_of(build: Path, lab: str, source: str) -> str:
    """The name of the lab's folder below `build`. `lab`: the lab's name, or that of a variant (`exam-anna`); `source`: the
    path of its file as the caller wrote it, `-` for standard input. Writes nothing. Raises PathRefused, OSError."""
    own = _identity(build.parent, source)
    names = tuple(_names(lab, own))
    owners = {name: _owner(build / name, build.parent) for name in names}
    for wanted in (own, None):
        for name in names:
            if owners[name] == wanted:
                return name
    return names[-1]


def claim(build: Path, lab: str, source: str) -> str:
    """As `home_of`; the folder is there afterwards and belongs to the source. Raises FolderBusy as well."""
    own = _identity(build.parent, source)
    with locked(build / lab, patience=PATIENCE):
        name = home_of(build, lab, source)
        with Folder.named(build / name, make=0o777) as folder:
            folder.sweep()
            _own(folder, own, 0o644)
    return name


def is_of_another(output: Path, source: str) -> bool:
    """Whether an output folder lies in the folder of a lab that belongs to another source. Of one that lies elsewhere, and
    of one that may not be read, nothing is known: no."""
    home, base = output.parent, output.parent.parent.parent
    try:
        return _owner(home, base) not in (_identity(base, source), None)
    except OSError:
        return False


def refuse_keys_of_another(keys: Path, source: str) -> None:
    """Raises PathRefused where a folder of keys that the caller names is another source's, OSError."""
    around = keys.parent
    folders = [(keys, around)]
    if keys.name == STORE:  # as a lab's own store, which lies in its folder in `build/`
        folders.append((around, around.parent.parent))
    for folder, base in folders:
        owner = _owner(folder, base)
        if owner not in (_identity(base, source), None):
            reason = f"has the keys of {visible(os.path.normpath(base / owner))}, not those of {source}"
            raise PathRefused(str(keys), reason, "name another folder (--credentials DIR)")


def claim_keys(keys: Path, source: str) -> None:
    """The same; the folder is there afterwards, and belongs to the source. Raises FolderBusy as well."""
    with locked(keys, patience=PATIENCE), Folder.named(keys, make=0o700) as folder:
        refuse_keys_of_another(keys, source)
        if not folder.names():
            folder.make_private(is_itself=True)
        _own(folder, _identity(keys.parent, source), 0o600)


def _names(lab: str, own: str) -> Iterator[str]:
    yield lab
    around = PurePath(own).parent.name
    if _FITTING.fullmatch(around):
        yield f"{lab}-{around}"
    yield f"{lab}-{hashlib.sha256(os.fsencode(own)).hexdigest()[:8]}"


def _identity(base: Path, source: str) -> str:
    """The way from a folder to the source: both may be moved together."""
    return source if source == _STDIN else os.path.relpath(os.path.realpath(source), os.path.realpath(base))


def _own(folder: Folder, identity: str, mode: int) -> None:
    """From now on it belongs to this source."""
    text = os.fsencode(identity) + b"\n"
    if folder.read(OWNER, _LONGEST) != text:
        folder.replace(OWNER, text, mode)


def _owner(folder: Path, base: Path) -> str | None:
    """The source that a folder belongs to, as the way from `base`; None if there is none (any more)."""
    found = Folder.found(folder)
    if found is None:
        return None
    with found:
        text = found.read(OWNER, _LONGEST)
    if text is None:
        return None
    owner = os.fsdecode(text.removesuffix(b"\n"))
    is_there = owner == _STDIN or ("\0" not in owner and os.path.lexists(base / owner))
    return owner if is_there else None
