"""What can be asked of a lab."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from select import select
from shlex import quote

from . import enter, groups, room
from .beside import MEASURE, Beside
from .kernel import Process
from .node import SCRIPT
from .plan import Node, Plan, Root
from .roots import is_made, make_root, make_root_again, place_of, refuse_users, used
from .said import Refused, say
from .state import Record, State, locked

READY = 300
"""Seconds until every node is ready."""

_SHORTLY = 0.02  # seconds between looks whether nodes have configured themselves
_WAITED = 5  # seconds that a node which is asked whether it is ready waits for that
_SLACK = 10.0  # seconds more for its answer
_AT_ONCE = 16  # nodes that are asked at the same time
_CHANGE = 150  # seconds; the script itself gives a change two minutes
_LARGEST = 1 << 20  # bytes of an answer
_MOST_SAID = 20_000  # lines
_LAST_LINES = 5
_LOOKS = 0.2  # seconds between looks for further lines of a log


def up(plan: Plan, folder: str, seconds: int) -> None:
    """Every node is ready; what of an earlier lab of this name is not in the plan is gone. Raises Refused."""
    need_root()
    for name in sorted({plan.beside, *(node.root for node in plan.nodes)}):
        make_root(plan.roots[name], say)
    state = State(plan.project)
    with locked(state):
        refuse_other(state, folder)
        state.made(folder)
        limits = [node.limits for node in plan.nodes]
        groups.make_lab(plan.project, limits)
        for what in groups.unlimited(plan.project, limits):
            say(f"{what} of nodes are not limited: this machine has no control groups for it")
        process = room.open_room(state)
        with used():
            _in_the_room(plan, folder, state, process)
    wait_until_ready(state, plan, seconds)


def _in_the_room(plan: Plan, folder: str, state: State, process: Process) -> None:
    """By a process of its own, which is in the room: this one stays where it is."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            room.enter_room(process)
            missing = list(_without_others(plan, state))
            room.lay_networks(sorted({plug.network for node in plan.nodes for plug in node.plugs}))
            if missing:
                room.give_birth(plan, folder, state, missing)
            status = 0
        except Refused as error:
            os.write(2, f"error: {error.message}\n".encode(errors="replace"))
        except Exception as error:  # the process ends here, whatever it is
            os.write(2, f"error: {error!r}\n".encode(errors="replace"))
        os._exit(status)
    if os.waitpid(child, 0)[1]:
        raise Refused(f"`{plan.project}` could not be started")


def _without_others(plan: Plan, state: State) -> Iterator[Node]:
    """Ends what is not as the plan says; the nodes that do not run then. One that is to be another has nothing of what the
    former wrote; one that has only ended finds its files."""
    wanted = {node.name: node for node in plan.nodes}
    kept = set()
    for name, record in state.nodes().items():
        if name in wanted and record.digest == wanted[name].digest and record.process.is_alive:
            kept.add(name)
            continue
        room.end(record.process)
        groups.remove_node(plan.project, name)
        if name not in wanted or record.digest != wanted[name].digest:
            shutil.rmtree(state.memory / name)
        state.forget_node(name)
        if name not in wanted:
            say(f"{name}: removed")
    return (node for node in plan.nodes if node.name not in kept)


def down(project: str, folder: str | None) -> None:
    """`folder`: the lab's; None: whatever has that name. Raises Refused."""
    need_root()
    state = State(project)
    if not state.place.exists():
        return
    with locked(state):
        if folder is not None:
            refuse_other(state, folder)
        room.close_room(state)
        groups.remove_lab(project)
        state.forget()


def refuse_other(state: State, folder: str) -> None:
    """Raises Refused where the project runs from another folder that is there."""
    other = state.folder
    if other and other != folder and Path(other).is_dir() and state.room is not None:
        raise Refused(
            f"the lab `{state.project}` that is there is another one, of {other}",
            f"end that one: netdsl down -t namespaces -o {quote(str(other))} --project {state.project}; "
            "or give this one a name of its own (--project NAME)",
        )


