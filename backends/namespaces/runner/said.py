"""What the runner says, and what it refuses."""

import os


class Refused(Exception):
    """What cannot be done, and the remedy where one is known."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode(errors="replace"))


def complain(error: Refused) -> None:
    remedy = f"help: {error.remedy}\n" if error.remedy else ""
    os.write(2, f"error: {error.message}\n{remedy}".encode(errors="replace"))
