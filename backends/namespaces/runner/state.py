"""What is known of labs that run: files in `/run`, which are root's alone and go with the machine's next start.

`/run/netdsl-labs/PROJECT/` has `folder`, the output folder; `room`, the process in whose namespaces all others are;
`nodes/NAME`, the first process of a node. It goes with the lab.
"""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .kernel import Process
from .said import Refused

RUN = Path("/run/netdsl-labs")  # not `/run/netdsl`, which is what a node calls its own state
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def refuse_of_others(folder: Path) -> None:
    """Raises Refused unless the folder, and all above it, are root's and no one else's to write."""
    for one in (folder, *folder.parents):
        found = os.lstat(one)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0:
            raise Refused(f"{one} is no folder of root's")
        if found.st_mode & _OTHERS and not found.st_mode & stat.S_ISVTX:
            raise Refused(f"{one} can be written by others than root")


def make_own(folder: Path, mode: int) -> None:
    """A folder of root's alone. Raises Refused where it is another's."""
    for one in (*reversed(folder.parents), folder):
        if not one.exists():
            one.mkdir(mode, exist_ok=True)
    refuse_of_others(folder)


@dataclass(frozen=True)
class Record:
    """The first process of a node; `digest` of what it is made from, `envelope` of that without what its script reads;
    `capabilities` of the node."""

    process: Process
    digest: str
    envelope: str
    capabilities: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """Of a project. Nothing is there before `made`."""

    project: str

    @property
    def place(self) -> Path:
        return RUN / self.project

    @property
    def memory(self) -> Path:
        """Where the room has the memory that nodes write to; outside of the room an empty folder."""
        return self.place / "memory"

    def made(self, folder: str) -> None:
        for one in (self.place, self.place / "nodes", self.memory):
            one.mkdir(0o700, exist_ok=True)
        self._write("folder", folder)

    @property
    def folder(self) -> str:
        return self._read("folder")

    @property
    def room(self) -> Process | None:
        """The room's process, where it is alive."""
        found = _process(self._read("room"))
        return found if found is not None and found.is_alive else None

    def keep_room(self, process: Process) -> None:
        self._write("room", f"{process.number} {process.started}\n")

    def keep_node(self, name: str, record: Record) -> None:
        number, started = record.process.number, record.process.started
        words = (number, started, record.digest, record.envelope, ",".join(record.capabilities))
        self._write(f"nodes/{name}", " ".join(map(str, words)) + "\n")

    def nodes(self) -> dict[str, Record]:
        """Those that were started, also if they have ended."""
        try:
            names = sorted(os.listdir(self.place / "nodes"))
        except FileNotFoundError:
            return {}
        found = ((name, self.node(name)) for name in names if not name.startswith("."))
        return {name: record for name, record in found if record is not None}

    def node(self, name: str) -> Record | None:
        text = self._read(f"nodes/{name}") if "/" not in name else ""
        process = _process(text)
        if process is None:
            return None
        fields = text.removesuffix("\n").split(" ")
        if len(fields) < 5:  # of another netdsl
            return Record(process, "", "", tuple(one for one in fields[-1].split(",") if one))
        return Record(process, fields[2], fields[3], tuple(one for one in fields[4].split(",") if one))

    def forget_node(self, name: str) -> None:
        (self.place / "nodes" / name).unlink(missing_ok=True)

    def forget(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)

    def log(self, name: str, room: Process | None) -> Path:
        """The file of what a node says, seen from inside of the room or, with the room's process, from outside."""
        inside = self.memory / name / "log"
        return inside if room is None else Path(f"/proc/{room.number}/root{inside}")

    def _write(self, name: str, text: str) -> None:
        part = self.place / f"{name.rpartition('/')[0] or '.'}/.part-{os.getpid()}-{name.rpartition('/')[2]}"
        part.write_text(text, encoding="utf-8", errors="surrogateescape")
        part.replace(self.place / name)

    def _read(self, name: str) -> str:
        try:
            return (self.place / name).read_text(encoding="utf-8", errors="surrogateescape")
        except (FileNotFoundError, NotADirectoryError):
            return ""


def _process(text: str) -> Process | None:
    fields = text.split()
    return Process(int(fields[0]), fields[1]) if len(fields) > 1 else None


@contextmanager
def locked(state: State) -> Iterator[None]:
    """A context in which no other process starts or ends the project; processes that are started in it and record
    themselves hold it as well until they have."""
    make_own(RUN, 0o755)
    while True:
        state.place.mkdir(0o700, exist_ok=True)
        descriptor = os.open(state.place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_there(state.place, descriptor):
                refuse_of_others(state.place)
                yield
                return
        finally:
            os.close(descriptor)


def _is_there(place: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(place), os.fstat(descriptor))
    except FileNotFoundError:
        return False
