"""Runs that nobody made, of the size and spread that real ones have: the example site-to-site as containers and as emulated
virtual machines, three rounds each."""

import random
from dataclasses import replace
from functools import cache
from pathlib import Path as File

from netdsl.codegen.traits import Trait
from netdsl.comparing.compare import compare
from netdsl.comparing.paper_types import Estimate, Limit, OnPaper, Paper, Severity
from netdsl.comparing.types import Comparison
from netdsl.measuring.types import (
    FORMAT,
    Asking,
    Boot,
    BootKind,
    Latency,
    Line,
    Machine,
    Moment,
    Parameter,
    Path,
    Plan,
    Reading,
    Round,
    Run,
    Source,
    Subject,
    Throughput,
    Transport,
    Trouble,
)
from netdsl.runtime.meter import Base, Disk, Fact, NodeUsage, Share, Usage

LAB = File(__file__).parents[2] / "examples/site-to-site/lab.net"
NODES = ("internet", "a-gw", "a-client-1", "a-client-2", "b-gw", "b-client-1", "b-client-2", "gw-s", "server")
PATHS = (
    Path("a.client-1-server", "a.client-1", "server", "10.1.0.99", ("a.to-cloud",), 3, ("tcp/8080",)),
    Path("b.client-1-server", "b.client-1", "server", "10.2.0.99", ("b.to-cloud",), 3, ("tcp/8080",)),
    Path("a.gw-gw-s", "a.gw", "gw-s", "172.28.28.28", (), 1, ("icmp", "tcp/5201", "udp/5201")),
)
MIB = 1 << 20


def subject() -> Subject:
    return Subject(
        name="site-to-site",
        title="Two sites reach the cloud server through IPsec, under the server's old local address",
        digest="sha256:4be1a7c6d20f",
        payload="sha256:90cd2277aa10",
        nodes=9,
        networks=6,
        tunnels=2,
        sources=(Source("lab.net", LAB.read_text()),),
        parameters=(Parameter("seed", "7"),),
    )


def machine() -> Machine:
    return Machine("AMD EPYC 9554 64-Core Processor", 2, 24 << 30, "x86_64", "Linux 6.1.0-37-amd64", "Debian 12")


def _boots(draw: random.Random, fresh: float, warm: float) -> tuple[Boot, Boot]:
    return (
        Boot(BootKind.FRESH, draw.gauss(fresh * 0.8, fresh * 0.03), draw.gauss(fresh * 0.15, 0.1), fresh * 0.05),
        Boot(BootKind.WARM, 0.0, draw.gauss(warm * 0.7, warm * 0.05), draw.gauss(warm * 0.3, warm * 0.04)),
    )


def _readings(draw: random.Random, boots: tuple[Boot, Boot], each: float, *, machines: bool) -> tuple[Reading, ...]:
    def usage(part: float) -> Usage:
        sizes = [round(each * MIB * part * draw.uniform(0.9, 1.3)) for _ in NODES]
        if machines:
            nodes = [NodeUsage(name, None, size, 3 * part) for name, size in zip(NODES, sizes, strict=True)]
        else:
            nodes = [
                NodeUsage(name, size, round(size * 0.7), 0.05 * part) for name, size in zip(NODES, sizes, strict=True)
            ]
        return Usage(tuple(nodes), 0 if machines else 31 * MIB)

    found = []
    for boot in boots:
        end = boot.ready + (boot.holding or 0)
        steps = min(round(end) + 1, 60)
        found += [Reading(boot.kind, Moment.BOOT, end * one / steps, usage(one / steps)) for one in range(1, steps)]
    end = boots[1].ready
    return (
        *found,
        Reading(BootKind.WARM, Moment.STEADY, end + 5, usage(0.9)),
        Reading(BootKind.WARM, Moment.LOAD, end + 40, usage(1.1)),
    )


def _latency(draw: random.Random, path: Path, middle: float) -> Latency:
    times = [middle * draw.lognormvariate(0, 0.18) * (1.25 if path.tunnels else 1.0) for _ in range(100)]
    times[draw.randrange(100)] *= 6
    return Latency(path.name, Asking.PING if "icmp" in path.services else Asking.CONNECT, tuple(times), 0)


def _throughputs(draw: random.Random, path: Path, rate: float) -> tuple[Throughput, ...]:
    """`rate`: packets a second."""
    found = []
    for payload in (64, 653, 1370):
        packets = rate * draw.gauss(1, 0.05) * (0.6 if path.tunnels else 1.0)
        found.append(
            Throughput(path.name, Transport.UDP, payload, packets * payload * 8, packets, draw.random() * 0.02, 3)
        )
    packets = rate * draw.gauss(1.5, 0.1)
    return (Throughput(path.name, Transport.TCP, 1398, packets * 1398 * 8, packets, None, 3.0), *found)


