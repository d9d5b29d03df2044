"""Which running nodes `up` changes as they run, and which the runner starts anew: by what they say they run."""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from netdsl.codegen.wanted import Files, wanted_nodes
from netdsl.disk.named import read_named
from netdsl.disk.system import system_names
from netdsl.payload.changing import Verdict, digests
from netdsl.runtime.driver import Deployment, DriverError, NodeChange, Progress

from .calls import answered, refused, runner_words
from .runner.plan import envelope_of
from .runner.state import RUN

LAB = "lab.json"
_SHORT = 60.0  # seconds for what nodes say
_LONG = 600.0  # for changes
_FINAL = 3  # the script's status of what a start alone gives


def foretold(deployment: Deployment, files: Files) -> tuple[NodeChange, ...]:
    """As `Driver.changes`."""
    return tuple(
        NodeChange(name, bool(verdict.inside), ", ".join(verdict.inside) or verdict.anew)
        for name, verdict in _verdicts(deployment, files)
        if not verdict.is_same
    )


def change(deployment: Deployment, progress: Progress) -> None:
    """Each node that can be changed as it runs. What needs a start is left to the runner. Raises DriverError where one
    could not be changed, after all have been tried."""
    inside = {name: verdict.inside for name, verdict in _verdicts(deployment, {}) if verdict.inside}
    if not inside:
        return
    answer = answered(runner_words(deployment, "change", *inside), _LONG)
    if answer.status:
        raise refused(answer)
    failed = []
    for name, found in sorted(json.loads(answer.output).items()):
        reason = " ".join(found["said"].split())
        if found["status"] == 0:
            progress(f"{name}: changed as it runs: {', '.join(inside[name])}")
        elif found["status"] == _FINAL:
            progress(f"{name}: is started anew: {reason}")
        else:
            failed.append(f"{name}: {reason}")
    if failed:
        raise DriverError(
            f"{len(failed)} of {len(inside)} nodes could not be changed, and run as before",
            command="node.sh change",
            tail="\n".join(failed),
        )


def _verdicts(deployment: Deployment, files: Files) -> Iterator[tuple[str, Verdict]]:
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
            verdict = wanted[name].verdict(digests(found["lines"]))
            if not verdict.anew and found["envelope"] != envelope_of(nodes[name]):
                verdict = Verdict(anew="its interfaces, rights or files")
            yield name, verdict
