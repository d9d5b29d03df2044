"""The state of nodes. Of all containers the engine is asked at once; a node itself only where it knows more."""

import json
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from shlex import quote

from netdsl.codegen.manifest import read_manifest
from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Deployment, DriverError, NodeState
from netdsl.runtime.inside import LOGGED, READY, STARTING, last_lines, word_of
from netdsl.runtime.output import TooMuch, output_of
from netdsl.runtime.together import together

from .engine import FOLDER, SERVICE, Unasked, answered, nodes_of, refuse_folder_labels, said, tried

PATIENCE = 30.0
"""Seconds for what a node says of itself."""
_AT_ONCE = 8  # nodes that are asked at the same time
_LAST_LINES = 5
_MOST_LINES = 10_000
_MOST_IDS = 1000  # containers that are asked about at once: what the engine says of one is some kilobytes
_FORM = '{"id":{{json .Id}},"state":{{json .State}},"restarts":{{.RestartCount}},"labels":{{json .Config.Labels}}}'
_GONE = "No such"
_NODES = ("payload", "nodes")
_OWN = ("services.tsv", "tunnels.tsv", "run/1")
"""Files of a node in which something runs that can end."""
_HEALTH = {"healthy": READY, "unhealthy": "not ready", "starting": "starting"}


@dataclass(frozen=True, slots=True)
class Found:
    """A node's container. `state`: the engine's word; `health`: ours, `-` where the engine checks none; `said`: what the
    last check said; `status`: of its end; `is_killed`: for want of memory."""

    id: str
    state: str
    health: str
    said: str
    status: int
    is_killed: bool
    restarts: int


def states(deployment: Deployment, names: Collection[str], *, is_full: bool) -> tuple[NodeState, ...]:
    """As `Driver.status`. Raises DriverError."""
    found = containers(deployment)
    has_own = _nodes(deployment)
    wanted = [name for name in has_own if not names or name in names]

    def state(name: str) -> NodeState:
        container = found.get(name)
        if container is None:
            return NodeState(name, "absent", "-")
        if container.state != "running":
            return _ended(name, container)
        is_asked = is_full or has_own[name] or container.health != READY
        state = _asked(name, container) if is_asked else _unasked(name, container)
        if not container.restarts:
            return state
        again = f"restarted {container.restarts} times"
        return replace(state, reason=f"{state.reason}; {again}" if state.reason else again)

    return tuple(together(state, wanted, _AT_ONCE))


def node_ids(deployment: Deployment, nodes: Sequence[str], *, is_running: bool = True) -> tuple[str, ...]:
    """The container of each of the nodes; with `is_running` False also one that has ended. One question to the engine,
    however many nodes the lab has. Raises DriverError where there is none, or where they are another folder's."""
    columns = ("{{.ID}}", "{{.State}}", f'{{{{.Label "{SERVICE}"}}}}', f'{{{{.Label "{FOLDER}"}}}}')
    rows = [
        line.split("\t", 3)
        for line in said(
            ["ps", "--all", "--no-trunc", *nodes_of(deployment), "--format", "\t".join(columns)]
        ).splitlines()
    ]
    refuse_folder_labels(deployment, (row[3] for row in rows))
    found = {row[2]: row[0] for row in rows if not is_running or row[1] == "running"}
    for node in nodes:
        if node not in found:
            is_there = any(row[2] == node for row in rows)
            raise _missing(deployment, node, found, is_running=is_running, is_there=is_there)
    return tuple(found[node] for node in nodes)


def _missing(
    deployment: Deployment, node: str, found: Collection[str], *, is_running: bool, is_there: bool
) -> DriverError:
    is_so, so = ("is running", "running") if is_running else ("was started", "started")
    names = ", ".join(sorted(found)) or "none"
    return DriverError(
        f"no node `{node}` {is_so} in `{deployment.project}` ({so}: {names})",
        remedy=f"netdsl up -o {quote(str(deployment.folder))}" if is_there or not found else None,
    )


