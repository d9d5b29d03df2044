"""Whether what runs under a project's name is of another folder, and so another lab of that name."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from netdsl.runtime.driver import Deployment, DriverError


def refuse_folders(deployment: Deployment, folders: Iterable[Path], down: str) -> None:
    """Raises DriverError where one of the folders, from which something of the project was started, is another one that is
    there; one that is gone was moved or removed. `down`: the verb with its options."""
    here = os.path.realpath(deployment.folder)
    for other in sorted(set(folders)):
        if not is_gone(other) and os.path.realpath(other) != here:
            own = f"{down} {quote(str(other))} --project {deployment.project}"
            raise DriverError(
                f"the lab `{deployment.project}` that is there is another one, of {other}",
                remedy=f"{own}; or give this one a name of its own (--project NAME)",
            )


def is_gone(folder: Path) -> bool:
    """Whether there is no such folder; one that this user may not look at is there."""
    try:
        return not stat.S_ISDIR(folder.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
