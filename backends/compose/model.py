"""A Compose project in Compose's terms: the result of all decisions."""

import hashlib
from ipaddress import IPv4Address, IPv4Network

from netdsl.codegen.limits import DEFAULT, Limits
from netdsl.dataclass import dataclass

LAB, NODE, NETWORK = "netdsl.lab", "netdsl.node", "netdsl.network"
"""netdsl's own labels: of nodes the first two, of networks the first and the last."""


@dataclass(frozen=True, slots=True)
class ComposeNetwork:
    """A network. `parent_variable`, `parent_device`: for drivers with a parent device (macvlan, ipvlan)."""

    key: str
    driver: str
    mode: str | None
    subnet: IPv4Network
    is_internal: bool
    parent_variable: str | None = None
    parent_device: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A container's interface on a network, identified by its MAC address. On ipvlan, where nodes share a MAC address:
    `address`, which the engine assigns, and `segment`, the VNI of the vxlan that the payload creates over it."""

    network: str
    mac: str | None = None
    address: IPv4Address | None = None
    segment: int | None = None


@dataclass(frozen=True, slots=True)
class ComposeService:
    key: str
    host_name: str
    node: str
    image: str
    builds: str | None  # the Dockerfile's stage, in the first service with the image; the others use the built image
    attachments: tuple[Attachment, ...]
    capabilities: tuple[str, ...]
    devices: tuple[str, ...]
    sysctls: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]
    payload_folder: str
    credentials: str | None  # below the credentials folder
    resolvers: str  # the file for /etc/resolv.conf
    writes: tuple[str, ...] | None  # besides /run and /tmp; None: to its root
    digest: str
    limits: Limits = DEFAULT


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    lab: str
    networks: tuple[ComposeNetwork, ...]
    services: tuple[ComposeService, ...]
    lab_folder: str
    credentials_folder: str
    limits: Limits = DEFAULT  # of most nodes


def parent_device(project: str, network: str) -> str:
    """The parent device that netdsl makes for a network, by its key, where the kernel has no dummy device."""
    return "nd" + hashlib.sha256(f"{project}\0{network}".encode()).hexdigest()[:10]