def need_root() -> None:
    if os.geteuid():
        raise Refused("only root makes namespaces with the rights that nodes need", "call it as root (sudo …)")


# ---------------------------------------------------------------------------------------------------- what nodes say


@dataclass(frozen=True)
class Answer:
    status: int
    output: str


def ask_all(
    state: State, names: list[str], words: list[str], seconds: float, own: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Answer | None]]:
    """Several nodes at the same time, in the order in which they answer; None: not in time, or it has ended. `words`: for
    their script; `own`: a last one of a node's own."""
    waiting = list(reversed(names))
    running: dict[int, tuple[str, int, bytearray, float]] = {}
    while waiting or running:
        while waiting and len(running) < _AT_ONCE:
            name = waiting.pop()
            try:
                last = [] if own is None else [own[name]]
                child, reading = enter.start_inside(state, name, ["sh", SCRIPT, *words, *last])
            except Refused:
                yield name, None
                continue
            running[reading] = (name, child, bytearray(), time.monotonic() + seconds)
        for reading in select(list(running), [], [], 0.5)[0] if running else ():
            name, child, said, _ = running[reading]
            piece = os.read(reading, 1 << 16)
            said += piece[: _LARGEST - len(said)]
            if not piece:
                yield name, _ended(running, reading)
        for reading, (name, child, _, until) in list(running.items()):
            if time.monotonic() > until:
                os.kill(child, 9)
                _ended(running, reading)
                yield name, None


def _ended(running: dict[int, tuple[str, int, bytearray, float]], reading: int) -> Answer:
    _, child, said, _ = running.pop(reading)
    os.close(reading)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Answer(status, said.decode(errors="replace"))


def wait_until_ready(state: State, plan: Plan, seconds: int) -> None:
    """Nodes are asked when they have noted that they are configured: to be asked costs them more than all else. Raises
    Refused, at once where a node ends: others may wait for it."""
    until = time.monotonic() + seconds
    waiting = dict.fromkeys((node.name for node in plan.nodes), "still starting")
    while waiting and time.monotonic() < until:
        records = state.nodes()
        dead = [name for name in waiting if name not in records or not records[name].process.is_alive]
        if dead:
            _refuse_not_ready({name: f"has ended: {' '.join(last_lines(state, name))}" for name in dead})
        due = [name for name in waiting if _has_noted(records[name].process)]
        patience = max(1, min(_WAITED, int(until - time.monotonic())))
        for name, answer in ask_all(state, due, ["ready", str(patience)], patience + _SLACK):
            if answer is None:
                continue
            if answer.status == 0:
                say(f"{name} is ready")
                del waiting[name]
            else:
                waiting[name] = " ".join(answer.output.split("\n")).strip() or waiting[name]
        if not due:
            time.sleep(_SHORTLY)
    if waiting:
        _refuse_not_ready(waiting)


def _refuse_not_ready(faults: dict[str, str]) -> None:
    lines = "".join(f"\n{name}: {fault}" for name, fault in faults.items())
    raise Refused(f"the lab did not get ready{lines}")


def _has_noted(process: Process) -> bool:
    """Its script says that it is configured, or has failed. What the node has there is not read."""
    place = f"/proc/{process.number}/root/run/netdsl"
    return os.path.lexists(f"{place}/configured") or os.path.lexists(f"{place}/failed")


def status(plan: Plan, names: list[str]) -> None:
    """One JSON object: for each node (without names: all) its state, and what it says of itself; of one that has ended, the
    last that it has said."""
    need_root()
    nodes = [node for node in plan.nodes if not names or node.name in names]
    state = State(plan.project)
    process = state.room
    records = state.nodes() if process is not None else {}
    alive = [node.name for node in nodes if node.name in records and records[node.name].process.is_alive]
    said = dict(ask_all(state, alive, ["status"], 30))
    found: dict[str, object] = {}
    for node in nodes:
        answer = said.get(node.name)
        if answer is not None and answer.status == 0:
            found[node.name] = {"state": "running", "lines": answer.output.splitlines()[:10_000]}
        elif node.name in alive:
            found[node.name] = {"state": "running", "lines": []}
        elif node.name in records:
            found[node.name] = {"state": "exited", "lines": last_lines(state, node.name)}
        else:
            found[node.name] = {"state": "absent", "lines": []}
    say(json.dumps(found))


