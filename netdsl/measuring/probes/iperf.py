"""iperf3: how it is called, and what it says. 3.10 or later: `--idle-timeout`."""

import math
from dataclasses import dataclass

import msgspec

from netdsl.ir.ids import Address
from netdsl.measuring.types import Transport

_PIDS = "/tmp/netdsl-iperf3.pid"  # noqa: S108 - in a node or beside it, where nobody else is
_HEADERS = {False: 52, True: 72}  # IPv4, IPv6: its header and that of TCP with a timestamp
_STEP = 0.2  # seconds of the server's intervals
_END = f'[ ! -s {_PIDS} ] || kill "$(tr -dc 0-9 <{_PIDS})"; rm -f {_PIDS}'


def server_words(address: Address, port: int, slowness: float) -> list[str]:
    """One test, in the background; it ends by itself where nobody comes. At one address: of several the kernel would answer
    datagrams from whichever is near, which the client does not take."""
    words = ["iperf3", "--server", "--one-off", "--daemon", "--pidfile", _PIDS]
    words += ["--bind", str(address), f"-{address.version}", "--port", str(port)]
    return [*words, "--json", "--interval", str(_STEP), "--idle-timeout", str(math.ceil(30 * slowness))]


def end_words() -> list[str]:
    """Ends a server that still waits."""
    return ["sh", "-c", _END]


def client_words(address: Address, port: int, seconds: float, payload: int | None, slowness: float) -> list[str]:
    """`payload` None: TCP; else as much UDP as there is way, with so many bytes in each packet."""
    words = ["iperf3", "--client", str(address), f"-{address.version}", "--port", str(port), "--json"]
    words += ["--get-server-output", "--interval", "0", "--time", str(max(1, round(seconds)))]
    words += ["--connect-timeout", str(math.ceil(10_000 * slowness))]
    return words if payload is None else [*words, "--udp", "--bitrate", "0", "--length", str(payload)]


class Refused(ValueError):
    """What iperf3 says went wrong."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """`payload`: bytes of user data in a packet, of TCP its largest segment; `bytes`: what came, in `seconds` from first to
    last; `sent`: packets, None of TCP."""

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


class _Said(msgspec.Struct):
    start: _Start = msgspec.field(default_factory=_Start)
    end: _End = msgspec.field(default_factory=_End)
    error: str = ""
    intervals: tuple[_Interval, ...] = ()
    server_output_json: _Server = msgspec.field(default_factory=_Server)


def read(text: str) -> Arrived:
    """What the client says, with the server's part in it: that one says what came, and when.

    Raises Refused with iperf3's reason; also where nothing came.
    """
    try:
        said = msgspec.json.decode(text, type=_Said)
    except msgspec.DecodeError as error:
        raise Refused(text.strip()[-300:] or "it says nothing") from error
    if said.error:
        raise Refused(said.error)
    came = [interval.sum for interval in said.server_output_json.intervals if interval.sum.bytes > 0]
    if not came:
        raise Refused("nothing arrived")
    seconds = max(came[-1].end - came[0].start, _STEP / 10)  # whole intervals: up to two steps too many
    total = sum(interval.bytes for interval in came)
    test = said.start.test_start
    if test.protocol.lower() == "udp":
        if test.blksize < 1:
            raise Refused("it does not say how large its packets were")
        return Arrived(Transport.UDP, test.blksize, total, seconds, said.end.sum_sent.packets)
    return Arrived(Transport.TCP, _segment(said), total, seconds, None)


def _segment(said: _Said) -> int:
    """The largest of TCP at the end: the connection may have learnt only then what the way carries."""
    first = max(1, said.start.tcp_mss_default)
    is_six = any(":" in one.remote_host for one in said.start.connected)
    learnt = [
        stream.pmtu - _HEADERS[is_six] for interval in said.intervals for stream in interval.streams if stream.pmtu
    ]
    return min([first, *learnt[-1:]])
