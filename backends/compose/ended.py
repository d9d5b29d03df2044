"""A command of Docker's that ended badly."""

from collections.abc import Sequence


class CommandFailed(Exception):
    """`command`: what was run; `status`: not 0; `errors`: its last lines."""

    def __init__(self, command: Sequence[str], status: int, errors: str) -> None:
        super().__init__(f"`{' '.join(command)}` ended with status {status}: {errors}")
        self.command = tuple(command)
        self.status = status
        self.errors = errors
