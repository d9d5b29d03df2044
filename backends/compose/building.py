"""What `docker compose build --progress plain` says, made short: its steps while it goes on, and what the one that failed
said last.

BuildKit begins each line with the number of the step, and repeats the name of the one that failed below a line of dashes
(util/progress/progressui/printer.go, display.go: `#7 ERROR: …`, ` > [stage 2/3] RUN …:`).
"""

import re
from collections.abc import Sequence
from shlex import join

from netdsl.runtime.driver import DriverError, Progress

from .client import client_fault
from .ended import CommandFailed
from .engine import refused
from .refusals import refusal

_LINE = re.compile(r"#(\d+) (.*)")
_STEP = re.compile(r"(?P<place>\[[^]]* \d+/\d+\]) (?P<words>.*)")
_FAILED = re.compile(r" > (.*?):?")
_SPOKEN = re.compile(r"\d+\.\d+ (.*)")
_FLAGS = re.compile(r"--(?:mount|network|security)=\S+ *")
_NOISE = re.compile(
    r"(?:Get|Hit|Ign):\d+ |(?:Selecting|Preparing|Unpacking|Setting up|Processing|Reading|Building|Fetched) |\(Reading "
)
_LAST = 6
_LONGEST = 100  # characters of a step
_FULL = re.compile(r"[Nn]o space left on device")
_REMEDIES = (
    (
        re.compile(r"Unable to locate package (\S+)"),
        "Debian has no package {}: the `packages` line of that image names it",
    ),
    (
        re.compile(r"(Temporary failure resolving|Could not connect to|Failed to fetch|Could not resolve)"),
        "no mirror of Debian is within reach: a proxy as for any `docker build`, or a base image that has the packages "
        "(docker compose build --build-arg BASE=IMAGE)",
    ),
)


def steps(progress: Progress) -> Progress:
    """Progress of a build that tells its steps alone, each once."""
    told: set[str] = set()

    def heard(line: str) -> None:
        found = _LINE.fullmatch(line)
        step = _STEP.fullmatch(found[2]) if found is not None else None
        if step is not None and step[0] not in told:
            told.add(step[0])
            progress(f"{step['place']} {_shortened(step['words'])}")

    return heard


def unbuilt(error: CommandFailed) -> DriverError:
    """The error of a build: the step that failed, and the last lines of that step."""
    command, status, text = join(error.command), error.status, error.errors
    step, lines = _failure(text.splitlines())
    if step is None or not step["words"].startswith("RUN "):
        last = text.strip().rpartition("\n")[2]
        return refused("an image could not be built", command, status, last)
    said = "\n".join(lines)
    full = _FULL.search(said)
    known = client_fault() or (refusal(full[0], command, status) if full is not None else None)
    if known is not None:
        return known
    remedy = next((remedy.format(found[1]) for sign, remedy in _REMEDIES if (found := sign.search(said))), None)
    return DriverError(
        f"an image could not be built: {step['place']} {_shortened(step['words'])}",
        command="docker compose build",
        status=status,
        tail=said,
        remedy=remedy or "the step is one of the lab's `image` block where it is a `run` line of it",
    )


def _failure(lines: Sequence[str]) -> tuple[re.Match[str] | None, list[str]]:
    """The step that failed, and what it said last, without what a package manager says of packages that it got."""
    numbered = [found for found in map(_LINE.fullmatch, lines) if found is not None]
    number = next((found[1] for found in numbered if found[2].startswith("ERROR: ")), None)
    names = [found[1] for found in map(_FAILED.fullmatch, lines) if found is not None]
    said = [spoken[1] for found in numbered if found[1] == number and (spoken := _SPOKEN.fullmatch(found[2]))]
    return _STEP.fullmatch(names[0]) if names else None, [
        line for line in said if line.strip() and not _NOISE.match(line)
    ][-_LAST:]


def _shortened(step: str) -> str:
    words = " ".join(_FLAGS.sub("", step).split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
