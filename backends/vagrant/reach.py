"""Connecting to the machines that Vagrant has made, with as few calls of Vagrant as possible: usually none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from shlex import quote
from typing import TypeVar

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Deployment, DriverError
from netdsl.runtime.together import together

from . import vagrant
from .machines import Made, made_machines
from .ssh import (
    Connection,
    Unreachable,
    asked_configuration,
    configured_machines,
    connection_to,
    known_configuration,
)

_AT_ONCE = 16

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Reached:
    """`connections`: open connections by machine; `reasons`: why a machine has none; `states`: Vagrant's states, if a
    connection is missing."""

    connections: Mapping[str, Connection]
    reasons: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)


def reach(folder: Path, machines: Sequence[Made]) -> Reached:
    """Connect to all running machines. If one cannot be reached, Vagrant is asked once for the current addresses:
    machines that were restarted by hand may have new ones. Raises DriverError without Vagrant."""
    made = made_machines(folder)
    config = known_configuration(folder, made)
    if config is None and made:
        config = asked_configuration(folder, made, [machine.name for machine in made])
    found, reasons = _open(folder, machines, config)
    if not reasons:
        return Reached(found)
    states = vagrant.states(vagrant.call(folder, "status", "--machine-readable").output)
    running = [name for name, state in states.items() if state == "running"]
    lost = [machine for machine in machines if machine.name in reasons and machine.name in running]
    if lost:
        more, still = _open(folder, lost, asked_configuration(folder, made, running))
        found, reasons = found | more, {name: text for name, text in reasons.items() if name not in more} | still
    return Reached(found, reasons, states)


def reach_node(deployment: Deployment, node: str) -> Connection:
    """An open connection to a node. Raises DriverError if there is none, with the names of the started nodes."""
    made = {machine.name: machine for machine in made_machines(deployment.folder)}
    if node not in made:
        raise DriverError(
            f"no node `{node}` was started in `{deployment.project}` (started: {', '.join(made) or 'none'})",
            remedy=None if made else f"netdsl up -t vagrant -o {quote(str(deployment.folder))}",
        )
    reached = reach(deployment.folder, [made[node]])
    if node in reached.connections:
        return reached.connections[node]
    state = reached.states.get(node, "unknown")
    if state == "running":
        raise DriverError(f"`{node}` runs, but there is no connection to it", tail=reached.reasons[node])
    raise DriverError(
        f"`{node}` does not run ({state})", remedy=f"netdsl up -t vagrant -o {quote(str(deployment.folder))}"
    )


def all_at_once(task: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """As `together`."""
    return together(task, items, _AT_ONCE)


def _open(folder: Path, machines: Sequence[Made], config: Path | None) -> tuple[dict[str, Connection], dict[str, str]]:
    configured = configured_machines(config) if config is not None else frozenset[str]()

    def attempt(machine: Made) -> Connection | str:
        if config is None or machine.name not in configured:
            return "Vagrant knows no way to it"
        connection = connection_to(folder, machine, config)
        try:
            connection.connect()
        except Unreachable as error:
            return str(error)
        return connection

    found: dict[str, Connection] = {}
    reasons: dict[str, str] = {}
    for machine, result in zip(machines, all_at_once(attempt, machines), strict=True):
        if isinstance(result, Connection):
            found[machine.name] = result
        else:
            reasons[machine.name] = result
    return found, reasons
