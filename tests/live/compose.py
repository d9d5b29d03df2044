"""A lab in containers: by `parents.sh` and `docker compose`."""

import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from netdsl.backends.compose.engine import make_image
from netdsl.backends.compose.own import BESIDE
from netdsl.runtime.driver import Deployment
from tests.live.capture import Capture, captured
from tests.live.host import Host, look_at_host
from tests.live.lab import Lab, compile_for

ATTEMPTS = 3  # of `up`: a MAC address can stay taken for a moment after the last project
MEMORY = 40 * 2**20  # of all containers of a lab of nine nodes
IMAGE = 200 * 10**6


def compile_lab(source: Path, folder: Path, project: str, *options: str) -> "ComposeLab":
    """Compile into `folder`/compose, credentials beside it."""
    return ComposeLab(compile_for("compose", source, folder, project, *options), project)


@dataclass(frozen=True, slots=True)
class ComposeLab(Lab):
    """A Compose project."""

    @property
    def deployment(self) -> Deployment:
        return Deployment(self.folder, self.project)

    def compose(self, *words: str, timeout: float = 300) -> str:
        return self.machine.say("docker", "compose", *words, folder=self.folder, timeout=timeout)

    def images(self) -> list[str]:
        return sorted(set(self.compose("config", "--images").split()))

    def all_images(self) -> list[str]:
        """The nodes', and the one by which parents are made and packets captured."""
        return [*self.images(), BESIDE.name]

    def prepare(self) -> None:
        """All images, on this machine."""
        make_image(BESIDE)
        if any(self.machine.run("docker", "image", "inspect", image).returncode for image in self.images()):
            self.compose("build", "--quiet", timeout=600)

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

    def take_away(self) -> None:
        try:
            self.down()
        finally:
            mine = f"label=com.docker.compose.project={self.project}"
            for kind, remove in (("container", ("rm", "--force")), ("network", ("rm",))):
                words = ("docker", kind, "ls", "--quiet", "--filter", mine, *(("-a",) if kind == "container" else ()))
                for identity in self.machine.say(*words).split():
                    self.machine.run("docker", kind, *remove, identity)

    def logs(self) -> str:
        done = self.machine.run("docker", "compose", "logs", "--tail", "15", folder=self.folder, timeout=30)
        return done.stdout[-6000:]

    def complaints(self) -> list[str]:
        """What shells in nodes found wrong in the scripts of the payload."""
        return re.findall(r"/netdsl/lab/\S+: \d+: .*", self.compose("logs", "--no-color"))

    def nodes(self) -> dict[str, str]:
        """The ids of the nodes' containers."""
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

    def kill(self, node: str) -> None:
        self.machine.say("docker", "kill", self.container(node), timeout=30)

    def start(self, node: str) -> None:
        """Until it starts: the kernel keeps a killed node's MAC addresses for a moment."""
        command = ("docker", "start", self.container(node))
        began = self.machine.wait_until(lambda: self.machine.run(*command, timeout=30).returncode == 0, 10)
        assert began is not None, f"{node} cannot be started again"

    def stop(self, node: str) -> float:
        began = time.monotonic()
        self.machine.say("docker", "stop", self.container(node), timeout=30)
        return time.monotonic() - began

    def renew(self, node: str) -> None:
        self.machine.say("docker", "restart", self.container(node))

    @contextmanager
    def capture(self, node: str, interface: str, file: Path) -> Iterator[Capture]:
        """From a container beside the node, in its network; it goes with the block."""
        name = f"{self.project}-capture-{secrets.token_hex(3)}"
        words = ["docker", "run", "--rm", "--name", name, "--network", f"container:{self.container(node)}"]
        words += ["--cap-drop", "ALL", "--cap-add", "NET_RAW", "--entrypoint", "tcpdump", self.image(node)]
        try:
            with captured(self.machine, words, interface, file) as capture:
                yield capture
        finally:
            self.machine.run("docker", "rm", "--force", name)

    def host_address(self) -> str:
        """Where the engine's own bridge has one."""
        form = "{{(index .IPAM.Config 0).Gateway}}"
        return self.machine.say("docker", "network", "inspect", "--format", form, "bridge").strip()

    def look(self) -> Host:
        return look_at_host(self.machine, self.images()[0], self.project)

    def own_networks(self) -> int:
        return 0

    def memory_held(self) -> tuple[int, int]:
        """Of the containers' control groups, whatever their version and driver; read from outside of them."""
        script = """cd /groups; for id; do
            for place in memory/docker/$id docker/$id system.slice/docker-$id.scope
            do cat $place/memory.usage_in_bytes $place/memory.current 2>/dev/null; done; done; true"""
        identities = self.nodes().values()
        mount = ("--network", "none", "-v", "/sys/fs/cgroup:/groups:ro", "--entrypoint", "sh")
        words = ("docker", "run", "--rm", *mount, self.images()[0], "-c", script, "sh", *identities)
        held = self.machine.say(*words).split()
        assert len(held) == len(identities)
        return sum(map(int, held)), MEMORY

    def disk_held(self) -> tuple[dict[str, int], int]:
        """The images."""
        words = ("docker", "image", "inspect", "--format", "{{.Size}}")
        return {image: int(self.machine.say(*words, image)) for image in self.images()}, IMAGE
