"""Decisions: from the lab to a Vagrant project. No text is made here."""

import hashlib
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from itertools import count
from math import ceil

from netdsl.codegen.contract import Artifact, Layout, Options
from netdsl.codegen.images import Stage, stages
from netdsl.codegen.names import network_keys, project_name
from netdsl.dataclass import dataclass
from netdsl.ir.ids import NetworkId
from netdsl.ir.lab import Lab
from netdsl.ir.node import Interface, Node, Resources
from netdsl.payload.contract import NodePayload, Payload

from .model import InstalledImage, Machine, Nic, Project, Segment
from .ranges import slices
from .settings import Settings, settings_of

DEFAULT_MEMORY_MIB = 256
"""An IPsec gateway uses 46 of it (docs/hypervisor.md); the rest is for commands of users."""

LEAST_MEMORY_MIB = 192
"""netdsl's own box starts with 128; a public one unpacks an initial RAM disk of all drivers."""

MANAGEMENT_PREFIX = "02:6e:6d"
_LONGEST_SEGMENT = 100  # VirtualBox takes 127 bytes, libvirt a file's name with an ending
_MIB = 1024**2


@dataclass(frozen=True, slots=True)
class _Shared:
    """The values that all machines of a project share. `inside`: the digest of the files that every machine gets."""

    settings: Settings
    is_closed: bool
    management: IPv4Network
    outside: IPv4Network | None
    segments: Mapping[NetworkId, Segment]
    inside: str


def lower(lab: Lab, payload: Payload, layout: Layout, options: Options, guest: Iterable[Artifact]) -> Project:
    """The project. `guest`: the fixed files that every machine gets. Linear in nodes and interfaces.

    Raises NoRange, which `check_support` has excluded.
    """
    name = project_name(lab, options)
    settings = settings_of(lab, options)
    management, outside = project_ranges(lab, options)
    segments = _segments(lab, name)
    made, stage_of = stages(lab, payload, options)
    fixed = ((file.path, file.content, file.mode) for file in guest)
    inside = _digest(*fixed, *((file.path, file.content, file.mode) for file in payload.shared), management)
    shared = _Shared(settings, options.is_closed, management, outside, segments, inside)
    macs = management_macs(name, (node.host_name for node in lab.nodes))
    return Project(
        name=name,
        lab=lab.name,
        provider=settings.provider,
        accelerator=settings.accelerator,
        box=settings.box,
        is_closed=options.is_closed,
        management=management,
        outside=outside,
        segments=tuple(segments.values()),
        images=tuple(InstalledImage(stage.name, stage.packages, stage.runs, stage.is_online) for stage in made),
        machines=tuple(
            _machine(node, payload.nodes[node.id], stage_of[node.id], macs[node.host_name], shared)
            for node in lab.nodes
        ),
        lab_folder=layout.lab,
        payload_nodes=f"{layout.payload}/nodes",
        credentials_folder=layout.credentials,
    )


def project_ranges(lab: Lab, options: Options) -> tuple[IPv4Network, IPv4Network | None]:
    """The range of `mgmt`, and that of `uplink` if a node has one. Raises NoRange."""
    has_uplink = any(node.has_uplink for node in lab.nodes)
    purposes = ("mgmt", "uplink") if has_uplink else ("mgmt",)
    pool = settings_of(lab, options).pool
    management, *rest = slices(lab, project_name(lab, options), pool, len(lab.nodes), purposes)
    return management, rest[0] if rest else None


def management_macs(project: str, hosts: Iterable[str]) -> Mapping[str, str]:
    """The MAC address of each host's `mgmt`, from a hash of project and host. On a collision (24 bits are free) the
    later host takes the next one, so that a machine added at the end changes no other."""
    taken: set[str] = set()
    macs: dict[str, str] = {}
    for host in hosts:
        marks = (_mark(f"{project}\0{host}\0{attempt}") for attempt in count())
        macs[host] = next(mac for mac in marks if mac not in taken)
        taken.add(macs[host])
    return macs


def _mark(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"{MANAGEMENT_PREFIX}:{digest[0]:02x}:{digest[1]:02x}:{digest[2]:02x}"


def _segments(lab: Lab, project: str) -> dict[NetworkId, Segment]:
    """The segments of networks with a member. A project's name has no dot, so segments of two projects differ in
    name."""
    members = {interface.network for node in lab.nodes for interface in node.wired}
    keys = network_keys(lab)
    return {
        network.id: Segment(_bounded(f"{project}.{keys[network.id]}"), network.mtu)
        for network in lab.networks
        if network.id in members
    }


def _bounded(name: str) -> str:
    if len(name) <= _LONGEST_SEGMENT:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: _LONGEST_SEGMENT - 13]}-{mark}"


def _machine(node: Node, inside: NodePayload, stage: Stage, management_mac: str, shared: _Shared) -> Machine:
    settings = shared.settings
    box = settings.boxes.get(node.image) if node.image is not None else None
    cpus, memory = cpus_of(node.resources), memory_of(node.resources)
    nics = tuple(_nic(node, interface, shared.segments) for interface in node.wired)
    uplink = node.uplink_mac if node.has_uplink else None
    hardware = (
        (settings.provider, settings.accelerator, box or settings.box, cpus, memory, management_mac, uplink),
        (shared.is_closed, shared.management, shared.outside if uplink is not None else None),
        tuple((nic.segment, nic.mac, nic.mtu, nic.is_open) for nic in nics),
        tuple(shared.segments[interface.network].mtu for interface in node.wired),
    )
    capabilities, writes = inside.needs.capabilities, inside.needs.writes
    provisioned = (
        (shared.inside, shared.is_closed, inside.digest, inside.has_credentials, stage.name),
        (capabilities, writes, uplink),
    )
    return Machine(
        name=node.host_name,
        box=box,
        cpus=cpus,
        memory_mib=memory,
        management_mac=management_mac,
        nics=nics,
        uplink_mac=uplink,
        image=stage.name,
        has_credentials=inside.has_credentials,
        capabilities=capabilities,
        writes=writes,
        hardware=_digest(*hardware),
        inside=_digest(*provisioned),
    )


def _nic(node: Node, interface: Interface, segments: Mapping[NetworkId, Segment]) -> Nic:
    return Nic(segments[interface.network].name, interface.mac, interface.mtu, node.kind.bridges)


def cpus_of(resources: Resources) -> int:
    """Whole processors: at least one, a fraction rounded up."""
    return max(1, ceil(resources.cpus)) if resources.cpus is not None else 1


def memory_of(resources: Resources) -> int:
    """MiB, rounded up, at least the minimum with which a machine boots."""
    if resources.memory_bytes is None:
        return DEFAULT_MEMORY_MIB
    return max(LEAST_MEMORY_MIB, -(-resources.memory_bytes // _MIB))


def _digest(*parts: object) -> str:
    """A digest of values with a complete `repr`: texts, bytes, numbers, prefixes, tuples of them."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode(errors="surrogatepass") + b"\n")
    return digest.hexdigest()
