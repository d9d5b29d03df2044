"""Reading procfs for meters. Processes that have ended or may not be read give no values.

`proc` is the root of procfs in all functions: PROC, or another one in tests.
"""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from netdsl.dataclass import dataclass

PROC = Path("/proc")
_GONE = (FileNotFoundError, ProcessLookupError, NotADirectoryError)
_PIECE = 2**16  # bytes per read; the kernel returns less
_TICKS = os.sysconf("SC_CLK_TCK")
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted hierarchy of control groups. `place`: the mount point; `root`: the group that is mounted there;
    `kinds`: the controllers of version 1, empty for version 2."""

    place: Path
    root: str
    kinds: frozenset[str]

    def folder(self, group: str) -> Path | None:
        """The folder of a group by its path; None if the group is outside of the mounted one."""
        return self.place / group.removeprefix(self.root).lstrip("/") if group.startswith(self.root) else None


def processes(proc: Path) -> Iterator[int]:
    """The ids of all processes; none without procfs (macOS)."""
    try:
        entries = os.scandir(proc)
    except _GONE:
        return
    with entries:
        yield from (int(entry.name) for entry in entries if entry.name.isdecimal())


def group_mounts(proc: Path) -> tuple[Mount, ...]:
    """The hierarchies of control groups (proc_pid_mountinfo(5))."""
    found = []
    for line in read_text(proc / "self" / "mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        kind = after.partition(" ")[0]
        if kind in ("cgroup", "cgroup2"):
            fields = before.split(" ")
            kinds = frozenset(after.rpartition(" ")[2].split(",")) if kind == "cgroup" else frozenset()
            found.append(Mount(Path(fields[4]), fields[3], kinds))
    return tuple(found)


def proportional(proc: Path, numbers: Collection[int]) -> int | None:
    """The sum of the proportional set sizes of processes in bytes. None if this user may not read one."""
    total = 0
    for number in numbers:
        try:
            text = (proc / str(number) / "smaps_rollup").read_text(encoding="ascii")
        except PermissionError:
            return None
        except _GONE:
            continue
        found = _PSS.search(text)
        total += int(found[1]) * 1024 if found else 0
    return total


def processor_seconds(proc: Path, numbers: Collection[int]) -> float:
    """Processor time of the processes that exist, and of their reaped children (proc_pid_stat(5))."""
    ticks = 0
    for number in numbers:
        fields = read_text(proc / str(number) / "stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS


def read_number(file: Path) -> int | None:
    """The number in a file; None if the content is no number."""
    text = read_text(file).strip()
    return int(text) if text.isdecimal() else None


def read_text(file: Path | str) -> str:
    return read_bytes(file).decode(errors="replace")


def read_bytes(file: Path | str) -> bytes:
    """The content of a file; empty if the file is missing or not readable. Unbuffered: the files are short and many."""
    try:
        number = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except (*_GONE, PermissionError):
        return b""
    try:
        return b"".join(iter(lambda: os.read(number, _PIECE), b""))
    except _GONE:
        return b""
    finally:
        os.close(number)
