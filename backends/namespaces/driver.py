"""Running a lab of namespaces: by the runner, whatever lies in the folder, in a process of root's for each call."""

import json
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shlex import join

from netdsl.codegen.unchanged import refuse_changed
from netdsl.dataclass import dataclass
from netdsl.disk.named import read_named, written
from netdsl.disk.system import system_names, system_text
from netdsl.payload.contract import OWN_RIGHTS
from netdsl.runtime.attached import attached, followed, interrupt, to_output
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
from netdsl.runtime.inside import LOGGED, READY, STARTING, last_lines, word_of
from netdsl.runtime.interfaces import INTERFACES, refuse_unknown
from netdsl.runtime.recording import SNAPPED, FileRecording, recorded

from .calls import answered, refused, runner_words
from .changes import change, changes
from .doctor import examine
from .runner.state import RUN

LAB = "lab.json"
SCRIPTS = (LAB,)
"""What the runner reads, and makes on this machine."""

TIMEOUT = 300
"""Seconds until every node is ready."""

_FAULT = 3  # the runner's status for what it refuses
_KEPT = 200  # lines of what it said, for the error
_PATIENCE = 60.0  # seconds for what it says of a lab


class NamespacesDriver:
    """Every method raises DriverError."""

    slowness = 1.0
    has_own_probes = True

    def up(self, deployment: Deployment, progress: Progress, *, timeout: int | None) -> None:
        refuse_changed(deployment.folder, SCRIPTS)
        change(deployment, progress)
        run_verb(deployment, progress, "up", str(TIMEOUT if timeout is None else timeout))

    def down(self, deployment: Deployment, progress: Progress) -> None:
        """By what is known of the project alone, whatever lies in the folder."""
        run_verb(deployment, progress, "down")

    def surplus(self, deployment: Deployment, files: Mapping[str, bytes | None]) -> tuple[str, ...]:
        try:
            text = files.get(LAB) or read_named(deployment.folder / LAB)
            wanted = json.loads(text)["nodes"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise DriverError(f"{deployment.folder / LAB} cannot be read", remedy="compile the lab again") from error
        with readable():
            running = sorted(system_names(f"{RUN}/{deployment.project}/nodes"))
        gone = (name for name in running if name not in wanted and not name.startswith("."))
        return tuple(f"the node {name}, which the lab has no more" for name in gone)

    def changes(self, deployment: Deployment, files: Mapping[str, bytes | None]) -> tuple[NodeChange, ...]:
        return changes(deployment, files)

    def found(self) -> tuple[FoundLab, ...]:
        """By the runner's notes, which do not name the lab but for its project."""
        with readable():
            folders = {project: system_text(f"{RUN}/{project}/folder") for project in sorted(system_names(str(RUN)))}
        return tuple(FoundLab(project, project, Path(folder)) for project, folder in folders.items() if folder)

    def take_away(self, project: str, progress: Progress) -> None:
        with readable():
            folder = system_text(f"{RUN}/{project}/folder")
        run_verb(Deployment(Path(folder or "/"), project), progress, "down")

    def status(
        self, deployment: Deployment, nodes: Sequence[str] = (), *, is_full: bool = False
    ) -> tuple[NodeState, ...]:
        """One process asks all of them at the same time, so each is asked."""
        refuse_changed(deployment.folder, SCRIPTS)
        answer = answered(runner_words(deployment, "status", *nodes), _PATIENCE)
        if answer.status:
            raise refused(answer)
        found = json.loads(answer.output)
        states = (_state(name, one["state"], tuple(one["lines"])) for name, one in found.items())
        return tuple(_with_last_lines(deployment, state) for state in states)

    def present(self, deployment: Deployment) -> tuple[str, ...]:
        return tuple(state.node for state in self.status(deployment) if state.state != "absent")

    def execute(self, deployment: Deployment, node: str, command: Sequence[str], *, is_admin: bool) -> int:
        _refuse_absent(deployment, node)
        return attached(_inside(deployment, node, [*(() if is_admin else OWN_RIGHTS), *command]))

    def shell(self, deployment: Deployment, node: str, *, is_admin: bool) -> int:
        command = ("sh", "-c", "exec $(command -v bash || command -v sh)")
        return self.execute(deployment, node, command, is_admin=is_admin)

    def logs(self, deployment: Deployment, nodes: Sequence[str], out: Out, *, follow: bool) -> int:
        states = {state.node: state.state for state in self.status(deployment)}
        for node in nodes:
            if states.get(node, "absent") == "absent":
                raise _not_started(deployment, node, states)
        wanted = nodes or [node for node, state in states.items() if state != "absent"]
        extra = ["--follow"] if follow else []
        commands = {node: runner_words(deployment, "log", *extra, node) for node in wanted}
        width = max(map(len, wanted), default=0)
        prefixes = {} if len(wanted) == 1 else {node: f"{node:{width}} | " for node in wanted}
        return followed(commands, prefixes, out, _terminate)

    def capture(
        self, deployment: Deployment, node: str, interface: str, file: Path | None, count: int | None, out: Out
    ) -> int:
        """Beside the node, in its network: the node itself has no right to capture."""
        refuse_unknown(node, interface, self.ask(deployment, node, INTERFACES, timeout=_PATIENCE))
        words = [*_tcpdump(deployment, node, interface), *(["-c", str(count)] if count else [])]
        if file is None:
            return followed({node: [*words, "-l", "-n"]}, {}, out, interrupt)
        command = [*words, "-U", "-w", "-"]
        if str(file) == "-":
            return to_output(command, None, out, interrupt)
        with written(file) as descriptor:
            return to_output(command, descriptor, out, interrupt)

    def ask(self, deployment: Deployment, node: str, command: Sequence[str], *, timeout: float) -> Answer:
        try:
            return of_node(answered(_inside(deployment, node, command), timeout))
        except subprocess.TimeoutExpired as error:
            message = f"a command in `{node}` does not end within {timeout:g} s"
            raise DriverError(message, command=join(command[:3])) from error

    def prepare_probes(self, progress: Progress) -> None:
        """The root of what runs beside nodes is made with the first that does."""

    @contextmanager
    def probe(self, deployment: Deployment, node: str) -> Iterator["Beside"]:
        """Of files that are not the node's: it can neither replace nor end what asks."""
        _refuse_absent(deployment, node)
        yield Beside(deployment, node)

    @contextmanager
    def listen(self, deployment: Deployment, node: str, interface: str) -> Iterator[FileRecording]:
        _refuse_absent(deployment, node)
        command = [*_tcpdump(deployment, node, interface), *SNAPPED, "-U", "-w", "-"]
        with recorded(command, interrupt) as recording:
            yield recording

    def doctor(self) -> tuple[Check, ...]:
        return examine()


@dataclass(frozen=True, slots=True)
class Beside:
    """Programs in a node's network: each call is a process with namespaces of its own, and leaves nothing."""

    deployment: Deployment
    node: str

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        words = runner_words(self.deployment, "beside", self.node, *command)
        try:
            return of_node(answered(words, timeout))
        except subprocess.TimeoutExpired as error:
            message = f"a tool beside `{self.node}` does not end within {timeout:g} s"
            raise DriverError(message, command=join(command[:3])) from error


@contextmanager
def readable() -> Iterator[None]:
    """Raises DriverError where the runner's notes are not this user's to read."""
    try:
        yield
    except PermissionError as error:
        raise DriverError(
            "what is known of running labs is root's to read", remedy="call it as root (sudo …)"
        ) from error


def _inside(deployment: Deployment, node: str, command: Sequence[str]) -> list[str]:
    return runner_words(deployment, "exec", node, *command)


def _tcpdump(deployment: Deployment, node: str, interface: str) -> list[str]:
    words = ("tcpdump", "-p", "-Z", "root", "--immediate-mode", "-i", interface)
    return runner_words(deployment, "beside", node, *words)


def run_verb(deployment: Deployment, progress: Progress, verb: str, *words: str) -> None:
    """What it says on the way is progress. A Ctrl-C ends it as well; what it has made until then is there for `down`."""
    kept: deque[str] = deque(maxlen=_KEPT)
    command = runner_words(deployment, verb, *words)
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None, "a pipe"
        try:
            for line in process.stdout:
                kept.append(line)
                if not line.startswith(_SIGNS):
                    progress(line.rstrip("\n"))
            status = process.wait()
        except BaseException:
            process.terminate()
            raise
    if status:
        raise refused(Answer(status, "", "".join(kept)))


_SIGNS = ("error: ", "help: ")


def of_node(answer: Answer) -> Answer:
    """The answer, where it is the node's and not the runner's own."""
    if answer.status == _FAULT and answer.errors.startswith("error: "):
        raise refused(answer)
    return answer


def _refuse_absent(deployment: Deployment, node: str) -> None:
    """Raises DriverError where the node does not run."""
    answer = answered(_inside(deployment, node, ["true"]), _PATIENCE)
    if answer.status == _FAULT:
        raise refused(answer)


def _not_started(deployment: Deployment, node: str, states: dict[str, str]) -> DriverError:
    names = ", ".join(name for name, state in states.items() if state != "absent") or "none"
    return DriverError(f"no node `{node}` was started in `{deployment.project}` (started: {names})")


def _state(name: str, state: str, lines: tuple[str, ...]) -> NodeState:
    if state != "running":
        return NodeState(name, state, "-", last=lines)
    word = word_of(lines)
    if word is None:
        return NodeState(name, state, "not ready", reason="it does not answer")
    if word == READY:
        return NodeState(name, state, READY, lines)
    return NodeState(name, state, "starting" if word == STARTING else "not ready", lines, word)


def _with_last_lines(deployment: Deployment, state: NodeState) -> NodeState:
    if state.health != "not ready" or state.last:
        return state
    log = answered(runner_words(deployment, "log", state.node), _PATIENCE).output.splitlines()
    return replace(state, last=last_lines(log[-LOGGED:]))


def _terminate(process: subprocess.Popen[bytes]) -> None:
    process.terminate()


driver: Driver = NamespacesDriver()
