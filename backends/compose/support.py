"""What this target does not have: said at the user's line."""

from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from netdsl.codegen.contract import BadOption, Options
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.lab import Lab
from netdsl.ir.network import Network
from netdsl.source import Place

from .lower import switched_networks

DRIVERS = ("macvlan", "bridge", "ipvlan")
SETTINGS = ("pool",)


def check_support(lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
    """Report what cannot be made. Raises BadOption for what the command line says."""
    _check_options(options)
    for setting in lab.settings:
        if setting.target != "compose" or setting.origin is None:
            continue
        if setting.key not in SETTINGS:
            _report(diagnostics, setting.origin, f"the target `compose` has no setting `{setting.key}`",
                    did_you_mean(setting.key, SETTINGS))  # fmt: skip
        elif not _is_pool(setting.value):
            _report(diagnostics, setting.origin, f"`{setting.value}` is no IPv4 prefix", None)
    switched = switched_networks(lab)
    for network in lab.networks:
        _check_network(network, diagnostics)
        if network.id in switched:
            _check_switched(network, diagnostics)


def _check_options(options: Options) -> None:
    if options.driver is not None and options.driver not in DRIVERS:
        raise BadOption(f"the target compose has no driver `{options.driver}`; it has {', '.join(DRIVERS)}")
    if options.provider is not None:
        raise BadOption("the target compose has no `--provider`: that is for virtual machines")
    for key, value in options.settings.items():
        if key not in SETTINGS:
            raise BadOption(f"the target compose has no setting `{key}`; it has {', '.join(SETTINGS)}")
        if not _is_pool(value):
            raise BadOption(f"`{value}` is no IPv4 prefix for `{key}`")


def _check_network(network: Network, diagnostics: Diagnostics) -> None:
    if network.origin is None:
        return
    if network.driver is not None and network.driver.name not in DRIVERS:
        message = f"the target `compose` has no driver `{network.driver.name}`"
        diagnostics.report(
            catalogue.UNSUPPORTED_BY_TARGET, message, network.origin, help=f"it has {', '.join(DRIVERS)}"
        )
    if network.driver is not None and network.driver.name == "ipvlan" and network.driver.mode not in (None, "l2"):
        message = f"the target `compose` cannot lay `{network.id}` over ipvlan in mode `{network.driver.mode}`"
        help_ = "only its mode `l2`, the default, lets nodes find one another"
        diagnostics.report(catalogue.UNSUPPORTED_BY_TARGET, message, network.origin, help=help_)
    if network.impairment is not None:
        message = f"the target `compose` cannot delay, limit or lose packets on `{network.id}` yet"
        diagnostics.report(catalogue.UNSUPPORTED_BY_TARGET, message, network.origin)


def _check_switched(network: Network, diagnostics: Diagnostics) -> None:
    """macvlan delivers by the MAC addresses of its own devices: what is meant for a node behind a switch never arrives."""
    if network.driver is not None and network.driver.name == "macvlan" and network.origin is not None:
        message = f"the target `compose` cannot make `{network.id}` by macvlan: a switch on it hears broadcasts alone"
        help_ = "without `driver macvlan` it is made as a bridge"
        diagnostics.report(catalogue.UNSUPPORTED_BY_TARGET, message, network.origin, help=help_)


def _is_pool(text: str) -> bool:
    try:
        IPv4Network(text)
    except (AddressValueError, NetmaskValueError, ValueError):
        return False
    return True


def _report(diagnostics: Diagnostics, place: Place, message: str, remedy: str | None) -> None:
    diagnostics.report(catalogue.UNKNOWN_SETTING, message, place, help=remedy)