def containers(deployment: Deployment) -> dict[str, Found]:
    """Of the project's nodes, by service. Raises DriverError, also where they are another folder's."""
    ids = said(["ps", "--all", "--quiet", *nodes_of(deployment)]).split()
    records = [
        record for start in range(0, len(ids), _MOST_IDS) for record in _inspected(ids[start : start + _MOST_IDS])
    ]
    refuse_folder_labels(deployment, (record["labels"].get(FOLDER, "") for record in records))
    return {record["labels"].get(SERVICE, ""): _found(record) for record in records}


def _inspected(ids: Sequence[str]) -> list[dict[str, dict[str, str]]]:
    """Those that are still there."""
    answer = tried(["container", "inspect", "--format", _FORM, *ids])
    if answer.status and not all(_GONE in line for line in answer.errors.splitlines() if line):
        raise DriverError("Docker refused", command="docker container inspect", tail=answer.errors)
    return [json.loads(line) for line in answer.output.splitlines() if line]


def _found(record: Mapping[str, object]) -> Found:
    state = record["state"]
    assert isinstance(state, dict), "an object of the engine's"
    health = state.get("Health") or {}
    log = health.get("Log") or [{}]
    return Found(
        str(record["id"]),
        state.get("Status") or "unknown",
        _HEALTH.get(health.get("Status") or "", health.get("Status") or "-"),
        log[-1].get("Output") or "",
        state.get("ExitCode") or 0,
        bool(state.get("OOMKilled")),
        int(str(record["restarts"])),
    )


def _nodes(deployment: Deployment) -> dict[str, bool]:
    """The host names of the lab's nodes, and whether something runs in them that can end: by the compiled files' names."""
    manifest = read_manifest(deployment.folder)
    paths = [path.split("/", 3) for path in (manifest.files if manifest is not None else ())]
    found: dict[str, bool] = {}
    for path in paths:
        if len(path) == 4 and tuple(path[:2]) == _NODES:
            found[path[2]] = found.get(path[2], False) or path[3] in _OWN
    return found


def _ended(name: str, container: Found) -> NodeState:
    """Its last lines, and in the first of our own what it says it ended by."""
    if container.state == "created":
        return NodeState(name, container.state, "-", reason="was never started")
    last = _log(container, _LAST_LINES)
    reason = f"ended with status {container.status}"
    if container.is_killed:
        reason += ": the kernel killed it for want of memory"
    if container.restarts:
        reason += f", restarted {container.restarts} times"
    return NodeState(name, container.state, "-", reason=reason, last=last)


def _unasked(name: str, container: Found) -> NodeState:
    reason = "" if container.health == READY else " ".join(container.said.split())
    return NodeState(name, container.state, container.health, reason=reason)


def _asked(name: str, container: Found) -> NodeState:
    """What the node says now goes before what the engine's last check found."""
    try:
        answer = answered(container.id, ["sh", "/netdsl/lab/node.sh", "status"], timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return NodeState(name, container.state, "not ready", reason=f"it does not answer within {PATIENCE:g} s")
    except (Unasked, DriverError):
        return _unasked(name, container)
    lines = tuple(answer.output.splitlines()[:_MOST_LINES])
    word = word_of(lines)
    if answer.status or word is None:
        return _unasked(name, container)
    if word == READY:
        return NodeState(name, container.state, READY, lines)
    if word == STARTING or container.health == "starting":
        return NodeState(name, container.state, "starting", lines, reason=word)
    return NodeState(name, container.state, "not ready", lines, word, last_lines(_log(container, LOGGED)))


def _log(container: Found, lines: int) -> tuple[str, ...]:
    """The last lines of a container; of its two streams in the order in which they came."""
    words = ("sh", "-c", 'exec docker logs "$@" 2>&1', "sh", "--tail", str(lines), container.id)
    try:
        return tuple(output_of(words, timeout=PATIENCE).output.splitlines())
    except (TooMuch, subprocess.TimeoutExpired) as error:
        return (f"its log cannot be read: {error}",)
