"""What can be served: the kinds of all parts."""

from functools import cache

from netdsl import index
from netdsl.ir.service import ServiceKind


@cache
def service_kinds() -> dict[str, ServiceKind]:
    """By name, in the order of the index."""
    return {kind.name: kind for module in index.of_parts("services") for kind in module.SERVICES}
