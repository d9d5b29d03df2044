"""What can be served: the kinds of all parts."""

from dataclasses import replace
from functools import cache

from netdsl import index
from netdsl.ir.service import PortService, ServiceKind


@cache
def service_kinds() -> dict[str, ServiceKind]:
    """By name, in the order of the index."""
    return {kind.name: kind for module in index.of_parts("services") for kind in module.SERVICES}


@cache
def listens_on(kind: str, service: PortService) -> tuple[PortService, ...]:
    """All that a service listens on which was given this port."""
    found = service_kinds()[kind]
    if not found.also:
        return (service,)
    return tuple(replace(service, protocol=protocol) for protocol in (found.protocol, *found.also))
