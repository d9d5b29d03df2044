"""A Compose project in Compose's own words; every decision is made."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network


@dataclass(frozen=True, slots=True)
class ComposeNetwork:
    """`parent_variable` and `parent_device` for drivers that sit on one (macvlan, ipvlan)."""

    key: str
    driver: str
    mode: str | None
    subnet: IPv4Network
    is_internal: bool
    parent_variable: str | None = None
    parent_device: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A container on a network: by MAC address, or (ipvlan, whose nodes share one) by the engine's address, and then the
    number of the segment that the payload lays over it."""

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
    builds: str | None  # the stage, in the first service of an image: the others wait for it
    attachments: tuple[Attachment, ...]
    capabilities: tuple[str, ...]
    devices: tuple[str, ...]
    sysctls: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]
    payload_folder: str
    credentials: str | None  # below the credentials folder
    digest: str
    cpus: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    lab: str
    networks: tuple[ComposeNetwork, ...]
    services: tuple[ComposeService, ...]
    lab_folder: str
    credentials_folder: str
