"""Whether what runs under a project's name is of another folder, and so another lab of that name."""

from collections.abc import Iterable
from pathlib import Path

from netdsl.runtime.driver import Deployment, DriverError


def refuse_folders(deployment: Deployment, folders: Iterable[Path], down: str) -> None:
    """Raises DriverError where one of the folders, from which something of the project was started, is another one that is
    there; one that is gone was moved. `down`: the verb with its options."""
    here = deployment.folder.resolve()
    for other in sorted(set(folders)):
        if other.is_dir() and other.resolve() != here:
            raise DriverError(
                f"the lab `{deployment.project}` that is there is another one, of {other}",
                remedy=f"{down} {other}; or give this one a name of its own (--project NAME)",
            )
