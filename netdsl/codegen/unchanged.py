"""Whether files of an output are as netdsl wrote them: what is run from a folder is looked at first."""

from collections.abc import Iterable
from pathlib import Path

from netdsl.codegen.manifest import ManifestUnreadable, digest, manifest_in
from netdsl.disk.folder import Folder
from netdsl.disk.refused import PathRefused
from netdsl.runtime.driver import DriverError


def changed_files(folder: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the paths where there is no file, no plain one, or one with another content than the manifest says. Raises
    DriverError where the folder or its manifest cannot be read."""
    try:
        with Folder.named(folder) as opened:
            manifest = manifest_in(opened)
            written = {} if manifest is None else manifest.files
            return tuple(path for path in paths if _digest(opened, path) != written.get(path, ""))
    except (ManifestUnreadable, OSError) as error:
        raise DriverError(str(error)) from error


def refuse_changed(folder: Path, paths: Iterable[str]) -> None:
    """Raises DriverError where one of the files, which would be run, is not as netdsl wrote it; and as `changed_files`."""
    for path in changed_files(folder, paths):
        raise DriverError(
            f"{folder / path} is not as netdsl wrote it, and is not run",
            remedy="look at it; compile the lab again (`netdsl compile --overwrite` drops the change)",
        )


def _digest(folder: Folder, path: str) -> str | None:
    try:
        content = folder.read(path)
    except PathRefused:
        return None
    return None if content is None else digest(content)
