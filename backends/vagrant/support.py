"""What this target does not have, or makes in another way: said at the user's line."""

from collections.abc import Iterable, Iterator, Sequence

from netdsl.codegen.contract import BadOption, Options
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.lab import Lab
from netdsl.ir.network import Network
from netdsl.ir.node import Node
from netdsl.ir.service import Protocol
from netdsl.source import Place

from .lower import LEAST_MEMORY_MIB, MANAGEMENT_PREFIX, memory_of, project_ranges
from .ranges import NoRange
from .settings import KEYS, OF_IMAGE, PROVIDERS, TARGET, keys_of, settings_of, value_problem

VIRTUALBOX_ADAPTERS = 8
_SAME_WIRE = {"macvlan": (None, "bridge"), "bridge": (None,), "ipvlan": (None, "l2")}
"""Drivers of containers that make what this target's segments are: everybody hears everybody."""

_SHOWN = 3  # names in a message that is about several nodes
_MIB = 1024**2


def check_support(lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
    """Report what cannot be made, and what is made in another way. Raises BadOption for what the command line says."""
    if not _check_settings(lab, options, diagnostics):
        return
    for network in lab.networks:
        _check_network(network, diagnostics)
    for node in lab.nodes:
        _check_node(node, settings_of(lab, options).provider, diagnostics)
    _check_ranges(lab, options, diagnostics)
    _list_differences(lab, options, diagnostics)


def _check_settings(lab: Lab, options: Options, diagnostics: Diagnostics) -> bool:
    """Whether all of them can be read."""
    if options.driver is not None:
        raise BadOption("the target vagrant has no `--driver`: that is for containers")
    if options.provider is not None and options.provider not in PROVIDERS:
        raise BadOption(f"the target vagrant has no provider `{options.provider}`; it has {', '.join(PROVIDERS)}")
    keys = frozenset(keys_of(lab))
    for key, value in options.settings.items():
        if key not in keys:
            raise BadOption(_no_such_key(key))
        problem = value_problem(key, value)
        if problem is not None:
            raise BadOption(problem)
    is_good = True
    for one in lab.settings:
        if one.target != TARGET:
            continue
        is_known = one.key in keys
        problem = value_problem(one.key, one.value) if is_known else _no_such_key(one.key)
        if problem is not None:
            is_good = False
            if one.origin is not None:
                remedy = None if is_known else did_you_mean(one.key, keys)
                diagnostics.report(catalogue.UNKNOWN_SETTING, problem, one.origin, help=remedy)
    return is_good


def _no_such_key(key: str) -> str:
    image = key.removeprefix(OF_IMAGE)
    if image != key:
        return f"the setting `{key}` is of an image that the lab does not have: `{image}`"
    return f"the target `vagrant` has no setting `{key}`; it has {', '.join(KEYS)}, {OF_IMAGE}IMAGE"


def _check_network(network: Network, diagnostics: Diagnostics) -> None:
    if network.impairment is not None:
        message = f"the target `vagrant` cannot delay, limit or lose packets on `{network.id}` yet"
        _refuse(diagnostics, message, network.origin)
    driver = network.driver
    if driver is not None and driver.mode not in _SAME_WIRE.get(driver.name, ()):
        wish = driver.name if driver.name not in _SAME_WIRE else f"{driver.name} {driver.mode}"
        message = f"the target `vagrant` cannot make `{network.id}` as `{wish}`: its networks are plain segments"
        _refuse(diagnostics, message, network.origin)


def _check_node(node: Node, provider: str | None, diagnostics: Diagnostics) -> None:
    for interface in node.interfaces:
        if interface.mac.startswith(MANAGEMENT_PREFIX):
            message = f"MAC addresses that begin with `{MANAGEMENT_PREFIX}` are those of the management interfaces"
            _refuse(diagnostics, message, interface.origin or node.origin)
    for served in node.services:
        port = served.service
        if port.protocol is Protocol.TCP and port.first is not None and port.first <= 22 <= (port.last or port.first):
            message = f"`{node.id}` cannot serve tcp/22: the machine's own SSH server, for `vagrant ssh`, listens there"
            _refuse(diagnostics, message, served.origin or node.origin)
    adapters = len(node.wired) + 1 + node.has_uplink
    if provider == "virtualbox" and adapters > VIRTUALBOX_ADAPTERS:
        message = f"`{node.id}` needs {adapters} network adapters; VirtualBox has {VIRTUALBOX_ADAPTERS}"
        remedy = "one is the management's" + (", one the uplink's" if node.has_uplink else "")
        _refuse(diagnostics, message, node.origin, remedy)


def _check_ranges(lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
    try:
        project_ranges(lab, options)
    except NoRange as error:
        if "pool" in options.settings:
            raise BadOption(str(error)) from error
        said = (one.origin for one in lab.settings if one.target == TARGET and one.key == "pool")
        place = next(said, None) or _somewhere(lab)
        remedy = "give a prefix that the lab does not use: `target vagrant { pool = PREFIX }`"
        _refuse(diagnostics, str(error), place, remedy)


def _list_differences(lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
    """What is made otherwise than in a container: one finding for each kind."""
    halves = [node for node in lab.nodes if node.resources.cpus is not None and node.resources.cpus % 1]
    _differ(diagnostics, halves, "a part of a processor: rounded up to whole ones")
    small = [node for node in lab.nodes if _is_raised(node)]
    _differ(diagnostics, small, f"less memory than a machine starts with: raised to {LEAST_MEMORY_MIB} MiB")
    for image in lab.images:
        users = [node for node in lab.nodes if node.image == image.id]
        if users and len(image.platforms) == 1:
            message = f"`{image.id}` is for {image.platforms[0]} alone; virtual machines have the host's processor"
            _list(diagnostics, message, image.origin or users[0].origin)
    _list_boxes(lab, options, diagnostics)


def _list_boxes(lab: Lab, options: Options, diagnostics: Diagnostics) -> None:
    """Another box than the twin of the containers' base: what is installed from it may have other versions."""
    said: dict[str, tuple[str, Place | None]] = {}
    for one in lab.settings:
        if one.target == TARGET:
            said.setdefault(one.key, (one.value, one.origin))
    said |= {key: (value, None) for key, value in options.settings.items()}
    for key, (box, origin) in said.items():
        if key == "box" or key.startswith(OF_IMAGE):
            message = f"what `{box}` holds is not known here: packages may have other versions than in the containers"
            _list(diagnostics, message, origin or _somewhere(lab))


def _is_raised(node: Node) -> bool:
    wished = node.resources.memory_bytes
    return wished is not None and wished < memory_of(node.resources) * _MIB and wished < LEAST_MEMORY_MIB * _MIB


def _differ(diagnostics: Diagnostics, nodes: Sequence[Node], what: str) -> None:
    if nodes:
        _list(diagnostics, f"{_names(nodes)}: {what}", nodes[0].origin)


def _names(nodes: Iterable[Node]) -> str:
    names = [f"`{node.id}`" for node in nodes]
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _places(lab: Lab) -> Iterator[Place]:
    for node in lab.nodes:
        if node.origin is not None:
            yield node.origin


def _somewhere(lab: Lab) -> Place | None:
    """A place for what is about the lab as a whole: its first node."""
    return next(_places(lab), None)


def _refuse(diagnostics: Diagnostics, message: str, place: Place | None, remedy: str | None = None) -> None:
    if place is not None:
        diagnostics.report(catalogue.UNSUPPORTED_BY_TARGET, message, place, help=remedy)


def _list(diagnostics: Diagnostics, message: str, place: Place | None) -> None:
    if place is not None:
        diagnostics.report(catalogue.DIFFERS_IN_TARGET, message, place)
