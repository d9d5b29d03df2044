"""What a compiled Compose project says of its nodes, for whoever starts them without an engine.

Compose's words are read by Python's YAML alone: a key, a value or a variable that is not known here fails, so that nothing
of a lab is left out unseen.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import cast

import yaml

Node = Mapping[str, object]

_BOUNDS = {"mem_limit", "cpu_period", "cpu_quota", "pids_limit", "logging", "stop_grace_period"}
"""What a lab may use at most: no packet of a small one is another for it."""
_OF_THE_ENGINE = {"build", "pull_policy", "labels", "healthcheck"}
_CONFINED = {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
_READ = {
    "image", "hostname", "entrypoint", "command", "cap_add", "devices", "read_only", "tmpfs", "environment", "sysctls",
    "networks", "network_mode", "volumes",
}  # fmt: skip
_NETWORK = {"driver", "driver_opts", "internal", "ipam", "labels"}
_OPTIONS = {
    "macvlan": {"parent"},
    "bridge": {"com.docker.network.bridge.inhibit_ipv4", "com.docker.network.bridge.enable_ip_masquerade"},
}
_VARIABLE = re.compile(r"\$(?:(\$)|\{[A-Z_]+:-([^${}]*)\})?")


@dataclass(frozen=True, slots=True)
class Wire:
    """A network of the engine. `driver`: macvlan or bridge."""

    key: str
    driver: str
    subnet: IPv4Network


@dataclass(frozen=True, slots=True)
class Plug:
    """An interface by the engine's name for it. `address`: one that the engine gives it, with its prefix."""

    name: str
    wire: str
    mac: str
    address: str


@dataclass(frozen=True, slots=True)
class Service:
    """A node. `is_read_only`: its root; `tmpfs`: path and options; `mounts`: folder or file, and path, read only."""

    name: str
    host_name: str
    image: str
    command: tuple[str, ...]
    capabilities: tuple[str, ...]
    devices: tuple[str, ...]
    is_read_only: bool
    tmpfs: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]
    sysctls: tuple[tuple[str, str], ...]
    mounts: tuple[tuple[Path, str], ...]
    plugs: tuple[Plug, ...]


@dataclass(frozen=True, slots=True)
class Project:
    wires: tuple[Wire, ...]
    services: tuple[Service, ...]


def project_of(folder: Path) -> Project:
    """Of the compiled `compose.yaml` alone. Raises AssertionError where it has what is not known here."""
    assert not (folder / "compose.override.yaml").exists(), "an override file is not read"
    return project_in((folder / "compose.yaml").read_text(), folder)


def project_in(text: str, folder: Path) -> Project:
    document = cast(Node, _filled(yaml.safe_load(text)))
    _refuse_others("project", document, {"name", "services", "networks", "x-node"})
    wires = tuple(_wire(key, one) for key, one in _inside(document, "networks"))
    addresses = {wire.key: _addresses(wire.subnet) for wire in wires}
    services = tuple(_service(name, one, folder, addresses) for name, one in _inside(document, "services"))
    return Project(wires, services)


def _wire(key: str, one: Node) -> Wire:
    _refuse_others(f"network {key}", one, _NETWORK)
    driver = str(one["driver"])
    assert driver in _OPTIONS, f"network {key}: no network is made here for the driver {driver}"
    _refuse_others(f"network {key}, options", dict(_inside(one, "driver_opts")), _OPTIONS[driver])
    (config,) = cast("list[Node]", cast(Node, one["ipam"])["config"])
    _refuse_others(f"network {key}, range", config, {"subnet"})
    return Wire(key, driver, IPv4Network(str(config["subnet"])))


def _addresses(subnet: IPv4Network) -> Iterator[str]:
    """Those that an engine gives: the first is its own."""
    hosts = iter(subnet.hosts())
    next(hosts)
    return (f"{host}/{subnet.prefixlen}" for host in hosts)


def _service(name: str, one: Node, folder: Path, addresses: Mapping[str, Iterator[str]]) -> Service:
    _refuse_others(f"service {name}", one, _READ | _BOUNDS | _OF_THE_ENGINE | set(_CONFINED))
    for key, value in _CONFINED.items():
        assert one[key] == value, f"service {name}: {key} is {one[key]}"
    assert one.get("network_mode", "none") == "none", f"service {name}: network_mode is {one['network_mode']}"
    return Service(
        name=name,
        host_name=str(one["hostname"]),
        image=str(one["image"]),
        command=(*_words(one, "entrypoint"), *_words(one, "command")),
        capabilities=_words(one, "cap_add"),
        devices=tuple(_device(device) for device in _words(one, "devices")),
        is_read_only=bool(one.get("read_only")),
        tmpfs=tuple((path, options) for path, _, options in (text.partition(":") for text in _words(one, "tmpfs"))),
        environment=_pairs(one, "environment"),
        sysctls=_pairs(one, "sysctls"),
        mounts=tuple(_mount(mount, folder) for mount in cast("list[Node]", one["volumes"])),
        plugs=tuple(_plugs(name, one, addresses)),
    )


def _plugs(name: str, one: Node, addresses: Mapping[str, Iterator[str]]) -> Iterator[Plug]:
    """Engines name them in the order of their networks' names."""
    for number, (wire, plug) in enumerate(sorted(_inside(one, "networks"))):
        _refuse_others(f"service {name}, network {wire}", plug, {"mac_address"})
        yield Plug(f"eth{number}", wire, str(plug["mac_address"]), next(addresses[wire]))


def _device(text: str) -> str:
    here, _, there = text.partition(":")
    assert here == there, f"the device {text}"
    return here


def _mount(mount: Node, folder: Path) -> tuple[Path, str]:
    _refuse_others("volume", mount, {"type", "source", "target", "read_only", "bind"})
    assert (mount["type"], mount["read_only"]) == ("bind", True), mount
    return (folder / str(mount["source"])).resolve(), str(mount["target"])


def _refuse_others(what: str, found: Node, known: set[str]) -> None:
    others = sorted(set(found) - known)
    assert not others, f"{what}: what {', '.join(others)} says is not done without an engine"


def _inside(found: Node, key: str) -> list[tuple[str, Node]]:
    return list(cast("dict[str, Node]", found.get(key, {})).items())


def _words(found: Node, key: str) -> tuple[str, ...]:
    return tuple(cast("list[str]", found.get(key, [])))


def _pairs(found: Node, key: str) -> tuple[tuple[str, str], ...]:
    return tuple(cast("dict[str, str]", found.get(key, {})).items())


def _filled(value: object) -> object:
    """Variables have their defaults: none is set."""
    match value:
        case str():
            return _VARIABLE.sub(_default, value)
        case list():
            return [_filled(one) for one in value]
        case dict():
            return {key: _filled(one) for key, one in value.items()}
        case _:
            return value


def _default(found: re.Match[str]) -> str:
    doubled, default = found.groups()
    assert doubled or default is not None, f"the variable at `{found.string[found.start() :]}` has no default"
    return "$" if doubled else default
