"""What `parents.sh` makes: data beside the fixed script."""

from netdsl.payload.quoting import tsv

from .model import Project


def parents_table(project: Project) -> str:
    """One line per network that sits on a parent: the variable of compose.yaml, the device's name, the driver."""
    return "".join(
        tsv(network.parent_variable, network.parent_device, network.driver)
        for network in project.networks
        if network.parent_variable is not None
    )
