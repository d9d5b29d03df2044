"""What a path carries: iperf3 by TCP, and by UDP in packets of several sizes."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address

from netdsl.ir.ids import Address, host_name
from netdsl.measuring.job import Job
from netdsl.measuring.paths import PORT, UDP
from netdsl.measuring.probes.iperf import Arrived, Refused, client_words, end_words, read, server_words
from netdsl.measuring.probes.served import arrivals, led_to, tcp_port
from netdsl.measuring.types import Path, Throughput
from netdsl.runtime.driver import DriverError
from netdsl.runtime.meter import Tools
from netdsl.testing.pace import Pace

_ATTEMPTS = 8  # of the client: the server is not heard at once
_PAUSE = 0.25
_QUICK = 30.0  # seconds for what ends at once
_DRAIN = 60.0  # seconds that a flood may take to flow off


class Incomplete(DriverError):
    """Something was measured, and something could not be. `found` is the first."""

    def __init__(self, message: str, found: tuple[Throughput, ...], remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.found = found


def throughput(job: Job, path: Path, pace: Pace = Pace()) -> tuple[Throughput, ...]:  # noqa: B008 - frozen
    """By TCP, then by UDP with each payload of the plan, for as many seconds as it says. What arrived counts.

    Where the lab lets one served port through alone, TCP goes there and comes to iperf3 instead of its service meanwhile.
    Raises Incomplete where a part has no figure (UDP in such a lab), DriverError where nothing has.
    """
    port, slowness = tcp_port(path), job.driver.slowness
    found = arrivals(job.lab, path)
    with ExitStack() as stack:
        near = stack.enter_context(job.meter.tools(job.deployment, host_name(path.source)))
        far = stack.enter_context(job.meter.tools(job.deployment, host_name(path.destination)))
        if port != PORT:
            stack.enter_context(led_to(far, found, PORT, pace, _QUICK * slowness))
        pair = _Pair(near, far, path, found[-1].destination, port, job.plan.seconds, slowness, pace)
        return _all(pair, job.plan.payloads)


def _all(pair: "_Pair", payloads: tuple[int, ...]) -> tuple[Throughput, ...]:
    found: list[Throughput] = []
    missing: list[str] = []
    has_udp = UDP in pair.path.services and pair.port == PORT
    for payload in (None, *payloads) if has_udp else (None,):
        what = "TCP" if payload is None else f"UDP in packets of {payload} bytes"
        try:
            found.append(pair.measured(payload))
        except DriverError as error:
            missing.append(f"{what}: {error.message}")
    if not has_udp and payloads:
        missing.append(f"UDP is left out: of what iperf3 needs the lab lets tcp/{pair.port} alone through here")
    if not found:
        raise DriverError("; ".join(missing))
    if missing:
        raise Incomplete("; ".join(missing), tuple(found))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Tools at both ends. `listening`: the destination's address in the end; `port`: the one that the source calls."""

    near: Tools
    far: Tools
    path: Path
    listening: Address
    port: int
    seconds: float
    slowness: float
    pace: Pace

    def measured(self, payload: int | None) -> Throughput:
        """One test; no server is left after it. Raises DriverError."""
        self._start()
        try:
            arrived = self._asked(payload)
        finally:
            with self.pace.undisturbed():
                self.far.ask(end_words(), timeout=_QUICK * self.slowness)
        return Throughput(
            path=self.path.name,
            transport=arrived.transport,
            payload=arrived.payload,
            bits=round(arrived.bits, 1),
            packets=round(arrived.packets, 2),
            lost=None if arrived.lost is None else round(arrived.lost, 6),
            seconds=round(arrived.seconds, 3),
        )

    def _start(self) -> None:
        words = server_words(self.listening, PORT, self.slowness)
        answer = self.far.ask(words, timeout=_QUICK * self.slowness)
        if answer.status:
            tail = answer.errors or answer.output
            raise DriverError(
                f"iperf3 does not listen at `{self.path.destination}`",
                command="iperf3",
                status=answer.status,
                tail=tail,
            )

    def _asked(self, payload: int | None) -> Arrived:
        words = client_words(ip_address(self.path.address), self.port, self.seconds, payload, self.slowness)
        reason = ""
        for _ in self._attempts():
            answer = self.near.ask(words, timeout=self.seconds + _DRAIN * self.slowness)
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
