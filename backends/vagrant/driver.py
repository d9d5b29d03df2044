"""Running a compiled project: Vagrant makes the machines, plain ssh reaches into them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shlex import join, quote
from subprocess import TimeoutExpired
from threading import Event
from time import monotonic

from netdsl.codegen.unchanged import changed_files
from netdsl.dataclass import dataclass
from netdsl.disk.named import written
from netdsl.runtime.attached import attached, close_input, followed, has_terminal, to_output
from netdsl.runtime.driver import (
    Answer,
    Check,
    Deployment,
    Driver,
    DriverError,
    FoundLab,
    NodeChange,
    NodeState,
    Out,
    Progress,
)
from netdsl.runtime.inside import LOGGED, last_lines
from netdsl.runtime.interfaces import INTERFACES, refuse_unknown
from netdsl.runtime.recording import FileRecording, Tcpdump, recorded

from . import vagrant
from .changes import asked, foretold, judge, refuse_unchanged, told
from .doctor import examine
from .explain import explain, succeeded
from .inside import (
    SHELL,
    STATUS,
    capture_command,
    inside_command,
    last_log_command,
    logs_command,
    node_state,
    prefixed,
    readiness,
    ready_command,
    recording_command,
)
from .leftovers import (
    Domain,
    forgotten,
    found_labs,
    other_networks,
    refuse_other_folder,
    remove_machine,
    remove_network,
    sweep,
    take_away_marked,
)
from .machines import Steps, made_machines, steps, vagrant_name, wanted_machines, wanted_networks
from .reach import Reached, all_at_once, reach, reach_node
from .ssh import Connection, Unreachable, close_all

TIMEOUT = 600
"""Seconds until every node is ready, from when the last machine is up: emulated processors are about ten times
slower."""

_ROUND = 20  # seconds of waiting in a machine at a time
_PATIENCE = 60.0  # seconds for a short answer
_SILENT = 3  # answers in a row that a busy machine may owe


@dataclass(frozen=True, slots=True)
class MachineProbe:
    """The programs of a machine, as root."""

    driver: "VagrantDriver"
    deployment: Deployment
    node: str

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        return self.driver.ask(self.deployment, self.node, command, timeout=timeout)


class VagrantDriver:
    """Nodes are machines. Every method raises DriverError."""

    has_own_probes = False  # a machine's kernel and its root are the lab's
    slowness = 5.0  # under emulation; with KVM it is hardly more than one

    def up(self, deployment: Deployment, progress: Progress, *, timeout: int | None) -> None:
        folder = deployment.folder
        wanted = wanted_machines(folder)
        refuse_other_folder(deployment)
        heard = vagrant.telling(progress)
        plan = steps(wanted, made_machines(folder))
        ghosts = _ghosts(deployment, [machine.name for machine in wanted])
        if plan.obsolete:
            succeeded(vagrant.destroy_others(folder, plan.obsolete, heard=heard), "go away")
        for machine in ghosts:
            remove_machine(machine, deployment.project)
        if plan.anew:
            succeeded(vagrant.call(folder, "destroy", "-f", *map(vagrant_name, plan.anew), heard=heard), "go away")
        _remove_networks(deployment, progress)
        for text in _nodes_that_go(plan, ghosts):
            progress(f"removed {text}")
        succeeded(vagrant.call(folder, "up", heard=heard), "come up")
        again = steps(wanted, made_machines(folder)).again
        if again:
            judged = judge(deployment, again, {})
            ended = vagrant.call(folder, "provision", *map(vagrant_name, again), heard=heard, also=asked(judged))
            for text in told(ended.output, judged):
                progress(text)
            succeeded(ended, "take what changed")
            refuse_unchanged(ended.output, judged)
        self._await(deployment, progress, timeout if timeout is not None else TIMEOUT)

    def surplus(self, deployment: Deployment, files: Mapping[str, bytes | None]) -> tuple[str, ...]:
        folder = deployment.folder
        wanted = wanted_machines(folder, files)
        refuse_other_folder(deployment)
        ghosts = _ghosts(deployment, [machine.name for machine in wanted])
        others = other_networks(deployment.project, wanted_networks(folder, files))
        nodes = _nodes_that_go(steps(wanted, made_machines(folder)), ghosts)
        return (*nodes, *(_network_that_goes(*item) for item in others.items()))

    def changes(self, deployment: Deployment, files: Mapping[str, bytes | None]) -> tuple[NodeChange, ...]:
        """Vagrant lays a new inside into a machine, where the node takes it as it runs, or is started again."""
        plan = steps(wanted_machines(deployment.folder, files), made_machines(deployment.folder))
        return (
            *(NodeChange(name, False, "its hardware") for name in plan.anew),
            *foretold(plan.again, judge(deployment, plan.again, files)),
        )

    def found(self) -> tuple[FoundLab, ...]:
        return found_labs()

    def take_away(self, project: str, progress: Progress) -> None:
        take_away_marked(project, progress)

    def down(self, deployment: Deployment, progress: Progress) -> None:
        folder = deployment.folder
        heard = vagrant.telling(progress)
        close_all(folder)
        if made_machines(folder):
            ended = None
            if not changed_files(folder, vagrant.RUBY):
                ended = vagrant.call(folder, "destroy", "-f", heard=heard)
            left = [machine.name for machine in made_machines(folder)]
            if left:  # no longer in the Vagrantfile, or that is not as it was written
                ended = vagrant.destroy_others(folder, left, heard=heard)
            if made_machines(folder) and ended is not None:
                raise explain(ended, "go away")
        sweep(deployment, progress)

    def status(
        self, deployment: Deployment, nodes: Sequence[str] = (), *, is_full: bool = False
    ) -> tuple[NodeState, ...]:
        """One question over a connection that is open tells everything of a machine, so each is asked."""
        wanted = [machine for machine in wanted_machines(deployment.folder) if not nodes or machine.name in nodes]
        names = {machine.name for machine in wanted}
        made = [machine for machine in made_machines(deployment.folder) if machine.name in names]
        reached = reach(deployment.folder, made)
        answers = _answers(reached)
        lost = [machine for machine in made if machine.name in reached.connections and machine.name not in answers]
        if lost:  # an open connection to a machine that was halted: what Vagrant says of it
            again = reach(deployment.folder, lost)
            answers |= _answers(again)
            reached = Reached({}, {**reached.reasons, **again.reasons}, {**reached.states, **again.states})
        absent = names - {machine.name for machine in made}

        def state(node: str) -> NodeState:
            if node in answers:
                return answers[node]
            if node in absent:
                return NodeState(node, "absent", "-")
            word = reached.states.get(node, "unknown")
            if word == "running":
                return NodeState(node, word, "not ready", reason=reached.reasons.get(node, "no connection"))
            return NodeState(node, word, "-")

        return tuple(state(machine.name) for machine in wanted)

    def present(self, deployment: Deployment) -> tuple[str, ...]:
        return tuple(machine.name for machine in made_machines(deployment.folder))

    def execute(self, deployment: Deployment, node: str, command: Sequence[str], *, is_admin: bool) -> int:
        return self._attached(deployment, node, command if is_admin else inside_command(command))

    def shell(self, deployment: Deployment, node: str, *, is_admin: bool) -> int:
        return self.execute(deployment, node, SHELL, is_admin=is_admin)

    def logs(self, deployment: Deployment, nodes: Sequence[str], out: Out, *, follow: bool) -> int:
        names = list(nodes) or [machine.name for machine in made_machines(deployment.folder)]
        command = logs_command(follow=follow)
        calls = {name: reach_node(deployment, name).command(command) for name in names}
        return followed(calls, {} if len(nodes) == 1 else prefixed(names), out, close_input)

    def capture(
        self, deployment: Deployment, node: str, interface: str, file: Path | None, count: int | None, out: Out
    ) -> int:
        refuse_unknown(node, interface, self.ask(deployment, node, INTERFACES, timeout=_PATIENCE))
        command = capture_command(interface, is_text=file is None, count=count)
        words = reach_node(deployment, node).command(command)
        if file is None:
            return followed({node: words}, {}, out, close_input)
        if str(file) == "-":
            return to_output(words, None, out, close_input)
        with written(file) as descriptor:
            return to_output(words, descriptor, out, close_input)

    def ask(self, deployment: Deployment, node: str, command: Sequence[str], *, timeout: float) -> Answer:
        connection = reach_node(deployment, node)
        try:
            return connection.ask(command, timeout=timeout)
        except Unreachable as error:
            raise DriverError(f"`{node}`: {error}", command=join(command[:3])) from error

    def prepare_probes(self, progress: Progress) -> None:
        """Machines have what is needed."""

    @contextmanager
    def probe(self, deployment: Deployment, node: str) -> Iterator[MachineProbe]:
        """The machine's own programs: nothing else is in its network."""
        yield MachineProbe(self, deployment, node)

    @contextmanager
    def listen(self, deployment: Deployment, node: str, interface: str) -> Iterator[FileRecording]:
        words = reach_node(deployment, node).command(recording_command(interface))
        with recorded(words, _close_input) as recording:
            yield recording

    def doctor(self) -> tuple[Check, ...]:
        return examine()

    def _attached(self, deployment: Deployment, node: str, command: Sequence[str]) -> int:
        return attached(reach_node(deployment, node).command(command, has_terminal=has_terminal()))

    def _await(self, deployment: Deployment, progress: Progress, timeout: int) -> None:
        """Until every node is ready, or one cannot get ready any more."""
        made = made_machines(deployment.folder)
        reached = reach(deployment.folder, made)
        if reached.reasons:
            lines = [f"{name}: {reason}" for name, reason in reached.reasons.items()]
            raise DriverError("there is no connection to every machine", command="ssh", tail="\n".join(lines))
        deadline, stop = monotonic() + timeout, Event()

        def wait(item: tuple[str, Connection]) -> tuple[str, str | None]:
            reason = _wait(item[1], deadline, stop)
            if reason is None:
                progress(f"{item[0]}: ready")
            return item[0], reason

        broken = {name: reason for name, reason in all_at_once(wait, reached.connections.items()) if reason}
        if broken:
            lines = [f"{name}: {reason}" for name, reason in broken.items()]
            remedy = f"netdsl logs -t vagrant -o {quote(str(deployment.folder))} {next(iter(broken))}"
            raise DriverError("the lab did not get ready", command="vagrant up", tail="\n".join(lines), remedy=remedy)


