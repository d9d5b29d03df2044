"""Connections to machines: ssh with the configuration from Vagrant, and one shared connection per machine.

Connecting takes seconds of processor time under emulation, a command over an open connection hardly any. Connections
stay open for ten minutes (ControlPersist), with their sockets in a private folder; `down` closes them.
"""

import hashlib
import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from netdsl.dataclass import dataclass
from netdsl.disk.folder import Folder
from netdsl.disk.lock import locked
from netdsl.disk.named import read_named, write_whole
from netdsl.disk.refused import PathRefused
from netdsl.disk.scratch import make_private, scratch_file
from netdsl.runtime.driver import Answer, DriverError
from netdsl.runtime.output import TooMuch, output_of

from . import vagrant
from .machines import Made, node_of, own_folder, vagrant_name

CONFIG = "netdsl-ssh-config"
_OPTIONS = (
    *("-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=20"),
    *("-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3"),
)
_KEPT = "600"  # seconds
_PATIENCE = 120.0  # seconds for another process that connects to the same machine
_HOST = re.compile(r"^Host (\S+)$", re.MULTILINE)
_LONGEST = 104 - 18  # bytes of a socket's name on macOS (Linux: 108), less the suffix that ssh appends temporarily


class Unreachable(Exception):
    """No connection to a machine. The message is one line: what ssh says, its lines one after the other."""

    def __init__(self, message: str) -> None:
        super().__init__("; ".join(message.splitlines()))


def known_configuration(folder: Path, made: Sequence[Made]) -> Path | None:
    """The cached ssh configuration from Vagrant; None if it is missing or was made for other machines."""
    path = _config_path(folder)
    try:
        return path if read_named(path).startswith(_mark(made).encode()) else None
    except OSError:
        return None


def asked_configuration(folder: Path, made: Sequence[Made], names: Sequence[str]) -> Path | None:
    """Get the configuration of the machines `names` from Vagrant and cache it; None if one of them does not run."""
    ended = vagrant.call(folder, "ssh-config", *map(vagrant_name, names))
    if ended.status:
        return None
    path = _config_path(folder)
    write_whole(path, _mark(made) + ended.output)
    return path


def configured_machines(config: Path) -> frozenset[str]:
    """The machines in a configuration. ssh would resolve other names by DNS."""
    return frozenset(map(node_of, _HOST.findall(read_named(config).decode())))


def _config_path(folder: Path) -> Path:
    return own_folder(folder) / CONFIG


def _mark(made: Sequence[Made]) -> str:
    return f"# {_key(*(f'{machine.name} {machine.provider} {machine.id}' for machine in made))}\n"


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection to a machine, by its name for Vagrant, through an ssh control socket."""

    machine: str
    config: Path
    socket: Path

    def connect(self) -> None:
        """Open the connection unless it is open. Raises Unreachable."""
        with locked(self.socket, patience=_PATIENCE):  # two processes would leave one connection behind
            if self.is_open():
                return
            words = ["ssh", *self._common(), *_OPTIONS, "-o", "ControlMaster=yes", "-o", f"ControlPersist={_KEPT}"]
            with scratch_file() as errors:  # not a pipe: the background connection would keep it open
                done = subprocess.run(
                    [*words, "-fN", self.machine], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                    check=False, start_new_session=True,
                )  # fmt: skip
                errors.seek(0)
                message = errors.read().decode(errors="replace").strip()
        if done.returncode:
            raise Unreachable(message or "ssh failed")

    def is_open(self) -> bool:
        words = ["ssh", *self._common(), "-O", "check", self.machine]
        return self.socket.exists() and subprocess.run(words, capture_output=True, check=False).returncode == 0

    def close(self) -> None:
        subprocess.run(["ssh", *self._common(), "-O", "exit", self.machine], capture_output=True, check=False)

    def command(self, command: Sequence[str], *, has_terminal: bool = False) -> list[str]:
        """The local command that runs a command as root in the machine over the open connection; arguments are
        quoted."""
        remote = shlex.join(["sudo", "-n", "--", *command])
        terminal = "-t" if has_terminal else "-T"
        return ["ssh", *self._common(), *_OPTIONS, "-o", "ControlMaster=no", terminal, self.machine, "--", remote]

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        """The result of a command that runs as root. Raises Unreachable, also after a timeout."""
        self.connect()
        try:
            answer = output_of(self.command(command), timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise Unreachable(f"no answer for {timeout:.0f} s") from error
        except TooMuch as error:
            raise Unreachable(f"a command in it {error}") from error
        if answer.status == 255 and not self.is_open():
            raise Unreachable(answer.errors.strip() or "the connection broke")
        return answer

    def _common(self) -> tuple[str, ...]:
        return "-F", str(self.config), "-o", f"ControlPath={self.socket}"


def connection_to(folder: Path, machine: Made, config: Path) -> Connection:
    """The connection to a machine. Raises DriverError if there is no private folder for sockets."""
    return Connection(vagrant_name(machine.name), config.absolute(), _sockets(folder) / _key(machine.name, machine.id))


def close_all(folder: Path) -> None:
    """Close all open connections of an output folder."""
    sockets = _sockets(folder)
    for path in sockets.glob("*"):
        if path.is_socket():
            command = ["ssh", "-F", os.devnull, "-o", f"ControlPath={path}", "-O", "exit", "machine"]
            subprocess.run(command, capture_output=True, check=False)
    with suppress(OSError), Folder.named(sockets.parent) as around:
        around.remove_tree(sockets.name)


def _sockets(folder: Path) -> Path:
    """The private folder for an output folder's sockets, with a short path."""
    base = Path(f"/tmp/netdsl-{os.getuid()}")  # noqa: S108 (owner and mode are checked)
    name = _key(str(folder.resolve()))
    runtime_folder = os.environ.get("XDG_RUNTIME_DIR")
    if (
        runtime_folder
        and Path(runtime_folder).is_dir()
        and len(os.fsencode(Path(runtime_folder) / "netdsl" / name / name)) <= _LONGEST
    ):
        base = Path(runtime_folder) / "netdsl"
    for path in (base, base / name):
        try:
            make_private(path)
        except PathRefused as error:
            raise DriverError(f"{path} is not a private folder of this user", remedy=f"remove {path}") from error
    return base / name


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
