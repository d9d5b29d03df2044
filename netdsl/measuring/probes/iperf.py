"""Command lines and output of iperf3, version 3.10 or later (`--idle-timeout`)."""

import math

import msgspec

from netdsl.dataclass import dataclass
from netdsl.ir.ids import Address
from netdsl.measuring.types import Transport

_PIDS = "/tmp/netdsl-iperf3.pid"  # noqa: S108 - in a container or machine without other users
_HEADERS = {False: 52, True: 72}  # IPv4, IPv6: the IP header and the TCP header with timestamps
_STEP = 0.2  # seconds of the server's intervals
_END = f'[ ! -s {_PIDS} ] || kill "$(tr -dc 0-9 <{_PIDS})"; rm -f {_PIDS}'


def server_words(address: Address, port: int, slowness: float) -> list[str]:
    """A server for one test, in the background; it ends by itself without a client. Bound to one address: with several
    the kernel may answer datagrams from another one, which the client discards."""
    words = ["iperf3", "--server", "--one-off", "--daemon", "--pidfile", _PIDS]
    words += ["--bind", str(address), f"-{address.version}", "--port", str(port)]
    return [*words, "--json", "--interval", str(_STEP), "--idle-timeout", str(math.ceil(30 * slowness))]


def end_words() -> list[str]:
    """The command that ends a server that still waits."""
    return ["sh", "-c", _END]


def client_words(address: Address, port: int, seconds: float, payload: int | None, slowness: float) -> list[str]:
    """`payload` None: TCP; otherwise UDP at full rate with so many bytes of data in each packet."""
    words = ["iperf3", "--client", str(address), f"-{address.version}", "--port", str(port), "--json"]
    words += ["--get-server-output", "--interval", "0", "--time", str(max(1, round(seconds)))]
    words += ["--connect-timeout", str(math.ceil(10_000 * slowness))]
    return words if payload is None else [*words, "--udp", "--bitrate", "0", "--length", str(payload)]


class Refused(ValueError):
    """The error that iperf3 reports."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What arrived. `payload`: bytes of user data in a packet (TCP: the largest segment); `bytes`: the sum; `seconds`:
    from the first to the last packet; `sent`: packets sent, None for TCP."""

    transport: Transport
    payload: int
    bytes: int
    seconds: float
    sent: int | None

    @property
    def bits(self) -> float:
        return self.bytes * 8 / self.seconds

    @property
    def packets(self) -> float:
        return self.bytes / self.payload / self.seconds

    @property
    def lost(self) -> float | None:
        if self.sent is None:
            return None
        return max(0.0, 1 - self.bytes / self.payload / self.sent) if self.sent else 1.0


class _Sum(msgspec.Struct):
    start: float = 0.0
    end: float = 0.0
    bytes: int = 0
    packets: int = 0


class _Stream(msgspec.Struct):
    pmtu: int = 0


class _Interval(msgspec.Struct):
    sum: _Sum
    streams: tuple[_Stream, ...] = ()


class _Test(msgspec.Struct):
    protocol: str = ""
    blksize: int = 0


class _Connected(msgspec.Struct):
    remote_host: str = ""


class _Start(msgspec.Struct):
    connected: tuple[_Connected, ...] = ()
    tcp_mss_default: int = 0
    test_start: _Test = msgspec.field(default_factory=_Test)


class _End(msgspec.Struct):
    sum_sent: _Sum = msgspec.field(default_factory=_Sum)


class _Server(msgspec.Struct):
    intervals: tuple[_Interval, ...] = ()


class _Output(msgspec.Struct):
    start: _Start = msgspec.field(default_factory=_Start)
    end: _End = msgspec.field(default_factory=_End)
    error: str = ""
    intervals: tuple[_Interval, ...] = ()
    server_output_json: _Server = msgspec.field(default_factory=_Server)


def read(text: str) -> Arrived:
    """The result from the client's output, which includes the server's intervals: they say what arrived when.

    Raises Refused with iperf3's reason, also if nothing arrived.
    """
    try:
        output = msgspec.json.decode(text, type=_Output)
    except msgspec.DecodeError as error:
        raise Refused(text.strip()[-300:] or "it says nothing") from error
    if output.error:
        raise Refused(output.error)
    intervals = [interval.sum for interval in output.server_output_json.intervals if interval.sum.bytes > 0]
    if not intervals:
        raise Refused("nothing arrived")
    seconds = max(intervals[-1].end - intervals[0].start, _STEP / 10)  # whole intervals: up to two steps too many
    total = sum(interval.bytes for interval in intervals)
    test = output.start.test_start
    if test.protocol.lower() == "udp":
        if test.blksize < 1:
            raise Refused("it does not say how large its packets were")
        return Arrived(Transport.UDP, test.blksize, total, seconds, output.end.sum_sent.packets)
    return Arrived(Transport.TCP, _segment(output), total, seconds, None)


def _segment(output: _Output) -> int:
    """TCP's largest segment at the end of the test: path MTU discovery may have reduced it."""
    first = max(1, output.start.tcp_mss_default)
    is_ipv6 = any(":" in connection.remote_host for connection in output.start.connected)
    learnt = [
        stream.pmtu - _HEADERS[is_ipv6] for interval in output.intervals for stream in interval.streams if stream.pmtu
    ]
    return min([first, *learnt[-1:]])