def _ghosts(deployment: Deployment, wanted: Collection[str]) -> list[Domain]:
    """Machines of the folder that neither Vagrant knows nor the lab has."""
    known = [machine.id for machine in made_machines(deployment.folder)]
    return [machine for machine in forgotten(deployment, known) if machine.node not in wanted]


def _nodes_that_go(plan: Steps, ghosts: Sequence[Domain]) -> tuple[str, ...]:
    gone = (*plan.obsolete, *(machine.node for machine in ghosts))
    return (
        *(f"the node {name}, which the lab has no more" for name in gone),
        *(f"the node {name}, to make it anew: its hardware has changed" for name in plan.anew),
    )


def _network_that_goes(name: str, is_otherwise: bool) -> str:
    why = "to make it anew: it has changed" if is_otherwise else "which the lab has no more"
    return f"the network {name}, {why}"


def _remove_networks(deployment: Deployment, progress: Progress) -> None:
    """Those that the lab has no more, or otherwise: no machine of the lab's is in them now."""
    for name, is_otherwise in other_networks(deployment.project, wanted_networks(deployment.folder)).items():
        if remove_network(name):
            progress(f"removed {_network_that_goes(name, is_otherwise)}")
        else:
            progress(f"note: the network {name} stays: a machine is in it")


def _wait(connection: Connection, deadline: float, stop: Event) -> str | None:
    """Why the node is not ready; None when it is. `stop`: another one has failed."""
    silent = 0
    while True:
        left = min(_ROUND, max(0, int(deadline - monotonic())))
        try:
            answer = connection.ask(ready_command(left), timeout=left + _PATIENCE)
        except Unreachable as error:
            silent += 1
            if silent == _SILENT or stop.is_set() or monotonic() >= deadline:
                return str(error)
            continue
        silent = 0
        found = readiness(answer.status, answer.output)
        if found.is_ready:
            return None
        if found.is_final:
            stop.set()
        if found.is_final or stop.is_set() or monotonic() >= deadline:
            return found.reason


def _answers(reached: Reached) -> dict[str, NodeState]:
    """What nodes say of themselves; those that do not answer are left out, and their connection is given up."""
    return {state.node: state for state in all_at_once(_asked, reached.connections.items()) if state is not None}


def _asked(item: tuple[str, Connection]) -> NodeState | None:
    name, connection = item
    try:
        state = node_state(name, connection.ask(STATUS, timeout=_PATIENCE).output)
        if state.health != "not ready":
            return state
        log = connection.ask(last_log_command(LOGGED), timeout=_PATIENCE).output.splitlines()
        return replace(state, last=last_lines(log))
    except Unreachable:
        connection.close()
        return None


def _close_input(process: Tcpdump) -> None:
    """Which ends the command in the machine, and that ends ours."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(timeout=_PATIENCE)
    except TimeoutExpired:
        process.kill()


driver: Driver = VagrantDriver()
