"""Calls of the runner, in processes of its own, and what it refuses."""

import sys
from collections.abc import Sequence
from pathlib import Path

from netdsl.runtime.driver import Answer, Deployment, DriverError
from netdsl.runtime.output import TooMuch, output_of

_RUNNER = "import sys; sys.path.insert(0, sys.argv[1]); from runner.__main__ import begin; begin(sys.argv[2:])"


def runner_words(deployment: Deployment, verb: str, *words: str) -> list[str]:
    """The command that runs the runner of this package, without the settings and modules of whoever calls it."""
    where = ("--folder", str(deployment.folder.resolve()), "--project", deployment.project)
    return [sys.executable, "-BIS", "-c", _RUNNER, str(Path(__file__).parent), *where, verb, *words]


def answered(words: Sequence[str], timeout: float) -> Answer:
    try:
        return output_of(words, timeout=timeout)
    except TooMuch as error:
        raise DriverError(f"a node {error}") from error


def refused(answer: Answer) -> DriverError:
    """What the runner says when it refuses, as an error; what stands below its message is the tail."""
    before, sign, text = answer.errors.rpartition("error: ")
    if not sign:
        return DriverError("the runner has failed", command="runner", status=answer.status, tail=answer.errors)
    text, _, remedy = text.partition("\nhelp: ")
    message, _, tail = text.strip().partition("\n")
    return DriverError(message, tail=tail or _last(before), remedy=remedy.strip() or None)


def _last(text: str) -> str:
    """The error that a process of the runner's has said before it."""
    return text.rpartition("error: ")[2].strip() if "error: " in text else ""
