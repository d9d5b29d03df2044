"""What the engine reads of an output folder that netdsl did not write: named where a lab is started and taken away."""

import re
from collections.abc import Iterator

from netdsl.codegen.unchanged import changed_files
from netdsl.disk.folder import Folder
from netdsl.runtime.driver import Deployment, DriverError

from .engine import files_of

OVERRIDE, VARIABLES = "compose.override.yaml", ".env"
_OURS = re.compile(r"NETDSL_PARENT_[A-Z0-9_]*=nd[0-9a-f]{10}")
"""A line of parents.sh in `.env`."""


def beside(deployment: Deployment) -> Iterator[str]:
    """A remark for each file in use that was changed by hand, or is not netdsl's. Raises DriverError."""
    folder = deployment.folder
    for path in changed_files(folder, ("compose.yaml", "Dockerfile")):
        yield f"note: {folder / path} was changed by hand, and is used as it is"
    if len(list(files_of(deployment))) > 1:
        yield f"note: {folder / OVERRIDE}, which is not netdsl's, is used"
    try:
        with Folder.named(folder) as opened:
            lines = (opened.read(VARIABLES) or b"").decode(errors="replace").splitlines()
    except OSError as error:
        raise DriverError(f"{folder / VARIABLES}: {error.strerror}") from error
    if any(line.strip() and not _OURS.fullmatch(line) for line in lines):
        yield f"note: {folder / VARIABLES}, which is not netdsl's alone, is used"
