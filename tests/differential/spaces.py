"""Nodes without an engine: Linux namespaces, by the target `namespaces` and its driver, as users have them."""

import json
from dataclasses import dataclass
from typing import ClassVar

from netdsl.backends.namespaces.driver import driver, run_verb
from netdsl.backends.namespaces.runner.roots import place_of
from netdsl.backends.namespaces.runner.state import State
from netdsl.runtime.driver import Deployment, DriverError
from tests.differential.running import Running

UNTIL_UP = 180.0  # seconds
# Seconds, after which a tunnel that is still down stays down: in one of several orders, or for what a `run` line did. The
# flows are asked as they are then.
UNTIL_DOWN = 60.0
_LAST_LINES = 15


def ignore(_: str) -> None:
    """Progress."""


@dataclass(frozen=True, slots=True)
class InSpaces(Running):
    """By namespaces. What a killed process leaves up is taken away by the next one in its folder."""

    target: ClassVar[str] = "namespaces"

    @property
    def deployment(self) -> Deployment:
        return Deployment(self.folder, self.project)

    @property
    def state(self) -> State:
        return State(self.project)

    def prepare(self) -> list[str]:
        """The root file systems, those of what runs beside nodes too."""
        names = sorted(json.loads((self.folder / "lab.json").read_text())["roots"])
        if not all(place_of(name).is_dir() for name in names):
            run_verb(self.deployment, ignore, "roots")
        return names

    def up(self) -> None:
        """Nodes are ready, or wait for nothing but a tunnel."""
        for seconds in (UNTIL_DOWN, UNTIL_UP - UNTIL_DOWN):
            try:
                driver.up(self.deployment, ignore, timeout=int(seconds * self.machine.patience))
                return
            except DriverError as error:
                waits = [line.partition(": ")[2] for line in error.tail.splitlines()]
                if waits and all(one.startswith("tunnel ") for one in waits):
                    return
                if seconds != UNTIL_DOWN or not waits or any(one.startswith("has ended") for one in waits):
                    raise

    def take_away(self) -> None:
        driver.down(self.deployment, ignore)
        self.processes.clear()

    def first_process(self, node: str) -> str:
        record = self.state.node(node)
        assert record is not None, f"{self.project}: {node} was not started"
        assert record.process.is_alive, f"{self.project}: {node} has ended\n{self.logs()}"
        return str(record.process.number)

    def logs(self) -> str:
        state, room = self.state, self.state.room
        if room is None:
            return ""
        return "".join(self._log(name, state.log(name, room).read_text(errors="replace")) for name in state.nodes())

    def _log(self, name: str, text: str) -> str:
        return "".join(f"{name}: {line}\n" for line in text.splitlines()[-_LAST_LINES:])
