"""Names that kinds of tunnels bring to resolving."""

from collections.abc import Mapping
from functools import cache
from typing import Protocol, cast

from netdsl.index import modules


class KindNames(Protocol):
    """The module `netdsl.kinds.KIND.names`, of a kind that has some: the names of interfaces that only the inside of nodes
    gives, and words of other tools for services (and what to write instead)."""

    INTERFACES: tuple[str, ...]
    FOREIGN_SERVICES: Mapping[str, str]


@cache
def kind_names() -> tuple[KindNames, ...]:
    return tuple(cast(KindNames, module) for _, module in modules("names"))
