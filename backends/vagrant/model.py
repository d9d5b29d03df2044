"""A Vagrant project, in Vagrant's words; every decision is made."""

from dataclasses import dataclass
from ipaddress import IPv4Network


@dataclass(frozen=True, slots=True)
class Segment:
    """A layer-2 segment. `name` is unique on the host: libvirt's network, VirtualBox's internal network; `mtu` in bytes."""

    name: str
    mtu: int


@dataclass(frozen=True, slots=True)
class Nic:
    """An interface on a segment, found inside by its MAC address (lower case, colons). `is_open`: it has to see frames for
    others (a switch's ports)."""

    segment: str
    mac: str
    mtu: int
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """`name` is the host name and Vagrant's name of it. `image` names the folder `machine/images/…` of what is installed.

    `memory_mib` in MiB. `hardware` and `inside` are digests: of what only a new machine can change, and of what is
    provisioned.
    """

    name: str
    box: str | None  # None: the lab's
    cpus: int
    memory_mib: int
    management_mac: str
    nics: tuple[Nic, ...]
    uplink_mac: str | None  # None: no way out
    image: str
    has_credentials: bool
    capabilities: tuple[str, ...]  # without `CAP_`
    hardware: str
    inside: str


@dataclass(frozen=True, slots=True)
class InstalledImage:
    """What is installed in machines of a kind: the twin of a stage of the Dockerfile, under the same name."""

    name: str
    packages: tuple[str, ...]
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """`provider` and `accelerator` None: what the host has. `management` is the range of the interface `mgmt`, `outside`
    that of `uplink` (None where no machine has one); both are outside of all the lab's prefixes. `is_closed`: it was
    asked for that nothing leads out of the lab."""

    name: str
    lab: str
    provider: str | None  # libvirt, virtualbox
    accelerator: str | None  # kvm, tcg
    box: str | None
    is_closed: bool
    management: IPv4Network
    outside: IPv4Network | None
    segments: tuple[Segment, ...]
    images: tuple[InstalledImage, ...]
    machines: tuple[Machine, ...]
    lab_folder: str  # relative to the output, as in Layout
    payload_nodes: str
    credentials_folder: str
