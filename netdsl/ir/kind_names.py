"""Names that kinds of tunnels bring to the language."""

from collections.abc import Mapping
from functools import cache
from typing import Protocol, cast

from netdsl.index import modules
from netdsl.ir.service import BUILT_IN_SERVICES, PortService


class KindNames(Protocol):
    """The module `netdsl.kinds.KIND.names`, of a kind that has some: the names of interfaces that only the inside of nodes
    gives, services that filters know by name, and words of other tools for services (and what to write instead)."""

    INTERFACES: tuple[str, ...]
    SERVICES: Mapping[str, tuple[PortService, ...]]
    FOREIGN_SERVICES: Mapping[str, str]


@cache
def kind_names() -> tuple[KindNames, ...]:
    return tuple(cast(KindNames, module) for _, module in modules("names"))


@cache
def named_services() -> dict[str, tuple[PortService, ...]]:
    """The services that a lab may name without declaring them."""
    found = dict(BUILT_IN_SERVICES)
    for names in kind_names():
        found |= names.SERVICES
    return found
