"""A lab in namespaces: by `lab.sh` of its folder, without netdsl."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from netdsl.runtime.procfs import PROC, proportional
from tests.live.capture import Capture, captured
from tests.live.host import Host
from tests.live.lab import Lab, compile_for

RUN, ROOTS = Path("/run/netdsl-labs"), Path("/var/lib/netdsl/roots")
MEMORY = 40 * 2**20  # of all processes of a lab of nine nodes
ROOT = 200 * 10**6


def compile_spaces(source: Path, folder: Path, project: str, *options: str) -> "NamespacesLab":
    """Compile into `folder`/namespaces, credentials beside it."""
    return NamespacesLab(compile_for("namespaces", source, folder, project, *options), project)


def spaces_of(process: int | str) -> str:
    """Its process namespace; empty where it has ended."""
    with suppress(OSError):
        return str(Path(f"/proc/{process}/ns/pid").readlink())
    return ""


@dataclass(frozen=True, slots=True)
class NamespacesLab(Lab):
    @property
    def script(self) -> str:
        return str(self.folder.resolve() / "lab.sh")

    @property
    def state(self) -> Path:
        return RUN / self.project

    def prepare(self) -> None:
        """The root file systems."""
        self.machine.say(self.script, "roots", timeout=900)

    def up(self) -> float:
        began = time.monotonic()
        done = self.machine.run(self.script, "up", "120", timeout=150)
        assert done.returncode == 0, f"{self.project} does not come up:\n{done.stdout}\n{done.stderr}\n{self.logs()}"
        return time.monotonic() - began

    def down(self) -> float:
        began = time.monotonic()
        self.machine.say(self.script, "down", timeout=60)
        return time.monotonic() - began

    def take_away(self) -> None:
        self.down()

    def run(self, node: str, *words: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        return self.machine.run(self.script, "exec", node, *words, timeout=timeout)

    def nodes(self) -> dict[str, str]:
        """The number and the start of the first process of each."""
        return {
            path.name: path.read_text() for path in sorted(self.state.glob("nodes/*")) if not path.name.startswith(".")
        }

    def process(self, node: str) -> int:
        return int(self.nodes()[node].split()[0])

    def room(self) -> int:
        return int((self.state / "room").read_text().split()[0])

    def logs(self) -> str:
        said = (self.machine.run(self.script, "log", node).stdout[-1000:] for node in self.nodes())
        return "".join(said)[-6000:]

    def kill(self, node: str) -> None:
        os.kill(self.process(node), signal.SIGKILL)
        self._await_end(node)

    def start(self, node: str) -> None:
        """`up` starts what does not run, and touches nothing else."""
        self.up()

    def stop(self, node: str) -> float:
        began = time.monotonic()
        os.kill(self.process(node), signal.SIGTERM)
        self._await_end(node)
        return time.monotonic() - began

    def _await_end(self, node: str) -> None:
        process = self.process(node)
        assert self.machine.wait_until(lambda: not spaces_of(process), 20, pause=0.02) is not None, f"{node} goes on"

    def renew(self, node: str) -> None:
        self.stop(node)
        self.up()

    @contextmanager
    def capture(self, node: str, interface: str, file: Path) -> Iterator[Capture]:
        with captured(self.machine, (self.script, "beside", node, "tcpdump"), interface, file) as capture:
            yield capture

    def host_address(self) -> str:
        """Any of this machine's."""
        lines = self.machine.say("ip", "-4", "-o", "address", "show", "scope", "global").splitlines()
        return lines[0].split()[3].partition("/")[0] if lines else "127.0.0.1"

    def look(self) -> Host:
        """What is of this lab: its nodes and networks while it runs; mounts and interfaces of the machine, never."""
        lines = [f"state {path.name}" for path in RUN.glob("*") if path.name == self.project]
        for number in (path.name for path in PROC.iterdir() if path.name.isdecimal()):
            with suppress(OSError):
                words = (PROC / number / "cmdline").read_bytes().decode(errors="replace").split("\0")
                lines += [f"process {number}" for word in words if word == f"netdsl-room-{self.project}"]
        lines += [f"mount {line}" for line in (PROC / "self/mountinfo").read_text().splitlines() if "netdsl" in line]
        lines += [f"device {line}" for line in self._devices(()) if line[0] in "nv" and "." in line]
        with suppress(FileNotFoundError):
            into = ("nsenter", "--net", "--target", str(self.room()))
            devices = self._devices(into)
            lines += [f"0 {device}" for device in devices]
            lines += [f"network {self.project} {device}" for device in devices if device.startswith("n")]
            lines += [f"node {self.project} {name}" for name in self.nodes()]
        return Host(Counter(lines))

    def _devices(self, reach: tuple[str, ...]) -> list[str]:
        found = self.machine.run(*reach, "ip", "-o", "link", "show").stdout.splitlines()
        return [line.split(": ")[1].partition("@")[0] for line in found]

    def own_networks(self) -> int:
        return 0

    def processes(self) -> dict[str, list[int]]:
        """All that run in each node."""
        spaces = {spaces_of(self.process(node)): node for node in self.nodes()}
        found: dict[str, list[int]] = {node: [] for node in spaces.values()}
        for path in PROC.iterdir():
            if path.name.isdecimal() and (node := spaces.get(spaces_of(path.name))):
                found[node].append(int(path.name))
        return found

    def memory_held(self) -> tuple[int, int]:
        """The proportional set sizes of all processes."""
        numbers = [number for processes in self.processes().values() for number in processes]
        held = proportional(PROC, numbers)
        assert held is not None
        return held, MEMORY

    def disk_held(self) -> tuple[dict[str, int], int]:
        """The root file systems."""
        words = ("du", "-s", "--block-size=1")
        return {path.name: int(self.machine.say(*words, str(path)).split()[0]) for path in self.roots()}, ROOT

    def roots(self) -> list[Path]:
        found = self.machine.say("python3", "-c", _ROOTS, str(self.folder / "lab.json")).split()
        return [ROOTS / name for name in found]


_ROOTS = "import json, sys; print(*json.load(open(sys.argv[1]))['roots'])"
