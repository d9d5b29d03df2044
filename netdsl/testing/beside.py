"""The probes of a run: one beside each node that is asked, begun when it is first needed, all ended together."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import field
from threading import Lock

from netdsl.dataclass import dataclass
from netdsl.ir.ids import NodeId, host_name
from netdsl.runtime.driver import Deployment, Driver, DriverError, Probe, Progress

_PARALLEL = 8  # probes that end at the same time


@dataclass(eq=False, slots=True)
class Probes:
    """Thread-safe. `begun`: probes with the contexts that end them."""

    driver: Driver
    deployment: Deployment
    begun: dict[NodeId, tuple[Probe, AbstractContextManager[Probe]]] = field(default_factory=dict)
    locks: dict[NodeId, Lock] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def at(self, node: NodeId) -> Probe:
        """Raises DriverError."""
        with self.lock:
            own = self.locks.setdefault(node, Lock())
        with own:
            if node not in self.begun:
                context = self.driver.probe(self.deployment, host_name(node))
                self.begun[node] = (context.__enter__(), context)
            return self.begun[node][0]

    def end(self) -> None:
        """End all, also after a failure; then raise the first DriverError."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            ending = [pool.submit(context.__exit__, None, None, None) for _, context in self.begun.values()]
        failures = [error for one in ending if (error := one.exception()) is not None]
        if failures:
            raise next((error for error in failures if isinstance(error, DriverError)), failures[0])


@contextmanager
def probing(driver: Driver, deployment: Deployment, progress: Progress) -> Iterator[Probes]:
    """While the block runs. Raises DriverError."""
    driver.prepare_probes(progress)
    probes = Probes(driver, deployment)
    try:
        yield probes
    finally:
        probes.end()
