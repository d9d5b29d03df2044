"""What `lab.json` says, read and checked: its names become words of commands and parts of paths."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .kernel import CAPABILITIES
from .said import Refused

_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,255}")
_DEVICE = re.compile(r"[A-Za-z0-9_.-]{1,15}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_ROOT = re.compile(r"[a-z]+-[0-9a-f]{12}")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_SYSCTL = re.compile(r"(net|kernel|fs)(\.[A-Za-z0-9_-]+)+|net\.ipv[46]\.(conf|neigh)\.[A-Za-z0-9_.-]{1,15}\.[a-z0-9_]+")
_VALUE = re.compile(r"[ -~\t]{0,200}")
_BELOW = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
_PATH = re.compile(r"[^\0]{1,4000}", re.DOTALL)
_INSIDE = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+")


@dataclass(frozen=True)
class Root:
    """A root file system: Debian packages, then shell commands that are run in it."""

    name: str
    packages: tuple[str, ...]
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Plug:
    """An interface of a node, and the network that it is on."""

    name: str
    network: str
    mac: str


@dataclass(frozen=True)
class Limits:
    """What a node has at most: `memory` in bytes, `quota` in microseconds of a processor for each PERIOD, `processes`."""

    memory: int
    quota: int
    processes: int


@dataclass(frozen=True)
class Node:
    """`payload` and `resolvers` are paths from the folder, `credentials` is one from the store's; `writes` is None where
    the root can be written; `digest` differs where the node has to be started anew, `envelope` where that is not for what
    its script reads."""

    name: str
    root: str
    payload: str
    resolvers: str
    credentials: str | None
    capabilities: tuple[str, ...]
    devices: tuple[str, ...]
    writes: tuple[str, ...] | None
    sysctls: tuple[tuple[str, str], ...]
    plugs: tuple[Plug, ...]
    limits: Limits
    digest: str
    envelope: str


@dataclass(frozen=True)
class Plan:
    """`lab`: the folder with what all nodes share; `store`: that of the credentials; `beside`: the root of programs beside
    a node."""

    project: str
    lab: str
    store: str
    roots: Mapping[str, Root]
    beside: str
    networks: tuple[str, ...]
    nodes: tuple[Node, ...]

    def node(self, name: str) -> Node:
        for node in self.nodes:
            if node.name == name:
                return node
        names = ", ".join(node.name for node in self.nodes)
        raise Refused(f"the lab has no node `{name}` (it has {names})")


def checked_project(name: str) -> str:
    """The name of a project, which is that of a folder. Raises Refused."""
    if _PROJECT.fullmatch(name) is None:
        raise Refused(f"`{name}` is no name of a lab: lower-case letters, digits, `-` and `_`, a letter or digit first")
    return name


def read_plan(file: str, project: str | None) -> Plan:
    """`project`: another name for the lab than the file's."""
    try:
        with open(file, encoding="utf-8") as opened:
            data = json.load(opened)
        return _plan(data, project)
    except OSError as error:
        raise Refused(f"{file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{file} is not as netdsl writes it: {error!r}", "compile the lab again") from error


def _plan(data: Any, project: str | None) -> Plan:
    roots = {name: _root(name, one) for name, one in data["roots"].items()}
    networks = tuple(_matching(_KEY, key) for key in data["networks"])
    nodes = tuple(_node(name, one) for name, one in data["nodes"].items())
    for node in nodes:
        _expect(node.root in roots, node.root)
        for plug in node.plugs:
            _expect(plug.network in networks, plug.network)
    _expect(data["beside"] in roots, "beside")
    wished = _matching(_PROJECT, data["project"] if project is None else project)
    lab, store = _matching(_BELOW, data["payload"]), _matching(_PATH, data["credentials"])
    return Plan(wished, lab, store, roots, data["beside"], networks, nodes)


def _root(name: str, one: Any) -> Root:
    runs = tuple(one["runs"])
    _expect(all(isinstance(run, str) and "\0" not in run for run in runs), "runs")
    return Root(_matching(_ROOT, name), _each(_PACKAGE, one["packages"]), runs)


def _node(name: str, one: Any) -> Node:
    plugs = tuple(
        Plug(_matching(_DEVICE, device), _matching(_KEY, plug["network"]), _matching(_MAC, plug["mac"]))
        for device, plug in one["interfaces"].items()
    )
    capabilities = tuple(one["capabilities"])
    _expect(set(capabilities) <= set(CAPABILITIES), "capabilities")
    writes, credentials = one["writes"], one["credentials"]
    return Node(
        name=_matching(_HOST, name),
        root=_matching(_ROOT, one["root"]),
        payload=_matching(_BELOW, one["payload"]),
        resolvers=_matching(_BELOW, one["resolvers"]),
        credentials=None if credentials is None else _matching(_BELOW, credentials),
        capabilities=capabilities,
        devices=_each(_INSIDE, one["devices"]),
        writes=None if writes is None else _each(_INSIDE, writes),
        sysctls=tuple((_matching(_SYSCTL, key), _matching(_VALUE, value)) for key, value in one["sysctls"].items()),
        plugs=plugs,
        limits=Limits(*(_number(one["limits"][key]) for key in ("memory", "quota", "processes"))),
        digest=digest_of(one),
        envelope=envelope_of(one),
    )


def envelope_of(one: Mapping[str, Any]) -> str:
    """Of a node in `lab.json`: the digest of all but what its script reads."""
    return digest_of({key: value for key, value in one.items() if key != "digest"})


def digest_of(one: Any) -> str:
    """Of a node in `lab.json`."""
    return hashlib.sha256(json.dumps(one, sort_keys=True).encode()).hexdigest()


def _matching(pattern: re.Pattern[str], text: Any) -> str:
    _expect(isinstance(text, str) and pattern.fullmatch(text) is not None, text)
    return str(text)


def _each(pattern: re.Pattern[str], texts: Any) -> tuple[str, ...]:
    return tuple(_matching(pattern, text) for text in texts)


def _number(value: Any) -> int:
    _expect(type(value) is int and 0 < value < 2**62, value)
    return int(value)


def _expect(holds: bool, what: object) -> None:
    if not holds:
        raise ValueError(what)
