"""The traits of namespaces for a comparison of targets: texts for a lab, and the coefficients of the cost model."""

from netdsl.codegen.contract import Options
from netdsl.codegen.images import BASE, stages
from netdsl.codegen.traits import Costs, Linear, Trait, Traits
from netdsl.diagnostics.wording import counted
from netdsl.ir.lab import Lab
from netdsl.payload.contract import Payload

_MIB = 1024**2
_MB = 1000**2
_MEMORY = Linear(fixed=0.5 * _MIB, node=0.35 * _MIB, tunnel=6.2 * _MIB)
_FRESH = Linear(fixed=56, node=0.03, tunnel=0.2)
_WARM = Linear(fixed=0.5, node=0.03, tunnel=0.2)
_ROOT = 108 * _MB
_MEASURED_ON = "two cores of an AMD EPYC, busy otherwise, Linux 6.18"
"""docs/estimates.md says how and on what machine they were measured."""


def traits(lab: Lab, payload: Payload, options: Options) -> Traits:
    """The traits of a lab, also of one that `check_support` refuses."""
    made, _ = stages(lab, payload, options)
    packages = sorted({name for stage in made for name in stage.packages})
    members = {interface.network for node in lab.nodes for interface in node.wired}
    costs = Costs(
        "", _MEASURED_ON, memory=_MEMORY, disk=Linear(fixed=_ROOT * len(made), node=0), fresh=_FRESH, warm=_WARM
    )
    return Traits(
        (
            Trait("kernel", "shared with this machine", "modules and sysctls are the machine's"),
            Trait(
                "isolation",
                "namespaces alone",
                "a defect of the kernel is everybody's; root in a node is root outside, but for the rights that it lacks",
            ),
            Trait("image", f"none: {counted(len(made), 'root file system')} of packages for all nodes", f"as {BASE}"),
            Trait("packages", ", ".join(packages), "Debian 13's versions of the day when the root file system is made"),
            Trait("processors", "this machine's", "packages are installed for it alone"),
            Trait("networks", f"{counted(len(members), 'bridge')} in a network of the lab's own", "wired by veth"),
        ),
        (costs,),
    )
