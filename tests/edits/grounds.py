"""A lab that is brought up by netdsl as a user calls it, on each kind of ground, and what the ground itself has of it."""

import json
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from netdsl.backends.compose.model import parent_device
from tests.edits.generate import Step
from tests.edits.inside import SCRIPT, Inside, inside_of
from tests.live.compose import ComposeLab
from tests.live.host import Host
from tests.live.lab import Lab
from tests.live.machine import HERE, Machine, netdsl
from tests.live.namespaces import NamespacesLab
from tests.live.vagrant import VagrantLab

_PATIENCE = 300.0  # seconds for a verb
_AT_ONCE = 4  # nodes that are asked at the same time


@dataclass(slots=True)
class Ground(ABC):
    """`folder`: the source, its output and its keys; `project`: of this lab alone."""

    folder: Path
    project: str
    target: str = ""
    machine: Machine = HERE

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    @abstractmethod
    def lab(self) -> Lab:
        """As the live tests know it."""

    def up(self, step: Step) -> "subprocess.CompletedProcess[str]":
        step.write(self.folder)
        return self._verb("up", "lab.net", "--credentials", "credentials", "--closed", "--project", self.project)

    def down(self) -> "subprocess.CompletedProcess[str]":
        """Also where there was nothing: what a folder that was deleted has left is found by its project."""
        if not self.out.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            netdsl("down", self.project, "-t", self.target, folder=self.folder)
            return subprocess.CompletedProcess((), 0, "", "")
        return self._verb("down", "--project", self.project)

    def forget(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _verb(self, verb: str, *words: str) -> "subprocess.CompletedProcess[str]":
        where = ("-t", self.target, "-o", "out")
        return netdsl(verb, *words, *where, folder=self.folder, timeout=_PATIENCE * self.machine.patience)

    def nodes(self) -> dict[str, str]:
        """The runtime's identities of what is there of the lab, by node."""
        return self.lab.nodes()

    def insides(self, names: Collection[str] | None = None) -> dict[str, Inside]:
        """Of these nodes, where they are there; None: of all."""
        nodes = {name: identity for name, identity in self.nodes().items() if names is None or name in names}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(nodes, pool.map(self._inside, nodes, nodes.values()), strict=True))

    def _inside(self, node: str, identity: str) -> Inside:
        done = self.read(node, identity)
        return inside_of(done.stdout if done.returncode == 0 else f"==== status\n{done.stderr}")

    @abstractmethod
    def read(self, node: str, identity: str) -> "subprocess.CompletedProcess[str]":
        """What `SCRIPT` says in the node, as root of this machine where that is the same kernel: a runtime starts more
        processes for a command than it has. `identity`: as `nodes` says it."""

    @abstractmethod
    def outside(self) -> Inside:
        """What the runtime has of the lab, without names that are the project's."""

    @abstractmethod
    def look(self) -> Host:
        """What the host holds of the project, and what is no one's."""


def _entered(process: str) -> "subprocess.CompletedProcess[str]":
    spaces = ("--mount", "--uts", "--ipc", "--net", "--pid")
    clean = ("env", "--ignore-environment", "PATH=/usr/sbin:/usr/bin:/sbin:/bin")
    return HERE.run("nsenter", "--target", process, *spaces, *clean, "sh", "-c", SCRIPT, timeout=60)


@dataclass(slots=True)
class InNamespaces(Ground):
    target: str = "namespaces"

    @property
    def lab(self) -> NamespacesLab:
        return NamespacesLab(self.out, self.project)

    def read(self, node: str, identity: str) -> "subprocess.CompletedProcess[str]":
        return _entered(identity.split()[0])

    def outside(self) -> Inside:
        """Nodes with their rights; the room's networks with the numbers of their ends."""
        lab = self.lab
        text = HERE.say("nsenter", "--net", "--target", str(lab.room()), "ip", "-j", "-d", "link", "show")
        links = json.loads(text)
        ends = [link.get("master") for link in links]
        networks = [
            f"{link['ifname']} mtu {link['mtu']} {link['operstate']}, {ends.count(link['ifname'])} ends"
            for link in links
            if link.get("linkinfo", {}).get("info_kind") == "bridge"
        ]
        loose = [
            f"an end without a network, mtu {link['mtu']}"
            for link in links
            if link["ifname"][0] == "v" and "master" not in link
        ]
        nodes = [f"{name}: {words.split()[3]}" for name, words in lab.nodes().items()]
        return Inside({"nodes": tuple(sorted(nodes)), "networks": tuple(sorted(networks + loose))})

    def look(self) -> Host:
        return self.lab.look()


