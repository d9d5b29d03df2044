"""The measured values, in the form of a run's file.

Seconds, bytes, bits per second; times of day in ISO 8601, UTC.
"""

from dataclasses import field
from enum import StrEnum

from netdsl.dataclass import dataclass
from netdsl.runtime.meter import Disk, Fact, Usage

FORMAT = 1
"""The format of the file; a file of another format is refused."""


class BootKind(StrEnum):
    FRESH = "fresh"  # with building or importing images or boxes, as the case study defines it
    WARM = "warm"  # with images or boxes from before


@dataclass(frozen=True, slots=True)
class Boot:
    """Seconds. `build`: building or importing images; `up`: from the command until every node is ready; `holding`: from
    then until every expectation without `while` has held (None: not all did)."""

    kind: BootKind
    build: float
    up: float
    holding: float | None

    @property
    def ready(self) -> float:
        return self.build + self.up

    @property
    def total(self) -> float | None:
        return None if self.holding is None else self.ready + self.holding


class Moment(StrEnum):
    """When a reading was taken: during a boot, at rest after it, during throughput tests."""

    BOOT = "boot"
    STEADY = "steady"
    LOAD = "load"


@dataclass(frozen=True, slots=True)
class Reading:
    """`boot`: the preceding boot; `at`: seconds since its begin, under load since the begin of the throughput tests."""

    boot: BootKind
    moment: Moment
    at: float
    usage: Usage


@dataclass(frozen=True, slots=True)
class Path:
    """A path through the lab that is measured. `source`, `destination`: names of nodes; `address`: the destination address.
    `tunnels`: the tunnels that carry the packets; empty for a path outside of tunnels. `hops`: the number of nodes that
    forward. `services`: the services needed for measurements that the lab's filters accept: `icmp`, `tcp/PORT`,
    `udp/PORT`. `esp`: the kind of ESP (`kernel`, `user`) without which it does not pass; empty: it passes with each."""

    name: str
    source: str
    destination: str
    address: str
    tunnels: tuple[str, ...]
    hops: int
    services: tuple[str, ...]
    esp: str = ""


class Asking(StrEnum):
    PING = "ping"
    CONNECT = "connect"  # SYN to SYN-ACK, if the lab's filters drop pings


@dataclass(frozen=True, slots=True)
class Latency:
    """Every round-trip time in seconds, in the order of measurement; `lost`: the number of unanswered probes."""

    path: str
    asking: Asking
    times: tuple[float, ...]
    lost: int


class Transport(StrEnum):
    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True)
class Throughput:
    """What arrived. `payload`: bytes of user data in a packet (TCP: the largest segment); `packets`: per second (TCP:
    computed from bits and segment); `lost`: the share of packets lost, None for TCP; `seconds`: the duration; `cpu`:
    seconds of processor of all nodes from before to after the test, None: not measured."""

    path: str
    transport: Transport
    payload: int
    bits: float
    packets: float
    lost: float | None
    seconds: float
    cpu: float | None = None

    @property
    def cpu_per_megabyte(self) -> float | None:
        """Seconds of processor for 10^6 bytes of user data that arrived."""
        megabytes = self.bits * self.seconds / 8e6
        return None if self.cpu is None or megabytes <= 0 else self.cpu / megabytes


@dataclass(frozen=True, slots=True)
class OnWire:
    """An ICMP echo with `payload` bytes of data. Bytes of IP packets: `inside`, as it is sent; `outside`, as `network` sees
    it."""

    path: str
    network: str
    payload: int
    inside: int
    outside: int


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """Seconds from the command that brings a path's tunnels up, at all their ends, until the first ping is answered."""

    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Line:
    """One expectation: its place and text, the verifier's prediction, and the verdict of the running lab."""

    place: str
    text: str
    is_predicted: bool
    verdict: str
    seen: str


CUT = "cut short"
"""The step of the trouble of an incomplete round (Ctrl-C, a runtime that died); `--resume` repeats the round."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A step that failed. The round has the figures of the other steps."""

    step: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """All steps on one target. `load`: the machine's load average of one minute, before and after.

    `cpu`: seconds of processor time of all nodes, from the begin of the first boot until every expectation held. A
    value that is None or empty was not requested, or has its reason in `troubles`.
    """

    number: int
    began: str
    seconds: float
    load: tuple[float, float]
    boots: tuple[Boot, ...] = ()
    readings: tuple[Reading, ...] = field(default=(), repr=False)
    cpu: float | None = None
    disk: Disk | None = None
    latencies: tuple[Latency, ...] = field(default=(), repr=False)
    throughputs: tuple[Throughput, ...] = ()
    wires: tuple[OnWire, ...] = ()
    firsts: tuple[FirstAnswer, ...] = ()
    lines: tuple[Line, ...] = ()
    teardown: float | None = None
    troubles: tuple[Trouble, ...] = ()

    def boot(self, kind: BootKind) -> Boot | None:
        return next((boot for boot in self.boots if boot.kind is kind), None)

    @property
    def is_cut(self) -> bool:
        """Whether the round is incomplete. The values that it has are measured."""
        return any(trouble.step == CUT for trouble in self.troubles)


@dataclass(frozen=True, slots=True)
class Source:
    """A source file of the lab: its name as in places, its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The lab that was measured. `digest`: of the IR, so that comments do not matter; `payload`: of the payload of all
    nodes without keys, which is the same in each target."""

    name: str
    title: str
    digest: str
    payload: str
    nodes: int
    networks: int
    tunnels: int
    sources: tuple[Source, ...] = field(repr=False, default=())
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine of a run. `memory`: bytes."""

    processor: str
    cores: int
    memory: int
    architecture: str
    kernel: str
    system: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a round. `boots`: in order; `steady`: seconds of rest before the reading at rest; `pings`: per path;
    `seconds`: per throughput test; `payloads`: bytes of user data in the UDP packets. `pairs`: from whom to whom latency
    and throughput are measured, as in `netdsl trace`; empty: what the lab suggests, None: none."""

    boots: tuple[BootKind, ...] = (BootKind.FRESH, BootKind.WARM)
    steady: float = 5.0
    pings: int = 100
    seconds: float = 3.0
    payloads: tuple[int, ...] = (64, 653, 1370)
    pairs: tuple[tuple[str, str], ...] | None = ()


@dataclass(frozen=True, slots=True)
class Run:
    """The rounds of one lab on one target and one machine. `rounds`: those measured so far; `wanted`: how many are
    wanted."""

    format: int
    netdsl: str
    target: str
    subject: Subject
    machine: Machine
    facts: tuple[Fact, ...]
    methods: tuple[Fact, ...]
    plan: Plan
    paths: tuple[Path, ...]
    wanted: int
    rounds: tuple[Round, ...] = ()

    @property
    def done(self) -> int:
        """The number of complete rounds."""
        return sum(not round_.is_cut for round_ in self.rounds)

    @property
    def is_complete(self) -> bool:
        return self.done >= self.wanted
