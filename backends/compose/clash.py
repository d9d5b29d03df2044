"""Explains the engine's refusal of a network's range: names the other network with that range, and the remedy."""

import re
from ipaddress import ip_network

from netdsl.runtime.driver import Deployment, DriverError

from .engine import PROJECT, client, resolved

_REFUSAL = re.compile(r"[Pp]ool overlaps|address space|already using parent interface")


def explain_clash(deployment: Deployment, message: str) -> DriverError | None:
    """The error for a clash of ranges. `message`: the engine's; None if it is about something else."""
    if not _REFUSAL.search(message):
        return None
    config = resolved(deployment)
    own_ranges = [
        ip_network(entry["subnet"])
        for network in config.get("networks", {}).values()
        for entry in network.get("ipam", {}).get("config", [])
        if "subnet" in entry
    ]
    with client(deployment) as docker:
        for network in docker.network.list():
            owner = (network.labels or {}).get(PROJECT, "")
            if owner == deployment.project:
                continue
            for entry in (network.ipam.config or []) if network.ipam else []:
                subnet = (entry or {}).get("Subnet")
                if subnet and any(_overlap(ip_network(subnet), own) for own in own_ranges):
                    project = f"the project `{owner}`" if owner else "no Compose project"
                    return DriverError(
                        f"the network `{network.name}` of {project} has a range that this lab asks for ({subnet})",
                        command="docker compose up",
                        remedy="give this copy a name of its own (`--project NAME`), other ranges (`--set pool=PREFIX`), "
                        "or take that network away",
                    )
    return None


def _overlap(one: object, other: object) -> bool:
    return type(one) is type(other) and one.overlaps(other)  # type: ignore[attr-defined]
