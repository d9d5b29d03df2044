"""A compiled lab that can be brought up, on either ground: containers of an engine, or namespaces without one."""

import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from tests.live.compose import ComposeLab
from tests.live.lab import SCRIPT
from tests.live.machine import Machine

LOOKS_SLOWLY = "3s"  # between an engine's looks whether a slow node is ready: each starts more processes than the node


@dataclass(frozen=True, slots=True)
class Running(ABC):
    """The output folder of a target, and its project. Nodes are called by their host name.

    Commands are started in the namespaces of a node's first process: an engine starts more processes for one than it has.
    `processes`: those of the nodes asked before.
    """

    target: ClassVar[str]

    folder: Path
    project: str
    machine: Machine
    processes: dict[str, str] = field(default_factory=dict)

    @abstractmethod
    def prepare(self) -> list[str]:
        """What the lab is run with and stays there for the next one; the names of its images."""

    @abstractmethod
    def up(self) -> None:
        """Until every node is ready. Raises AssertionError."""

    @abstractmethod
    def take_away(self) -> None:
        """Works on what is half up, and where nothing is."""

    @abstractmethod
    def logs(self) -> str:
        """The last lines of every node."""

    @abstractmethod
    def first_process(self, node: str) -> str:
        """Its number, as this machine counts processes."""

    def run(self, node: str, *words: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        return self.machine.run(*self.inside(node), *words, timeout=timeout)

    def inside(self, node: str) -> tuple[str, ...]:
        """The words in front of a command."""
        if node not in self.processes:
            self.processes[node] = self.first_process(node)
        entered = ("nsenter", "--target", self.processes[node], "--mount", "--uts", "--ipc", "--net", "--pid")
        return (*entered, "env", "--ignore-environment", "PATH=/usr/sbin:/usr/bin:/sbin:/bin")

    def status(self, node: str) -> str:
        """What the payload says of itself: tab-separated lines."""
        done = self.run(node, "sh", SCRIPT, "status")
        assert done.returncode == 0, f"{node}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout


Ground = type[Running]


@dataclass(frozen=True, slots=True)
class InContainers(Running):
    """By `docker compose`."""

    target: ClassVar[str] = "compose"

    @property
    def lab(self) -> ComposeLab:
        return ComposeLab(self.folder, self.project, self.machine)

    def prepare(self) -> list[str]:
        self.lab.prepare()
        if self.machine.patience > 1:
            file = self.folder / "compose.yaml"
            file.write_text(file.read_text().replace("start_interval: 200ms", f"start_interval: {LOOKS_SLOWLY}"))
        return self.lab.all_images()

    def up(self) -> None:
        self.lab.up()

    def take_away(self) -> None:
        try:
            self.lab.take_away()
        except AssertionError:
            self.lab.take_away()  # something of it went while it was looked for

    def logs(self) -> str:
        return self.lab.logs()

    def first_process(self, node: str) -> str:
        container = self.lab.container(node)
        return self.machine.say("docker", "inspect", "--format", "{{.State.Pid}}", container).strip()
