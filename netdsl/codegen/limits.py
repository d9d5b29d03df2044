"""What a node has of the machine at most: memory, processors, processes, lines of its log."""

import re
from collections.abc import Mapping
from decimal import Decimal

from netdsl.codegen.abilities import Check
from netdsl.codegen.contract import Options
from netdsl.codegen.settings import setting
from netdsl.dataclass import dataclass
from netdsl.ir.lab import Lab
from netdsl.ir.node import Resources

PERIOD = 100_000
"""Microseconds, the kernel's own (Documentation/scheduler/sched-bwc.rst). As a quota of it, and not as `cpus`, a limit may
be more than the machine has, and a kernel without quotas starts the node all the same."""

_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_SIZE = re.compile(r"(\d{1,12})(B|kB|MB|GB|KiB|MiB|GiB)", re.ASCII)
_COUNT = re.compile(r"\d{1,7}", re.ASCII)
_NUMBER = re.compile(r"\d{1,5}(\.\d{1,4})?", re.ASCII)
_LEAST_MEMORY = 6 * 2**20  # of the engine
_LEAST_PROCESSES = 32  # what the script, a daemon and some probes are together


@dataclass(frozen=True, slots=True)
class Limits:
    """`memory` in bytes; `cpu` in processors."""

    memory: int
    cpu: Decimal
    processes: int

    @property
    def quota(self) -> int:
        """Microseconds of each PERIOD."""
        return int(self.cpu * PERIOD)


DEFAULT = Limits(512 * 2**20, Decimal(2), 512)


def limits_of(lab: Lab, options: Options, target: str) -> Limits:
    """Of a node that says nothing."""
    memory, cpu, processes = (setting(lab, options, target, key) for key in ("memory", "cpu", "processes"))
    return Limits(
        DEFAULT.memory if memory is None else _size(memory),
        DEFAULT.cpu if cpu is None else Decimal(cpu),
        DEFAULT.processes if processes is None else int(processes),
    )


def node_limits(resources: Resources, common: Limits, options: Options) -> Limits:
    """Of one node. What the command line says is also the most that a source can ask for."""
    memory = common.memory if resources.memory_bytes is None else resources.memory_bytes
    cpu = common.cpu if resources.cpus is None else Decimal(str(resources.cpus))
    return Limits(
        min(memory, common.memory) if "memory" in options.settings else memory,
        min(cpu, common.cpu) if "cpu" in options.settings else cpu,
        common.processes,
    )


def _size(text: str) -> int:
    found = _SIZE.fullmatch(text)
    assert found is not None, "checked before"
    return int(found[1]) * _BYTES[found[2]]


def _memory_problem(value: str) -> str | None:
    if _SIZE.fullmatch(value) is None or _size(value) < _LEAST_MEMORY:
        return f"`{value}` is no size of at least 6MiB"
    return None


def _cpu_problem(value: str) -> str | None:
    if _NUMBER.fullmatch(value) is None or Decimal(value) < Decimal("0.01"):
        return f"`{value}` is no number of processors of at least 0.01"
    return None


def _processes_problem(value: str) -> str | None:
    if _COUNT.fullmatch(value) is None or int(value) < _LEAST_PROCESSES:
        return f"`{value}` is no number of processes of at least {_LEAST_PROCESSES}"
    return None


SETTINGS: Mapping[str, Check] = {"memory": _memory_problem, "cpu": _cpu_problem, "processes": _processes_problem}
