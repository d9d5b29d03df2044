"""What can be wrong with the file of a run."""

from pathlib import Path


class RunUnreadable(Exception):
    """No file of a run, or not one that this version reads; the message says which file, and what of it."""


class RunExists(Exception):
    """There is such a file; it is not replaced unasked."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is there already; --resume goes on with it, --anew measures from the beginning")
        self.path = path


class CannotResume(Exception):
    """The file is of another measurement; the message says in what."""
