"""The properties of the runtime of a project, and how its figures are measured."""

import json
import platform

from netdsl.codegen.images import BASE
from netdsl.disk.named import read_named
from netdsl.runtime.driver import Deployment, Driver
from netdsl.runtime.meter import SPACES, Fact, tunnel_spaces

from .engine import nodes_of, of_project, said

METHODS = (
    Fact(
        "memory",
        "cgroup: what the kernel accounts to the node's control group (memory.current; version 1: memory.usage_in_bytes), "
        "page cache of its own files included; PSS: the proportional set size of its processes (smaps_rollup); the "
        "containers' shims are helpers; the engine itself is in no figure.",
    ),
    Fact("cpu", "Seconds of processor of the node's control group (cpu.stat, of version 1 cpuacct.usage)."),
    Fact(
        "disk",
        "Image sizes as the engine says them, the distribution's layers once, and for each node what its container has "
        "written (SizeRw); build cache and logs are not in it.",
    ),
    Fact(
        "fresh boot",
        "Images are built without a cache of layers on a base image that is there (`docker compose build --no-cache`; "
        "Debian's packages may come from the build's cache of packages), then `netdsl up`.",
    ),
    Fact("warm boot", "Images are there, containers and networks are made anew: `netdsl up` after `netdsl down`."),
    Fact(
        "tools",
        "Ping and iperf3 run in a container of their own in the node's network namespace, apart from the node's figures.",
    ),
)


def facts_of(deployment: Deployment, driver: Driver) -> tuple[Fact, ...]:
    """The facts of a running project. Raises DriverError."""
    engine = json.loads(said(["info", "--format", "json"]))
    networks = said(["network", "ls", *of_project(deployment), "--format", "{{.Driver}}"]).split()
    images = said(["ps", *nodes_of(deployment), "--format", "{{.Image}}"]).split()
    found = (
        ("engine", f"Docker Engine {engine['ServerVersion']}"),
        ("compose", f"Docker Compose {said(['compose', 'version', '--short']).strip()}"),
        ("storage", engine["Driver"]),
        ("control groups", f"version {engine.get('CgroupVersion', 1)} ({engine.get('CgroupDriver', 'unknown')})"),
        ("networks", ", ".join(sorted(set(networks))) or "none"),
        ("kernel", kernel(engine["KernelVersion"], platform.release())),
        ("image", ", ".join(sorted(set(images)))),
        ("base", BASE),
        ("tunnels", tunnel_spaces(_spaces(deployment, driver))),
    )
    return tuple(Fact(name, value) for name, value in found if value)


def kernel(engine: str, machine: str) -> str:
    """The nodes' kernel is the engine's. It is this machine's (`machine`) unless the engine runs in a VM or remotely."""
    relation = "and with the machine" if engine == machine else "not this machine's own"
    return f"{engine} (shared by all nodes, {relation})"


def _spaces(deployment: Deployment, driver: Driver) -> dict[str, str]:
    """What nodes say of their tunnels. All have one kernel: of nodes with tunnels of the same parts the first is asked."""
    asked: dict[frozenset[str], str] = {}
    for table in sorted(deployment.folder.glob("payload/nodes/*/tunnels.tsv")):
        parts = frozenset(line.rpartition("\t")[2] for line in read_named(table).decode(errors="replace").splitlines())
        asked.setdefault(parts, table.parent.name)
    return {node: driver.ask(deployment, node, SPACES, timeout=30).output for node in asked.values()}
