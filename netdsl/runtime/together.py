"""The same question to many nodes, some at a time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

from netdsl.runtime.output import end_commands

_LOOKS = 0.02  # seconds between looks whether all have ended

Item = TypeVar("Item")
Found = TypeVar("Found")


def together(call: Callable[[Item], Found], items: Iterable[Item], most: int) -> list[Found]:
    """What `call` gives for each, in their order; `most` at a time. Raises what the first of them raises, once all were
    called. A Ctrl-C ends it at once: calls that have not begun are left out, commands of `output_of` in others killed."""
    with ThreadPoolExecutor(most) as pool:
        try:
            return [one.result() for one in [pool.submit(call, item) for item in items]]
        except KeyboardInterrupt:
            ending = Thread(target=pool.shutdown, kwargs={"cancel_futures": True})
            ending.start()
            while ending.is_alive():
                end_commands()
                ending.join(_LOOKS)
            raise
