"""What a command says until it ends, within limits: a node may say anything, as much and for as long as it likes."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress

from netdsl.runtime.driver import Answer

LARGEST = 8 << 20
"""Bytes that a command may say. The longest answers that netdsl asks for are those of 150 probes, some 10 kB."""
_CHUNK = 1 << 16
_running: "set[subprocess.Popen[bytes]]" = set()
_ROOM = 4096  # bytes that a pipe takes at once where it takes any (PIPE_BUF)


class TooMuch(Exception):
    """A command says more than it may. What it said until then is dropped."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"says more than {limit >> 20} MiB")


def output_of(command: Sequence[str], *, timeout: float, given: bytes = b"", limit: int = LARGEST) -> Answer:
    """What a command says that runs here, in a session of its own: a Ctrl-C that this process gets does not end it.
    `given`: its standard input. Where it says or takes more than it may, it is killed.

    Raises TooMuch, subprocess.TimeoutExpired, FileNotFoundError.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True) as process:
        _running.add(process)
        try:
            return _heard(process, given, time.monotonic() + timeout, limit)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise subprocess.TimeoutExpired(command, timeout) from error
            raise
        finally:
            _running.discard(process)


def end_commands() -> None:
    """KILL to each command that `output_of` runs at this moment, in any thread."""
    for process in tuple(_running):
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _heard(process: "subprocess.Popen[bytes]", given: bytes, deadline: float, limit: int) -> Answer:
    assert process.stdin is not None, "a pipe"
    assert process.stdout is not None, "a pipe"
    assert process.stderr is not None, "a pipe"
    output, errors, left = bytearray(), bytearray(), memoryview(given)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(process.stderr, selectors.EVENT_READ, errors)
        selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            for key, _ in selector.select(_until(deadline, process)):
                if key.data is None:
                    left = _written(key.fd, left)
                    is_over = not left
                else:
                    chunk = os.read(key.fd, _CHUNK)
                    key.data.extend(chunk)
                    is_over = not chunk
                if is_over:
                    selector.unregister(key.fileobj)
                    if key.data is None:
                        process.stdin.close()
            if len(output) + len(errors) > limit:
                raise TooMuch(limit)
        status = process.wait(_until(deadline, process))
    return Answer(status, output.decode(errors="replace"), errors.decode(errors="replace"))


def _until(deadline: float, process: "subprocess.Popen[bytes]") -> float:
    """Seconds that are left. Raises TimeoutExpired where there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise subprocess.TimeoutExpired(process.args, 0)
    return left


def _written(descriptor: int, left: memoryview) -> memoryview:
    """What is left of an input. A command that reads no further gets no more."""
    try:
        return left[os.write(descriptor, left[:_ROOM]) :] if left else left
    except BrokenPipeError:
        return left[:0]
