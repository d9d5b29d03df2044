"""The data of `parents.sh`: the parent devices that it creates."""

from netdsl.payload.quoting import tsv

from .model import Project


def parents_table(project: Project) -> str:
    """A line for each network with a parent device: the variable in compose.yaml, the device's name, the driver."""
    return "".join(
        tsv(network.parent_variable, network.parent_device, network.driver)
        for network in project.networks
        if network.parent_variable is not None
    )
