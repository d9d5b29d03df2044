"""A compiled lab on the real engine, used as somebody does who has no netdsl: by `parents.sh` and `docker compose`.

Every command ends after a time that is given with it. Nothing here is found by a broad name: containers are those of the
lab's own project.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = "/netdsl/lab/node.sh"
_WITHOUT_USER = {"COMPOSE_PROJECT_NAME", "COMPOSE_FILE", "NETDSL_CREDENTIALS"}
ATTEMPTS = 3  # of `up`: a MAC address can stay taken for a moment after the last project


def run(*words: str, timeout: float = 120, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command with this machine's settings of the engine, and none of the user's settings of Compose."""
    environment = {key: value for key, value in os.environ.items() if key not in _WITHOUT_USER}
    return subprocess.run(
        words, capture_output=True, text=True, timeout=timeout, cwd=folder, env=environment, check=False
    )


def say(*words: str, timeout: float = 120, folder: Path | None = None) -> str:
    """The output of a command that has to succeed."""
    done = run(*words, timeout=timeout, folder=folder)
    assert done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def netdsl(*words: str, folder: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """The command line from this checkout, as a user calls it."""
    return run(str(Path(sys.executable).parent / "netdsl"), *words, folder=folder, timeout=timeout)


def compile_lab(source: Path, folder: Path, project: str, *options: str) -> "Lab":
    """Compile into `folder`/compose, credentials beside it."""
    words = ("compile", str(source), "-o", "compose", "--credentials", "credentials", "--project", project, *options)
    folder.mkdir(parents=True, exist_ok=True)
    done = netdsl(*words, folder=folder)
    assert done.returncode == 0, done.stderr
    return Lab(folder / "compose", project)


def wait_until(holds: Callable[[], bool], seconds: float, pause: float = 0.2) -> float | None:
    """How long it took; None where it does not come to hold."""
    began = time.monotonic()
    while True:
        if holds():
            return time.monotonic() - began
        if time.monotonic() - began > seconds:
            return None
        time.sleep(pause)


@dataclass(frozen=True, slots=True)
class Lab:
    """An output folder and its project."""

    folder: Path
    project: str

    def compose(self, *words: str, timeout: float = 300) -> str:
        return say("docker", "compose", *words, folder=self.folder, timeout=timeout)

    def build(self) -> float:
        """What `up` would build; the seconds that it took."""
        began = time.monotonic()
        self.compose("build", "--quiet", timeout=600)
        return time.monotonic() - began

    def up(self) -> float:
        """`./parents.sh up && docker compose up --wait`; the seconds of the second. Raises AssertionError."""
        say("./parents.sh", "up", folder=self.folder, timeout=300)
        for attempt in range(1, ATTEMPTS + 1):
            began = time.monotonic()
            done = run("docker", "compose", "up", "--wait", "--wait-timeout", "180", folder=self.folder, timeout=300)
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
            say("./parents.sh", "down", folder=self.folder, timeout=120)

    def logs(self) -> str:
        done = run("docker", "compose", "logs", "--tail", "15", folder=self.folder, timeout=30)
        return done.stdout[-6000:]

    def nodes(self) -> dict[str, str]:
        """The ids of the project's containers, by node (host name); those that have ended as well."""
        form = '{{.Label "com.docker.compose.service"}} {{.ID}}'
        filters = ("--filter", f"label=com.docker.compose.project={self.project}", "--filter", "label=netdsl.node")
        lines = say("docker", "ps", "-a", "--no-trunc", *filters, "--format", form).splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def container(self, node: str) -> str:
        return self.nodes()[node]

    def image(self, node: str) -> str:
        return say("docker", "inspect", "--format", "{{.Config.Image}}", self.container(node)).strip()

    def run(self, node: str, *words: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        return run("docker", "exec", self.container(node), *words, timeout=timeout)

    def say(self, node: str, *words: str, timeout: float = 30) -> str:
        return say("docker", "exec", self.container(node), *words, timeout=timeout)

    def fetch(self, node: str, url: str, marker: str = "", seconds: int = 3) -> str | None:
        """What `url` answers to a node, without the line's end; None where nothing does. The marker goes with it."""
        words = ("busybox", "wget", "-q", "-T", str(seconds), "-O", "-", "--header", f"X-Marker: {marker}", url)
        done = self.run(node, "timeout", str(seconds + 1), *words)
        return done.stdout.rstrip("\n") if done.returncode == 0 else None

    def pings(self, node: str, *addresses: str) -> tuple[str, ...]:
        """Those of the addresses that answer a node, all asked at once."""
        script = 'for a; do (ping -n -c 2 -i 0.3 -W 1 "$a" >/dev/null 2>&1 && echo "$a") & done; wait'
        found = set(self.say(node, "sh", "-c", script, "sh", *addresses).split())
        return tuple(address for address in addresses if address in found)

    def answers_within(self, seconds: float, node: str, url: str, answer: str) -> float | None:
        """How long until `url` gives `answer`; None where it does not."""
        return wait_until(partial(self._is_answer, node, url, answer), seconds)

    def _is_answer(self, node: str, url: str, answer: str) -> bool:
        return self.fetch(node, url, seconds=1) == answer

    def kill(self, node: str) -> None:
        say("docker", "kill", self.container(node), timeout=30)

    def start(self, node: str, seconds: float = 10) -> None:
        """Until it starts: the kernel keeps a killed node's MAC addresses for a moment."""
        name = self.container(node)
        began = wait_until(lambda: run("docker", "start", name, timeout=30).returncode == 0, seconds)
        assert began is not None, f"{node} cannot be started again"

    def stop(self, node: str) -> float:
        began = time.monotonic()
        say("docker", "stop", self.container(node), timeout=30)
        return time.monotonic() - began