@dataclass(slots=True)
class InContainers(Ground):
    """`keys`: networks that the lab had at any time."""

    target: str = "compose"
    keys: set[str] = field(default_factory=set)

    @property
    def lab(self) -> ComposeLab:
        return ComposeLab(self.out, self.project)

    def read(self, node: str, identity: str) -> "subprocess.CompletedProcess[str]":
        return _entered(HERE.say("docker", "inspect", "--format", "{{.State.Pid}}", identity).strip())

    def outside(self) -> Inside:
        mark = f"label=com.docker.compose.project={self.project}"
        containers = self._inspected("container", HERE.say("docker", "ps", "--all", "--quiet", "--filter", mark))
        networks = self._inspected("network", HERE.say("docker", "network", "ls", "--quiet", "--filter", mark))
        wanted = json.loads(self.lab.compose("config", "--format", "json"))["networks"]
        self.keys |= {str(_map(one["Labels"])["com.docker.compose.network"]) for one in networks}
        parents = [
            key for key in sorted(self.keys) if Path("/sys/class/net", parent_device(self.project, key)).exists()
        ]
        return Inside(
            {
                "containers": tuple(line for one in containers for line in sorted(self._container(one))),
                "networks": tuple(line for one in networks for line in self._network(one, wanted)),
                "parents": tuple(parents),
            }
        )

    def _inspected(self, kind: str, ids: str) -> list[dict[str, object]]:
        if not ids.split():
            return []
        found: list[dict[str, object]] = json.loads(HERE.say("docker", kind, "inspect", *ids.split()))
        return sorted(found, key=lambda one: str(one["Name"]))

    def _own(self, text: object) -> str:
        """Without the project's folder and name."""
        words = str(text).replace(str(self.folder.resolve()), "FOLDER")
        return words.replace(f"{self.project}_", "").replace(f"{self.project}-", "")

    def _container(self, one: dict[str, object]) -> Iterator[str]:
        config, host, state = (_map(one[key]) for key in ("Config", "HostConfig", "State"))
        name = self._own(one["Name"]).strip("/")
        kept = {
            "image": config["Image"],
            "hostname": config["Hostname"],
            "environment": sorted(map(str, _list(config["Env"]))),
            "command": (config["Entrypoint"], config["Cmd"]),
            "healthcheck": config.get("Healthcheck"),
            "labels": sorted(f"{key}={value}" for key, value in _map(config["Labels"]).items() if _is_of_lab(key)),
            "state": state["Status"],
            "health": _map(state.get("Health")).get("Status"),
            **{key: host.get(key) for key in _HELD},
            "tmpfs": sorted(_map(host.get("Tmpfs")).items()),
            "sysctls": sorted(_map(host.get("Sysctls")).items()),
            "mounts": sorted(
                f"{self._own(mount['Source'])} {mount['Destination']} {mount['RW']}"
                for mount in _list(one["Mounts"])
                if isinstance(mount, dict)
            ),
            "networks": sorted(
                f"{self._own(key)} {_map(value)['MacAddress']}"
                for key, value in _map(_map(one["NetworkSettings"])["Networks"]).items()
            ),
        }
        yield from (f"{name} {key} {self._own(value)}" for key, value in kept.items())

    def _network(self, one: dict[str, object], wanted: dict[str, object]) -> Iterator[str]:
        """Ranges are the project's own: they are as its file says, and as large as a fresh lab's."""
        labels, options = _map(one["Labels"]), dict(_map(one["Options"]))
        key = labels["com.docker.compose.network"]
        ranges = [_map(entry)["Subnet"] for entry in _list(_map(one["IPAM"])["Config"])]
        said = [_map(entry)["subnet"] for entry in _list(_map(_map(wanted.get(str(key))).get("ipam")).get("config"))]
        lengths = [str(each).rpartition("/")[2] for each in ranges]
        has_own_parent = options.pop("parent", None) == parent_device(self.project, str(key))
        members = sorted(self._own(_map(value)["Name"]) for value in _map(one["Containers"]).values())
        marks = sorted(f"{name}={value}" for name, value in labels.items() if _is_of_lab(name))
        yield f"{key} {one['Driver']} internal {one['Internal']} {sorted(options.items())} {marks}"
        yield f"{key} range of {lengths}, as the file says: {sorted(map(str, ranges)) == sorted(map(str, said))}"
        yield f"{key} a parent of its own: {has_own_parent}"
        yield f"{key} holds {members}"

    def look(self) -> Host:
        return self.lab.look()


_EMULATED = Machine(patience=8)


@dataclass(slots=True)
class InMachines(Ground):
    """`machine`: as patient as under emulation, where it is not known to be faster."""

    target: str = "vagrant"
    machine: Machine = _EMULATED
    kept: VagrantLab | None = None

    @property
    def lab(self) -> VagrantLab:
        if self.kept is None:
            self.kept = VagrantLab(self.out, self.project, self.machine)
        return self.kept

    def up(self, step: Step) -> "subprocess.CompletedProcess[str]":
        if self.kept is not None:
            for node in self.kept.nodes():
                self.kept.disconnect(node)
        done = Ground.up(self, step)
        if done.returncode == 0:
            self.lab.connect()
        return done

    def read(self, node: str, identity: str) -> "subprocess.CompletedProcess[str]":
        return self.lab.run(node, "sh", "-c", SCRIPT, timeout=60.0 * self.machine.patience)

    def outside(self) -> Inside:
        lab = self.lab
        found = []
        for node, domain in lab.nodes().items():
            text = HERE.say("virsh", "-c", "qemu:///system", "dumpxml", domain)
            found += [f"{node}: {line.strip()}" for line in text.splitlines() if line.strip().startswith(_OF_MACHINES)]
        return Inside({"machines": tuple(sorted(found))})

    def look(self) -> Host:
        return self.lab.look()


_OF_MACHINES = ("<memory ", "<vcpu", "<mac address='02:6e:64", "<mac address='02:00")
_HELD = (
    "CapAdd", "CapDrop", "Devices", "Memory", "MemorySwap", "CpuPeriod", "CpuQuota", "NanoCpus", "PidsLimit",
    "ReadonlyRootfs", "SecurityOpt", "LogConfig", "RestartPolicy", "Privileged", "ExtraHosts", "Dns", "PidMode", "IpcMode",
)  # fmt: skip
"""Of a container's `HostConfig`."""


def _is_of_lab(label: str) -> bool:
    """Also not the digest of what is inside: of a node with keys it is another one in each store."""
    return label.startswith("netdsl.") and label != "netdsl.payload"


def _map(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


GROUNDS: dict[str, Callable[[Path, str], Ground]] = {
    "compose": InContainers,
    "namespaces": InNamespaces,
    "vagrant": InMachines,
}
