"""Which machines' nodes `up` changes as they run: by what they say they run."""

from collections.abc import Collection, Iterator, Mapping

from netdsl.codegen.wanted import Files, wanted_nodes
from netdsl.dataclass import dataclass
from netdsl.payload.changing import Verdict
from netdsl.runtime.driver import Deployment, DriverError, NodeChange

from .machines import credentials_of, made_machines
from .reach import all_at_once, reach
from .ssh import Connection, Unreachable
from .vagrant import parsed_line

_RUNNING = ("sh", "/netdsl/lab/node.sh", "running")
_PATIENCE = 60.0  # seconds
_INSIDE = "its inside, in the machine that runs"
_SAID = "netdsl: "  # by guest/install.sh
_CHANGED, _ANEW = f"{_SAID}changed as it runs", f"{_SAID}is started anew: "
_REFUSED = f"{_SAID}not changed, and runs as before: "


@dataclass(frozen=True, slots=True)
class Judged:
    """A node that runs. `sum`: of what its script is to read."""

    verdict: Verdict
    sum: str


def judge(deployment: Deployment, names: Collection[str], files: Files) -> dict[str, Judged]:
    """Of these machines; one that does not answer, or whose node does not run, is left out. Raises DriverError."""
    machines = [machine for machine in made_machines(deployment.folder) if machine.name in names]
    store = credentials_of(deployment.folder, files)
    if not machines or store is None:
        return {}
    try:
        stores = {machine.name: store / "nodes" / machine.name for machine in machines}
        wanted = wanted_nodes(deployment.folder, files, stores)
    except OSError as error:
        raise DriverError(f"{deployment.folder} cannot be read: {error}", remedy="compile the lab again") from error
    reached = reach(deployment.folder, machines).connections
    answers = dict(zip(reached, all_at_once(_running, reached.values()), strict=True))
    return {
        name: Judged(wanted[name].verdict(lines), wanted[name].sum)
        for name, lines in answers.items()
        if lines is not None and name in wanted
    }


def foretold(names: Collection[str], judged: Mapping[str, Judged]) -> Iterator[NodeChange]:
    """Of machines whose inside is another one."""
    for name in names:
        verdict = judged[name].verdict if name in judged else Verdict()
        if verdict.inside:
            yield NodeChange(name, True, ", ".join(verdict.inside))
        else:
            yield NodeChange(name, False, f"{verdict.anew}, in the machine that runs" if verdict.anew else _INSIDE)


def asked(judged: Mapping[str, Judged]) -> dict[str, str]:
    """The environment in which Vagrant provisions, so that nodes are changed as they run where that can be."""
    sums = [f"{name}={one.sum}" for name, one in judged.items() if not one.verdict.anew]
    return {"NETDSL_CHANGE": " ".join(sums)}


def told(output: str, judged: Mapping[str, Judged]) -> Iterator[str]:
    """What became of them, from what Vagrant says while it provisions."""
    for line in map(parsed_line, output.splitlines()):
        one = judged.get(line.machine or "")
        if one is not None and line.text == _CHANGED and one.verdict.inside:
            yield f"{line.machine}: changed as it runs: {', '.join(one.verdict.inside)}"
        elif one is not None and line.text.startswith(_ANEW):
            yield f"{line.machine}: {line.text.removeprefix(_SAID)}"


def refuse_unchanged(output: str, judged: Mapping[str, Judged]) -> None:
    """Raises DriverError where a node could not be changed: the others have been."""
    lines = [line for line in map(parsed_line, output.splitlines()) if line.text.startswith(_REFUSED)]
    failed = {line.machine: line.text.removeprefix(_REFUSED) for line in lines if line.machine in judged}
    if failed:
        count = sum(not one.verdict.anew for one in judged.values())
        raise DriverError(
            f"{len(failed)} of {count} nodes could not be changed, and run as before",
            command="vagrant provision",
            tail="\n".join(f"{name}: {reason}" for name, reason in failed.items()),
        )


def _running(connection: Connection) -> list[str] | None:
    try:
        answer = connection.ask(_RUNNING, timeout=_PATIENCE)
    except Unreachable:
        return None
    return None if answer.status else answer.output.splitlines()
