"""Which running nodes `up` changes as they run, and which the runner starts anew: by what they say they run."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from netdsl.codegen.changing import foretold, told
from netdsl.codegen.wanted import Files, wanted_nodes
from netdsl.dataclass import dataclass
from netdsl.disk.named import read_named
from netdsl.disk.system import system_names
from netdsl.payload.changing import Verdict
from netdsl.runtime.driver import Answer, Deployment, DriverError, NodeChange, Progress

from .calls import answered, refused, runner_words
from .runner.plan import digest_of, envelope_of
from .runner.state import RUN

LAB = "lab.json"
_SHORT = 60.0  # seconds for what nodes say
_LONG = 600.0  # for changes


@dataclass(frozen=True, slots=True)
class _Judged:
    """`sum`: of what the node's script is to read; `is_noted`: the runner's notes have it as it should be."""

    verdict: Verdict
    sum: str
    is_noted: bool


def changes(deployment: Deployment, files: Files) -> tuple[NodeChange, ...]:
    """As `Driver.changes`."""
    return foretold({name: one.verdict for name, one in _judged(deployment, files)})


def change(deployment: Deployment, progress: Progress) -> None:
    """Each node that can be changed as it runs. What needs a start is left to the runner. Raises DriverError where one
    could not be changed, after all have been tried."""
    judged = {name: one for name, one in _judged(deployment, {}) if not one.verdict.anew}
    inside = {name: one.verdict for name, one in judged.items() if one.verdict.inside}
    # A runner that was killed in the middle has not noted what its nodes went on to become: they change to what they are.
    unnoted = [name for name, one in judged.items() if not one.is_noted and name not in inside]
    if not inside and not unnoted:
        return
    words = [f"{name}={judged[name].sum}" for name in (*inside, *unnoted)]
    answer = answered(runner_words(deployment, "change", *words), _LONG)
    if answer.status:
        raise refused(answer)
    found = json.loads(answer.output)
    told({name: Answer(one["status"], one["said"]) for name, one in found.items() if name in inside}, inside, progress)


def _judged(deployment: Deployment, files: Files) -> Iterator[tuple[str, _Judged]]:
    """Of the nodes that run and stay, by name."""
    try:
        if not any(system_names(f"{RUN}/{deployment.project}/nodes")):
            return
        lab = json.loads(files.get(LAB) or read_named(deployment.folder / LAB))
        nodes: Mapping[str, Any] = lab["nodes"]
        store = deployment.folder / (os.environ.get("NETDSL_CREDENTIALS") or lab["credentials"])
        stores = {name: store / one["credentials"] for name, one in nodes.items() if one["credentials"] is not None}
        wanted = wanted_nodes(deployment.folder, files, stores)
    except PermissionError:
        return  # the runner says so
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DriverError(f"{deployment.folder} cannot be read", remedy="compile the lab again") from error
    answer = answered(runner_words(deployment, "running"), _SHORT)
    if answer.status:
        raise refused(answer)
    for name, found in json.loads(answer.output).items():
        if name in nodes and name in wanted:
            verdict = wanted[name].verdict(found["lines"])
            if not verdict.anew and found["envelope"] != envelope_of(nodes[name]):
                verdict = Verdict(anew="its interfaces, rights or files")
            yield name, _Judged(verdict, wanted[name].sum, found["digest"] == digest_of(nodes[name]))
