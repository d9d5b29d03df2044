"""What one round measured, figure by figure: the values that a comparison puts side by side."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import assert_never

from netdsl.comparing.types import Figure, Group, Unit
from netdsl.measuring.types import BootKind, Latency, Moment, Path, Round, Run, Throughput, Transport
from netdsl.runtime.meter import NodeUsage, Usage

LESS, MORE, NEITHER = -1, 1, 0


def figures(run: Run, taken: Round) -> Iterator[Figure]:
    """In the order in which they are shown. What was not measured is left out."""
    paths = {path.name: path for path in run.paths}
    yield from _boots(taken)
    yield from _memory(taken)
    if taken.cpu is not None:
        yield _figure("processor.boot", Group.PROCESSOR, "processor time", Unit.SECONDS, taken.cpu,
                      "of all nodes, from the beginning of the first boot until every expectation held")  # fmt: skip
    yield from _disk(taken)
    for latency in taken.latencies:
        yield from _latency(latency, paths.get(latency.path))
    for throughput in taken.throughputs:
        yield from _throughput(throughput, paths.get(throughput.path))


def _figure(key: str, group: Group, title: str, unit: Unit, value: float, detail: str, better: int = LESS) -> Figure:
    return Figure(key, group, title, detail, unit, better, value)


_BOOT_DETAILS = {
    "build": "what `up` needs beside its folder: images built, boxes imported",
    "up": "from the command until every node is ready",
    "ready": "build and up together",
    "holding": "from then until every expectation was seen to hold",
    "total": "from nothing until every expectation holds",
}


def _boots(taken: Round) -> Iterator[Figure]:
    for kind in BootKind:
        boot = taken.boot(kind)
        if boot is None:
            continue
        steps = (("build", boot.build), ("up", boot.up), ("ready", boot.ready),
                 ("holding", boot.holding), ("total", boot.total))  # fmt: skip
        for name, value in steps:
            if value is not None:
                yield _figure(
                    f"boot.{kind}.{name}", Group.BOOT, f"{kind} boot: {name}", Unit.SECONDS, value, _BOOT_DETAILS[name]
                )
    if taken.teardown is not None:
        detail = "until nothing of the lab is left"
        yield _figure("boot.teardown", Group.BOOT, "teardown", Unit.SECONDS, taken.teardown, detail)


def _pss(usage: Usage) -> int | None:
    return _sum(usage, lambda one: one.pss)


def _sum(usage: Usage, of: Callable[[NodeUsage], int | None]) -> int | None:
    """None where a node has no such figure: a part would pass for the whole."""
    sizes = [of(node) for node in usage.nodes]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


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


def _memory(taken: Round) -> Iterator[Figure]:
    """All nodes together: the most of any reading, of those of boots and of load apart, and at rest. What tunnels queue
    under load can be several times what a lab takes otherwise: the most of all alone would hide that."""
    by_moment = {moment: [one.usage for one in taken.readings if one.moment is moment] for moment in Moment}
    for moment, usages, when, take, kinds in (
        ("max", [one.usage for one in taken.readings], "most of all", max, _KINDS),
        ("boot", by_moment[Moment.BOOT], "most while it boots", max, _WHOLES),
        ("load", by_moment[Moment.LOAD], "most under load", max, _WHOLES),
        ("steady", by_moment[Moment.STEADY], "at rest", median, _KINDS),
    ):
        for name, kind, detail, of in kinds:
            sizes = [float(size) for usage in usages if (size := of(usage)) is not None]
            if sizes:
                title = f"memory, {when}: {kind}"
                yield _figure(f"memory.{moment}.{name}", Group.MEMORY, title, Unit.BYTES, take(sizes), detail)


def _disk(taken: Round) -> Iterator[Figure]:
    if taken.disk is None:
        return
    base = sum(one.size for one in taken.disk.bases)
    nodes = sum(one.size for one in taken.disk.nodes)
    for name, size, detail in (
        ("base", base, "images or boxes, once for all nodes"),
        ("nodes", nodes, "what the nodes have added by running"),
        ("total", base + nodes, "both together"),
    ):
        yield _figure(f"disk.{name}", Group.DISK, f"disk: {name}", Unit.BYTES, size, detail)


def path_title(name: str, path: Path | None) -> str:
    """`a.client-1 to server through a.to-cloud`."""
    if path is None:
        return name
    way = f" through {', '.join(path.tunnels)}" if path.tunnels else " in clear"
    return f"{path.source} to {path.destination}{way}"


def _latency(latency: Latency, path: Path | None) -> Iterator[Figure]:
    """Of a round its median and what was lost; what is of all samples together is the comparison's."""
    head = f"latency.{latency.path}"
    title = path_title(latency.path, path)
    if latency.times:
        yield _figure(f"{head}.median", Group.LATENCY, f"{title}: median", Unit.SECONDS, median(latency.times),
                      f"{latency.asking}, of the rounds' medians")  # fmt: skip
    asked = len(latency.times) + latency.lost
    if asked:
        yield _figure(f"{head}.lost", Group.LATENCY, f"{title}: lost", Unit.SHARE, latency.lost / asked,
                      f"{latency.asking}, not answered")  # fmt: skip


def _throughput(one: Throughput, path: Path | None) -> Iterator[Figure]:
    title = path_title(one.path, path)
    match one.transport:
        case Transport.TCP:
            head, kind, size = f"throughput.{one.path}.tcp", "TCP", f"segments of {one.payload} bytes"
        case Transport.UDP:
            head, kind = f"throughput.{one.path}.udp.{one.payload}", f"UDP {one.payload}"
            size = f"packets with {one.payload} bytes of data"
        case _:
            assert_never(one.transport)
    yield _figure(f"{head}.bits", Group.THROUGHPUT, f"{title}: {kind}", Unit.BITS, one.bits, size, MORE)
    yield _figure(
        f"{head}.packets", Group.THROUGHPUT, f"{title}: {kind}, packets", Unit.PACKETS, one.packets, size, MORE
    )
    if one.lost is not None:
        yield _figure(f"{head}.lost", Group.THROUGHPUT, f"{title}: {kind}, lost", Unit.SHARE, one.lost, size)


def all_times(rounds: Sequence[Round], path: str) -> list[float]:
    """Every round-trip time of a path, ordered by size."""
    return sorted(time for taken in rounds for one in taken.latencies if one.path == path for time in one.times)
