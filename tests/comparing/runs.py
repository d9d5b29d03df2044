"""Small runs by hand, whose figures can be told by heart."""

from dataclasses import replace

from netdsl.measuring.types import (
    CUT,
    FORMAT,
    Asking,
    Boot,
    BootKind,
    FirstAnswer,
    Latency,
    Line,
    Machine,
    Moment,
    OnWire,
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

MIB = 1024**2
PATH = Path("a-b", "a", "b", "10.0.0.2", ("t",), 1, ("icmp",))
SUBJECT = Subject("tiny", "", "d" * 64, "p" * 64, 2, 1, 1, (Source("lab.net", "lab tiny\n"),))
MACHINE = Machine("A processor", 4, 8 << 30, "x86_64", "Linux 6.1", "Debian 12")


def taken(number: int, scale: float = 1.0) -> Round:
    """A round whose figures are `scale` times: fresh 10 + 2 + 1 s, warm 2 + 1 s, 30 MiB at most, 20 MiB at rest (PSS, two
    nodes and 4 MiB of helpers), 1 to 10 ms, 250 ms to the first answer, 80 Mbit/s, 10,000 packets a second, 0.02 s of
    processor for a megabyte. A packet grows by 60 bytes."""
    return Round(
        number=number,
        began=f"2026-01-01T0{number}:00:00Z",
        seconds=60.0,
        load=(0.5, 1.0),
        boots=(
            Boot(BootKind.FRESH, 10 * scale, 2 * scale, 1 * scale),
            Boot(BootKind.WARM, 0.0, 2 * scale, 1 * scale),
        ),
        readings=(
            Reading(BootKind.FRESH, Moment.BOOT, 1.0, usage(13 * scale)),
            Reading(BootKind.WARM, Moment.STEADY, 5.0, usage(8 * scale)),
        ),
        cpu=6 * scale,
        disk=Disk((Base("image", 100 * MIB),), (Share("a", MIB), Share("b", MIB))),
        latencies=(Latency("a-b", Asking.PING, tuple(scale * one / 1000 for one in range(1, 11)), 0),),
        throughputs=(
            Throughput("a-b", Transport.TCP, 1398, 80e6 * scale, 7000 * scale, None, 3.0, cpu=0.6 * scale),
            Throughput("a-b", Transport.UDP, 1000, 80e6 * scale, 10_000 * scale, 0.0, 3.0),
        ),
        wires=(OnWire("a-b", "lan", 64, 92, 152),),
        firsts=(FirstAnswer("a-b", 0.25 * scale),),
        lines=(Line("lab.net:9", "a reaches b", True, "passed", "it does"),),
        teardown=1 * scale,
    )


def usage(each: float) -> Usage:
    """Two nodes of `each` MiB of PSS, half of it again in their groups, and 4 MiB of helpers."""
    size = round(each * MIB)
    return Usage((NodeUsage("a", size * 3 // 2, size, 0.1), NodeUsage("b", size * 3 // 2, size, 0.1)), 4 * MIB)


def containers(*scales: float) -> Run:
    """A round for each scale; three where none is given."""
    scales = scales or (1.0, 1.1, 0.9)
    return Run(
        format=FORMAT,
        netdsl="1.0",
        target="compose",
        subject=SUBJECT,
        machine=MACHINE,
        facts=(Fact("engine", "Docker Engine 26"), Fact("tunnels", "strongswan: kernel")),
        methods=(),
        plan=Plan(),
        paths=(PATH,),
        wanted=len(scales),
        rounds=tuple(taken(number, scale) for number, scale in enumerate(scales, 1)),
    )


def machines(*scales: float, accelerator: str = "none (QEMU emulates the processor)") -> Run:
    """The same on virtual machines, 20 times as slow and large where no scale says otherwise."""
    run = containers(*(scales or (20.0, 21.0, 19.0)))
    facts = (Fact("provider", "libvirt 9.0"), Fact("accelerator", accelerator), Fact("tunnels", "strongswan: kernel"))
    return replace(run, target="vagrant", facts=tuple(one for one in facts if one.value))


def cut(number: int) -> Round:
    """Ended in its middle, by Ctrl-C."""
    whole = taken(number)
    return replace(
        whole, boots=whole.boots[:1], latencies=(), throughputs=(), lines=(), troubles=(Trouble(CUT, "Ctrl-C"),)
    )
