"""The target's abilities, and findings about what it lacks, at the user's line."""

from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from netdsl.codegen.abilities import Abilities, NetworkDriver
from netdsl.codegen.limits import SETTINGS
from netdsl.codegen.pools import public_pool
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.ir.lab import Lab
from netdsl.ir.node import NodeKind

from .lower import switched_networks


def _pool_problem(value: str) -> str | None:
    try:
        IPv4Network(value)
    except (AddressValueError, NetmaskValueError, ValueError):
        return f"`{value}` is no IPv4 prefix"
    return None


_DRIVERS = (
    NetworkDriver("macvlan"),
    NetworkDriver("bridge"),
    NetworkDriver("ipvlan", (None, "l2"), "only its mode `l2`, the default, lets nodes find one another"),
)

ABILITIES = Abilities(
    node_kinds=frozenset({NodeKind.HOST, NodeKind.ROUTER, NodeKind.SWITCH}),
    network_drivers=_DRIVERS,
    options={"driver": tuple(driver.name for driver in _DRIVERS)},
    settings={"pool": _pool_problem, **SETTINGS},
    of_caller={"pool": public_pool},
)


def check_support(lab: Lab, diagnostics: Diagnostics) -> None:
    """macvlan delivers unicast frames only to its own devices: frames for a node behind a switch do not arrive."""
    switched = switched_networks(lab)
    for network in lab.networks:
        is_macvlan = network.driver is not None and network.driver.name == "macvlan"
        if network.id in switched and is_macvlan and network.origin is not None:
            message = (
                f"the target `compose` cannot make `{network.id}` by macvlan: a switch on it hears broadcasts alone"
            )
            help_ = "without `driver macvlan` it is made as a bridge"
            diagnostics.report(catalogue.UNSUPPORTED_BY_TARGET, message, network.origin, help=help_)
