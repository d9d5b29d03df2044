"""What the nodes of a lab use: their processes by the process namespace, their control groups by the name."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from netdsl.disk.system import system_text
from netdsl.runtime.meter import NodeUsage, Usage
from netdsl.runtime.procfs import PROC, processes, processor_seconds, proportional, read_number

from .runner.groups import Hierarchy, hierarchies
from .runner.state import State


def usage_of(state: State) -> Usage:
    """Of the nodes that run. Raises PermissionError where the notes are not this user's to read."""
    room = state.room
    if room is None:
        return Usage(())
    nodes = {name: record.process.number for name, record in state.nodes().items() if record.process.is_alive}
    members = _members([room.number, *nodes.values()])
    helpers = [
        number for number in members.get(room.number, ()) if number == room.number or _parent(number) == room.number
    ]
    found = (_usage(state.project, name, members.get(first, [])) for name, first in nodes.items())
    return Usage(tuple(one for one in found if one is not None), proportional(PROC, helpers) or 0)


def _members(firsts: Iterable[int]) -> dict[int, list[int]]:
    """The processes of the process namespaces of these first ones."""
    spaces = {space: first for first in firsts if (space := _space(first))}
    found: dict[int, list[int]] = {}
    for number in processes(PROC):
        first = spaces.get(_space(number))
        if first is not None:
            found.setdefault(first, []).append(number)
    return found


def _space(number: int) -> int:
    """The process namespace of a process by its number; 0 where it has ended."""
    try:
        return (PROC / str(number) / "ns/pid").stat().st_ino
    except OSError:
        return 0


def _parent(number: int) -> int:
    fields = system_text(f"{PROC}/{number}/stat").rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


def _usage(project: str, name: str, members: list[int]) -> NodeUsage | None:
    if not members:
        return None  # it has ended since
    memory, cpu = accounted(hierarchies(), project, name)
    return NodeUsage(
        name, memory, proportional(PROC, members), processor_seconds(PROC, members) if cpu is None else cpu
    )


def accounted(there: tuple[Hierarchy, ...], project: str, name: str) -> tuple[int | None, float | None]:
    """Bytes, and seconds of processor, that the node's control groups account; None where it has none for it."""
    memory, cpu = None, None
    for one in there:
        folder = Path(one.node(project, name))
        for file, unit in _SECONDS:
            number = _number(folder / file)
            cpu = number * unit if number is not None else cpu
        for kind in ("memory.current", "memory.usage_in_bytes"):
            found = read_number(folder / kind)
            memory = found if found is not None else memory
    return memory, cpu


_SECONDS = (("cpuacct.usage", 1e-9), ("cpu.stat", 1e-6))
"""Of version 1 one number; of version 2 the line `usage_usec`, which version 1 has not in its file of that name."""


def _number(file: Path) -> int | None:
    lines = dict(_pairs(system_text(file)))
    text = lines.get("usage_usec") if file.name == "cpu.stat" else system_text(file).strip()
    return int(text) if text and text.isdecimal() else None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        word, _, value = line.partition(" ")
        yield word, value
