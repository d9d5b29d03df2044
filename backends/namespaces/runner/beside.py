"""Commands beside a node: in its network, with files and processes that are not its own. They end with the node, whose
interfaces would go on to answer as long as a process is in its network, and with the room."""

import hashlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from select import select

from . import kernel, tree
from .enter import environment, forward, join, record_of, run, status_of
from .kernel import Process
from .plan import Root
from .roots import SUITE
from .said import Refused
from .state import State

RIGHTS = ("NET_ADMIN", "NET_RAW")  # nft and `ip neighbour`; tcpdump and ping
_PACKAGES = ("iperf3", "iproute2", "iputils-ping", "nftables", "perl-base")
MEASURE = Root(f"measure-{hashlib.sha256(repr((SUITE, _PACKAGES)).encode()).hexdigest()[:12]}", _PACKAGES, ())
"""What measures. No lab has it in its plan: it is made with the first measurement."""


@dataclass(frozen=True)
class Beside:
    """A place beside a node. `files`: those of this machine by their place there."""

    state: State
    node: str
    root: Path
    files: Mapping[str, str]

    def run(self, command: list[str]) -> int:
        """Its status; what it leaves ends with it. Raises Refused, also where the node ends meanwhile."""
        room = self._room()
        self._end_with_node()

        def nested() -> None:
            """The command is the first process of a process namespace: an end of that ends all of it."""
            os.closerange(3, 4096)
            kernel.unshare(kernel.NEWPID)
            child = os.fork()
            if child == 0:
                kernel.end_with_parent()
                self._lay_files()
                kernel.keep_capabilities(RIGHTS)
                kernel.as_started(environment(self.node), command)
            forward(child)
            os._exit(status_of(child))

        return run(lambda: self._enter(room), nested)

    def stay(self) -> int:
        """Says which process `ask` can be told, and stays until its input ends. Raises Refused, also where the node ends
        meanwhile."""
        room = self._room()
        self._end_with_node()

        def nested() -> None:
            os.closerange(3, 4096)
            kernel.unshare(kernel.NEWPID)
            child = os.fork()
            if child:
                os._exit(status_of(child))
            try:
                kernel.end_with_parent()
                own = Process.of("self")
                signal.signal(
                    signal.SIGCHLD, signal.SIG_IGN
                )  # it is the parent of what a tool leaves in the background
                self._lay_files()
                os.write(1, f"{own.number} {own.started}\n".encode())
                while os.read(0, 1):
                    pass
            except BaseException as error:
                os.write(2, f"error: {error}\n".encode(errors="replace"))
            os._exit(0)

        return run(lambda: self._enter(room), nested)

    def _end_with_node(self) -> None:
        """A process that waits for the node's end, and tells this one. What this one has started ends with it."""
        node, own = record_of(self.state, self.node).process.opened(), os.getpid()
        if node is None:
            raise Refused(f"the node `{self.node}` has ended")

        def ended(*_: object) -> None:
            raise Refused(f"the node `{self.node}` has ended")

        signal.signal(signal.SIGUSR1, ended)
        if os.fork():
            os.close(node)
            return
        try:
            kernel.end_with_parent()
            nothing = os.open("/dev/null", os.O_RDWR)
            for descriptor in range(3):
                os.dup2(nothing, descriptor)
            select([node], [], [])
            if os.getppid() == own:
                os.kill(own, signal.SIGUSR1)
        finally:
            os._exit(0)

    def _room(self) -> Process:
        room = self.state.room
        if room is None:
            raise Refused(f"`{self.state.project}` has ended")
        return room

    def _enter(self, room: Process) -> None:
        join(record_of(self.state, self.node).process, self.node, kernel.NEWNET | kernel.NEWUTS)
        join(room, self.node, kernel.NEWPID)
        kernel.unshare(kernel.NEWNS | kernel.NEWIPC)

    def _lay_files(self) -> None:
        """As the first process of its process namespace."""
        kernel.mount("", "/", "", kernel.REC | kernel.PRIVATE)
        place = str(self.root)
        kernel.mount(place, place, "", kernel.BIND)
        tree.lay_system(place, ())
        tree.lay_memory(place, "/tmp", "mode=1777,size=64m")  # noqa: S108 - of its own
        for path, file in self.files.items():
            kernel.bind(file, place + path)
        tree.close_system(place)
        tree.make_read_only(place)
        kernel.enter_root(place)


def ask(number: str, started: str, command: list[str]) -> int:
    """The status of a command where a process stays that `stay` has named, with its files and network. Raises Refused."""
    if not number.isdecimal():
        raise Refused(f"`{number}` is no number of a process")
    process = Process(int(number), started)

    def become() -> None:
        os.closerange(3, 4096)
        kernel.keep_capabilities(RIGHTS)
        kernel.as_started(environment(""), command)

    return run(lambda: join(process, "what measures", kernel.ALL_SPACES), become)
