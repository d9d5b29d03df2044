"""What the engine has of Compose projects, by labels. Labels are compared as wholes; what they say is text of anybody's."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import FoundLab

from .engine import FOLDER, PROJECT, SERVICE, said
from .model import LAB, NETWORK, NODE
from .own import BESIDE_SERVICE

_KEY = "com.docker.compose.network"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
"""What Compose takes for a project's name."""


@dataclass(frozen=True, slots=True)
class EngineContainer:
    """A container of some project. `folder`: the project's, as Compose was called, empty where the label is missing;
    `node`: the node's name, empty where it is none; `networks`: their names on the engine."""

    id: str
    name: str
    project: str
    service: str
    node: str = ""
    lab: str = ""
    folder: str = ""
    state: str = "running"
    networks: tuple[str, ...] = ()

    @property
    def is_beside(self) -> bool:
        """Whether it captures, asks or measures beside a node."""
        return self.service == BESIDE_SERVICE

    @property
    def is_netdsls(self) -> bool:
        return self.is_beside or self.node != ""


@dataclass(frozen=True, slots=True)
class EngineNetwork:
    """A network of some project. `key`: what the project's file calls it; `mark`: netdsl's, empty where it is another's;
    `containers`: the names of those that run in it, by id."""

    id: str
    name: str
    project: str
    key: str
    mark: str = ""
    lab: str = ""
    driver: str = ""
    subnets: tuple[str, ...] = ()
    is_internal: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    containers: Mapping[str, str] = field(default_factory=dict)


def all_containers() -> tuple[EngineContainer, ...]:
    """Those of every Compose project, running or not. Raises DriverError."""
    labels = (PROJECT, SERVICE, NODE, LAB, FOLDER)
    fields = ("json .ID", "json .Names", *(f'json (.Label "{label}")' for label in labels))
    form = ",".join(f"{{{{{field}}}}}" for field in (*fields, "json .State", "json .Networks"))
    words = ("ps", "--all", "--no-trunc", "--filter", f"label={PROJECT}", "--format", f"[{form}]")
    return tuple(
        EngineContainer(identity, names.partition(",")[0], project, service, node, lab, folder, state, _split(networks))
        for identity, names, project, service, node, lab, folder, state, networks in _rows(words)
    )


def networks_of(project: str) -> tuple[EngineNetwork, ...]:
    """A project's networks. Raises DriverError."""
    rows = [row for row in _listed() if row[1] == project]
    return _inspected([identity for identity, *_ in rows])


def found_labs() -> tuple[FoundLab, ...]:
    """What is netdsl's, by project. Raises DriverError."""
    labs: dict[str, str] = {}
    folders: dict[str, set[str]] = {}
    for container in all_containers():
        if container.is_netdsls:
            labs[container.project] = container.lab or labs.get(container.project, "")
            folders.setdefault(container.project, set()).update({container.folder} - {""})
    for _, project, mark, lab in _listed():
        if mark:
            labs[project] = labs.get(project) or lab
    return tuple(
        FoundLab(lab or project, project, _folder(folders.get(project, set())))
        for project, lab in sorted(labs.items())
        if _NAME.fullmatch(project)
    )


def companions_of(containers: Sequence[EngineContainer]) -> dict[str, str]:
    """Of containers beside nodes: the id of the node's container by their own. Raises DriverError."""
    beside = [container.id for container in containers if container.is_beside]
    if not beside:
        return {}
    lines = said(["inspect", "--type", "container", "--format", "{{.Id}} {{.HostConfig.NetworkMode}}", *beside])
    pairs = (line.partition(" container:") for line in lines.splitlines() if " container:" in line)
    return {own: node for own, _, node in pairs}


def _folder(folders: set[str]) -> Path | None:
    """The one folder, where there is one and it is a path."""
    found = [Path(folder) for folder in folders if folder.startswith("/") and "\0" not in folder]
    return found[0] if len(found) == 1 else None


def _listed() -> Iterator[tuple[str, ...]]:
    """Id, project, netdsl's mark and lab of each network of a Compose project."""
    fields = ("json .ID", *(f'json (.Label "{label}")' for label in (PROJECT, NETWORK, LAB)))
    form = ",".join(f"{{{{{field}}}}}" for field in fields)
    words = ("network", "ls", "--no-trunc", "--filter", f"label={PROJECT}", "--format", f"[{form}]")
    return _rows(words)


def _inspected(identities: Sequence[str]) -> tuple[EngineNetwork, ...]:
    if not identities:
        return ()
    return tuple(_network(found) for found in json.loads(said(["network", "inspect", *identities])))


def _network(found: Mapping[str, object]) -> EngineNetwork:
    labels, options, containers = (_map(found.get(key)) for key in ("Labels", "Options", "Containers"))
    ranges = _map(found.get("IPAM")).get("Config") or ()
    assert isinstance(ranges, Sequence), "the engine's own list"
    return EngineNetwork(
        id=str(found["Id"]),
        name=str(found["Name"]),
        project=str(labels.get(PROJECT, "")),
        key=str(labels.get(_KEY, "")),
        mark=str(labels.get(NETWORK, "")),
        lab=str(labels.get(LAB, "")),
        driver=str(found.get("Driver", "")),
        subnets=tuple(sorted(str(_map(entry).get("Subnet", "")) for entry in ranges)),
        is_internal=found.get("Internal") is True,
        options={key: str(value) for key, value in options.items()},
        containers={key: str(_map(value).get("Name", "")) for key, value in containers.items()},
    )


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _rows(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for line in said(words).splitlines():
        yield tuple(map(str, json.loads(line)))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)
