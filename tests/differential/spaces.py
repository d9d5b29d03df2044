"""Nodes without an engine: Linux namespaces, made by util-linux and iproute2 from the compiled Compose project.

A lab has a *room*: mount, network and process namespaces that all others are made in. Its network namespace holds what the
engine's host holds for a lab, a device for each network. It ends when this process does, whatever ends that, and with it
ends all that is in it. A node has what a container has: its image's files with a layer in memory over them, `/proc`, `/sys`
and `/dev` of its own, mounts that it cannot write to, the capabilities of its service alone, interfaces with the engine's
names and addresses, and the sysctls.

It has no control group, no seccomp filter and no resolver of the engine's.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from stat import S_ISCHR
from typing import IO

from tests.differential.running import Running
from tests.differential.service import Plug, Project, Service, project_of
from tests.live.compose import ComposeLab
from tests.live.lab import SCRIPT
from tests.live.machine import ROOT

IMAGES = Path(os.environ.get("NETDSL_CACHE", ROOT / ".cache")) / "images"
UNTIL_UP = 180.0  # seconds
MEMORY = "256m"  # that the files of all nodes of a lab may take

# As an engine has it: each node may bind each port, and send echo requests without a right.
_SYSCTLS = {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"}
# An engine's rules for its resolver are in such chains. With them the kernel tracks connections of IPv4.
_CHAINS = """\
table ip nat {
  chain OUTPUT { type nat hook output priority -100; }
  chain POSTROUTING { type nat hook postrouting priority srcnat; }
}
"""
_HOSTS = "127.0.0.1 localhost\n"
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_KEY = re.compile(r"net(\.[a-z0-9_]+)+")


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
        if not all((_files(name) / "root").is_dir() for name in names):
            ComposeLab(self.folder, self.project, self.machine).prepare()
            for name in names:
                self._export(name)
        return names

    def _export(self, image: str) -> None:
        folder = _files(image)
        part = folder.with_suffix(f".{os.getpid()}")
        (part / "root").mkdir(parents=True)
        config = self.machine.say("docker", "image", "inspect", "--format", "{{json .Config}}", image)
        (part / "config.json").write_text(config)
        container = self.machine.say("docker", "create", image).strip()
        try:
            self.machine.say("docker", "export", "--output", str(part / "tar"), container)
        finally:
            self.machine.say("docker", "rm", container)
        self.machine.say("tar", "-xpf", str(part / "tar"), "--numeric-owner", "-C", str(part / "root"))
        (part / "tar").unlink()
        if not folder.exists():
            part.rename(folder)

    def up(self) -> None:
        project = project_of(self.folder)
        shutil.rmtree(self.state, ignore_errors=True)
        (self.state / "memory").mkdir(parents=True)
        self._open_room(project)
        for number, service in enumerate(project.services):
            self._start(number, service, project)
        for service in project.services:
            is_ready = partial(self._is_ready, service.name)
            pause = 0.1 * self.machine.patience**2
            assert self.machine.wait_until(is_ready, UNTIL_UP, pause) is not None, f"{service.name}\n{self.logs()}"

    def _is_ready(self, node: str) -> bool:
        self._expect_alive(node)
        return self.run(node, "sh", SCRIPT, "ready").returncode == 0

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
        node = _Inside(service, number, self.state, room.process)
        for name, text in node.files(project):
            (self.state / f"{service.name}.{name}").write_text(text)
        words = ("nsenter", "--target", room.process, "--mount", "--net", "--pid")
        spaces = ("unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork")
        with (self.state / f"{service.name}.log").open("wb") as log:
            room.nodes[service.name] = subprocess.Popen(
                (*words, *spaces, "sh", "-eu", str(self.state / f"{service.name}.sh")),
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


def _files(image: str) -> Path:
    """Where an image lies: `root` has its files, `config.json` what its containers are started with."""
    return IMAGES / re.sub("[^a-z0-9.-]", "_", image)


@dataclass(frozen=True, slots=True)
class _Inside:
    """A node that is made: by a shell script whose words are all quoted. `room`: the number of the room's process."""

    service: Service
    number: int
    state: Path
    room: str

    def files(self, project: Project) -> Iterator[tuple[str, str]]:
        yield "plugs.batch", "".join(self._plugs(project))
        yield "own.batch", "".join(line for plug in self.service.plugs for line in _own(plug))
        yield "nft", _CHAINS
        yield "sh", "\n".join((*self._outside(), *self._mounted(), *self._set(), *self._entered())) + "\n"

    def _path(self, name: str) -> str:
        return str(self.state / f"{self.service.name}.{name}")

    def _plugs(self, project: Project) -> Iterator[str]:
        """Commands of the room's namespace. A number of a process is one of the node's: its first."""
        places = {wire.key: (f"n{number}", wire.driver) for number, wire in enumerate(project.wires)}
        for plug in self.service.plugs:
            device, driver = places[plug.wire]
            end = f"name {plug.name} address {plug.mac} netns 1"
            if driver == "macvlan":
                yield f"link add link {device} {end} type macvlan mode bridge\n"
            else:
                other = f"v{self.number}-{plug.name}"
                yield f"link add name {other} type veth peer {end}\nlink set dev {other} master {device} up\n"

    def _outside(self) -> Iterator[str]:
        """What is done with this machine's files: the node's interfaces."""
        yield "read -r process _ </proc/self/stat"
        yield f"exec 3>{shlex.quote(self._path('process'))}"
        yield f"echo {shlex.quote(self.service.host_name)} >/proc/sys/kernel/hostname"
        yield "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6"
        yield "ip link set dev lo up"
        if self.service.plugs:
            yield _words("nsenter", f"--net=/proc/{self.room}/ns/net", "ip", "-batch", self._path("plugs.batch"))
            yield _words("ip", "-batch", self._path("own.batch"))
            yield _words("nft", "-f", self._path("nft"))

    def _mounted(self) -> Iterator[str]:
        """Its files, from within the folder that they are to be in."""
        own = self.state / "memory" / self.service.name
        lower = _files(self.service.image) / "root"
        yield _words("mkdir", "-p", *(str(own / name) for name in ("upper", "work", "root")))
        options = f"lowerdir={lower},upperdir={own}/upper,workdir={own}/work"
        yield _words("mount", "-t", "overlay", "-o", options, "overlay", str(own / "root"))
        yield _words("cd", str(own / "root"))
        yield "mount -t proc -o nosuid,nodev,noexec proc proc"
        yield "mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys"
        yield "mount -t tmpfs -o nosuid,mode=0755,size=64k tmpfs dev"
        yield _words("mkdir", "-p", "dev/pts", "dev/shm", "dev/net", *(path[1:] for path in self._mount_points()))
        yield _words("cp", "-a", *(f"/dev/{device}" for device in _DEVICES), "dev/")
        for device in self.service.devices:
            assert device.startswith("/dev/"), device
            assert S_ISCHR(Path(device).stat().st_mode), f"{device} is not there"
            yield _words("cp", "-a", device, device[1:])
        yield "ln -s pts/ptmx /proc/self/fd dev/"
        yield "mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=0620 devpts dev/pts"
        yield "mount -t tmpfs -o nosuid,nodev,noexec,size=4m shm dev/shm"
        for path, given in self.service.tmpfs:
            yield _words("mount", "-t", "tmpfs", "-o", f"nosuid,nodev,noexec,{given}", "tmpfs", path[1:])
        for folder, path in self.service.mounts:
            yield _words("mount", "-o", "bind,ro", str(folder), path[1:])
        yield f"printf %s {shlex.quote(_HOSTS)} >etc/hosts"
        yield "echo nameserver 127.0.0.11 >etc/resolv.conf"

    def _mount_points(self) -> tuple[str, ...]:
        return (*(path for path, _ in self.service.tmpfs), *(path for _, path in self.service.mounts))

    def _set(self) -> Iterator[str]:
        for key, value in (_SYSCTLS | dict(self.service.sysctls)).items():
            assert _KEY.fullmatch(key), key
            yield f"echo {shlex.quote(value)} >proc/sys/{key.replace('.', '/')}"
        yield "mount -o bind,ro proc/sys proc/sys"

    def _entered(self) -> Iterator[str]:
        """The node has this machine's files no more, and then its rights alone."""
        config = json.loads((_files(self.service.image) / "config.json").read_text())
        assert not config.get("User"), f"{self.service.image} has a user"
        assert not config.get("WorkingDir"), f"{self.service.image} has a folder to work in"
        environment = [f"{name}={value}" for name, value in self.service.environment]
        environment = [*config["Env"], f"HOSTNAME={self.service.host_name}", "HOME=/root", *environment]
        bounding = ",".join(["-all", *(f"+{name.lower()}" for name in self.service.capabilities)])
        rights = ("--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all", f"--bounding-set={bounding}")
        yield "pivot_root . mnt"
        yield "umount -l /mnt"
        yield "cd /"
        yield 'echo "$process" >&3'
        yield "exec 3>&-"
        yield _words("exec", "env", "-i", *environment, "setpriv", *rights, *self.service.command)


def _own(plug: Plug) -> tuple[str, str]:
    return f"address add {plug.address} dev {plug.name}\n", f"link set dev {plug.name} up\n"


def _words(*words: str) -> str:
    return shlex.join(words)
