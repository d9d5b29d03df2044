"""The errors of a run's file."""

from pathlib import Path


class RunUnreadable(Exception):
    """Not a run's file, or one that this version cannot read; the message names the file and the fault."""


class RunExists(Exception):
    """The run's file exists, and neither --resume nor --anew was given."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is there already; --resume goes on with it, --anew measures from the beginning")
        self.path = path


class CannotResume(Exception):
    """The file belongs to another measurement; the message lists the differences."""
