"""A job whose tools answer by a function: no engine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import cast

from netdsl.ir.lab import Lab
from netdsl.measuring.job import Job
from netdsl.measuring.types import Plan, Subject
from netdsl.runtime.driver import Answer, Deployment, Driver
from netdsl.runtime.meter import Meter, NodeUsage, Tools, Usage
from netdsl.testing.pace import Pace

_EVER = count()
NO_WAIT = Pace(now=lambda: float(next(_EVER)), sleep=lambda _: None)
"""A second passes whenever somebody looks."""


class Bench:
    """Keeps what was asked, in order, and how many tools are open."""

    def __init__(
        self,
        answer: Callable[[str, Sequence[str]], Answer],
        lab: Lab | None = None,
        *,
        pings: int = 5,
        payloads: tuple[int, ...] = (),
    ) -> None:
        self.answer, self.slowness, self.open, self.cpu = answer, 1.0, 0, 0.0
        self.asked: list[tuple[str, list[str]]] = []
        deployment = Deployment(Path("/nowhere"), "p")
        plan = Plan(pings=pings, seconds=1.0, payloads=payloads)
        found = lab or Lab("x", None, (), ())
        subject = Subject("x", "", "", "", 0, 0, 0)
        self.job = Job(found, subject, "none", cast(Driver, self), cast(Meter, self), deployment, (), plan, None)

    def usage(self, deployment: Deployment) -> Usage:
        """Another second of processor each time."""
        self.cpu += 1.0
        return Usage((NodeUsage("a", None, None, self.cpu),))

    @contextmanager
    def tools(self, deployment: Deployment, node: str) -> Iterator[Tools]:
        self.open += 1
        try:
            yield _Tools(self, node)
        finally:
            self.open -= 1


class _Tools:
    def __init__(self, bench: Bench, node: str) -> None:
        self.bench, self.node = bench, node

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        self.bench.asked.append((self.node, list(command)))
        return self.bench.answer(self.node, command)
