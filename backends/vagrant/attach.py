"""Running a command on this terminal until it ends: ssh with this process's input and output."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from threading import Event, Lock, Thread

_TERMINATED = 128 + 15  # status of a command that ends in the machine because this process closed its input


def attached(command: list[str]) -> int:
    """Run with this terminal's input and output. Ctrl-C goes to the command. Returns its status."""
    with subprocess.Popen(command) as process:
        while True:
            try:
                return _status(process.wait())
            except KeyboardInterrupt:
                continue


def to_output(command: list[str], output: int | None) -> int:
    """Run without input. Ctrl-C closes the input, which ends the command in the machine and then the local one."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, process_group=0) as process:
        return _until_end(process)


def followed(commands: Mapping[str, list[str]], prefixes: Mapping[str, bytes]) -> int:
    """Run several commands, each output line with the prefix of its name. Returns the first nonzero status.

    Raises BrokenPipeError if the standard output is closed.
    """
    processes = {
        name: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)
        for name, command in commands.items()
    }
    lock, refused = Lock(), Event()

    def copy(name: str) -> None:
        lines = processes[name].stdout
        assert lines is not None
        for line in lines:
            try:
                with lock:
                    sys.stdout.buffer.write(prefixes[name] + line)
                    sys.stdout.buffer.flush()
            except BrokenPipeError:
                refused.set()
                _end(processes.values())
                return

    threads = [Thread(target=copy, args=(name,), daemon=True) for name in processes]
    for thread in threads:
        thread.start()
    statuses = [_until_end(process, *processes.values()) for process in processes.values()]
    for thread in threads:
        thread.join()
    if refused.is_set():
        raise BrokenPipeError
    return next((status for status in statuses if status), 0)


def _until_end(process: "subprocess.Popen[bytes]", *others: "subprocess.Popen[bytes]") -> int:
    was_ended = False
    while True:
        try:
            status = _status(process.wait())
        except KeyboardInterrupt:
            was_ended = True
            _end((process, *others))
            continue
        return 0 if was_ended and status == _TERMINATED else status


def _end(processes: Iterable["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        if process.stdin is not None:
            process.stdin.close()


def _status(status: int) -> int:
    """The status as in a shell: for a signal 128 plus its number."""
    return status if status >= 0 else 128 - status
