"""Where labs run and are looked at from. Every command ends after a time that is given with it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("NETDSL_CACHE", ROOT / ".cache"))
PROGRAM = str(Path(sys.executable).parent / "netdsl")
_OF_THE_USER = {
    "COMPOSE_PROJECT_NAME", "COMPOSE_FILE", "NETDSL_CREDENTIALS",
    "VAGRANT_CWD", "VAGRANT_VAGRANTFILE", "VAGRANT_DOTFILE_PATH",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a runtime is used from. `reach`: words in front of a command.

    `patience`: how many times slower than containers on this machine the runtime's nodes are; all times are scaled by it.
    """

    reach: tuple[str, ...] = ()
    patience: int = 1

    def words(self, *command: str, folder: Path | None = None) -> list[str]:
        return [*self.reach, *(() if folder is None else ("env", "-C", str(folder))), *command]

    def run(self, *command: str, timeout: float = 120, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """A command with the machine's settings of the runtime, and none of the user's settings of projects."""
        return subprocess.run(
            self.words(*command, folder=folder),
            capture_output=True,
            text=True,
            timeout=timeout * self.patience,
            env={key: value for key, value in os.environ.items() if key not in _OF_THE_USER},
            check=False,
        )

    def say(self, *command: str, timeout: float = 120, folder: Path | None = None) -> str:
        """The output of a command that has to succeed."""
        done = self.run(*command, timeout=timeout, folder=folder)
        assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def wait_until(self, holds: Callable[[], bool], seconds: float, pause: float = 0.2) -> float | None:
        """How many seconds it took; None where it does not come to hold in as many (of a machine without patience)."""
        began = time.monotonic()
        while True:
            if holds():
                return time.monotonic() - began
            if time.monotonic() - began > seconds * self.patience:
                return None
            time.sleep(pause)


HERE = Machine()


def netdsl(*words: str, folder: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """The command line from this checkout, as a user calls it."""
    return HERE.run(PROGRAM, *words, folder=folder, timeout=timeout)
