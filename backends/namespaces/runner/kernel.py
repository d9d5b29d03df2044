"""The kernel's calls that make namespaces and take rights away: what Python 3.11 has no function for."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

# linux/sched.h
NEWNS, NEWUTS, NEWIPC, NEWPID, NEWNET = 0x00020000, 0x04000000, 0x08000000, 0x20000000, 0x40000000
ALL_SPACES = NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET

# linux/mount.h
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2

# linux/prctl.h
_PDEATHSIG, _CAPBSET_DROP, _NO_NEW_PRIVS, _CAP_AMBIENT, _CLEAR_ALL = 1, 24, 38, 47, 4

_PIVOT_ROOT = {"x86_64": 155}  # asm/unistd_64.h; all others have the number of asm-generic/unistd.h
_CAP_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)  # fmt: skip
"""By number, as in linux/capability.h."""

_libc = ctypes.CDLL(None, use_errno=True)


def _done(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def import_no_more() -> None:
    """Python loads modules when they are first used: never from the files of a node, which would get this process's
    rights. The codec of UTF-8 is part of the interpreter."""
    sys.meta_path.clear()
    sys.path_hooks.clear()


def unshare(spaces: int) -> None:
    _done(_libc.unshare(spaces), "unshare")


def join(descriptor: int, spaces: int) -> None:
    """Enter namespaces of the process that a descriptor of pidfd_open(2) stands for."""
    import_no_more()
    _done(_libc.setns(descriptor, spaces), "setns")


def mount(source: str, target: str, kind: str, flags: int = 0, options: str = "") -> None:
    given = (os.fsencode(source), os.fsencode(target), os.fsencode(kind), ctypes.c_ulong(flags), os.fsencode(options))
    _done(_libc.mount(*given), f"mount {target}")


def bind(source: str, target: str, *, is_writable: bool = False) -> None:
    """What is at `source` is at `target` too, from then on, without devices and set-user-ID programs."""
    mount(source, target, "", BIND)
    mount("", target, "", BIND | REMOUNT | NOSUID | NODEV | (0 if is_writable else RDONLY))


def enter_root(folder: str) -> None:
    """The mount at `folder` becomes the root; nothing of the former one stays (pivot_root(2), its note on `.`)."""
    import_no_more()
    os.chdir(folder)
    number = _PIVOT_ROOT.get(os.uname().machine, 41)
    _done(_libc.syscall(number, b".", b"."), "pivot_root")
    _done(_libc.umount2(b".", _DETACH), "umount")
    os.chdir("/")


def end_with_parent() -> None:
    """This process is killed when the one that started it ends."""
    _done(_libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("process", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def keep_capabilities(names: Iterable[str]) -> None:
    """This process and all that it becomes have these alone, for ever. Raises ValueError for a name that is none."""
    numbers = {CAPABILITIES.index(name) for name in names}
    os.setgroups([])
    _done(_libc.prctl(_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0), "prctl")
    with open("/proc/sys/kernel/cap_last_cap", encoding="utf-8") as file:
        last = int(file.read())
    for number in set(range(last + 1)) - numbers:
        _done(_libc.prctl(_CAPBSET_DROP, number, 0, 0, 0), "prctl")
    mask = sum(1 << one for one in numbers)
    sets = (_Sets * 2)(*(_Sets(half, half, 0) for half in (mask & 0xFFFFFFFF, mask >> 32)))
    _done(_libc.capset(ctypes.byref(_Header(_CAP_VERSION, 0)), sets), "capset")
    _done(_libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def as_started(environment: dict[str, str], command: list[str]) -> None:
    """Become a command, with the signals that Python changes as they were. Returns 127 by the exit of this process where
    there is no such program."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o022)
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - no shell is meant
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode(errors="replace"))
        os._exit(126 if isinstance(error, PermissionError) else 127)


@dataclass(frozen=True)
class Process:
    """A process by its number, and the time and the machine's start when it started: a number alone is given again."""

    number: int
    started: str

    @classmethod
    def of(cls, number: int | str) -> "Process":
        """Raises OSError where it has ended."""
        text = _read(f"/proc/{number}/stat")
        started = text.rpartition(b")")[2].split()[19].decode()
        return cls(int(text.split(b" ", 1)[0]), f"{started}@{boot()}")

    def opened(self) -> int | None:
        """A descriptor that stands for it; None where it has ended."""
        try:
            descriptor = os.pidfd_open(self.number)
        except ProcessLookupError:
            return None
        try:
            if Process.of(self.number) == self and not _is_over(self.number):
                return descriptor
        except OSError:
            pass
        os.close(descriptor)
        return None

    @property
    def is_alive(self) -> bool:
        descriptor = self.opened()
        if descriptor is None:
            return False
        os.close(descriptor)
        return True


def _is_over(number: int) -> bool:
    """Whether it has ended and its parent has not asked for its status yet."""
    return _read(f"/proc/{number}/stat").rpartition(b")")[2].split()[0] in (b"Z", b"X")


@cache
def boot() -> str:
    """When this machine was started, as a number that no other start has."""
    return _read("/proc/sys/kernel/random/boot_id").decode().strip()


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
