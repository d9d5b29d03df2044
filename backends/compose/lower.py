"""Decisions: from the lab to a Compose project. No text is made here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from netdsl.codegen.contract import Layout, Options
from netdsl.codegen.images import Stage, stages
from netdsl.codegen.limits import limits_of, node_limits
from netdsl.codegen.names import network_keys, project_name
from netdsl.codegen.settings import setting
from netdsl.ir.ids import NetworkId
from netdsl.ir.lab import Lab
from netdsl.ir.network import Network
from netdsl.ir.node import Node
from netdsl.ir.sizes import TooLarge
from netdsl.payload.contract import RESOLVERS, NodePayload, Payload

from .model import Attachment, ComposeNetwork, ComposeService, Project, parent_device
from .ranges import POOL, Ranges

DEFAULT_DRIVER = "macvlan"
UPLINK = "uplink"
MOST_SYSCTLS = 300_000
"""compose.yaml has a line for each: `net.ipv4.conf.all.K` is one in each interface of its node."""
_REACHING_ALL = ("forwarding", "disable_ipv6")  # writing these to `all` changes every interface
_PER_INTERFACE = re.compile(r"net\.(ipv4|ipv6)\.(conf|neigh)\.([^.]+)\.(.+)")


def lower(lab: Lab, payload: Payload, layout: Layout, options: Options) -> Project:
    """The project. Linear in nodes and interfaces. Raises TooLarge, before all sysctls of all interfaces are made."""
    name = project_name(lab, options)
    keys = network_keys(lab, (UPLINK,))
    networks = _networks(lab, options, name, keys)
    by_id = {network.id: networks[key] for network in lab.networks if (key := keys[network.id]) in networks}
    _, stage_of = stages(lab, payload, options)
    built: set[str] = set()
    limits = limits_of(lab, options, "compose")
    services = []
    sysctls = 0
    hosts = {key: _addresses(network.subnet) for key, network in networks.items()}
    for node in lab.nodes:
        attachments = [_attach(interface.mac, by_id[interface.network], hosts) for interface in node.wired]
        if node.has_uplink and not options.is_closed:
            attachments.append(Attachment(UPLINK, mac=node.uplink_mac))
        stage = stage_of[node.id]
        service = _service(node, payload.nodes[node.id], stage, stage.name in built, attachments, layout)
        sysctls += len(service.sysctls)
        if sysctls > MOST_SYSCTLS:
            message = f"the sysctls of all containers, once for each interface, are more than {MOST_SYSCTLS:,}"
            raise TooLarge(message, node.origin)
        services.append(replace(service, limits=node_limits(node.resources, limits, options)))
        built.add(stage.name)
    return Project(name, lab.name, tuple(networks.values()), tuple(services), layout.lab, layout.credentials, limits)


def driver_of(network: Network, options: Options, switched: frozenset[NetworkId]) -> tuple[str, str | None]:
    """Driver and mode: those of the network, otherwise those of the command line, otherwise the default.

    macvlan delivers unicast frames only to the MAC addresses of its own devices, so they do not reach a node behind a
    switch: a network with a switch is a bridge.
    """
    if network.driver is not None:
        return network.driver.name, network.driver.mode
    driver = options.driver or DEFAULT_DRIVER
    return "bridge" if driver == "macvlan" and network.id in switched else driver, None


def switched_networks(lab: Lab) -> frozenset[NetworkId]:
    """The networks with a switch on them."""
    switches = (node for node in lab.nodes if node.kind.bridges)
    return frozenset(interface.network for node in switches for interface in node.wired)


def _networks(lab: Lab, options: Options, project: str, keys: Mapping[NetworkId, str]) -> dict[str, ComposeNetwork]:
    pool = setting(lab, options, "compose", "pool")
    ranges = Ranges(IPv4Network(pool) if pool else POOL, project)
    members = dict.fromkeys(keys, 0)
    for node in lab.nodes:
        for interface in node.wired:
            members[interface.network] += 1
    found = {}
    switched = switched_networks(lab)
    for network in lab.networks:
        if not members[network.id]:
            continue
        key = keys[network.id]
        driver, mode = driver_of(network, options, switched)
        variable = device = None
        if driver != "bridge":
            variable = "NETDSL_PARENT_" + re.sub("[^A-Z0-9]", "_", key.upper())
            device = parent_device(project, key)
        subnet = ranges.range_for(key, members[network.id])
        found[key] = ComposeNetwork(key, driver, mode, subnet, driver != "bridge", variable, device)
    if not options.is_closed and any(node.has_uplink for node in lab.nodes):
        uplinks = sum(node.has_uplink for node in lab.nodes)
        found[UPLINK] = ComposeNetwork(UPLINK, "bridge", None, ranges.range_for(UPLINK, uplinks), is_internal=False)
    return _with_unique_variables(found)


def _with_unique_variables(networks: dict[str, ComposeNetwork]) -> dict[str, ComposeNetwork]:
    """Make the variables unique: of networks like `a-b` and `a_b` the later one gets its device's name appended."""
    used: set[str] = set()
    for key, network in networks.items():
        if network.parent_variable is None:
            continue
        variable = network.parent_variable
        if variable in used:
            assert network.parent_device is not None
            variable = f"{variable}_{network.parent_device.upper()}"
            networks[key] = replace(network, parent_variable=variable)
        used.add(variable)
    return networks


