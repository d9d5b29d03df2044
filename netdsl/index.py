"""The index of the open sets: names of members. A new member is one line here and folders of that name.

The core of the compiler (stages, the IR, the payload's frame) never imports a member; it asks this index.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

ROUTES: tuple[str, ...] = ("static", "auto")
"""Sources of routes: `netdsl/kinds/NAME/routes.py`. They are asked in this order, and of equal routes in one table the last
stays. A kind of tunnel that makes routes of its own has this file too, and is asked after them."""

TUNNELS: tuple[str, ...] = ("ipsec", "gre", "vxlan", "ipip", "wireguard", "tinc", "openvpn")
"""Kinds of tunnels: `netdsl/kinds/NAME/`, `grammar/NAME.lark`."""

TARGETS: tuple[str, ...] = ("compose", "vagrant", "namespaces")
"""Runtimes, the default first: `target` in `backends/NAME/target.py`; entry points `netdsl.targets` name others."""

FILTERS: tuple[str, ...] = ("nftables",)
"""Engines of packet filters and address translation, the default first: `backends/NAME/part.py`, `part.sh`."""

DRIVERS: dict[str, tuple[str, ...]] = {
    "bridge": (),
    "macvlan": ("bridge", "private", "vepa", "passthru"),
    "ipvlan": ("l2", "l3", "l3s"),
}
"""Drivers of networks and their modes, by the kernel's documentation; a target's abilities say which it has."""

PARTS: tuple[str, ...] = (
    "vxlan",
    "gre",
    "ipip",
    "wireguard",
    "tinc",
    "openvpn",
    "busybox",
    "socat",
    "dnsmasq",
    "nsd",
    "unbound",
    "freeradius",
    "openssl",
    "strongswan",
)
"""Daemons' shares of nodes: `backends/NAME/part.py`, `part.sh`, `services.py`. They start in this order: what has an
address before what sends from it or listens at it. Devices send from segments' addresses, services listen at both."""


def of_backend(name: str, module: str) -> ModuleType:
    """The module `netdsl.backends.NAME.MODULE` of a member whose folder is in `backends/`."""
    return import_module(f"netdsl.backends.{name}.{module}")


def of_parts(module: str, names: Iterable[str] = PARTS) -> Iterator[ModuleType]:
    """The module of this name of each part that has one, in the order given, which is the index's."""
    found = (_module(f"netdsl.backends.{name}.{module}") for name in names)
    return (one for one in found if one is not None)


def kinds() -> tuple[str, ...]:
    """The members whose folder is in `netdsl/kinds/`."""
    return (*ROUTES, *TUNNELS)


def modules(stage: str) -> Iterator[tuple[str, ModuleType]]:
    """(kind, module `netdsl.kinds.KIND.STAGE`) of each kind that has a share in a stage, in the order of the index."""
    for kind in kinds():
        module = _module(f"netdsl.kinds.{kind}.{stage}")
        if module is not None:
            yield kind, module


@cache
def _module(name: str) -> ModuleType | None:
    """The module of this name, if there is one. A search for a module that is not there asks the disk each time."""
    return None if find_spec(name) is None else import_module(name)
