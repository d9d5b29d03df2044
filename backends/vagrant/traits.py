"""The traits of virtual machines for a comparison of targets: texts for a lab, and the coefficients of the cost
model."""

from netdsl.codegen.contract import Options
from netdsl.codegen.images import stages
from netdsl.codegen.traits import Costs, Linear, Trait, Traits
from netdsl.ir.lab import Lab
from netdsl.payload.contract import Payload

from .settings import Settings, settings_of

_MIB = 1024**2
_MB = 1000**2

_DISK = Linear(fixed=480.8 * _MB, node=2.3 * _MB)
"""The box, Vagrant's and libvirt's copy of it."""

EMULATED = Costs(
    case="emulated",
    measured_on="two cores of an AMD EPYC, libvirt 9.0 and QEMU 7.2 without KVM",
    memory=Linear(fixed=0, node=252 * _MIB, tunnel=5 * _MIB),
    disk=_DISK,
    fresh=Linear(fixed=12.0, node=26.0, tunnel=10.0),
    warm=Linear(fixed=10.0, node=21.0, tunnel=10.0),
)
"""docs/estimates.md says how and on what machine they were measured."""

KVM = Costs(
    case="KVM",
    measured_on="nothing: the disk is what it is with emulation, the rest is not measured",
    memory=None,
    disk=_DISK,
    fresh=None,
    warm=None,
)

_MACHINES = {
    "libvirt": "a machine of QEMU each: KVM, or emulation without it",
    "virtualbox": "a machine of VirtualBox each",
}
_CARRIED = {
    "libvirt": "bridges of libvirt that the host has no address on",
    "virtualbox": "internal networks of VirtualBox",
}


def traits(lab: Lab, payload: Payload, options: Options) -> Traits:
    """The traits of a lab, also of one that `check_support` refuses."""
    settings = settings_of(lab, options)
    images, _ = stages(lab, payload, options)
    names = sorted({name for stage in images for name in stage.packages})
    machines = _MACHINES.get(settings.provider or "", f"{_MACHINES['libvirt']}; or VirtualBox")
    return Traits(
        (
            Trait("kernel", _kernel(settings), "IPsec in the kernel, modules, all sysctls; it has to boot"),
            Trait("isolation", machines, "a node's kernel is its own to break; memory is set aside for each"),
            Trait("image", _box(settings), "one box for all; each machine's disk is what differs from it"),
            Trait("packages", ", ".join(names), _versions(settings)),
            Trait("processors", _processors(settings), "machines have the host's processor"),
            _networks(lab, settings),
        ),
        _costs(settings),
    )


def _kernel(settings: Settings) -> str:
    return "its own, the box's" if settings.box is not None else "its own, Debian 13's"


def _box(settings: Settings) -> str:
    if settings.box is not None:
        return f"the box {settings.box}"
    public = "bento/debian-13" if settings.provider == "virtualbox" else "cloud-image/debian-13"
    return f"the box netdsl/debian-13 where it is installed, else {public}"


def _versions(settings: Settings) -> str:
    if settings.box is not None or settings.boxes:
        return "whatever versions the box has; missing ones are installed at the first boot"
    return "Debian 13's versions of the day when the box is made, or of the first boot"


def _processors(settings: Settings) -> str:
    if settings.accelerator == "kvm":
        return "amd64 or arm64, this machine's, by KVM"
    return "amd64 or arm64, this machine's"


def _networks(lab: Lab, settings: Settings) -> Trait:
    members = {interface.network for node in lab.nodes for interface in node.wired}
    number = sum(network.id in members for network in lab.networks)
    word = "segment" if number == 1 else "segments"
    outside = ", 1 behind NAT as the way out" if any(node.has_uplink for node in lab.nodes) else ""
    carried = _CARRIED.get(settings.provider or "", f"{_CARRIED['libvirt']}, or {_CARRIED['virtualbox']}")
    return Trait("networks", f"{number} {word}, 1 for ssh beside the lab{outside}", carried)


def _costs(settings: Settings) -> tuple[Costs, ...]:
    """The costs for the chosen provider and accelerator; for both accelerators if none is chosen."""
    if settings.provider == "virtualbox":
        return ()
    match settings.accelerator:
        case "kvm":
            return (KVM,)
        case "tcg":
            return (EMULATED,)
        case _:
            return (EMULATED, KVM)
