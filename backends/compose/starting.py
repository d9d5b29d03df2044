"""Progress of a project's start and end: one summary of all its networks and containers, from what Compose says of each.

Compose says ` Container NAME  Creating`, then `Created`, `Starting` and `Started`, of each (cmd/formatter, pkg/progress:
plain output); in other orders where a container is there already.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from netdsl.dataclass import dataclass
from netdsl.diagnostics.visible import Passing, Summary
from netdsl.runtime.driver import Progress

_LINE = re.compile(r"\s*(Network|Container) (\S+)\s+(\S+)\s*")
_MADE = {"Created", "Recreated", "Starting", "Started", "Running", "Healthy"}
_STARTED = {"Started", "Running", "Healthy"}


@dataclass(eq=False, slots=True)
class Starting:
    """How many networks and containers there are to be, and those of which Compose has said that they are made and started.

    Each step is a summary, which only a terminal shows; the end of each part is a line.
    """

    progress: Progress
    networks: int
    containers: int
    made_networks: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    started: set[str] = field(default_factory=set)

    def hear(self, line: str) -> None:
        """A line of Compose's. How it fails is in the error."""
        found = _LINE.fullmatch(line)
        if found is None:
            return
        what, name, state = found.groups()
        before = self._counts()
        if what == "Network" and state == "Created":
            self.made_networks.add(name)
        if what == "Container":
            self.made |= {name} if state in _MADE else set()
            self.started |= {name} if state in _STARTED else set()
        counts = self._counts()
        if counts == before:
            return
        self.progress(Summary("\n".join(self._lines())))
        for count, old, whole, text in zip(counts, before, self._wholes(), _WHOLE, strict=True):
            if count == whole != old:
                self.progress(Passing(text.format(count)))

    def _counts(self) -> tuple[int, int, int]:
        return len(self.made_networks), len(self.made), len(self.started)

    def _wholes(self) -> tuple[int, int, int]:
        return self.networks, self.containers, self.containers

    def _lines(self) -> tuple[str, ...]:
        networks = (f"{len(self.made_networks)} of {self.networks} networks are made",) if self.made_networks else ()
        return *networks, f"{len(self.made)} of {self.containers} containers are made, {len(self.started)} started"


_WHOLE = ("networks made: {}", "containers made: {}", "containers started: {}")


@dataclass(eq=False, slots=True)
class Ending:
    """Containers and networks that Compose has stopped and removed. How many there are it does not say before."""

    progress: Progress
    stopped: set[str] = field(default_factory=set)
    removed: dict[str, set[str]] = field(default_factory=lambda: {"Container": set(), "Network": set()})

    def hear(self, line: str) -> None:
        """As of `Starting`."""
        found = _LINE.fullmatch(line)
        if found is None:
            return
        what, name, state = found.groups()
        if state == "Stopped":
            self.stopped.add(name)
        elif state == "Removed":
            self.removed[what].add(name)
        else:
            return
        containers, networks = map(len, self.removed.values())
        lines = (
            f"{len(self.stopped)} containers are stopped, {containers} removed",
            f"{networks} networks are removed",
        )
        self.progress(Summary("\n".join(lines[: 2 if networks else 1])))

    def finish(self) -> None:
        """What was removed, as lines."""
        for what, names in self.removed.items():
            if names:
                self.progress(Passing(f"{what.lower()}s removed: {len(names)}"))


def starting(config: Mapping[str, Any], progress: Progress) -> Starting:
    """`config`: as `resolved` has it."""
    networks = (config.get("networks") or {}).values()
    own = [network for network in networks if not (network or {}).get("external")]
    return Starting(progress, len(own), len(config.get("services") or ()))
