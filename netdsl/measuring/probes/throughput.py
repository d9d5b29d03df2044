"""The throughput of a path by iperf3: TCP, and UDP with packets of several sizes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import ip_address

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address, host_name
from netdsl.measuring.job import Job
from netdsl.measuring.paths import PORT, UDP
from netdsl.measuring.probes.iperf import Arrived, Refused, client_words, end_words, read, server_words
from netdsl.measuring.probes.served import arrivals, redirected, tcp_port
from netdsl.measuring.types import Path, Throughput
from netdsl.runtime.driver import DriverError
from netdsl.runtime.meter import Tools
from netdsl.testing.pace import Pace

_ATTEMPTS = 8  # of the client: the server may not listen yet
_PAUSE = 0.25
_QUICK = 30.0  # seconds for short commands
_DRAIN = 60.0  # seconds for queues to drain after the test


class Incomplete(DriverError):
    """Some measurements failed. `found`: the results of the others."""

    def __init__(self, message: str, found: tuple[Throughput, ...], remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.found = found


def throughput(job: Job, path: Path, pace: Pace = Pace()) -> tuple[Throughput, ...]:  # noqa: B008 - frozen
    """TCP, then UDP with each payload of the plan, each for the plan's seconds. Counts what arrived.

    If the lab's filters accept only one served port, TCP connections to it are redirected to iperf3 during the test.
    Raises Incomplete if some tests have no result (UDP in such a lab), DriverError if none has.
    """
    port, slowness = tcp_port(path), job.driver.slowness
    found = arrivals(job.lab, path)
    with ExitStack() as stack:
        source_tools = stack.enter_context(job.meter.tools(job.deployment, host_name(path.source)))
        destination_tools = stack.enter_context(job.meter.tools(job.deployment, host_name(path.destination)))
        if port != PORT:
            stack.enter_context(redirected(destination_tools, found, PORT, pace, _QUICK * slowness))
        pair = _Pair(
            source_tools, destination_tools, path, found[-1].destination, port, job.plan.seconds, slowness, pace,
            lambda: _processor(job),
        )  # fmt: skip
        return _all(pair, job.plan.payloads)


def _processor(job: Job) -> float | None:
    """Seconds of processor of all nodes until now; None if the runtime does not say it."""
    try:
        return sum(node.cpu for node in job.meter.usage(job.deployment).nodes)
    except DriverError:
        return None


def _all(pair: "_Pair", payloads: tuple[int, ...]) -> tuple[Throughput, ...]:
    found: list[Throughput] = []
    missing: list[str] = []
    has_udp = UDP in pair.path.services and pair.port == PORT
    for payload in (None, *payloads) if has_udp else (None,):
        test = "TCP" if payload is None else f"UDP in packets of {payload} bytes"
        try:
            found.append(pair.measured(payload))
        except DriverError as error:
            missing.append(f"{test}: {error.message}")
    if not has_udp and payloads:
        missing.append(f"UDP is left out: of what iperf3 needs the lab lets tcp/{pair.port} alone through here")
    if not found:
        raise DriverError("; ".join(missing))
    if missing:
        raise Incomplete("; ".join(missing), tuple(found))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Pair:
    """The tools at both ends. `listening`: the destination's own address; `port`: the port that the source connects
    to; `processor`: seconds of processor of all nodes until now."""

    source_tools: Tools
    destination_tools: Tools
    path: Path
    listening: Address
    port: int
    seconds: float
    slowness: float
    pace: Pace
    processor: Callable[[], float | None]

    def measured(self, payload: int | None) -> Throughput:
        """The result of one test. The server is ended afterwards. Raises DriverError."""
        self._start()
        before = self.processor()
        try:
            arrived = self._result(payload)
        finally:
            after = self.processor()
            with self.pace.undisturbed():
                self.destination_tools.ask(end_words(), timeout=_QUICK * self.slowness)
        return Throughput(
            path=self.path.name,
            transport=arrived.transport,
            payload=arrived.payload,
            bits=round(arrived.bits, 1),
            packets=round(arrived.packets, 2),
            lost=None if arrived.lost is None else round(arrived.lost, 6),
            seconds=round(arrived.seconds, 3),
            cpu=None if before is None or after is None else round(max(after - before, 0.0), 4),
        )

    def _start(self) -> None:
        words = server_words(self.listening, PORT, self.slowness)
        answer = self.destination_tools.ask(words, timeout=_QUICK * self.slowness)
        if answer.status:
            tail = answer.errors or answer.output
            raise DriverError(
                f"iperf3 does not listen at `{self.path.destination}`",
                command="iperf3",
                status=answer.status,
                tail=tail,
            )

    def _result(self, payload: int | None) -> Arrived:
        words = client_words(ip_address(self.path.address), self.port, self.seconds, payload, self.slowness)
        reason = ""
        for _ in self._attempts():
            answer = self.source_tools.ask(words, timeout=self.seconds + _DRAIN * self.slowness)
            try:
                return read(answer.output)
            except Refused as refused:
                reason = str(refused)
            if "refused" not in reason.lower():
                break
        raise DriverError(f"iperf3 from `{self.path.source}` to {self.path.address}: {reason}", command="iperf3")

    def _attempts(self) -> Iterator[int]:
        for number in range(_ATTEMPTS):
            if number:
                self.pace.sleep(_PAUSE * self.slowness)
            yield number
