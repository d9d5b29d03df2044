"""Round-trip times along a path: by ping, or by TCP connections if the lab's filters drop pings."""

import math
import re
from collections.abc import Callable, Sequence

from netdsl.disk.shipped import shipped_text
from netdsl.ir.ids import host_name
from netdsl.measuring.job import Job
from netdsl.measuring.paths import PING
from netdsl.measuring.probes.served import tcp_port
from netdsl.measuring.types import Asking, Latency, Path
from netdsl.runtime.driver import Answer, DriverError
from netdsl.runtime.meter import Tools
from netdsl.testing.pace import Pace

INTERVAL = 0.01  # seconds between two pings
_WARM = 3  # pings before the measurement
_PATIENCE = {True: 45.0, False: 10.0}  # seconds until the first answer; True: a tunnel may have to come up first
_WAIT = 2.0  # seconds for each answer
_PAUSE = 0.3

_TIME = re.compile(r"^\d+ bytes from .*icmp_seq=(\d+) .*time[=<]([\d.]+) (ms|us|s)\b", re.MULTILINE)
_SENT = re.compile(r"^(\d+) packets transmitted,", re.MULTILINE)
_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}


class NoAnswer(DriverError):
    """Nothing answers along a path: what else would be asked there would only wait."""


def latency(job: Job, path: Path, pace: Pace = Pace()) -> Latency:  # noqa: B008 - frozen
    """The number of probes in the plan, after a first one was answered, so that tunnels with `start on traffic` are up.

    Raises NoAnswer if nothing answers, DriverError if the tools cannot be run.
    """
    slowness, count = job.driver.slowness, job.plan.pings
    if PING in path.services:
        asking, words, read = Asking.PING, _ping_words, read_pings
    else:
        asking, words, read = Asking.CONNECT, _connect_words, read_connections
    with job.meter.tools(job.deployment, host_name(path.source)) as tools:
        _warm_up(tools, path, words(path, _WARM, slowness), slowness, pace)
        answer = tools.ask(words(path, count, slowness), timeout=(count * 0.1 + 30) * slowness)
    times, lost = read_times(read, answer)
    return Latency(path.name, asking, times, lost)


Words = Callable[[Path, int, float], list[str]]
Reading = Callable[[str], tuple[tuple[float, ...], int]]


def read_times(read: Reading, answer: Answer) -> tuple[tuple[float, ...], int]:
    """The times and the number of lost probes. Raises DriverError if the output cannot be read."""
    try:
        return read(answer.output)
    except ValueError as error:
        raise DriverError(
            "the round-trip times cannot be measured",
            status=answer.status,
            tail=answer.errors or answer.output[-500:],
        ) from error


def read_pings(text: str) -> tuple[tuple[float, ...], int]:
    """The output of iputils' ping: seconds of the first answer to each probe, the number of lost probes. Raises
    ValueError if it is no output of ping."""
    sent = _SENT.search(text)
    if sent is None:
        raise ValueError("no statistics")
    times: dict[int, float] = {}
    for number, value, unit in _TIME.findall(text):
        times.setdefault(int(number), round(float(value) * _UNITS[unit], 9))
    return tuple(times.values()), int(sent[1]) - len(times)


def read_connections(text: str) -> tuple[tuple[float, ...], int]:
    """The output of `connect.pl`, a line for each connection. Raises ValueError for other text."""
    lines = text.split()
    if not lines:
        raise ValueError("nothing said")
    times = tuple(float(line) for line in lines if line != "lost")
    return times, len(lines) - len(times)


def _ping_words(path: Path, count: int, slowness: float) -> list[str]:
    wait = str(math.ceil(_WAIT * slowness))
    return ["ping", "-n", "-i", f"{INTERVAL:g}", "-c", str(count), "-W", wait, path.address]


def _connect_words(path: Path, count: int, slowness: float) -> list[str]:
    program = shipped_text("netdsl.measuring.probes", "connect.pl")
    numbers = (f"{_WAIT * slowness:g}", str(count), f"{INTERVAL:g}", path.address, str(tcp_port(path)))
    return ["perl", "-e", program, "--", *numbers]


def _warm_up(tools: Tools, path: Path, words: Sequence[str], slowness: float, pace: Pace) -> None:
    deadline = pace.now() + _PATIENCE[bool(path.tunnels)] * slowness
    while True:
        answer = tools.ask(words, timeout=60 * slowness)
        if _has_answer(answer):
            return
        if pace.now() > deadline:
            message = f"nothing answers at {path.address}, asked from `{path.source}`"
            tail = answer.errors or answer.output
            raise NoAnswer(message, command=words[0], status=answer.status, tail=tail)
        pace.sleep(_PAUSE * slowness)


def _has_answer(answer: Answer) -> bool:
    lines = answer.output.splitlines()
    return any(_TIME.match(line) or re.fullmatch(r"\d+\.\d+", line) for line in lines)
