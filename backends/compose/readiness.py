"""Waiting until the containers of a project are well.

`docker compose up --wait` does the same, but looks every half a second, and asks for one container after another.
"""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from netdsl.dataclass import dataclass
from netdsl.diagnostics.visible import Elsewhere, Passing, Summary
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
_STALL = 10.0  # seconds in which none more is ready, before it is asked why
_MOST = 5  # names
_EXIT = re.compile(r"^Exited \((\d+)\)")


def await_ready(
    deployment: Deployment,
    timeout: float,
    progress: Progress,
    reasons: Callable[[Sequence[str]], Iterable[str]],
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when each container that has a health check is healthy, and each other one runs; one of the user's own may
    have ended with status 0. `reasons`: why some of them, by their services, are not yet ready; asked where for a while
    none more is.

    Raises CommandFailed for one that is not well, or after `timeout` seconds; DriverError.
    """
    end, last, counted = now() + timeout, now(), -1
    while True:
        began = now()
        waiting, total = _waiting(deployment)
        ready = f"{total - len(waiting)} of {total} containers are ready"
        if not waiting:
            progress(Passing(ready))
            return
        if now() > end:
            names = _listed(sorted(one.name for one in waiting))
            raise CommandFailed(_WORDS, 1, f"not ready within {timeout:g} s: {names}")
        if len(waiting) != counted:
            last, counted = now(), len(waiting)
            names = _listed(f"{one.service} ({one.state})" for one in waiting)
            progress(Summary(f"{ready}\nwaiting for {names}"))
        elif now() - last > _STALL:
            last = now()
            lines = [f"  {reason}" for reason in reasons([one.service for one in waiting[:_MOST]])]
            progress(Summary("\n".join((ready, f"waiting for {_listed(one.service for one in waiting)}", *lines))))
            progress(Elsewhere(f"{ready}; waiting for {_listed(one.service for one in waiting)}"))
        sleep(max(_PAUSE, now() - began))


def _listed(names: Iterable[str]) -> str:
    first = list(islice(names, _MOST + 1))
    return ", ".join(first[:_MOST]) + (" …" if len(first) > _MOST else "")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A container that is not yet ready. `state`: the engine's word, or `starting` where it runs."""

    name: str
    service: str
    state: str


def _waiting(deployment: Deployment) -> tuple[list[_Waiting], int]:
    """The containers that are not yet ready, and how many there are. Raises CommandFailed."""
    words = ["ps", "--all", *of_project(deployment), "--format", "\t".join(_COLUMNS)]
    rows = [line.split("\t", 4) for line in said(words).splitlines()]
    rows = [row for row in rows if row[4] != BESIDE_SERVICE]
    found = []
    for name, state, status, node, service in rows:
        ended = _EXIT.match(status)
        if "(unhealthy)" in status:
            raise CommandFailed(_WORDS, 1, f"container {name} is unhealthy")
        if state == "dead" or (ended is not None and (node or ended[1] != "0")):
            raise CommandFailed(_WORDS, 1, f"container {name} ended: {status}")
        if ended is None and (state != "running" or "(health: starting)" in status):
            found.append(_Waiting(name, service, "starting" if state == "running" else state))
    return found, len(rows)
