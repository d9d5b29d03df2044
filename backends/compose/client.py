"""Whether the `docker` client that is here can run labs. Every verb and `doctor` say what is decided here."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Check, DriverError

PATIENCE = 20.0
"""Seconds for an engine to say its version; one that is well takes 0.03."""

_ALL = "install Docker Engine and Compose (Debian 13: docker.io docker-cli docker-compose)"
_RESTART = "restart it (as root: systemctl restart docker)"
_COMPOSE = "(Debian 13: docker-compose; Docker's own packages: docker-compose-plugin)"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said until it ended. `status` None: it did not end within PATIENCE."""

    status: int | None
    output: str = ""
    errors: str = ""


@dataclass(frozen=True, slots=True)
class _Program:
    """What has to be there, and the lowest version of it that will do."""

    what: str
    command: tuple[str, ...]
    least: tuple[int, int]
    upgrade: str
    faults: tuple[tuple[str, str, str], ...]
    """Where the command fails: a regular expression for what it says, what that means, the remedy. The first one counts."""
    hangs: str


_PROGRAMS = (
    _Program(
        "Docker Engine",
        ("docker", "version", "--format", "{{.Server.Version}}"),
        (25, 0),  # `start_interval` of health checks
        "upgrade it (Debian 13: docker.io)",
        (
            (
                "permission denied while trying to connect",
                "cannot be used by this user",
                "as root: usermod -aG docker USER, then log in again; or run netdsl as root",
            ),
            ("Error response from daemon", "refuses this `docker` client", "upgrade the older of the two"),
            ("", "does not answer", "start it (as root: systemctl start docker)"),
        ),
        _RESTART,
    ),
    _Program(
        "Docker Compose",
        ("docker", "compose", "version", "--short"),
        (2, 24),  # `!reset` and `!override` in override files
        f"upgrade it {_COMPOSE}",
        (("", "is not a plug-in of this `docker` client", f"install it {_COMPOSE}"),),
        f"install it anew {_COMPOSE}",
    ),
)


def client_checks() -> tuple[Check, ...]:
    """The client, the engine that it reaches, its Compose; where there is no client, nothing else. Of a check that fails,
    `what` and `found` are a sentence together."""
    return tuple(check for check, _, _ in _looked())


def client_fault() -> DriverError | None:
    """The first of these checks that fails, with the client's own words."""
    for check, command, said in _looked():
        if not check.is_ok:
            message, words = f"{check.what} {check.found}", said.errors or said.output
            status = said.status or None
            return DriverError(
                message, command=command, status=status, tail=words if status else "", remedy=check.remedy
            )
    return None


def asked(*commands: Sequence[str]) -> tuple[Said, ...]:
    """What commands say that run at the same time, each for PATIENCE at most. One that cannot be run has status 127."""
    with ExitStack() as running:
        started = [_start(command, running) for command in commands]
        return tuple(_end(process) for process in started)


def _looked() -> list[tuple[Check, str, Said]]:
    if shutil.which("docker") is None:
        return [(Check("the `docker` client", False, "is not on the PATH", _ALL), "", Said(127))]
    return [
        (_judged(program, said), " ".join(program.command[:2]), said)
        for program, said in zip(_PROGRAMS, asked(*(program.command for program in _PROGRAMS)), strict=True)
    ]


def _judged(program: _Program, said: Said) -> Check:
    text = said.output.strip()
    if said.status is None:
        return Check(program.what, False, f"does not answer within {PATIENCE:g} s", program.hangs)
    if said.status or not text:
        found, remedy = next((found, remedy) for sign, found, remedy in program.faults if re.search(sign, said.errors))
        return Check(program.what, False, found, remedy)
    return versioned(program.what, text, program.least, program.upgrade)


def versioned(what: str, text: str, least: tuple[int, int], upgrade: str) -> Check:
    """Whether a version is late enough. One without a number, as builds from sources have it, is."""
    number = re.search(r"(\d+)\.(\d+)", text)
    if number is None or (int(number[1]), int(number[2])) >= least:
        return Check(what, True, text)
    return Check(what, False, f"{text} is too old; {least[0]}.{least[1]} or later is needed", upgrade)


def _start(command: Sequence[str], running: ExitStack) -> "subprocess.Popen[str] | None":
    """In a session of its own: a plug-in that it starts ends with it."""
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, errors="replace",
            start_new_session=True,
        )  # fmt: skip
    except OSError:
        return None
    running.enter_context(process)
    running.callback(_kill, process)
    return process


def _end(process: "subprocess.Popen[str] | None") -> Said:
    if process is None:
        return Said(127)
    try:
        output, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return Said(None)
    return Said(process.returncode, output, errors)


def _kill(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
