"""Work in processes of its own, each with a limit on time, processor and memory, several at once.

What one of them meets (a crash, an endless computation, all memory) is that one's answer, and stops no other.
"""

import json
import os
import resource
import selectors
import signal
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.dump import Json

LARGEST_ANSWER = 64 * 2**20
"""Bytes that a process may answer."""
_CHUNK = 2**16
_RESERVE = 2**22
"""Bytes that are given back where memory has run out, so that this can be said."""
_TURN = 0.2
"""Seconds until the clocks are looked at again."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """`processor`: seconds of processor time; `memory`: bytes of address space; `patience`: seconds by the wall's clock,
    after which the process is interrupted; `grace`: seconds that it then has to put things back."""

    processor: int
    memory: int
    patience: float
    grace: float = 1.0


@dataclass(frozen=True, slots=True)
class Ended:
    """In place of an answer: why there is none."""

    reason: str


Answer = Json | Ended
Work = Callable[[Callable[[], None]], Json]
"""What a process does: from a function that lifts the limits on processor and memory to an answer."""


def answers(works: Iterable[Work], bounds: Bounds, jobs: int) -> Generator[Answer, None, None]:
    """The answers in the order of the works, at most `jobs` processes at a time. A work is taken from `works` when a
    process is free for it. No process is left, whatever happens.

    The caller has one thread: a process is its copy.
    """
    waiting = iter(works)
    running: dict[int, _Process] = {}
    done: dict[int, Answer] = {}
    started = given = 0
    with selectors.DefaultSelector() as selector:
        try:
            while True:
                while len(running) < jobs and (work := next(waiting, None)) is not None:
                    with _uninterrupted() as mask:
                        process = running[started] = _begin(work, bounds, mask)
                    selector.register(process.pipe, selectors.EVENT_READ, process)
                    started += 1
                if not running:
                    return
                _listen(selector, bounds)
                for number in [number for number, process in running.items() if process.is_over]:
                    process = running.pop(number)
                    selector.unregister(process.pipe)
                    done[number] = process.answer(bounds)
                while given in done:
                    yield done.pop(given)
                    given += 1
        finally:
            _end_all(running.values(), bounds)


def _listen(selector: selectors.BaseSelector, bounds: Bounds) -> None:
    """Read what the processes say, for a turn at most; interrupt, and then kill, those whose time is over."""
    for key, _ in selector.select(_TURN):
        key.data.read()
    now = time.monotonic()
    for key in selector.get_map().values():
        process: _Process = key.data
        if now > process.began + bounds.patience + bounds.grace:
            process.send(signal.SIGKILL)
        elif now > process.began + bounds.patience and not process.is_late:
            process.is_late = True
            process.send(signal.SIGINT)


@dataclass(eq=False, slots=True)
class _Process:
    """`pipe`: the descriptor that its answer comes from; `is_over`: that end is closed, or too much came."""

    pid: int
    pipe: int
    began: float
    said: bytearray = field(default_factory=bytearray)
    is_over: bool = False
    is_late: bool = False

    def read(self) -> None:
        chunk = os.read(self.pipe, _CHUNK)
        self.said += chunk
        if not chunk or len(self.said) > LARGEST_ANSWER:
            self.is_over = True

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def answer(self, bounds: Bounds) -> Answer:
        if len(self.said) > LARGEST_ANSWER:
            self.send(signal.SIGKILL)
        os.close(self.pipe)
        _, status = os.waitpid(self.pid, 0)
        if self.is_late:
            return Ended(f"took longer than {bounds.patience:g} s")
        if len(self.said) > LARGEST_ANSWER:
            return Ended(f"the report is larger than {LARGEST_ANSWER >> 20} MiB")
        if os.WIFSIGNALED(status):
            return Ended(_signal_text(os.WTERMSIG(status), bounds))
        found: Json = json.loads(self.said) if self.said else None
        match found:
            case {"answer": answer}:
                return answer
            case {"ended": str(reason)}:
                return Ended(reason)
            case _:
                return Ended("the process ended without an answer")


def _signal_text(number: int, bounds: Bounds) -> str:
    if number == signal.SIGXCPU:
        return f"took more than {bounds.processor} s of processor time"
    return f"the process was ended by signal {number} ({signal.strsignal(number)})"


@contextmanager
def _uninterrupted() -> Iterator[set[int]]:
    """No Ctrl-C between the fork and the note of it in the caller, or before the copy is ready for it. The mask before."""
    mask = {int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})}
    try:
        yield mask
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _begin(work: Work, bounds: Bounds, mask: set[int]) -> _Process:
    """`mask`: the signals that the process has blocked as it works."""
    pipe, answer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:  # nothing may come back into the caller's copy
            os.close(pipe)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            _say(answer, _done(work, bounds))
            status = 0
        finally:
            os._exit(status)
    os.close(answer)
    return _Process(pid, pipe, time.monotonic())


def _done(work: Work, bounds: Bounds) -> bytes:
    """The answer of a work, or why there is none, as JSON."""
    lift = _limit(bounds)
    reserve = [bytearray(_RESERVE)]
    try:
        return json.dumps({"answer": work(lift)}).encode()
    except MemoryError:
        reserve.clear()
        reason = f"needs more than {bounds.memory >> 20} MiB of memory"
    except KeyboardInterrupt:
        reason = "was interrupted"
    except Exception as error:  # the end of this process
        reason = f"internal error: {type(error).__name__}: {str(error)[:200]}"
    lift()
    return json.dumps({"ended": reason}).encode()


def _limit(bounds: Bounds) -> Callable[[], None]:
    """Set the limits of this process. Only what may be lifted again is lowered; the function that does so."""
    wanted = {resource.RLIMIT_CPU: bounds.processor, resource.RLIMIT_AS: bounds.memory, resource.RLIMIT_CORE: 0}
    before = {kind: resource.getrlimit(kind) for kind in wanted}
    for kind, most in wanted.items():
        soft, hard = before[kind]
        known = [value for value in (soft, hard) if value != resource.RLIM_INFINITY]
        resource.setrlimit(kind, (min([most, *known]), hard))

    def lift() -> None:
        for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS):
            resource.setrlimit(kind, before[kind])

    return lift


def _say(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _end_all(processes: Iterable[_Process], bounds: Bounds) -> None:
    """Interrupt all that run, give them their grace, and kill what is left."""
    left = list(processes)
    for process in left:
        process.send(signal.SIGINT)
    end = time.monotonic() + bounds.grace
    while left and time.monotonic() < end:
        left = [process for process in left if os.waitpid(process.pid, os.WNOHANG)[0] == 0]
        time.sleep(0.02 if left else 0)
    for process in left:
        process.send(signal.SIGKILL)
        os.waitpid(process.pid, 0)
