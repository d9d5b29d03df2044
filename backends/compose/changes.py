"""Which running nodes `up` leaves alone, which it changes as they run, and which Compose makes anew.

What a node runs it says itself: it may have been changed since its container was made, whose labels stay as they were.
"""

import json
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from netdsl.codegen.changing import FINAL, told
from netdsl.codegen.wanted import Files, WantedNode, wanted_nodes
from netdsl.dataclass import dataclass
from netdsl.payload.changing import Verdict
from netdsl.runtime.driver import Answer, Deployment, DriverError, Progress
from netdsl.runtime.together import together

from .engine import FILE, Unasked, answered, config_hashes, image_ids, nodes_of, said

_PAYLOAD = "netdsl.payload"
_HASH, _IMAGE = "com.docker.compose.config-hash", "com.docker.compose.image"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SCRIPT = ("sh", "/netdsl/lab/node.sh")
_PATIENCE = 150.0  # seconds; the script itself gives a change two minutes
_SHORT = 30.0
_WAIT = 20  # seconds of waiting in a node at a time
_AT_ONCE = 8
_CREDENTIALS = "/netdsl/credentials"


@dataclass(frozen=True, slots=True)
class RunningNode:
    """A container of the lab's that runs and stays. `labels`: those that are read here."""

    service: str
    id: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A node that runs, and what becomes of it. `sum`: of what its script is to read."""

    node: RunningNode
    verdict: Verdict
    sum: str


def judge(
    deployment: Deployment, config: Mapping[str, Any], files: Files, leaving: Collection[str]
) -> tuple[Judged, ...]:
    """Of the nodes that run; one that says nothing of itself is left out, so that Compose decides. `config`: what `docker
    compose config` says with these files; `leaving`: the ids of containers that go. Raises DriverError."""
    running = [node for node in _running(deployment, config) if node.id not in leaving]
    if not running:
        return ()
    services = config["services"]
    stores = {node.service: store for node in running if (store := _store(services[node.service])) is not None}
    try:
        wanted = wanted_nodes(deployment.folder, files, stores)
    except OSError as error:
        raise DriverError(f"{deployment.folder} cannot be read: {error}", remedy="compile the lab again") from error
    text = files.get(FILE)
    labels = {node.service: {_PAYLOAD: node.labels[_PAYLOAD]} for node in running}
    hashes = config_hashes(deployment, text, labels)
    images = image_ids(services[node.service]["image"] for node in running)
    other = {node.id for node in running if not _has_envelope(node, hashes, images, services)}
    reasons = dict(_reasons([node for node in running if node.id in other], config))

    def one(node: RunningNode) -> Judged | None:
        want = wanted.get(node.service)
        found = None if want is None else _asked(node, want)
        if want is None or found is None:
            return None
        if node.id in other and not found.anew:
            found = Verdict(anew=reasons.get(node.id, "its container"))
        return Judged(node, found, want.sum)

    return tuple(judged for judged in together(one, running, _AT_ONCE) if judged is not None)


def change(nodes: Iterable[Judged], progress: Progress) -> tuple[RunningNode, ...]:
    """Each as it runs. Those that only a start can change, as they said. Raises DriverError where one could not be changed,
    after all have been tried."""

    def one(judged: Judged) -> Answer:
        return _in(judged.node, "change", judged.sum, timeout=_PATIENCE)

    changed = list(nodes)
    answers = dict(zip((judged.node.service for judged in changed), together(one, changed, _AT_ONCE), strict=True))
    anew = told(answers, {judged.node.service: judged.verdict for judged in changed}, progress)
    return tuple(judged.node for judged in changed if judged.node.service in anew)


def await_changed(nodes: Iterable[Judged], seconds: float) -> None:
    """Until each is ready: what is new in it may need other nodes. Raises DriverError."""
    end = monotonic() + seconds

    def one(judged: Judged) -> str:
        while True:
            left = max(0, min(_WAIT, int(end - monotonic())))
            answer = _in(judged.node, "ready", str(left), timeout=left + _SHORT)
            if answer.status == 0:
                return ""
            if answer.status == FINAL or monotonic() >= end:
                return f"{judged.node.service}: {' '.join(answer.output.split())}"

    broken = [text for text in together(one, nodes, _AT_ONCE) if text]
    if broken:
        raise DriverError("the lab did not get ready", command="node.sh ready", tail="\n".join(broken))


def _running(deployment: Deployment, config: Mapping[str, Any]) -> Iterator[RunningNode]:
    form = '{"id":{{json .ID}},"state":{{json .State}},"service":{{json (.Label "com.docker.compose.service")}}'
    keys = (_PAYLOAD, _HASH, _IMAGE)
    form += "".join(f',"{key}":{{{{json (.Label "{key}")}}}}' for key in keys) + "}"
    for line in said(["ps", "--no-trunc", *nodes_of(deployment), "--format", form]).splitlines():
        found = json.loads(line)
        labels = {key: found[key] for key in keys}
        is_known = found["service"] in config["services"] and _DIGEST.fullmatch(labels[_PAYLOAD])
        if found["state"] == "running" and is_known:
            yield RunningNode(found["service"], found["id"], labels)


def _store(service: Mapping[str, Any]) -> Path | None:
    """Where a service's credentials lie."""
    mounts = service.get("volumes") or ()
    return next((Path(one["source"]) for one in mounts if one.get("target") == _CREDENTIALS), None)


def _has_envelope(
    node: RunningNode, hashes: Mapping[str, str], images: Mapping[str, str], services: Mapping[str, Any]
) -> bool:
    """Whether Compose would leave the container alone, were it not for the payload's digest in its labels: it compares
    these two (compose, convergence.go)."""
    image = images.get(services[node.service]["image"], "")
    return node.labels[_HASH] == hashes.get(node.service) and node.labels[_IMAGE] == image


def _asked(node: RunningNode, wanted: WantedNode) -> Verdict | None:
    answer = _in(node, "running", timeout=_SHORT)
    return None if answer.status else wanted.verdict(answer.output.splitlines())


def _in(node: RunningNode, *words: str, timeout: float) -> Answer:
    try:
        return answered(node.id, [*_SCRIPT, *words], timeout=timeout)
    except subprocess.TimeoutExpired:
        return Answer(1, f"it does not answer within {timeout:g} s")
    except Unasked as error:
        return Answer(1, str(error))


def _reasons(nodes: Iterable[RunningNode], config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What of their containers is another one, by id."""
    by_id = {node.id: node.service for node in nodes}
    if not by_id:
        return
    networks = {key: one.get("name", key) for key, one in (config.get("networks") or {}).items()}
    for found in json.loads(said(["container", "inspect", *by_id])):
        service = config["services"][by_id[found["Id"]]]
        host = found["HostConfig"]
        pairs = (
            ("its image", found["Config"]["Image"], service.get("image")),
            (
                "its networks",
                set(found["NetworkSettings"]["Networks"]) - {"none"},
                {networks.get(key, key) for key in service.get("networks") or {}},
            ),
            ("its sysctls", host.get("Sysctls") or {}, service.get("sysctls") or {}),
            ("its rights", _names(host.get("CapAdd")), _names(service.get("cap_add"))),
            ("its memory", str(host.get("Memory")), str(service.get("mem_limit"))),
            ("its processors", str(host.get("CpuQuota")), str(service.get("cpu_quota"))),
        )
        yield found["Id"], next((word for word, is_so, should in pairs if is_so != should), "its container")


def _names(capabilities: Iterable[str] | None) -> set[str]:
    return {name.removeprefix("CAP_") for name in capabilities or ()}
