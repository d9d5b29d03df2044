"""A compiled lab on a real engine, used as somebody does who has no netdsl: by `parents.sh` and `docker compose`.

Every command ends after a time that is given with it. Nothing here is found by a broad name: containers are those of the
lab's own project, which no other run of the tests has.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = "/netdsl/lab/node.sh"
PROGRAM = str(Path(sys.executable).parent / "netdsl")
ATTEMPTS = 3  # of `up`: a MAC address can stay taken for a moment after the last project
_OF_THE_USER = {"COMPOSE_PROJECT_NAME", "COMPOSE_FILE", "NETDSL_CREDENTIALS"}


@dataclass(frozen=True, slots=True)
class Machine:
    """Where an engine runs. `reach`: words in front of a command; `patience`: how many times slower than this one it is."""

    reach: tuple[str, ...] = ()
    patience: int = 1

    def words(self, *command: str, folder: Path | None = None) -> list[str]:
        return [*self.reach, *(() if folder is None else ("env", "-C", str(folder))), *command]

    def run(self, *command: str, timeout: float = 120, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """A command with the machine's settings of the engine, and none of the user's settings of Compose."""
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


def compile_lab(source: Path, folder: Path, project: str, *options: str) -> "Lab":
    """Compile into `folder`/compose, credentials beside it."""
    words = ("compile", str(source), "-o", "compose", "--credentials", "credentials", "--project", project, *options)
    folder.mkdir(parents=True, exist_ok=True)
    done = netdsl(*words, folder=folder)
    assert done.returncode == 0, done.stderr
    return Lab(folder / "compose", project)


@dataclass(frozen=True, slots=True)
class Lab:
    """An output folder, as its machine sees it, and its project."""

    folder: Path
    project: str
    machine: Machine = field(default=HERE)

    def compose(self, *words: str, timeout: float = 300) -> str:
        return self.machine.say("docker", "compose", *words, folder=self.folder, timeout=timeout)

    def images(self) -> list[str]:
        return sorted(set(self.compose("config", "--images").split()))

    def build(self) -> float:
        """What `up` would build first; the seconds that it took."""
        began = time.monotonic()
        if any(self.machine.run("docker", "image", "inspect", image).returncode for image in self.images()):
            self.compose("build", "--quiet", timeout=600)
        return time.monotonic() - began

    def up(self) -> float:
        """`./parents.sh up && docker compose up --wait`; the seconds of the second. Raises AssertionError."""
        self.machine.say("./parents.sh", "up", folder=self.folder, timeout=300)
        words = ("docker", "compose", "up", "--wait", "--wait-timeout", str(180 * self.machine.patience))
        for attempt in range(1, ATTEMPTS + 1):
            began = time.monotonic()
            done = self.machine.run(*words, folder=self.folder, timeout=300)
            if done.returncode == 0:
                return time.monotonic() - began
            if "address already in use" not in done.stderr or attempt == ATTEMPTS:
                break
        raise AssertionError(f"{self.project} does not come up:\n{done.stderr[-3000:]}\n{self.logs()}")

    def down(self) -> float:
        """The seconds that `docker compose down` took; the parents go as well. Works on what is half up."""
        began = time.monotonic()
        try:
            self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", timeout=120)
            return time.monotonic() - began
        finally:
            self.machine.say("./parents.sh", "down", folder=self.folder, timeout=120)

    def logs(self) -> str:
        done = self.machine.run("docker", "compose", "logs", "--tail", "15", folder=self.folder, timeout=30)
        return done.stdout[-6000:]

    def nodes(self) -> dict[str, str]:
        """The ids of the nodes' containers, by node (host name); those that have ended as well."""
        form = '{{.Label "com.docker.compose.service"}} {{.ID}}'
        filters = ("--filter", f"label=com.docker.compose.project={self.project}", "--filter", "label=netdsl.node")
        lines = self.machine.say("docker", "ps", "-a", "--no-trunc", *filters, "--format", form).splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def container(self, node: str) -> str:
        """Its name, as Compose makes it."""
        return f"{self.project}-{node}-1"

    def image(self, node: str) -> str:
        return self.machine.say("docker", "inspect", "--format", "{{.Config.Image}}", self.container(node)).strip()

    def run(self, node: str, *words: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        return self.machine.run("docker", "exec", self.container(node), *words, timeout=timeout)

    def say(self, node: str, *words: str, timeout: float = 30) -> str:
        return self.machine.say("docker", "exec", self.container(node), *words, timeout=timeout)

    def status(self, node: str) -> str:
        """What the payload says of itself: tab-separated lines."""
        return self.say(node, "sh", SCRIPT, "status")

    def is_ready(self, node: str) -> bool:
        return self.run(node, "sh", SCRIPT, "ready").returncode == 0

    def fetch(self, node: str, url: str, marker: str = "", seconds: int = 3) -> str | None:
        """What `url` answers to a node, without the line's end; None where nothing does. The marker goes with it."""
        limit = seconds * self.machine.patience
        words = ("busybox", "wget", "-q", "-T", str(limit), "-O", "-", "--header", f"X-Marker: {marker}", url)
        done = self.run(node, "timeout", str(limit + 1), *words)
        return done.stdout.rstrip("\n") if done.returncode == 0 else None

    def pings(self, node: str, *addresses: str) -> tuple[str, ...]:
        """Those of the addresses that answer a node, all asked at once."""
        wait = str(self.machine.patience)
        script = f'for a; do (ping -n -c 2 -i 0.3 -W {wait} "$a" >/dev/null 2>&1 && echo "$a") & done; wait'
        found = set(self.say(node, "sh", "-c", script, "sh", *addresses).split())
        return tuple(address for address in addresses if address in found)

    def answers_within(self, seconds: float, node: str, url: str, answer: str) -> float | None:
        """How long until `url` gives `answer`; None where it does not."""
        return self.machine.wait_until(partial(self._is_answer, node, url, answer), seconds)

    def _is_answer(self, node: str, url: str, answer: str) -> bool:
        return self.fetch(node, url, seconds=1) == answer

    def kill(self, node: str) -> None:
        self.machine.say("docker", "kill", self.container(node), timeout=30)

    def start(self, node: str, seconds: float = 10) -> None:
        """Until it starts: the kernel keeps a killed node's MAC addresses for a moment."""
        command = ("docker", "start", self.container(node))
        began = self.machine.wait_until(lambda: self.machine.run(*command, timeout=30).returncode == 0, seconds)
        assert began is not None, f"{node} cannot be started again"

    def restart(self, node: str) -> None:
        """And wait until it is ready."""
        self.machine.say("docker", "restart", self.container(node))
        assert self.machine.wait_until(lambda: self.is_ready(node), 20) is not None, f"{node} is not ready again"

    def stop(self, node: str) -> float:
        began = time.monotonic()
        self.machine.say("docker", "stop", self.container(node), timeout=30)
        return time.monotonic() - began
