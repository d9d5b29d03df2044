"""Waiting until the containers of a project are well.

`docker compose up --wait` does the same, but looks every half a second, and asks for one container after another.
"""

import re
import time
from collections.abc import Callable

from netdsl.diagnostics.visible import Passing
from netdsl.runtime.driver import Deployment, Progress

from .ended import CommandFailed
from .engine import SERVICE, of_project, said
from .model import NODE
from .own import BESIDE_SERVICE

_PAUSE = 0.1  # seconds at least between two questions, and at least as long as a question takes
_WORDS = ("docker", "ps")
_COLUMNS = (
    "{{.Names}}",
    "{{.State}}",
    "{{.Status}}",
    f'{{{{.Label "{NODE}"}}}}',
    f'{{{{.Label "{SERVICE}"}}}}',
)
_EXIT = re.compile(r"^Exited \((\d+)\)")


def await_ready(
    deployment: Deployment,
    timeout: float,
    progress: Progress,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when each container that has a health check is healthy, and each other one runs; one of the user's own may
    have ended with status 0. Raises CommandFailed for one that is not well, or after `timeout` seconds; DriverError."""
    end, last = now() + timeout, ""
    while True:
        began = now()
        waiting, total = _waiting(deployment)
        text = f"{total - len(waiting)} of {total} containers are ready"
        if text != last:
            progress(Passing(text))
            last = text
        if not waiting:
            return
        if now() > end:
            names = ", ".join(sorted(waiting)[:5]) + (" …" if len(waiting) > 5 else "")
            raise CommandFailed(_WORDS, 1, f"not ready within {timeout:g} s: {names}")
        sleep(max(_PAUSE, now() - began))


def _waiting(deployment: Deployment) -> tuple[list[str], int]:
    """The containers that are not yet ready, and how many there are. Raises CommandFailed."""
    words = ["ps", "--all", *of_project(deployment), "--format", "\t".join(_COLUMNS)]
    rows = [line.split("\t", 4) for line in said(words).splitlines()]
    rows = [row for row in rows if row[4] != BESIDE_SERVICE]
    found = []
    for name, state, status, node, _ in rows:
        ended = _EXIT.match(status)
        if "(unhealthy)" in status:
            raise CommandFailed(_WORDS, 1, f"container {name} is unhealthy")
        if state == "dead" or (ended is not None and (node or ended[1] != "0")):
            raise CommandFailed(_WORDS, 1, f"container {name} ended: {status}")
        if ended is None and (state != "running" or "(health: starting)" in status):
            found.append(name)
    return found, len(rows)
