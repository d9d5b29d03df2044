"""A Vagrant project in Vagrant's terms: the result of all decisions."""

from ipaddress import IPv4Network

from netdsl.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """A layer-2 segment. `name`: of libvirt's network or VirtualBox's internal network, unique on the host; `mtu`:
    bytes."""

    name: str
    mtu: int


@dataclass(frozen=True, slots=True)
class Nic:
    """An interface on a segment, identified in the machine by its MAC address (lower case, colons). `is_open`: it
    receives frames for other addresses (a switch's port)."""

    segment: str
    mac: str
    mtu: int
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine. `name`: its host name, and Vagrant's name; `image`: the folder in `machine/images/` of what is
    installed; `hardware`: the digest of properties that require a new machine; `inside`: the digest of what is
    provisioned."""

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
    writes: tuple[str, ...] | None  # what the node's processes write to besides /run and /tmp; None: to its root
    hardware: str
    inside: str


@dataclass(frozen=True, slots=True)
class InstalledImage:
    """What is installed in machines with the same needs. Corresponds to the Dockerfile's stage of the same name."""

    name: str
    packages: tuple[str, ...]
    runs: tuple[str, ...]
    is_online: bool


@dataclass(frozen=True, slots=True)
class Project:
    """`provider`, `accelerator`: None: what the host has; `management`: the range of the interfaces `mgmt`; `outside`:
    that of `uplink`, None without uplinks; both are disjoint from the lab's prefixes. `is_closed`: compiled with
    `--closed`."""

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