def running(plan: Plan) -> None:
    """One JSON object: for each node that runs and stays, what it says that it runs, and the digests noted of it."""
    need_root()
    records = _alive(plan)
    said = ask_all(State(plan.project), list(records), ["running"], 30)
    found = {
        name: {
            "envelope": records[name].envelope,
            "digest": records[name].digest,
            "lines": answer.output.splitlines()[:_MOST_SAID],
        }
        for name, answer in said
        if answer is not None and answer.status == 0
    }
    say(json.dumps(found))


def change(plan: Plan, folder: str, words: list[str]) -> None:
    """Nodes (NAME, or NAME=SUM, see the script's) take what is in the folder as they run. One JSON object: for each its
    script's status, and what that said; a node that has ended is left out."""
    need_root()
    state = State(plan.project)
    with locked(state):
        refuse_other(state, folder)
        records = _alive(plan)
        found = {}
        sums = {name: wanted for name, _, wanted in (word.partition("=") for word in words) if name in records}
        for name, answer in ask_all(state, list(sums), ["change"], _CHANGE, sums):
            found[name] = {
                "status": 1 if answer is None else answer.status,
                "said": "" if answer is None else answer.output,
            }
            if answer is not None and answer.status == 0:
                state.keep_node(name, replace(records[name], digest=plan.node(name).digest))
    say(json.dumps(found))


def _alive(plan: Plan) -> dict[str, Record]:
    """Of the plan's nodes."""
    state = State(plan.project)
    wanted = {node.name for node in plan.nodes}
    records = state.nodes() if state.room is not None else {}
    return {name: record for name, record in records.items() if name in wanted and record.process.is_alive}


def last_lines(state: State, name: str) -> list[str]:
    process = state.room
    if process is None:
        return []
    try:
        text = state.log(name, process).read_bytes()[-4096:].decode(errors="replace")
    except OSError:
        return []
    return text.splitlines()[-_LAST_LINES:]


def execute(project: str, name: str, command: list[str]) -> int:
    need_root()
    return enter.run_inside(State(project), name, command)


def beside(plan: Plan, folder: str, name: str, command: list[str]) -> int:
    return _beside(plan, folder, name, plan.roots[plan.beside]).run(command)


def stay_beside(plan: Plan, folder: str, name: str) -> int:
    return _beside(plan, folder, name, MEASURE).stay()


def _beside(plan: Plan, folder: str, name: str, root: Root) -> Beside:
    need_root()
    node = plan.node(name)
    if not is_made(root.name):
        make_root(root, lambda _: None)
    files = {"/etc/hosts": f"{folder}/{plan.lab}/hosts", "/etc/resolv.conf": f"{folder}/{node.resolvers}"}
    return Beside(State(plan.project), name, place_of(root.name), files)


def renew(plan: Plan) -> None:
    """The roots of nodes, made again. Raises Refused where a lab runs on one."""
    need_root()
    names = sorted({node.root for node in plan.nodes})
    refuse_users(names)
    for name in names:
        make_root_again(plan.roots[name], say)


def prepare(plan: Plan) -> None:
    """All roots, that of programs beside nodes too."""
    need_root()
    for root in plan.roots.values():
        make_root(root, say)


def log(project: str, name: str, *, is_followed: bool) -> int:
    """What a node has said since the lab is there, also one that has ended."""
    need_root()
    state = State(project)
    process = state.room
    if process is None or state.node(name) is None:
        raise Refused(f"no node `{name}` was started in `{project}`")
    with open(state.log(name, process), "rb", buffering=0) as file:
        while True:
            piece = file.read(1 << 16)
            while piece:
                piece = piece[os.write(1, piece) :]
                if not piece:
                    piece = file.read(1 << 16)
            if not is_followed or not process.is_alive:
                return 0
            time.sleep(_LOOKS)
