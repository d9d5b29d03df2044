"""Measuring a lab of namespaces: usage from the kernel's files, tools beside nodes, root file systems made anew."""

import os
import platform
import signal
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from netdsl.codegen.images import BASE
from netdsl.codegen.unchanged import refuse_changed
from netdsl.dataclass import dataclass
from netdsl.disk.named import read_named
from netdsl.runtime.driver import Answer, Deployment, DriverError, Progress
from netdsl.runtime.meter import SPACES, TOO_LONG, Base, Disk, Fact, Meter, Share, Usage, tunnel_spaces

from .calls import answered, refused, runner_words
from .driver import SCRIPTS, driver, of_node, readable, run_verb
from .runner.groups import hierarchies
from .runner.plan import Plan, read_plan
from .runner.roots import place_of
from .runner.said import Refused
from .runner.state import State
from .usage import usage_of

METHODS = (
    Fact(
        "memory",
        "PSS: the proportional set size of all processes of the node (smaps_rollup). cgroup, where this machine has the "
        "memory controller: what the kernel accounts to the node's control group (memory.current; version 1: "
        "memory.usage_in_bytes), files that it has written included, as they lie in memory. Helpers: the two processes "
        "that hold the lab's namespaces.",
    ),
    Fact(
        "cpu",
        "Seconds of processor of the node's control group (cpu.stat, of version 1 cpuacct.usage); without one, of its "
        "processes and of those that they have waited for.",
    ),
    Fact("disk", "Bytes on disk of the root file systems that nodes stand on, once. What nodes write lies in memory."),
    Fact("fresh boot", "The root file systems are made again from Debian's packages (mmdebstrap), then `netdsl up`."),
    Fact("warm boot", "The root file systems are there, all else is made anew: `netdsl up` after `netdsl down`."),
    Fact(
        "tools",
        "Ping and iperf3 run in the node's network with files and processes of their own, apart from the node's figures.",
    ),
)
_PATIENCE = 60.0  # seconds
_ENDS = 10.0


class NamespacesMeter:
    """Every method raises DriverError."""

    def facts(self, deployment: Deployment) -> tuple[Fact, ...]:
        plan, release = _plan(deployment), platform.release()
        groups = sorted({f"version {2 if one.is_unified else 1}" for one in hierarchies()})
        found = (
            ("engine", "none (Linux namespaces)"),
            ("control groups", ", ".join(groups) or "none"),
            ("networks", "bridge"),
            ("kernel", f"{release} (shared by all nodes, and with the machine)"),
            ("image", ", ".join(_roots(plan))),
            ("base", f"packages as of {BASE}"),
            ("tunnels", tunnel_spaces(_spaces(deployment))),
        )
        return tuple(Fact(name, value) for name, value in found if value)

    def methods(self) -> tuple[Fact, ...]:
        return METHODS

    def rebuild(self, deployment: Deployment, progress: Progress) -> None:
        """A root is named by its content, so other labs may run on it: then it is not made again."""
        refuse_changed(deployment.folder, SCRIPTS)
        run_verb(deployment, progress, "renew")

    def park(self, deployment: Deployment, progress: Progress) -> None:
        driver.down(deployment, progress)

    def usage(self, deployment: Deployment) -> Usage:
        """By the kernel's files alone."""
        with readable():
            return usage_of(State(deployment.project))

    def disk(self, deployment: Deployment) -> Disk:
        plan = _plan(deployment)
        bases = tuple(Base(name, _size(place_of(name))) for name in _roots(plan))
        return Disk(bases, tuple(Share(node.name, 0) for node in plan.nodes))

    @contextmanager
    def tools(self, deployment: Deployment, node: str) -> Iterator["Tools"]:
        """Their processes end with the block, or with this process."""
        words = runner_words(deployment, "stay", node)
        pipe = subprocess.PIPE
        with subprocess.Popen(
            words, stdin=pipe, stdout=pipe, stderr=pipe, text=True, errors="replace", start_new_session=True
        ) as process:
            assert process.stdin is not None, "a pipe"
            assert process.stdout is not None, "a pipe"
            assert process.stderr is not None, "a pipe"
            try:
                named = process.stdout.readline().split()
                if len(named) != 2:
                    raise refused(Answer(process.wait(), "", process.stderr.read()))
                yield Tools(deployment, node, (named[0], named[1]))
            finally:
                process.stdin.close()
                _await_end(process)


@dataclass(frozen=True, slots=True)
class Tools:
    """`place`: the process that stays beside the node, by its number and its start."""

    deployment: Deployment
    node: str
    place: tuple[str, str]

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        """It is ended inside too, where it takes too long."""
        limited = ("timeout", "--kill-after", "1", f"{timeout:.1f}", *command)
        try:
            answer = of_node(answered(runner_words(self.deployment, "ask", *self.place, *limited), timeout + 10))
        except subprocess.TimeoutExpired as error:
            raise self._unended(command, timeout) from error
        if answer.status in TOO_LONG:
            raise self._unended(command, timeout)
        return answer

    def _unended(self, command: Sequence[str], seconds: float) -> DriverError:
        message = f"a tool beside `{self.node}` does not end within {seconds:g} s"
        return DriverError(message, command=" ".join(command[:3]))


def _await_end(process: "subprocess.Popen[str]") -> None:
    try:
        process.wait(_ENDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # what it holds ends with it
        process.wait()


def _plan(deployment: Deployment) -> Plan:
    """What the folder's `lab.json` says. Raises DriverError."""
    try:
        return read_plan(str(deployment.folder / "lab.json"), None)
    except Refused as error:
        raise DriverError(error.message, remedy=error.remedy or None) from error


def _roots(plan: Plan) -> list[str]:
    return sorted({node.root for node in plan.nodes})


def _size(folder: Path) -> int:
    """Bytes on disk of all that is below it, each file once."""
    seen: dict[tuple[int, int], int] = {}
    for path in folder.rglob("*"):
        found = path.lstat()
        if not stat.S_ISSOCK(found.st_mode):
            seen[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(seen.values())


def _spaces(deployment: Deployment) -> dict[str, str]:
    """What nodes say of their tunnels. All have one kernel: of nodes with tunnels of the same parts the first is asked."""
    asked: dict[frozenset[str], str] = {}
    for table in sorted(deployment.folder.glob("payload/nodes/*/tunnels.tsv")):
        parts = frozenset(line.rpartition("\t")[2] for line in read_named(table).decode(errors="replace").splitlines())
        asked.setdefault(parts, table.parent.name)
    return {node: driver.ask(deployment, node, SPACES, timeout=_PATIENCE).output for node in asked.values()}


meter: Meter = NamespacesMeter()
