"""Commands that run until they end while the user waits: on this terminal, or with their lines passed on."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from threading import Event, Lock, Thread
from typing import IO

from netdsl.runtime.driver import Out, Progress

LONGEST_LINE = 1 << 16
"""Bytes of a line that are passed on together; a longer one goes on in the next."""
_TERMINATED = 128 + 15  # status of a command that ends in the machine because this process closed its input

Process = subprocess.Popen[bytes]
End = Callable[[Process], None]
"""How a command is ended after Ctrl-C."""


def close_input(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


def interrupt(process: Process) -> None:
    process.send_signal(signal.SIGINT)


def has_terminal() -> bool:
    """Whether a command that gets this process's input and output has a terminal in them."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def attached(command: list[str]) -> int:
    """Run with this terminal's input and output. Ctrl-C goes to the command. Returns its status."""
    with subprocess.Popen(command) as process:
        while True:
            try:
                return _status(process.wait())
            except KeyboardInterrupt:
                continue


def to_output(command: list[str], descriptor: int | None, out: Out, end: End) -> int:
    """Run without input, its output byte by byte into a descriptor (None: this process's). Its errors are noted."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=descriptor, stderr=subprocess.PIPE, process_group=0
    ) as process:
        return _passed_on({"": process}, {}, out, end)


def followed(commands: Mapping[str, list[str]], prefixes: Mapping[str, str], out: Out, end: End) -> int:
    """Run several commands without input. Each line of their outputs is said behind the prefix of its name, their errors
    are noted. Returns the first nonzero status.

    Raises BrokenPipeError if what is said cannot be read any more.
    """
    pipe = subprocess.PIPE
    processes = {
        name: subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0)
        for name, command in commands.items()
    }
    return _passed_on(processes, prefixes, out, end)


def _passed_on(processes: Mapping[str, Process], prefixes: Mapping[str, str], out: Out, end: End) -> int:
    lock, refused = Lock(), Event()

    def copy(stream: IO[bytes], prefix: str, tell: Progress) -> None:
        while piece := stream.readline(LONGEST_LINE):
            try:
                with lock:
                    tell(prefix + piece.decode(errors="replace").removesuffix("\n").removesuffix("\r"))
            except BrokenPipeError:
                refused.set()
                _end(processes.values(), end)
                return

    threads = [
        Thread(target=copy, args=(stream, prefixes.get(name, ""), tell), daemon=True)
        for name, process in processes.items()
        for stream, tell in ((process.stdout, out.say), (process.stderr, out.note))
        if stream is not None
    ]
    for thread in threads:
        thread.start()
    statuses = [_until_end(process, processes.values(), end) for process in processes.values()]
    for thread in threads:
        thread.join()
    if refused.is_set():
        raise BrokenPipeError
    return next((status for status in statuses if status), 0)


def _until_end(process: Process, all_of_them: Iterable[Process], end: End) -> int:
    was_ended = False
    while True:
        try:
            status = _status(process.wait())
        except KeyboardInterrupt:
            was_ended = True
            _end(all_of_them, end)
            continue
        return 0 if was_ended and status == _TERMINATED else status


def _end(processes: Iterable[Process], end: End) -> None:
    for process in processes:
        end(process)


def _status(status: int) -> int:
    """The status as in a shell: for a signal 128 plus its number."""
    return status if status >= 0 else 128 - status
