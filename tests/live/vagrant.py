"""A lab in virtual machines: by `vagrant`, `ssh` and `virsh`."""

import shlex
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from netdsl.backends.vagrant.machines import node_of, vagrant_name
from tests.live import hypervisor
from tests.live.capture import Capture, captured
from tests.live.host import Host
from tests.live.lab import SCRIPT, Lab, compile_for
from tests.live.machine import Machine

MEMORY = 384 * 2**20  # of one machine: 256 MiB of its own, and QEMU with its translated code
DISK = 64 * 10**6  # what one machine changes on the box's disk
MANAGEMENT = "02:6e:6d:"
CRASHED = "Kernel panic - not syncing"
"""What the emulated kernel of a machine has been seen to say, once and for no reason of the lab's."""
_SSH = (
    *("-o", "ControlMaster=auto", "-o", "ControlPersist=600", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes"),
    *("-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=6"),
)


def compile_machines(source: Path, folder: Path, project: str, machine: Machine, *options: str) -> "VagrantLab":
    """Compile into `folder`/vagrant, credentials beside it."""
    return VagrantLab(compile_for("vagrant", source, folder, project, *options), project, machine)


def _folder_for_sockets() -> Path:
    """With a short name: a socket's has 108 bytes at most."""
    return Path(tempfile.mkdtemp(prefix="netdsl-"))


@dataclass(frozen=True, slots=True)
class VagrantLab(Lab):
    """A Vagrant project on libvirt. ssh keeps one connection per machine: under emulation a new one takes seconds."""

    sockets: Path = field(default_factory=_folder_for_sockets)

    def vagrant(self, *words: str, timeout: float = 300) -> str:
        return self.machine.say("vagrant", *words, folder=self.folder, timeout=timeout)

    def prepare(self) -> None:
        """Nothing: the box is there (the fixture `hypervisor`)."""

    def up(self) -> float:
        """`vagrant up`, and until every node is ready. Where a guest's kernel crashes, which is told, a second time."""
        began = time.monotonic()
        done = self.machine.run("vagrant", "up", folder=self.folder, timeout=300)
        if done.returncode and CRASHED in done.stdout + done.stderr:
            warnings.warn(f"{self.project}: a guest's kernel crashed; once more\n{done.stderr[-3000:]}", stacklevel=2)
            self.vagrant("destroy", "--force", timeout=120)
            done = self.machine.run("vagrant", "up", folder=self.folder, timeout=300)
        assert done.returncode == 0, f"{self.project} does not come up:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        self.connect()
        with ThreadPoolExecutor() as pool:
            asked = dict(zip(self.nodes(), pool.map(self._is_ready_soon, self.nodes()), strict=True))
        assert all(asked.values()), f"{self.project} does not get ready: {asked}\n{self.logs()}"
        return time.monotonic() - began

    def connect(self) -> None:
        """Notes how ssh reaches the machines."""
        (self.sockets / "config").write_text(self.vagrant("ssh-config"), encoding="utf-8")

    def _is_ready_soon(self, node: str) -> bool:
        wait = str(60 * self.machine.patience)
        return self.run(node, "sh", SCRIPT, "ready", wait, timeout=60).returncode == 0

    def down(self) -> float:
        """`vagrant destroy`."""
        began = time.monotonic()
        for node in self.nodes():
            self.disconnect(node)
        self.vagrant("destroy", "--force", timeout=120)
        return time.monotonic() - began

    def take_away(self) -> None:
        try:
            self.down()
        finally:
            for name in hypervisor.say(self.machine, "list", "--all", "--name").split():
                if hypervisor.belongs(name, self.project):
                    self.machine.run(*hypervisor.VIRSH, "destroy", name)
                    self.machine.run(*hypervisor.VIRSH, "undefine", "--remove-all-storage", name)
            for name in hypervisor.say(self.machine, "net-list", "--all", "--name").split():
                if hypervisor.belongs(name, self.project):
                    self.machine.run(*hypervisor.VIRSH, "net-destroy", name)
                    self.machine.run(*hypervisor.VIRSH, "net-undefine", name)
            shutil.rmtree(self.sockets)

    def nodes(self) -> dict[str, str]:
        """The ids of the domains, as Vagrant notes them."""
        places = sorted(self.folder.glob(".vagrant/machines/*/libvirt/id"))
        return {node_of(path.parts[-3]): path.read_text() for path in places}

    def domain(self, node: str) -> str:
        return self.nodes()[node]

    def ssh(self, node: str, *words: str) -> list[str]:
        """The words that run a command as root in a node."""
        reach = (
            "ssh",
            "-F",
            str(self.sockets / "config"),
            "-o",
            f"ControlPath={self.sockets}/%n",
            *_SSH,
            vagrant_name(node),
        )
        return [*reach, shlex.join(("sudo", "-n", *words))]

    def run(self, node: str, *words: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
        """Once there is a connection: a machine that was started may not be up yet."""
        if self._control(node, "check").returncode:
            reached = self.machine.wait_until(lambda: self._answers(node), 40, pause=1)
            assert reached is not None, f"{node} is not reached"
        return self.machine.run(*self.ssh(node, *words), timeout=timeout)

    def _answers(self, node: str) -> bool:
        return self.machine.run(*self.ssh(node, "true"), timeout=10).returncode == 0

    def _control(self, node: str, verb: str) -> subprocess.CompletedProcess[str]:
        """Of the connection that is kept."""
        words = (
            "-F",
            str(self.sockets / "config"),
            "-o",
            f"ControlPath={self.sockets}/%n",
            "-O",
            verb,
            vagrant_name(node),
        )
        return self.machine.run("ssh", *words)

    def disconnect(self, node: str) -> None:
        self._control(node, "exit")

    def logs(self) -> str:
        words = ("journalctl", "--no-pager", "-n", "15", "-o", "cat", "-u", "netdsl")
        said = (f"{node}: {self.machine.run(*self.ssh(node, *words), timeout=10).stdout}" for node in self.nodes())
        return "\n".join(said)[-6000:]

    def kill(self, node: str) -> None:
        """The power goes."""
        hypervisor.say(self.machine, "destroy", self.domain(node))
        self.disconnect(node)

    def start(self, node: str) -> None:
        """It boots; nobody waits for that."""
        hypervisor.say(self.machine, "start", self.domain(node))

    def stop(self, node: str) -> float:
        began = time.monotonic()
        self.run(node, "systemctl", "poweroff", "--no-block")
        self.disconnect(node)
        words = (*hypervisor.VIRSH, "domstate", self.domain(node))
        ended = self.machine.wait_until(lambda: self.machine.say(*words).strip() == "shut off", 20)
        assert ended is not None, f"{node} does not end"
        return time.monotonic() - began

    def renew(self, node: str) -> None:
        self.say(node, "systemctl", "restart", "netdsl.service", timeout=60)

    @contextmanager
    def capture(self, node: str, interface: str, file: Path) -> Iterator[Capture]:
        """In the machine itself, and not for ever: what is cut off ends at its next packet."""
        *reach, command = self.ssh(node, "timeout", "600", "tcpdump")
        with captured(self.machine, (*reach, *shlex.split(command)), interface, file) as capture:
            yield capture

    def management(self, node: str) -> hypervisor.Interface:
        """The node's interface `mgmt` as the host sees it."""
        found = hypervisor.interfaces_of(self.machine, self.domain(node))
        (one,) = (interface for interface in found if interface.mac.startswith(MANAGEMENT))
        return one

    def host_address(self) -> str:
        """On the bridge of the management network."""
        bridge = hypervisor.bridge_of(self.machine, self.management(next(iter(self.nodes()))).network)
        words = self.machine.say("ip", "-o", "-4", "address", "show", "dev", bridge).split()
        return words[words.index("inet") + 1].partition("/")[0]

    def look(self) -> Host:
        return hypervisor.look_at_hypervisor(self.machine, self.project)

    def own_networks(self) -> int:
        """`mgmt`."""
        return 1

    def memory_held(self) -> tuple[int, int]:
        """The proportional set sizes of all QEMU."""
        held = [hypervisor.memory_of(process) for process in self.processes().values()]
        return sum(held), MEMORY * len(held)

    def processes(self) -> dict[str, int]:
        """QEMU's process ids, by node."""
        return {node: hypervisor.process_of(self.machine, domain) for node, domain in self.nodes().items()}

    def disk_held(self) -> tuple[dict[str, int], int]:
        """What each machine has changed."""
        sizes = {
            node: sum(path.stat().st_blocks * 512 for path in hypervisor.disks_of(self.machine, domain))
            for node, domain in self.nodes().items()
        }
        return sizes, DISK
