"""The files that a process in namespaces has: a root, and what is mounted in it."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from . import kernel
from .kernel import BIND, NODEV, NOEXEC, NOSUID, RDONLY, REMOUNT

_QUIET = NOSUID | NOEXEC
_NODES = {
    "null": 3,
    "zero": 5,
    "full": 7,
    "random": 8,
    "urandom": 9,
}  # minor numbers of major 1: Documentation/admin-guide/devices.txt
_LINKS = {
    "ptmx": "pts/ptmx",
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}
_KNOWN = {"/dev/net/tun": (10, 200)}
# As the engine does it for a container without further rights (Moby, oci/defaults.go).
_HIDDEN = (
    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
    "/sys/firmware",
)  # fmt: skip
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


def lay_root(base: Path, below: Path) -> str:
    """A root over the files of `below`, which stay as they are; what is written to it stays in `base`."""
    for name in ("upper", "work", "root"):
        (base / name).mkdir(0o755, parents=True, exist_ok=True)
    os.chmod(base / "upper", stat.S_IMODE(os.stat(below).st_mode))
    layers = f"lowerdir={below},upperdir={base}/upper,workdir={base}/work"
    kernel.mount("overlay", str(base / "root"), "overlay", 0, layers)
    return str(base / "root")


def lay_system(root: str, devices: Iterable[str]) -> None:
    """`/proc`, `/sys` and `/dev`: of the namespaces that this process is in."""
    kernel.mount("proc", f"{root}/proc", "proc", _QUIET | NODEV)
    kernel.mount("sysfs", f"{root}/sys", "sysfs", _QUIET | NODEV | RDONLY)
    kernel.mount("tmpfs", f"{root}/dev", "tmpfs", _QUIET, "mode=0755,size=64k")
    for name, minor in _NODES.items():
        _make_device(f"{root}/dev/{name}", 1, minor)
    _make_device(f"{root}/dev/tty", 5, 0)
    for name, goal in _LINKS.items():
        os.symlink(goal, f"{root}/dev/{name}")
    for device in devices:
        major, minor = _KNOWN.get(device) or _numbers(device)
        os.makedirs(os.path.dirname(root + device), exist_ok=True)
        _make_device(root + device, major, minor)
    os.mkdir(f"{root}/dev/pts")
    kernel.mount("devpts", f"{root}/dev/pts", "devpts", _QUIET, "newinstance,ptmxmode=0666,mode=0620")
    lay_memory(root, "/dev/shm", "mode=1777,size=4m")  # noqa: S108 - of a node


def lay_groups(root: str, groups: Iterable[tuple[str, str]]) -> None:
    """Control groups of the node's own where programs look for them: for each its path below that, and its folder. One of
    version 2 is there itself, those of version 1 are called by their controllers."""
    place = f"{root}/sys/fs/cgroup"
    is_laid = False
    for path, folder in groups:
        if path and not is_laid:
            kernel.mount("tmpfs", place, "tmpfs", _QUIET | NODEV, "mode=0755,size=64k")
            is_laid = True
        if path:
            os.mkdir(f"{place}/{path}")
        kernel.mount(folder, f"{place}/{path}", "", BIND)
        kernel.mount("", f"{place}/{path}", "", BIND | REMOUNT | RDONLY | _QUIET | NODEV)
    if is_laid:
        kernel.mount("", place, "", BIND | REMOUNT | RDONLY | _QUIET | NODEV)


def lay_memory(root: str, path: str, options: str) -> None:
    os.makedirs(root + path, exist_ok=True)
    kernel.mount("tmpfs", root + path, "tmpfs", _QUIET | NODEV, options)


def lay_beside(root: str, descriptor: int, path: str) -> None:
    """What is open as `descriptor` is at `path` too, read-only."""
    if not os.path.lexists(root + path):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            os.makedirs(root + path)
        else:
            os.close(os.open(root + path, os.O_CREAT | os.O_WRONLY, 0o644))
    kernel.bind(f"/proc/self/fd/{descriptor}", root + path)


def close_system(root: str) -> None:
    """What of `/proc` and `/sys` is the whole machine's is hidden or read-only from now on."""
    for path in _HIDDEN:
        try:
            is_folder = stat.S_ISDIR(os.stat(root + path).st_mode)
        except OSError:
            continue
        if is_folder:
            kernel.mount("tmpfs", root + path, "tmpfs", _QUIET | NODEV | RDONLY)
        else:
            kernel.mount(f"{root}/dev/null", root + path, "", BIND)
    for path in _READ_ONLY:
        if os.path.exists(root + path):
            kernel.mount(root + path, root + path, "", BIND)
            kernel.mount("", root + path, "", BIND | REMOUNT | RDONLY | _QUIET | NODEV)


def make_read_only(root: str) -> None:
    kernel.mount("", root, "", BIND | REMOUNT | RDONLY | NODEV)


def opened(folder: str, path: str) -> int:
    """A descriptor of what lies in a folder, on a path below it without symbolic links. Raises OSError."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    for name in path.split("/"):
        inner = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
        if stat.S_ISLNK(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(f"{folder}/{path}: a symbolic link is on the way")
    return descriptor


def _make_device(path: str, major: int, minor: int) -> None:
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(major, minor))
    os.chmod(path, 0o666)


def _numbers(device: str) -> tuple[int, int]:
    found = os.stat(device)
    if not stat.S_ISCHR(found.st_mode):
        raise OSError(f"{device} is no character device of this machine")
    return os.major(found.st_rdev), os.minor(found.st_rdev)