def _attach(mac: str, network: ComposeNetwork, hosts: Mapping[str, Iterator[IPv4Address]]) -> Attachment:
    if network.driver != "ipvlan":
        return Attachment(network.key, mac=mac)
    # a number that only this network has: ranges are at least eight addresses large
    segment = int(network.subnet.network_address) >> 3 & 0xFFFFFF
    return Attachment(network.key, address=next(hosts[network.key]), segment=segment)


def _addresses(subnet: IPv4Network) -> Iterator[IPv4Address]:
    """The addresses of a range for nodes, without the first, which is the engine's gateway."""
    hosts = iter(subnet.hosts())
    next(hosts)
    return hosts


def _service(
    node: Node,
    inside: NodePayload,
    stage: Stage,
    is_built: bool,
    attachments: list[Attachment],
    layout: Layout,
) -> ComposeService:
    addresses = [
        f"{interface.name}={attachment.address}@{attachment.segment}"
        for interface, attachment in zip(node.wired, attachments, strict=False)
        if attachment.address is not None
    ]
    return ComposeService(
        key=node.host_name,
        host_name=node.host_name,
        node=node.id,
        image=stage.reference,
        builds=None if is_built else stage.name,
        attachments=tuple(attachments),
        capabilities=inside.needs.capabilities,
        devices=inside.needs.devices,
        sysctls=_sysctls(node, inside, attachments),
        environment=(("NETDSL_INTERFACES", " ".join(addresses)),) if addresses else (),
        payload_folder=layout.node(node.host_name),
        credentials=f"nodes/{node.host_name}" if inside.has_credentials else None,
        resolvers=f"{_folder_of_resolvers(node, inside, layout)}/{RESOLVERS}",
        writes=inside.needs.writes,
        digest=inside.digest,
    )


def _folder_of_resolvers(node: Node, inside: NodePayload, layout: Layout) -> str:
    has_own = any(file.path == RESOLVERS for file in inside.files)
    return layout.node(node.host_name) if has_own else layout.lab


def _sysctls(node: Node, inside: NodePayload, attachments: list[Attachment]) -> tuple[tuple[str, str], ...]:
    """The sysctls as Compose sets them: after the interfaces exist, by the engine's names (`eth0` … in the order of
    networks).

    `all` and `default` do not reach an interface that exists, so the engine's interfaces are named one by one. Where
    nodes share a MAC address (ipvlan) the payload makes the lab's interface itself, later: that begins with `default`.
    """
    order = {key: number for number, key in enumerate(sorted(attachment.network for attachment in attachments))}
    pairs = tuple(zip(node.wired, attachments, strict=False))
    engine = {
        interface.name: f"eth{order[attachment.network]}"
        for interface, attachment in pairs
        if attachment.address is None
    }
    later = {interface.name for interface, attachment in pairs if attachment.address is not None}
    wired = {interface.name for interface in node.wired}
    later.update(interface.name for interface in node.interfaces if interface.name not in wired)
    devices = (*engine.values(), *(("default",) if later else ()))
    found: dict[str, str] = {}
    for key, value in inside.needs.sysctls:
        match = _PER_INTERFACE.fullmatch(key)
        if match is None:
            found[key] = value
            continue
        family, kind, interface, name = match.groups()
        if interface in engine or interface in later:
            found[f"net.{family}.{kind}.{engine.get(interface, 'default')}.{name}"] = value
            continue
        found[key] = value
        if interface == "all" and name not in _REACHING_ALL:
            for device in devices:
                found.setdefault(f"net.{family}.{kind}.{device}.{name}", value)
    return tuple(sorted(found.items()))
