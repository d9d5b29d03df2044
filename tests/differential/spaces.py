"""Nodes without an engine: Linux namespaces, made by util-linux and iproute2 from the compiled Compose project.

A lab has a *room*: mount, network and process namespaces that all others are made in. Its network namespace holds what the
engine's host holds for a lab, a device for each network. It ends when this process does, whatever ends that, and with it
ends all that is in it. A node has what a container has: its image's files with a layer in memory over them, `/proc`, `/sys`
and `/dev` of its own, mounts that it cannot write to, the capabilities of its service alone, interfaces with the engine's
names and addresses, and the sysctls.

It has no control group, no seccomp filter and no resolver of the engine's.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from tests.differential.images import export, files_of
from tests.differential.node import LINKS, Node
from tests.differential.running import Running
from tests.differential.service import Project, Service, project_of
from tests.live.compose import ComposeLab
from tests.live.lab import SCRIPT

UNTIL_UP = 180.0  # seconds
# Seconds, after which a tunnel that is still down stays down: in one of several orders, or for what a `run` line did. The
# flows are asked as they are then.
UNTIL_DOWN = 60.0
MEMORY = "256m"  # that the files of all nodes of a lab may take


@dataclass(slots=True)
class _Room:
    """`process`: where it is numbered by this machine; `held`: it ends when the standard input of this does."""

    process: str
    held: subprocess.Popen[str]
    nodes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InSpaces(Running):
    """By namespaces. `rooms`: one while the lab is up."""

    rooms: list[_Room] = field(default_factory=list)

    @property
    def state(self) -> Path:
        """Where logs and numbers of processes lie, and the room's memory is mounted."""
        return self.folder.parent.resolve() / "nodes"

    def prepare(self) -> list[str]:
        """The files of the images, which an engine of this machine has or makes where they are missing."""
        names = sorted({service.image for service in project_of(self.folder).services})
        missing = [name for name in names if not files_of(name).is_dir()]
        if missing:
            ComposeLab(self.folder, self.project, self.machine).prepare()
        for name in missing:
            export(name)
        return names

    def up(self) -> None:
        project = project_of(self.folder)
        shutil.rmtree(self.state, ignore_errors=True)
        for name in ("memory", "dev"):
            (self.state / name).mkdir(parents=True)
        for name, goal in LINKS.items():
            (self.state / "dev" / name).symlink_to(goal)
        self._open_room(project)
        for number, service in enumerate(project.services):
            self._start(number, service, project)
        until = time.monotonic() + UNTIL_DOWN * self.machine.patience
        for service in project.services:
            is_ready = partial(self._is_ready, service.name, until)
            pause = 0.1 * self.machine.patience**2
            assert self.machine.wait_until(is_ready, UNTIL_UP, pause) is not None, f"{service.name}\n{self.logs()}"

    def _is_ready(self, node: str, until: float) -> bool:
        self._expect_alive(node)
        said = self.run(node, "sh", SCRIPT, "ready")
        return said.returncode == 0 or (time.monotonic() > until and said.stdout.startswith("tunnel "))

    def _open_room(self, project: Project) -> None:
        (self.state / "wires.batch").write_text("".join(_wires(project)))
        words = ("unshare", "--mount", "--net", "--pid", "--fork", "sh", "-euc", _ROOM, "sh", str(self.state), MEMORY)
        with (self.state / "room.log").open("wb") as log:
            held = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        assert held.stdout is not None
        self.rooms.append(_Room(held.stdout.readline().strip(), held))
        assert self.rooms[0].process, f"{self.project}: {self._log('room')}"

    def _start(self, number: int, service: Service, project: Project) -> None:
        """In the room; the number of its process comes last."""
        (room,) = self.rooms
        script = Node(service, number, self.state, room.process).write(project)
        words = ("nsenter", "--target", room.process, "--mount", "--net", "--pid")
        spaces = ("unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork")
        with (self.state / f"{service.name}.log").open("wb") as log:
            room.nodes[service.name] = subprocess.Popen(
                (*words, *spaces, "sh", "-eu", str(script)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def first_process(self, node: str) -> str:
        """When it is the node's: before, it makes the node."""
        file = self.state / f"{node}.process"

        def is_there() -> bool:
            self._expect_alive(node)
            return file.exists() and file.read_text().endswith("\n")

        assert self.machine.wait_until(is_there, UNTIL_UP, pause=0.02) is not None, f"{node}\n{self.logs()}"
        return file.read_text().strip()

    def _expect_alive(self, node: str) -> None:
        (room,) = self.rooms
        assert room.nodes[node].poll() is None, f"{self.project}: {node} has ended\n{self.logs()}"

    def take_away(self) -> None:
        """The kernel ends what is in a room with its first process, mounts and devices too."""
        while self.rooms:
            room = self.rooms.pop()
            pipe: IO[str] | None = room.held.stdin
            assert pipe is not None
            pipe.close()
            room.held.wait(60 * self.machine.patience)
            for process in room.nodes.values():
                process.wait(60)
        self.processes.clear()

    def logs(self) -> str:
        return "".join(self._log(path.stem) for path in sorted(self.state.glob("*.log")))

    def _log(self, name: str) -> str:
        lines = (self.state / f"{name}.log").read_text(errors="replace").splitlines()[-15:]
        return "".join(f"{name}: {line}\n" for line in lines)


# The process that this shell is, as the machine outside counts; its /proc is still that of the machine.
_ROOM = """
mount -t tmpfs -o "size=$2,mode=0755" none "$1/memory"
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip -batch "$1/wires.batch"
read -r process _ </proc/self/stat
echo "$process"
exec cat
"""


def _wires(project: Project) -> Iterator[str]:
    """As engines do, where a network of the driver macvlan has a parent of its own."""
    for number, wire in enumerate(project.wires):
        yield f"link add name n{number} type {'ifb' if wire.driver == 'macvlan' else 'bridge'}\n"
        yield f"link set dev n{number} up\n"
