"""Finding a way to machines that Vagrant has made, with as few calls of Vagrant as there can be: none, as a rule."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from netdsl.runtime.driver import Deployment, DriverError

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
    """Open connections by machine, why there is none to others, and, where one was missing, what Vagrant says of each."""

    connections: Mapping[str, Connection]
    reasons: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)


def reach(folder: Path, machines: Sequence[Made]) -> Reached:
    """Connect to all that run. Machines that were halted and started by hand may have other addresses: then Vagrant is
    asked again, once. Raises DriverError where there is no Vagrant to ask."""
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
    """An open connection to a node. Raises DriverError where there is none, with the names of those that there are."""
    made = {machine.name: machine for machine in made_machines(deployment.folder)}
    if node not in made:
        raise DriverError(
            f"no node `{node}` was started in `{deployment.project}` (started: {', '.join(made) or 'none'})"
        )
    reached = reach(deployment.folder, [made[node]])
    if node in reached.connections:
        return reached.connections[node]
    state = reached.states.get(node, "unknown")
    if state == "running":
        raise DriverError(f"`{node}` runs, but there is no connection to it", tail=reached.reasons[node])
    raise DriverError(f"`{node}` does not run ({state})", remedy=f"netdsl up -t vagrant -o {deployment.folder}")


def all_at_once(task: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results in order; an error of one is raised when all have ended."""
    work = list(items)
    if not work:
        return []
    with ThreadPoolExecutor(min(len(work), _AT_ONCE)) as pool:
        return list(pool.map(task, work))


def _open(folder: Path, machines: Sequence[Made], config: Path | None) -> tuple[dict[str, Connection], dict[str, str]]:
    known = configured_machines(config) if config is not None else frozenset[str]()

    def attempt(machine: Made) -> Connection | str:
        if config is None or machine.name not in known:
            return "Vagrant knows no way to it"
        connection = connection_to(folder, machine, config)
        try:
            connection.open()
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
