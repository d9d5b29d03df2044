"""Reading procfs for meters. Processes that have ended or may not be read give no values.

`proc` is the root of procfs in all functions: PROC, or another one in tests.
"""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from netdsl.dataclass import dataclass
from netdsl.disk.system import system_bytes, system_names, system_text

PROC = Path("/proc")
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
    yield from (int(name) for name in system_names(proc) if name.isdecimal())


def group_mounts(proc: Path) -> tuple[Mount, ...]:
    """The hierarchies of control groups (proc_pid_mountinfo(5))."""
    found = []
    for line in system_text(proc / "self" / "mountinfo").splitlines():
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
            text = system_bytes(proc / str(number) / "smaps_rollup", is_told=True).decode("ascii")
        except PermissionError:
            return None
        found = _PSS.search(text)
        total += int(found[1]) * 1024 if found else 0
    return total


def processor_seconds(proc: Path, numbers: Collection[int]) -> float:
    """Processor time of the processes that exist, and of their reaped children (proc_pid_stat(5))."""
    ticks = 0
    for number in numbers:
        fields = system_text(proc / str(number) / "stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS


def read_number(file: Path) -> int | None:
    """The number in a file; None if the content is no number."""
    text = system_text(file).strip()
    return int(text) if text.isdecimal() else None
