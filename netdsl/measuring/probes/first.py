"""The time to the first answer through tunnels that were down: from the command that brings them up."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from netdsl.ir.ids import NodeId, host_name
from netdsl.measuring.job import Job
from netdsl.measuring.paths import PING
from netdsl.measuring.probes.latency import read_pings
from netdsl.measuring.types import FirstAnswer, Path
from netdsl.payload.quoting import flat
from netdsl.runtime.driver import DriverError
from netdsl.runtime.meter import Tools
from netdsl.testing.pace import Pace
from netdsl.testing.reading import NODE_SCRIPT

_INTERVAL = 0.01  # seconds between two pings
_ONCE = 10  # seconds that one ping asks: it ends with the first answer, or the first error
_PATIENCE = 45.0  # seconds until the first answer
_COMMAND = 60.0  # seconds: ending an IKE association takes long if the peer does not answer
_PAUSE = 0.01


def first_answer(job: Job, path: Path, pace: Pace = Pace()) -> FirstAnswer | None:  # noqa: B008 - frozen
    """The path's tunnels are taken down at all ends, pinged, and brought up at all ends at once. None for a path in clear,
    or where the lab's filters drop pings.

    Afterwards the tunnels are up. Raises DriverError if a command fails, or nothing answers in time.
    """
    if not path.tunnels or PING not in path.services:
        return None
    ends = [(node.id, tunnel) for tunnel in path.tunnels for node in job.lab.nodes if _has(job, node.id, tunnel)]
    with job.meter.tools(job.deployment, host_name(path.source)) as tools, ThreadPoolExecutor(len(ends) + 1) as pool:
        try:
            for end in ends:
                _command(job, "down", end)
            _refuse_answers(tools, path, job.driver.slowness)
            began = pace.now()
            answer = pool.submit(_answer, tools, path, pace, job.driver.slowness)
        finally:
            with pace.undisturbed():
                opened = [pool.submit(_command, job, "up", end) for end in ends]
                failures = [error for one in opened if (error := one.exception()) is not None]
        if failures:
            raise failures[0]
        return FirstAnswer(path.name, round(answer.result() - began, 4))


def _has(job: Job, node: NodeId, tunnel: str) -> bool:
    return any(end.tunnel == tunnel for one in job.lab.nodes if one.id == node for end in one.tunnels)


def _command(job: Job, verb: str, end: tuple[NodeId, str]) -> None:
    node, tunnel = end
    words = (*NODE_SCRIPT, verb, flat(tunnel))
    answer = job.driver.ask(job.deployment, host_name(node), words, timeout=_COMMAND * job.driver.slowness)
    if answer.status:
        message = f"`{node}` could not take tunnel `{tunnel}` {verb}"
        raise DriverError(message, command=" ".join(words), status=answer.status, tail=answer.errors)


def _words(path: Path, count: int, seconds: int) -> Sequence[str]:
    """With a deadline, ping ends with as many answers, an error, or that time."""
    return ["ping", "-n", "-i", f"{_INTERVAL:g}", "-c", str(count), "-w", str(seconds), path.address]


def _refuse_answers(tools: Tools, path: Path, slowness: float) -> None:
    """The control: while the tunnels are down nothing may answer, or the first answer says nothing of them."""
    seconds = math.ceil(slowness)
    answer = tools.ask(_words(path, 1, seconds), timeout=seconds + 30 * slowness)
    if _count(answer.output):
        raise DriverError(f"{path.address} answers while {', '.join(path.tunnels)} is down: by another way")


def _answer(tools: Tools, path: Path, pace: Pace, slowness: float) -> float:
    """When the first answer was there. Raises DriverError."""
    deadline = pace.now() + _PATIENCE * slowness
    while True:
        answer = tools.ask(_words(path, 1, math.ceil(_ONCE * slowness)), timeout=(_ONCE + 30) * slowness)
        if _count(answer.output):
            return pace.now()
        if pace.now() > deadline:
            tail = answer.errors or answer.output
            raise DriverError("nothing answers after the tunnels were down", command="ping", tail=tail)
        pace.sleep(_PAUSE * slowness)


def _count(text: str) -> int:
    try:
        return len(read_pings(text)[0])
    except ValueError:
        return 0
