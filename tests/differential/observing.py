"""Bringing a random lab up, and asking."""

import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from netdsl.codegen.contract import Options
from netdsl.codegen.manifest import manifest_artifact
from netdsl.codegen.write import commit, plan
from netdsl.ir.ids import NodeId, host_name
from netdsl.ir.lab import Lab
from netdsl.ir.service import Protocol
from netdsl.library import compile_file
from netdsl.packets.state import state_of
from netdsl.payload.part import state_of_kind
from netdsl.runtime.driver import DriverError
from tests.differential.flows import Flow, Outcome, Seen, flows_of
from tests.differential.running import Ground, InContainers, Running
from tests.live.machine import Machine

ATTEMPTS = (
    3  # to find tunnels after the asking as they were before it: both ends may open one at once, which replaces it
)
# Seconds that a probe waits (a SYN is sent again after one) and probes that a node begins per second. What was not answered
# is asked again: neighbours had to be found, and a busy machine to answer, where each datagram is a process.
ROUNDS = ((1.4, 200), (1.4, 200), (6.0, 15))
# Of one node after the other, what another one called unreachable: that looks for a neighbour on behalf of all at once,
# with the source of any of them, and whoever is asked may believe some and not others. A neighbour is given up after 3 s.
ALONE = (3.5, 40)
DATAGRAMS = 1  # begun per second of a slow node at most: each answer starts processes
UNTIL_UP = 20.0  # seconds, for the end of a tunnel that did not open it
PROBE = (Path(__file__).parent / "probe.py").read_text()