def _round(number: int, draw: random.Random, *, machines: bool) -> Round:
    boots = _boots(draw, 262, 71) if machines else _boots(draw, 24, 3.1)
    return Round(
        number=number,
        began=f"2026-11-21T16:{number * 10:02}:03Z",
        seconds=boots[0].ready + boots[1].ready + 80,
        load=(0.4 * number, 1.9),
        boots=boots,
        readings=_readings(draw, boots, 390 if machines else 2.4, machines=machines),
        cpu=draw.gauss(410, 12) if machines else draw.gauss(6.4, 0.3),
        disk=Disk(
            (Base("netdsl/debian-13" if machines else "netdsl-site-to-site-node", (612 if machines else 148) * MIB),),
            tuple(Share(name, (91 if machines else 0) * MIB + draw.randrange(MIB)) for name in NODES),
        ),
        latencies=tuple(_latency(draw, path, 2.1e-3 if machines else 62e-6) for path in PATHS),
        throughputs=_throughputs(draw, PATHS[2], 2100 if machines else 148_000),
        lines=tuple(
            Line(
                f"lab.net:{81 + one}:3", text, True, "failed" if machines and one == 5 and number == 2 else "passed", ""
            )
            for one, text in enumerate(
                (
                    "a.client-* reach 10.1.0.99 tcp/8080 answered by server.app",
                    "b.client-* reach 10.2.0.99 tcp/8080 answered by server.app",
                    "a.client-1 to server tcp/8080 is encrypted on isp-a, isp-s",
                    "a.client-* cannot reach b.client-*",
                    "a.client-*, b.client-* cannot reach internet",
                    "internet cannot reach a.gw.wan, b.gw.wan",
                )
            )
        ),
        teardown=draw.gauss(14, 1) if machines else draw.gauss(0.9, 0.05),
        troubles=(Trouble("throughput", "iperf3 ended with status 1", "run it again"),) if number == 3 else (),
    )


@cache
def containers(rounds: int = 3) -> Run:
    draw = random.Random(7)
    return Run(
        format=FORMAT,
        netdsl="0.9.0",
        target="compose",
        subject=subject(),
        machine=machine(),
        facts=(
            Fact("engine", "Docker Engine 26.1.5"),
            Fact("accelerator", "none needed"),
            Fact("nodes' kernel", "Linux 6.1.0-37-amd64, this machine's"),
        ),
        methods=(
            Fact("memory", "memory.current of each node's control group; its processes' PSS beside it"),
            Fact("cpu", "usage_usec of each node's control group"),
            Fact("fresh boot", "images are built without a cache, then `docker compose up`"),
            Fact("warm boot", "images are there; `docker compose up`"),
        ),
        plan=Plan(),
        paths=PATHS,
        wanted=rounds,
        rounds=tuple(_round(number, draw, machines=False) for number in range(1, rounds + 1)),
    )


@cache
def machines(rounds: int = 3) -> Run:
    draw = random.Random(8)
    return replace(
        containers(),
        target="vagrant",
        facts=(
            Fact("engine", "Vagrant 2.4.1, vagrant-libvirt 0.12.2, QEMU 7.2"),
            Fact("accelerator", "none (QEMU emulates the processor)"),
            Fact("nodes' kernel", "Linux 6.12.43+deb13-cloud-amd64"),
        ),
        methods=(
            Fact("memory", "proportional set size of each node's QEMU process"),
            Fact("cpu", "processor time of each node's QEMU process"),
            Fact("fresh boot", "the box is imported anew, then `vagrant up`"),
            Fact("warm boot", "machines are halted; `vagrant up`"),
        ),
        wanted=rounds,
        rounds=tuple(_round(number, draw, machines=True) for number in range(1, rounds + 1)),
    )


def comparison() -> Comparison:
    return compare((containers(), machines()))


def paper() -> Paper:
    def target(
        name: str, values: tuple[str, ...], estimates: tuple[Estimate, ...], limits: tuple[Limit, ...]
    ) -> OnPaper:
        names = ("kernel", "isolation", "image", "packages", "processors", "networks")
        traits = tuple(Trait(one, value, "It matters.") for one, value in zip(names, values, strict=True))
        return OnPaper(name, traits, "sha256:90cd2277aa10", estimates, limits)

    return Paper(
        lab="site-to-site",
        title=subject().title,
        nodes=9,
        networks=6,
        tunnels=2,
        gateways=3,
        targets=(
            target(
                "compose",
                (
                    "shared with this machine",
                    "namespaces",
                    "debian:13-slim",
                    "strongswan 6.0.1",
                    "x86_64, aarch64",
                    "bridges",
                ),
                (Estimate("", 22 * MIB, 150 * MIB, 30.0, 3.0, "the machine of docs/estimates.md"),),
                (
                    Limit(
                        Severity.DIFFERS,
                        "host-resolver",
                        "lab.net:16:3",
                        "the uplink goes through the engine's NAT",
                        "",
                    ),
                ),
            ),
            target(
                "vagrant",
                (
                    "of their own, Debian's",
                    "virtual machines",
                    "netdsl/debian-13",
                    "strongswan 6.0.1",
                    "x86_64",
                    "isolated bridges",
                ),
                (
                    Estimate("emulated", 3500 * MIB, 1500 * MIB, 280.0, 75.0, "the machine of docs/estimates.md"),
                    Estimate("KVM", 3500 * MIB, 1500 * MIB, None, None, "not measured"),
                ),
                (),
            ),
        ),
    )
