"""A compiled lab that runs, whatever its nodes are: what containers and virtual machines both offer.

`compose.py` and `vagrant.py` have it as somebody does who has no netdsl: by the runtime's own commands. Nothing is found by
a broad name: nodes are those of the lab's own project, which no other run of the tests has.
"""

import subprocess
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.live.capture import Capture
from tests.live.host import Host
from tests.live.machine import HERE, Machine, netdsl

SCRIPT = "/netdsl/lab/node.sh"


def compile_for(target: str, source: Path, folder: Path, project: str, *options: str) -> Path:
    """Compile into `folder`/`target`, credentials beside it; the output folder."""
    words = ("compile", str(source), "--target", target, "-o", target, "--credentials", "credentials")
    folder.mkdir(parents=True, exist_ok=True)
    done = netdsl(*words, "--project", project, *options, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / target


@dataclass(frozen=True, slots=True)
class Lab(ABC):
    """An output folder, as its machine sees it, and its project. Nodes are called by their host name."""

    folder: Path
    project: str
    machine: Machine = field(default=HERE)

    @abstractmethod
    def prepare(self) -> None:
        """What `up` would make once and for all: its time is none of the lab's."""

    @abstractmethod
    def up(self) -> float:
        """Until every node is ready; the seconds that it took. Raises AssertionError."""

    @abstractmethod
    def down(self) -> float:
        """The seconds that it took. Works on what is half up."""

    @abstractmethod
    def take_away(self) -> None:
        """`down`, and whatever that leaves of the project."""

    @abstractmethod
    def run(self, node: str, *words: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        """A command in a node, as root."""

    @abstractmethod
    def nodes(self) -> dict[str, str]:
        """The runtime's identities of the nodes, by node; those that have ended as well."""

    @abstractmethod
    def logs(self) -> str:
        """The last lines of every node."""

    @abstractmethod
    def kill(self, node: str) -> None:
        """Like a power cut."""

    @abstractmethod
    def start(self, node: str) -> None:
        """What was killed or stopped, until it starts."""

    @abstractmethod
    def stop(self, node: str) -> float:
        """In good order; the seconds that it took."""

    @abstractmethod
    def renew(self, node: str) -> None:
        """Its inside anew, as the payload makes it; not until it is ready."""

    @abstractmethod
    def capture(self, node: str, interface: str, file: Path) -> AbstractContextManager[Capture]:
        """tcpdump on a node's interface until the block ends."""

    @abstractmethod
    def host_address(self) -> str:
        """An address of the host that this runtime gives it: nothing in a closed lab may reach it."""

    @abstractmethod
    def look(self) -> Host:
        """What the host holds, but for what others have there."""

    @abstractmethod
    def own_networks(self) -> int:
        """How many networks the runtime makes for itself, beside a closed lab's."""

    @abstractmethod
    def memory_held(self) -> tuple[int, int]:
        """Bytes by all nodes, and how many at most are right."""

    @abstractmethod
    def disk_held(self) -> tuple[dict[str, int], int]:
        """Bytes by what is there for the lab, and how many at most are right for one."""

    def say(self, node: str, *words: str, timeout: float = 30) -> str:
        """The output of a command in a node that has to succeed."""
        done = self.run(node, *words, timeout=timeout)
        assert done.returncode == 0, f"{node}: {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def status(self, node: str) -> str:
        """What the payload says of itself: tab-separated lines."""
        return self.say(node, "sh", SCRIPT, "status")

    def is_ready(self, node: str) -> bool:
        return self.run(node, "sh", SCRIPT, "ready").returncode == 0

    def restart(self, node: str) -> None:
        """Its inside anew, and wait until it is ready."""
        self.renew(node)
        assert self.machine.wait_until(lambda: self.is_ready(node), 20) is not None, f"{node} is not ready again"

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
