"""How a node without an engine is made: a shell script, run by its first process, which then becomes the node's.

All words of it are quoted. It begins with the files and rights of this machine, in namespaces of its own, and ends with
those that its service has.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISCHR

from tests.differential.images import environment_of, files_of
from tests.differential.service import Plug, Project, Service

# As an engine has it: each node may bind each port, and send echo requests without a right.
_SYSCTLS = {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"}
# An engine's rules for its resolver are in such chains. With them the kernel tracks connections of IPv4.
_CHAINS = """\
table ip nat {
  chain OUTPUT { type nat hook output priority -100; }
  chain POSTROUTING { type nat hook postrouting priority srcnat; }
}
"""
_ENGINES = {"/etc/hosts": "127.0.0.1 localhost\n", "/etc/resolv.conf": "nameserver 127.0.0.11\n"}
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
LINKS = {
    "ptmx": "pts/ptmx",
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}
"""The rest of `/dev`, which is in the folder `dev` of the state."""
_KEY = re.compile(r"net(\.[a-z0-9_]+)+")


@dataclass(frozen=True, slots=True)
class Node:
    """`number`: unique in the lab; `state`: the folder of its files; `room`: the number of the room's process."""

    service: Service
    number: int
    state: Path
    room: str

    def write(self, project: Project) -> Path:
        """Its files; the script."""
        for name, text in self._files(project):
            Path(self._path(name)).write_text(text)
        return Path(self._path("sh"))

    def _files(self, project: Project) -> Iterator[tuple[str, str]]:
        yield "plugs.batch", "".join(self._plugs(project))
        own = (line for plug in self.service.plugs for line in _own(plug))
        yield "own.batch", "".join(("link set dev lo up\n", *own))
        yield "nft", _CHAINS
        yield "fstab", "".join(self._mounts())
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
        if self.service.plugs:
            yield _words("nsenter", f"--net=/proc/{self.room}/ns/net", "ip", "-batch", self._path("plugs.batch"))
            yield _words("nft", "-f", self._path("nft"))
        yield _words("ip", "-batch", self._path("own.batch"))

    def _mounted(self) -> Iterator[str]:
        """Its files, from within the folder that they are to be in."""
        own = self._own
        yield _words("mkdir", "-p", f"{own}/upper", f"{own}/work", f"{own}/root")
        yield _words("mount", "--all", "--fstab", self._path("fstab"))
        yield _words("cd", f"{own}/root")
        yield "mkdir -p dev/net"
        for device in self.service.devices:
            assert device.startswith("/dev/"), device
            assert S_ISCHR(Path(device).stat().st_mode), f"{device} is not there"
            yield _words("cp", "-a", device, device[1:])
        yield _words("cp", "-a", *(f"/dev/{device}" for device in _DEVICES), f"{self.state}/dev/.", "dev/")
        mounted = {path for _, path in self.service.mounts}
        for path, text in _ENGINES.items():
            if path not in mounted:
                yield f"printf %s {shlex.quote(text)} >{path[1:]}"
        if self.service.is_read_only:
            yield _words("mount", "-o", "remount,bind,ro", f"{own}/root")

    @property
    def _own(self) -> Path:
        return self.state / "memory" / self.service.name

    def _mounts(self) -> Iterator[str]:
        """Lines of an fstab, in their order."""
        own, quiet = self._own, "nosuid,noexec,X-mount.mkdir"
        layers = f"lowerdir={files_of(self.service.image)},upperdir={own}/upper,workdir={own}/work"
        mounts = [
            ("overlay", "/", "overlay", layers),
            ("proc", "/proc", "proc", f"{quiet},nodev"),
            ("sysfs", "/sys", "sysfs", f"{quiet},nodev,ro"),
            ("tmpfs", "/dev", "tmpfs", f"{quiet},mode=0755,size=64k"),
            ("devpts", "/dev/pts", "devpts", f"{quiet},newinstance,ptmxmode=0666,mode=0620"),
            ("shm", "/dev/shm", "tmpfs", f"{quiet},nodev,size=4m"),
            *(("tmpfs", path, "tmpfs", f"{quiet},nodev,{given}") for path, given in self.service.tmpfs),
            *((str(place), path, "none", _bound(place)) for place, path in self.service.mounts),
        ]
        for source, path, kind, options in mounts:
            fields = (source, f"{own}/root{path}", kind, options)
            yield " ".join(re.sub(r"[\s\\]", lambda found: f"\\{ord(found[0]):03o}", one) for one in fields) + "\n"

    def _set(self) -> Iterator[str]:
        for key, value in (_SYSCTLS | dict(self.service.sysctls)).items():
            assert _KEY.fullmatch(key), key
            yield f"echo {shlex.quote(value)} >proc/sys/{key.replace('.', '/')}"
        yield "mount -o bind,ro proc/sys proc/sys"

    def _entered(self) -> Iterator[str]:
        """The node has this machine's files no more, and then its rights alone."""
        own = (f"{name}={value}" for name, value in self.service.environment)
        environment = (*environment_of(self.service.image), f"HOSTNAME={self.service.host_name}", "HOME=/root", *own)
        bounding = ",".join(["-all", *(f"+{name.lower()}" for name in self.service.capabilities)])
        rights = ("--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all", f"--bounding-set={bounding}")
        yield "pivot_root . mnt"
        yield "umount -l /mnt"
        yield "cd /"
        yield 'echo "$process" >&3'
        yield "exec 3>&-"
        yield _words("exec", "env", "-i", *environment, "setpriv", *rights, *self.service.command)


def _bound(place: Path) -> str:
    """A file that another one is mounted on is there."""
    return "bind,ro,X-mount.mkdir" if place.is_dir() else "bind,ro"


def _own(plug: Plug) -> tuple[str, str]:
    return f"address add {plug.address} dev {plug.name}\n", f"link set dev {plug.name} up\n"


def _words(*words: str) -> str:
    return shlex.join(words)
