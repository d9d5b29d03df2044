"""Commands in a node, with its rights; and how a command in namespaces has the input and output of this process."""

import os
import signal
import termios
import tty
from collections.abc import Callable
from select import select

from . import groups, kernel
from .kernel import Process
from .said import Refused
from .state import Record, State

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_CHUNK = 1 << 16


def record_of(state: State, name: str) -> Record:
    """Of a node that runs. Raises Refused."""
    record = state.node(name)
    if record is None or not record.process.is_alive:
        running = ", ".join(one for one, other in state.nodes().items() if other.process.is_alive) or "none"
        remedy = "start it: netdsl up, or ./lab.sh up in its folder" if running == "none" else ""
        raise Refused(f"no node `{name}` is running in `{state.project}` (running: {running})", remedy)
    return record


def run_inside(state: State, name: str, command: list[str]) -> int:
    """Its status, 128 and the number of the signal that ended it. Raises Refused."""
    record = record_of(state, name)
    members = groups.opened(state.project, name)

    def become() -> None:
        groups.join(members)
        _close_others()
        kernel.keep_capabilities(record.capabilities)
        kernel.as_started(environment(name), command)

    return run(lambda: join(record.process, name, kernel.ALL_SPACES), become)


def start_inside(state: State, name: str, command: list[str]) -> tuple[int, int]:
    """The number of a process that runs it without input, and a descriptor with all that it says. Raises Refused."""
    record = record_of(state, name)
    members = groups.opened(state.project, name)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            join(record.process, name, kernel.ALL_SPACES)
            inner = os.fork()
            if inner == 0:
                kernel.end_with_parent()
                groups.join(members)
                _redirect(writing)
                kernel.keep_capabilities(record.capabilities)
                kernel.as_started(environment(name), command)
            os.close(writing)
            os._exit(status_of(inner))
        except BaseException:
            os._exit(125)
    for descriptor in (writing, *members):
        os.close(descriptor)
    return child, reading


# ---------------------------------------------------------------------------------------------------- processes


def join(process: Process, name: str, spaces: int) -> None:
    descriptor = process.opened()
    if descriptor is None:
        raise Refused(f"`{name}` has ended")
    kernel.join(descriptor, spaces)
    os.close(descriptor)


def environment(name: str) -> dict[str, str]:
    return {"PATH": PATH, "HOME": "/root", "HOSTNAME": name, "TERM": os.environ.get("TERM", "dumb")}


def run(enter: Callable[[], None], become: Callable[[], None]) -> int:
    """With this process's input and output; on a terminal, with one of its own: what runs there never holds the user's."""
    if os.isatty(0) and os.isatty(1):
        return _on_terminal(enter, become)
    enter()
    child = os.fork()
    if child == 0:
        _guarded(become)
    forward(child)
    return status_of(child)


def _guarded(become: Callable[[], None]) -> None:
    try:
        kernel.end_with_parent()
        os.setsid()
        become()
    except BaseException as error:
        os.write(2, f"error: {error}\n".encode(errors="replace"))
    os._exit(125)


def _on_terminal(enter: Callable[[], None], become: Callable[[], None]) -> int:
    master, slave = os.openpty()
    _take_size(master)
    signal.signal(signal.SIGWINCH, lambda *_: _take_size(master))
    enter()
    child = os.fork()
    if child == 0:
        try:
            kernel.end_with_parent()
            os.login_tty(slave)
            become()
        except BaseException as error:
            os.write(2, f"error: {error}\r\n".encode(errors="replace"))
        os._exit(125)
    os.close(slave)
    before = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        _relay(master)
    finally:
        termios.tcsetattr(0, termios.TCSAFLUSH, before)
    return status_of(child)


def _take_size(master: int) -> None:
    try:
        termios.tcsetwinsize(master, termios.tcgetwinsize(0))
    except OSError:
        return


def _relay(master: int) -> None:
    """Until the other side has no one left."""
    waiting = [0, master]
    while True:
        ready = select(waiting, [], [])[0]
        if 0 in ready:
            given = os.read(0, _CHUNK)
            if given:
                _write(master, given)
            else:
                waiting = [master]
        if master in ready:
            try:
                said = os.read(master, _CHUNK)
            except OSError:  # EIO: the last one has closed it
                return
            if not said:
                return
            _write(1, said)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _redirect(writing: int) -> None:
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(writing, 1)
    os.dup2(writing, 2)
    _close_others()


def _close_others() -> None:
    """All but the standard three."""
    os.closerange(3, 4096)


def forward(child: int) -> None:
    for number in _PASSED_ON:
        signal.signal(number, lambda which, _: _pass_on(child, which))


def _pass_on(child: int, number: int) -> None:
    try:
        os.kill(child, number)
    except ProcessLookupError:
        return


def status_of(child: int) -> int:
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status