@dataclass(frozen=True, slots=True)
class TunnelState:
    """What the payload says of a child at one end: `state` up or down, `esp` kernel or user."""

    node: NodeId
    tunnel: str
    child: str
    state: str
    start: str
    esp: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What a lab did. `listed`: what a program of a node says of the state of tunnels (the node, the kind of tunnel, the
    text); `failure`: why it could not be asked."""

    seed: int
    source: str
    seen: tuple[tuple[Flow, Seen], ...] = ()
    tunnels: tuple[TunnelState, ...] = ()
    failure: str = ""
    listed: tuple[tuple[NodeId, str, str], ...] = ()


class NotCompiled(AssertionError):
    """The lab has an error."""


def built(source: str, folder: Path, ground: Ground) -> list[str]:
    """What a lab is run with is there afterwards; the names of its images. Raises NotCompiled."""
    return _compiled(source, folder, "netdsl-fuzz", ground)[1].prepare()


@contextmanager
def brought_up(
    source: str, folder: Path, project: str, ground: Ground, patience: int = 1
) -> Iterator[tuple[Lab, Running]]:
    """The lab, compiled and up; taken away at the end whatever happened. Raises AssertionError with the reason."""
    lab, running = _compiled(source, folder, project, ground, patience)
    try:
        running.prepare()
        running.up()
        yield lab, running
    finally:
        running.take_away()


def _compiled(source: str, folder: Path, project: str, ground: Ground, patience: int = 1) -> tuple[Lab, Running]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lab.net").write_text(source)
    result = compile_file(
        folder / "lab.net",
        credentials=folder / "credentials",
        target=ground.target,
        options=Options(project=project, is_closed=True),
    )
    compiled = result.compiled
    if compiled is None:
        raise NotCompiled([found.message for found in result.diagnostics if found.is_error])
    manifest = manifest_artifact(compiled.emission, compiled.lab.name, {}, project=project, expires=compiled.expires)
    commit(plan((*compiled.emission.artifacts, manifest), folder / ground.target))
    return compiled.lab, ground(folder / ground.target, project, Machine(patience=patience))


def observe(
    seed: int, source: str, folder: Path, project: str, ground: Ground = InContainers, patience: int = 1
) -> Observation:
    try:
        logs = ""
        for _ in range(ATTEMPTS):  # each with a lab of its own: neighbours and connections of before would live on
            with brought_up(source, folder, project, ground, patience) as (lab, running):
                tunnels = _tunnels_when_up(lab, running)
                seen, listed = _ask(lab, running), tuple(_listed(lab, running))
                if tunnels == _tunnels(lab, running):
                    return Observation(seed, source, seen, tunnels, listed=listed)
                logs = running.logs()
        return Observation(seed, source, failure=f"tunnels go up and down while it is asked\n{logs}")
    except (AssertionError, DriverError) as error:
        return Observation(seed, source, failure=str(error))
    except subprocess.TimeoutExpired as error:
        return Observation(seed, source, failure=f"{' '.join(error.cmd)[:60]} … takes more than {error.timeout} s")


def _tunnels_when_up(lab: Lab, running: Running) -> tuple[TunnelState, ...]:
    """Waits until no child that opens by itself is down; a lab that is meant to fail has waited enough."""
    found: list[TunnelState] = []

    def all_up() -> bool:
        found[:] = _tunnels(lab, running)
        waits = {(state.tunnel, state.child) for state in found if state.start in ("boot", "traffic")}
        waits -= {(state.tunnel, state.child) for state in found if state.esp == "kernel" and state.start == "traffic"}
        return all(state.state == "up" for state in found if (state.tunnel, state.child) in waits)

    pause = 0.2 * running.machine.patience**2
    running.machine.wait_until(all_up, 0.0 if lab.is_meant_to_fail else UNTIL_UP, pause)
    return tuple(found)


def _tunnels(lab: Lab, running: Running) -> tuple[TunnelState, ...]:
    return tuple(state for node in lab.nodes if node.tunnels for state in _states(node.id, running))


def _states(node: NodeId, running: Running) -> Iterator[TunnelState]:
    for line in running.status(host_name(node)).splitlines():
        words = line.split("\t")
        if words[0] == "tunnel":
            yield TunnelState(node, *words[1:6])


def _listed(lab: Lab, running: Running) -> Iterator[tuple[NodeId, str, str]]:
    for node in lab.nodes:
        for kind in dict.fromkeys(end.kind for end in node.tunnels if state_of(end.kind) is not None):
            answer = running.run(node.host_name, *state_of_kind(kind).QUESTION)
            yield node.id, kind, answer.stdout


def _ask(lab: Lab, running: Running) -> tuple[tuple[Flow, Seen], ...]:
    """All nodes at once; in later rounds what timed out or found no neighbour, as on a busy machine."""
    answers: dict[Flow, Seen] = {}
    left = flows_of(lab)
    is_slow = running.machine.patience > 1
    for patience, rate in ROUNDS:
        datagrams = tuple(flow for flow in left if is_slow and _is_datagram(flow))
        answers |= _asked(running, patience, rate, (flow for flow in left if flow not in datagrams))
        answers |= _asked(running, patience, min(rate, DATAGRAMS), datagrams)
        left = tuple(flow for flow, seen in answers.items() if _may_change(seen))
        if not left:
            break
    for node, flows in _by_node(flow for flow, seen in answers.items() if _is_told_by_another(seen)).items():
        answers |= dict(zip(flows, _ask_from(running, *ALONE, node, flows), strict=True))
    return tuple((flow, answers[flow]) for flow in flows_of(lab))


def _asked(running: Running, patience: float, rate: int, asked: Iterable[Flow]) -> dict[Flow, Seen]:
    by_node = _by_node(asked)
    if not by_node:
        return {}
    ask = partial(_ask_from, running, patience, rate)
    with ThreadPoolExecutor(len(by_node)) as pool:
        answers = pool.map(ask, by_node, by_node.values())
        pairs = (zip(flows, seen, strict=True) for flows, seen in zip(by_node.values(), answers, strict=True))
        return dict(chain.from_iterable(pairs))


def _by_node(flows: Iterable[Flow]) -> dict[NodeId, list[Flow]]:
    found: dict[NodeId, list[Flow]] = {}
    for flow in flows:
        found.setdefault(flow.source, []).append(flow)
    return found


def _is_told_by_another(seen: Seen) -> bool:
    return seen.detail.startswith("EHOSTUNREACH") and not seen.detail.endswith(" itself")


def _is_datagram(flow: Flow) -> bool:
    return flow.service is not None and flow.service.protocol is Protocol.UDP


def _may_change(seen: Seen) -> bool:
    return seen.outcome is Outcome.TIMEOUT or seen.detail.startswith("EHOSTUNREACH")


def _ask_from(running: Running, patience: float, rate: int, node: NodeId, flows: list[Flow]) -> list[Seen]:
    slower = (
        running.machine.patience
    )  # a probe waits as many seconds longer, and as many times fewer are begun a second
    times = str(patience + slower - 1), str(rate / slower)
    words = (*running.inside(host_name(node)), "python3", "-c", PROBE, *times)
    asked = "\n".join(flow.probe for flow in flows)
    done = subprocess.run(words, input=asked, capture_output=True, text=True, timeout=60 * slower**2, check=False)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(lines) == len(flows), f"{node}: {done.returncode} {done.stderr[-2000:]}"
    return [Seen(Outcome(outcome), detail) for outcome, detail in lines]
