"""Running a compiled project: Docker Compose by its command line."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from shlex import join, quote
from time import sleep
from typing import Any

from netdsl.codegen.changing import foretold
from netdsl.codegen.unchanged import refuse_changed
from netdsl.diagnostics.visible import passing
from netdsl.disk.named import written
from netdsl.payload.contract import OWN_RIGHTS
from netdsl.runtime.attached import attached, followed, has_terminal, interrupt, to_output
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
from netdsl.runtime.interfaces import INTERFACES, refuse_unknown
from netdsl.runtime.recording import FileRecording

from .beside import beside
from .building import steps, unbuilt
from .changes import await_changed, change, judge
from .clash import explain_clash
from .ended import CommandFailed
from .engine import (
    FILE,
    GOING,
    Unasked,
    answered,
    builds_of,
    check_client,
    compose_command,
    image_ids,
    is_there,
    load_client,
    make_image,
    refuse_other_folder,
    refused,
    resolved,
    silent,
    told,
)
from .inventory import found_labs
from .keeper import Keepers
from .own import BESIDE
from .parents import parents_script
from .readiness import await_ready
from .recording import container_words, record
from .refusals import reasons, refusal
from .removal import remove, remove_networks, remove_nodes, take_away_marked
from .starting import Ending, starting
from .states import PATIENCE, containers, node_ids, states
from .surplus import Surplus, foreign_containers, surplus_of
from .tools import SideTools, side_probe
from .working import Busy, Work, working

SCRIPTS = ("parents.sh", "parents.tsv")
"""What is run on this machine, and what it reads."""

TIMEOUT = 300
"""Seconds until every node is ready."""

_ATTEMPTS = 6
_PAUSES = (1, 2, 3, 4, *(5,) * 10)  # seconds; a minute in all
# A MAC address stays taken until the kernel has taken away the network namespace of a node that was killed, which a busy
# machine does later; a node that moves to another network can come there before one that moves out of it.
_PASSING = ("address already in use", "no available IPv4 addresses")


class ComposeDriver:
    """Nodes are services. Every method raises DriverError."""

    slowness = 1.0
    has_own_probes = True

    def __init__(self) -> None:
        self.keepers = Keepers()

    def up(self, deployment: Deployment, progress: Progress, *, timeout: int | None) -> None:
        wait = timeout if timeout is not None else TIMEOUT
        load_client()
        check_client()
        refuse_other_folder(deployment)
        refuse_changed(deployment.folder, SCRIPTS)
        for remark in beside(deployment):
            progress(remark)
        with told(), working(deployment) as work:
            config = resolved(deployment)
            surplus = surplus_of(deployment, config)
            self._build(deployment, config, progress, work)
            running = judge(deployment, config, {}, {container.id for container in surplus.containers})
            _remove(surplus, progress)
            inside = [node for node in running if node.verdict.inside]
            anew = change(inside, progress)
            remove_nodes(node.id for node in anew)
            changed = [node for node in inside if node.node not in anew]
            kept = {node.node.service for node in running if not node.verdict.anew and node.node not in anew}
            others = [name for name in config["services"] if name not in kept]
            _parents(deployment, "up", work)
            words, heard = ("up", "--detach", *(others if kept else ())), starting(config, progress).hear
            for pause in (*_PAUSES, 0):
                try:
                    if others:
                        work.run([*compose_command(deployment), *words], heard)
                    await_ready(deployment, wait, progress, partial(_reasons, deployment))
                    await_changed(changed, wait)
                except CommandFailed as error:
                    if pause and any(sign in str(error) for sign in _PASSING):
                        progress("waiting for an address that the engine has not given back yet")
                        sleep(pause)
                        continue
                    raise self._failed(deployment, error) from error
                return

    def surplus(self, deployment: Deployment, files: Mapping[str, bytes | None]) -> tuple[str, ...]:
        check_client()
        refuse_other_folder(deployment)
        return surplus_of(deployment, resolved(deployment, files.get(FILE))).texts

    def changes(self, deployment: Deployment, files: Mapping[str, bytes | None]) -> tuple[NodeChange, ...]:
        check_client()
        config = resolved(deployment, files.get(FILE))
        leaving = {container.id for container in surplus_of(deployment, config).containers}
        return foretold({one.node.service: one.verdict for one in judge(deployment, config, files, leaving)})

    def down(self, deployment: Deployment, progress: Progress) -> None:
        """What a killed netdsl has started may go on for a while, and ends when the containers that it waits for go."""
        check_client()
        refuse_other_folder(deployment)
        refuse_changed(deployment.folder, SCRIPTS)
        for remark in beside(deployment):
            progress(remark)
        try:
            with told(), working(deployment) as work:
                _take_away(deployment, progress, work)
        except Busy:
            with told():
                _take_away(deployment, progress, Work(()))
                with working(deployment) as work:
                    _take_away(deployment, progress, work)

    def found(self) -> tuple[FoundLab, ...]:
        return found_labs()

    def take_away(self, project: str, progress: Progress) -> None:
        take_away_marked(project, progress)

    def status(
        self, deployment: Deployment, nodes: Sequence[str] = (), *, is_full: bool = False
    ) -> tuple[NodeState, ...]:
        check_client()
        return states(deployment, nodes, is_full=is_full)

    def present(self, deployment: Deployment) -> tuple[str, ...]:
        return tuple(containers(deployment))

    def execute(self, deployment: Deployment, node: str, command: Sequence[str], *, is_admin: bool) -> int:
        return self._exec(deployment, node, [*(() if is_admin else OWN_RIGHTS), *command])

    def shell(self, deployment: Deployment, node: str, *, is_admin: bool) -> int:
        command = ("sh", "-c", "exec $(command -v bash || command -v sh)")
        return self.execute(deployment, node, command, is_admin=is_admin)

    def logs(self, deployment: Deployment, nodes: Sequence[str], out: Out, *, follow: bool) -> int:
        check_client()
        node_ids(deployment, nodes, is_running=False)
        words = ["logs", "--no-log-prefix"] if len(nodes) == 1 else ["logs"]
        command = [*compose_command(deployment), *words, *(["--follow"] if follow else []), *nodes]
        return followed({"": command}, {}, out, interrupt)

    def capture(
        self, deployment: Deployment, node: str, interface: str, file: Path | None, count: int | None, out: Out
    ) -> int:
        """From a container beside the node, in its network: the node itself has no right to capture."""
        check_client()
        (container,) = node_ids(deployment, (node,))
        refuse_unknown(node, interface, self.ask(deployment, node, INTERFACES, timeout=PATIENCE))
        make_image(BESIDE, out.note)
        with self.keepers.keeping(deployment.project) as keeper:
            words = container_words(container, deployment.project, keeper.words(node))
            words += ["-i", interface, *(["-c", str(count)] if count else [])]
            status = _captured(words, node, file, out)
            ending = keeper.ending_of(node)
        if ending:
            raise DriverError(ending, remedy=f"netdsl up -o {quote(str(deployment.folder))}")
        return status

    def ask(self, deployment: Deployment, node: str, command: Sequence[str], *, timeout: float) -> Answer:
        """By the container's name as Compose makes it: to look for it takes longer than most commands."""
        try:
            return answered(f"{deployment.project}-{node}-1", command, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            message = f"a command in `{node}` does not end within {timeout:g} s"
            raise DriverError(message, command=join(command[:3])) from error
        except Unasked as error:
            check_client()
            node_ids(deployment, (node,))  # says what there is, or what is not well
            raise DriverError(f"`{node}` cannot be asked", command="docker exec", tail=str(error)) from error

    def prepare_probes(self, progress: Progress) -> None:
        make_image(BESIDE, progress)

    def probe(self, deployment: Deployment, node: str) -> AbstractContextManager[SideTools]:
        """In a container beside the node, of netdsl's own image: the node can neither replace nor end it."""
        return side_probe(deployment, node, self.keepers)

    @contextmanager
    def listen(self, deployment: Deployment, node: str, interface: str) -> Iterator[FileRecording]:
        """From a container beside the node, as in `capture`."""
        (container,) = node_ids(deployment, (node,))
        with self.keepers.keeping(deployment.project) as keeper:
            words = container_words(container, deployment.project, keeper.words(node))
            with record(
                [*words, "-i", interface], f"{deployment.project}-{node}", lambda: keeper.ending_of(node)
            ) as recording:
                yield recording

    def doctor(self) -> tuple[Check, ...]:
        from .doctor import examine  # asks the kernel as a node's parts do: with much of the compiler

        return examine()

    def _build(self, deployment: Deployment, config: Mapping[str, Any], progress: Progress, work: Work) -> None:
        """Images that are there are not built again: their name says what is in them."""
        builds = builds_of(config)
        there = image_ids(builds.values())
        missing = [name for name, image in builds.items() if image not in there]
        if missing:
            progress(f"building {len(missing)} image(s)")
            try:
                work.run(
                    [*compose_command(deployment), "build", "--progress", "plain", *missing], steps(passing(progress))
                )
            except CommandFailed as error:
                raise unbuilt(error) from error

    def _failed(self, deployment: Deployment, error: CommandFailed) -> DriverError:
        command = join(error.command)
        known = explain_clash(deployment, str(error)) or refusal(error.errors, command, error.status)
        if known is not None:
            return known
        broken = [state for state in self.status(deployment) if state.health != "ready"]
        if not broken or any(state.state in ("absent", "created") for state in broken):  # the engine says why
            return refused("the lab could not be started", command, error.status, reasons(error.errors))
        lines = [f"{state.node}: {state.state}, {state.health}: {state.reason}" for state in broken]
        remedy = f"netdsl logs -o {quote(str(deployment.folder))} {broken[0].node}"
        return DriverError("the lab did not get ready", command=command, tail="\n".join(lines), remedy=remedy)

    def _exec(self, deployment: Deployment, node: str, command: list[str]) -> int:
        check_client()
        (container,) = node_ids(deployment, (node,))
        terminal = ["--tty"] if has_terminal() else []
        return attached(["docker", "exec", "--interactive", *terminal, container, *command])


def _captured(words: Sequence[str], node: str, file: Path | None, out: Out) -> int:
    if file is None:
        return followed({node: ["docker", *words, "-l", "-n"]}, {}, out, interrupt)
    command = ["docker", *words, "-U", "-w", "-"]
    if str(file) == "-":
        return to_output(command, None, out, interrupt)
    with written(file) as descriptor:
        return to_output(command, descriptor, out, interrupt)


def _reasons(deployment: Deployment, nodes: Sequence[str]) -> Iterator[str]:
    for state in states(deployment, nodes, is_full=False):
        if state.reason:
            yield f"{state.node}: {state.reason}"


def _remove(surplus: Surplus, progress: Progress) -> None:
    """What was found, before its addresses are asked for again."""
    remove(surplus.containers, surplus.networks)
    for text in surplus.texts:
        progress(f"removed {text}")


def _take_away(deployment: Deployment, progress: Progress, work: Work) -> None:
    """All of the project; again where the engine has meanwhile made what a killed client had asked for, or a container
    beside a node, which ends with it, was gone before Compose took it away."""
    if foreign_containers(deployment):  # Compose would take them for its own
        take_away_marked(deployment.project, progress)
        _parents(deployment, "down", work)
        return
    words = ("down", "--remove-orphans", "--volumes", "--timeout", "5")
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            ending = Ending(progress)
            work.run([*compose_command(deployment), *words], ending.hear)
            ending.finish()
        except CommandFailed as error:
            if attempt == _ATTEMPTS or not any(sign in str(error) for sign in GOING):
                raise
            continue
        for key in remove_networks(deployment.project):
            progress(f"removed the network {key}, which the lab had no more")
        if not is_there(deployment):
            break
    _parents(deployment, "down", work)


def _parents(deployment: Deployment, verb: str, work: Work) -> None:
    """By netdsl's own script, whatever lies in the folder: that one is the user's to call."""
    command = ["sh", "-c", parents_script(), "./parents.sh", verb]
    try:
        work.run(command, silent, {"COMPOSE_PROJECT_NAME": deployment.project}, deployment.folder)
    except CommandFailed as error:
        message = "the networks' parent devices could not be made"
        if verb == "down":
            message = "the parent devices could not be removed"
        raise refused(message, f"./parents.sh {verb}", error.status, error.errors) from error


driver: Driver = ComposeDriver()
