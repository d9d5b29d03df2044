"""The traits of containers for a comparison of targets: texts for a lab, and the coefficients of the cost model."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from netdsl.codegen.contract import Options
from netdsl.codegen.images import BASE, Stage, stages
from netdsl.codegen.traits import Costs, Linear, Trait, Traits, nodes_with_daemons
from netdsl.diagnostics.wording import counted
from netdsl.ir.lab import Lab
from netdsl.payload.contract import Payload
from netdsl.payload.part import kernel_tunnels

from .lower import driver_of, switched_networks

_MIB = 1024**2
_MB = 1000**2

_MEMORY = Linear(fixed=17.3 * _MIB, node=4.5 * _MIB, tunnel=1.3 * _MIB)
_DAEMONS_MEMORY = 15.1 * _MIB  # beside, in a lab with tunnels' daemons: what they share
_FRESH = Linear(fixed=9.3, node=0.2, tunnel=0.1)
_WARM = Linear(fixed=1.2, node=0.2, tunnel=0.1)
_BASE, _IMAGE, _DAEMON = 78.5 * _MB, 15.5 * _MB, 4.3 * _MB
_MEASURED_ON = "two cores of an AMD EPYC, Docker Engine 26.1"
"""docs/estimates.md says how and on what machine they were measured."""

_CARRIED = {
    "macvlan": "by the kernel, from device to device; no address of the host is in the lab",
    "bridge": "by a bridge of the kernel, without an IPv4 address of the host on it",
    "ipvlan": "by vxlan over ipvlan; all nodes of a network share one MAC address outside",
}


def traits(lab: Lab, payload: Payload, options: Options) -> Traits:
    """The traits of a lab, also of one that `check_support` refuses."""
    images, _ = stages(lab, payload, options)
    return Traits(
        (
            Trait("kernel", "shared with this machine", _kernel(lab)),
            Trait(
                "isolation",
                "namespaces and control groups",
                "a defect of the kernel is everybody's; of root's rights a node has the few that it needs",
            ),
            Trait("image", _image(images), "packages only, built once; labs with the same needs share it"),
            Trait("packages", _packages(images), "Debian 13's versions of the day when the image is built"),
            _processors(images),
            _networks(lab, options),
        ),
        (_costs(lab, images),),
    )


def _costs(lab: Lab, images: tuple[Stage, ...]) -> Costs:
    """The costs. On disk: the base once, and each image's own layers, without packages that the lab adds."""
    has_daemons = nodes_with_daemons(lab) > 0
    disk = Linear(fixed=_BASE + len(images) * (_IMAGE + has_daemons * _DAEMON), node=0)
    memory = replace(_MEMORY, fixed=_MEMORY.fixed + has_daemons * _DAEMONS_MEMORY)
    return Costs("", _MEASURED_ON, memory=memory, disk=disk, fresh=_FRESH, warm=_WARM)


def _kernel(lab: Lab) -> str:
    shared = "modules and sysctls are the machine's"
    alone = kernel_tunnels(lab)
    tunnels = {end.tunnel for node in lab.nodes for end in node.tunnels}
    said = [shared]
    if len(alone) < len(tunnels):
        said.append("a tunnel whose type it lacks runs in user space")
    for why in dict.fromkeys(one.why for one in alone):
        names = ", ".join(f"`{one.tunnel}`" for one in alone if one.why == why)
        said.append(f"nodes of {names} do not start where it lacks the type ({why})")
    return "; ".join(said)


def _image(images: tuple[Stage, ...]) -> str:
    return f"{BASE} and packages, {counted(len(images), 'image')} for all nodes"


def _packages(images: Iterable[Stage]) -> str:
    return ", ".join(sorted({name for stage in images for name in stage.packages}))


def _processors(images: tuple[Stage, ...]) -> Trait:
    """The platforms that all images support: the nodes of a lab run on one machine."""
    common = (
        [platform for platform in images[0].platforms if all(platform in stage.platforms for stage in images)]
        if images
        else []
    )
    names = " and ".join(platform.removeprefix("linux/") for platform in common) or "none that all images have"
    how = "docker buildx bake makes images for both" if len(common) > 1 else "an image of the lab is for no other"
    return Trait("processors", names, how)


def _networks(lab: Lab, options: Options) -> Trait:
    members = {interface.network for node in lab.nodes for interface in node.wired}
    switched = switched_networks(lab)
    kinds = Counter(driver_of(network, options, switched)[0] for network in lab.networks if network.id in members)
    parts = [f"{number} {kind}" for kind, number in kinds.items()]
    if any(node.has_uplink for node in lab.nodes):
        parts.append("1 bridge as the way out")
    carried = "; ".join(_CARRIED[kind] for kind in kinds if kind in _CARRIED)
    return Trait("networks", ", ".join(parts) or "none", carried)
