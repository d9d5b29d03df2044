"""What one round measured, figure by figure: the values that a comparison puts side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import assert_never

from netdsl.comparing.types import Figure, Group, Unit
from netdsl.comparing.variation import path_titles
from netdsl.measuring.types import BootKind, Latency, Moment, OnWire, Round, Run, Throughput, Transport
from netdsl.runtime.meter import NodeUsage, Usage

LESS, MORE, NEITHER = -1, 1, 0


def figures(run: Run, round_: Round, titles: Mapping[str, str] | None = None) -> Iterator[Figure]:
    """The figures of one round in the order of display, without those that were not measured. `titles`: of the paths."""
    titles = path_titles((run,)) if titles is None else titles
    yield from _boots(round_)
    yield from _memory(round_)
    if round_.cpu is not None:
        yield _figure("processor.boot", Group.PROCESSOR, "processor time", Unit.SECONDS, round_.cpu,
                      "of all nodes, from the beginning of the first boot until every expectation held")  # fmt: skip
    yield from _disk(round_)
    for latency in round_.latencies:
        yield from _latency(latency, titles.get(latency.path, latency.path))
    for first in round_.firsts:
        title = f"{titles.get(first.path, first.path)}: first answer"
        yield _figure(f"latency.{first.path}.first", Group.LATENCY, title, Unit.SECONDS, first.seconds,
                      "from the command that brings the tunnel up, at all ends, after it was down")  # fmt: skip
    for seen in round_.wires:
        yield from _on_wire(seen, titles.get(seen.path, seen.path))
    for throughput in round_.throughputs:
        yield from _throughput(throughput, titles.get(throughput.path, throughput.path))


def _figure(key: str, group: Group, title: str, unit: Unit, value: float, detail: str, better: int = LESS) -> Figure:
    return Figure(key, group, title, detail, unit, better, value)


_BOOT_DETAILS = {
    "build": "what `up` needs beside its folder: images built, boxes imported",
    "up": "from the command until every node is ready",
    "ready": "build and up together",
    "holding": "from then until every expectation was seen to hold",
    "total": "from nothing until every expectation holds",
}


def _boots(round_: Round) -> Iterator[Figure]:
    for kind in BootKind:
        boot = round_.boot(kind)
        if boot is None:
            continue
        steps = (("build", boot.build), ("up", boot.up), ("ready", boot.ready),
                 ("holding", boot.holding), ("total", boot.total))  # fmt: skip
        for name, value in steps:
            if value is not None:
                yield _figure(
                    f"boot.{kind}.{name}", Group.BOOT, f"{kind} boot: {name}", Unit.SECONDS, value, _BOOT_DETAILS[name]
                )
    if round_.teardown is not None:
        detail = "until nothing of the lab is left"
        yield _figure("boot.teardown", Group.BOOT, "teardown", Unit.SECONDS, round_.teardown, detail)


def _pss(usage: Usage) -> int | None:
    return _sum(usage, lambda node: node.pss)


def _sum(usage: Usage, size_of: Callable[[NodeUsage], int | None]) -> int | None:
    """The sum over all nodes; None if a node lacks the figure, because a partial sum would be round_ for the total."""
    sizes = [size_of(node) for node in usage.nodes]
    measured = [size for size in sizes if size is not None]
    return sum(measured) if measured and len(measured) == len(sizes) else None


_KINDS: tuple[tuple[str, str, str, Callable[[Usage], int | None]], ...] = (
    ("all", "in all", "PSS of processes and helpers: what running the nodes takes",
     lambda usage: None if (pss := _pss(usage)) is None else pss + usage.helpers),
    ("pss", "processes", "PSS of the nodes' processes; of a machine's hypervisor", _pss),
    ("helpers", "helpers", "PSS of the runtime's processes that are there for these nodes alone",
     lambda usage: usage.helpers),
    ("cgroup", "control groups", "as the kernel accounts the nodes' control groups, page cache included",
     lambda usage: _sum(usage, lambda one: one.cgroup)),
)  # fmt: skip
_WHOLES = tuple(one for one in _KINDS if one[0] in ("all", "cgroup"))


def _memory(round_: Round) -> Iterator[Figure]:
    """Memory of all nodes: the maximum of all readings, of those during boots, of those under load, and the value at
    rest. Packets queued in tunnels under load can take several times the memory of the lab, so these maxima are kept
    apart."""
    by_moment = {
        moment: [reading.usage for reading in round_.readings if reading.moment is moment] for moment in Moment
    }
    for moment, usages, when, take, kinds in (
        ("max", [reading.usage for reading in round_.readings], "most of all", max, _KINDS),
        ("boot", by_moment[Moment.BOOT], "most while it boots", max, _WHOLES),
        ("load", by_moment[Moment.LOAD], "most under load", max, _WHOLES),
        ("steady", by_moment[Moment.STEADY], "at rest", median, _KINDS),
    ):
        for name, kind, detail, size_of in kinds:
            sizes = [float(size) for usage in usages if (size := size_of(usage)) is not None]
            if sizes:
                title = f"memory, {when}: {kind}"
                yield _figure(f"memory.{moment}.{name}", Group.MEMORY, title, Unit.BYTES, take(sizes), detail)


def _disk(round_: Round) -> Iterator[Figure]:
    if round_.disk is None:
        return
    base = sum(volume.size for volume in round_.disk.bases)
    nodes = sum(volume.size for volume in round_.disk.nodes)
    for name, size, detail in (
        ("base", base, "images or boxes, once for all nodes"),
        ("nodes", nodes, "what the nodes have added by running"),
        ("total", base + nodes, "both together"),
    ):
        yield _figure(f"disk.{name}", Group.DISK, f"disk: {name}", Unit.BYTES, size, detail)


def _latency(latency: Latency, title: str) -> Iterator[Figure]:
    """The median and the loss of one round. `compare` computes the quantiles over all rounds."""
    head = f"latency.{latency.path}"
    if latency.times:
        yield _figure(f"{head}.median", Group.LATENCY, f"{title}: median", Unit.SECONDS, median(latency.times),
                      f"{latency.asking}, of the rounds' medians")  # fmt: skip
    sent = len(latency.times) + latency.lost
    if sent:
        yield _figure(f"{head}.lost", Group.LATENCY, f"{title}: lost", Unit.SHARE, latency.lost / sent,
                      f"{latency.asking}, not answered")  # fmt: skip


def _throughput(measured: Throughput, title: str) -> Iterator[Figure]:
    match measured.transport:
        case Transport.TCP:
            head, kind, size = f"throughput.{measured.path}.tcp", "TCP", f"segments of {measured.payload} bytes"
        case Transport.UDP:
            head, kind = f"throughput.{measured.path}.udp.{measured.payload}", f"UDP {measured.payload}"
            size = f"packets with {measured.payload} bytes of data"
        case _:
            assert_never(measured.transport)
    yield _figure(f"{head}.bits", Group.THROUGHPUT, f"{title}: {kind}", Unit.BITS, measured.bits, size, MORE)
    yield _figure(
        f"{head}.packets", Group.THROUGHPUT, f"{title}: {kind}, packets", Unit.PACKETS, measured.packets, size, MORE
    )
    if (cost := measured.cpu_per_megabyte) is not None:
        key = f"processor.{head.removeprefix('throughput.')}"
        yield _figure(key, Group.PROCESSOR, f"{title}: {kind}, a megabyte", Unit.SECONDS, cost,
                      "of all nodes, for each 10^6 bytes of data that arrived")  # fmt: skip
    if measured.lost is not None:
        yield _figure(f"{head}.lost", Group.THROUGHPUT, f"{title}: {kind}, lost", Unit.SHARE, measured.lost, size)


def _on_wire(seen: OnWire, title: str) -> Iterator[Figure]:
    """What a packet grows by."""
    detail = f"a packet of {seen.inside} bytes inside, as `{seen.network}` sees it"
    yield _figure(f"wire.{seen.path}.{seen.payload}", Group.WIRE, f"{title}: {seen.payload} bytes of data", Unit.BYTES,
                  seen.outside - seen.inside, detail)  # fmt: skip


def all_times(rounds: Sequence[Round], path: str) -> list[float]:
    """Every round-trip time of a path in all rounds, sorted."""
    return sorted(
        time for round_ in rounds for latency in round_.latencies if latency.path == path for time in latency.times
    )
