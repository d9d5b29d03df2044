"""What a target does not have, or makes in another way: said at the user's line, by the data of its abilities."""

from collections.abc import Iterator, Sequence

from netdsl.codegen.abilities import OF_IMAGE, Abilities, TakenPort
from netdsl.codegen.contract import BadOption, Options
from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.lab import Lab
from netdsl.ir.network import Network
from netdsl.ir.node import Node
from netdsl.source import Place

_OPTIONS = {"driver": "containers", "provider": "virtual machines"}
_SHOWN = 3  # names in a message that is about several nodes
_MIB = 1024**2


def check_abilities(target: str, abilities: Abilities, lab: Lab, options: Options, diagnostics: Diagnostics) -> bool:
    """Report what cannot be made, and what is made in another way; whether all settings of the lab can be read.

    Raises BadOption for what the command line says.
    """
    asked = _Asked(target, abilities, lab, diagnostics)
    asked.check_options(options)
    is_readable = asked.check_settings()
    for network in lab.networks:
        asked.check_network(network)
    for node in lab.nodes:
        asked.check_node(node)
    asked.list_differences()
    return is_readable


@dataclass(frozen=True, slots=True)
class _Asked:
    """A lab that a target is asked to make."""

    target: str
    abilities: Abilities
    lab: Lab
    diagnostics: Diagnostics

    # ------------------------------------------------------------------------------------------ options and settings

    def check_options(self, options: Options) -> None:
        for name, value in (("driver", options.driver), ("provider", options.provider)):
            known = self.abilities.options.get(name)
            if value is not None and known is None:
                raise BadOption(f"the target {self.target} has no `--{name}`: that is for {_OPTIONS[name]}")
            if value is not None and known is not None and value not in known:
                raise BadOption(f"the target {self.target} has no {name} `{value}`; it has {', '.join(known)}")
        for key, value in options.settings.items():
            problem = self._problem(key, value)
            if problem is not None:
                raise BadOption(problem)

    def check_settings(self) -> bool:
        """Whether the lab's settings can be read."""
        is_readable = True
        for one in self.lab.settings:
            if one.target != self.target:
                continue
            problem, rule = self._problem(one.key, one.value), catalogue.UNKNOWN_SETTING
            remedy = None if one.key in self._keys() else did_you_mean(one.key, self._keys())
            if problem is None:
                problem, rule = self.abilities.problem_in_source(one.key, one.value), catalogue.SETTING_OF_CALLER
                remedy = f"whoever calls netdsl says it: `--set {one.key}={one.value}`"
            if problem is None:
                continue
            is_readable = False
            if one.origin is not None:
                self.diagnostics.report(rule, problem, one.origin, help=remedy)
        return is_readable

    def _keys(self) -> frozenset[str]:
        """All settings that this lab can have."""
        keys = set[str]()
        for key in self.abilities.settings:
            beginning = key.removesuffix(OF_IMAGE)
            keys |= {key} if beginning == key else {f"{beginning}.{image.id}" for image in self.lab.images}
        return frozenset(keys)

    def _problem(self, key: str, value: str) -> str | None:
        check = self.abilities.check_of(key)
        if check is None:
            known = ", ".join(self.abilities.settings)
            return f"the target `{self.target}` has no setting `{key}`" + (f"; it has {known}" if known else "")
        if key not in self._keys():
            image = key.partition(".")[2]
            return f"the setting `{key}` is of an image that the lab does not have: `{image}`"
        return check(value)

    # ------------------------------------------------------------------------------------------ networks and nodes

    def check_network(self, network: Network) -> None:
        if network.impairment is not None and not self.abilities.has_impairments:
            self._refuse(f"cannot delay, limit or lose packets on `{network.id}` yet", network.origin)
        if network.driver is None:
            return
        name, mode = network.driver.name, network.driver.mode
        known = {driver.name: driver for driver in self.abilities.network_drivers}
        wish = name if mode is None else f"{name} {mode}"
        if name not in known:
            remedy = f"it has {', '.join(known)}" if known else "it makes networks in one way; leave `driver` out"
            self._refuse(f"cannot make `{network.id}` as `{wish}`", network.origin, remedy)
        elif known[name].modes and mode not in known[name].modes:
            self._refuse(f"cannot make `{network.id}` as `{wish}`", network.origin, known[name].remedy)

    def check_node(self, node: Node) -> None:
        if node.kind not in self.abilities.node_kinds:
            self._refuse(f"cannot make `{node.id}`: it has no nodes of the kind `{node.kind}`", node.origin)
        for served in node.services:
            for taken in self.abilities.taken_ports:
                port = served.service
                if port.protocol is taken.protocol and port.first is not None and _holds(port.first, port.last, taken):
                    message = f"`{node.id}` cannot serve {taken.protocol}/{taken.port}: {taken.by} listens there"
                    self._report(message, served.origin or node.origin)
        for interface in node.interfaces:
            for prefix, purpose in self.abilities.mac_prefixes.items():
                if interface.mac.startswith(prefix):
                    message = f"MAC addresses that begin with `{prefix}` are those of {purpose}"
                    self._report(message, interface.origin or node.origin)

    def _refuse(self, message: str, place: Place | None, remedy: str | None = None) -> None:
        self._report(f"the target `{self.target}` {message}", place, remedy)

    def _report(self, message: str, place: Place | None, remedy: str | None = None) -> None:
        if place is not None:
            self.diagnostics.report(catalogue.UNSUPPORTED_BY_TARGET, message, place, help=remedy)

    # ------------------------------------------------------------------------------------------ resources

    def list_differences(self) -> None:
        """What is made otherwise than asked for: one finding for each kind."""
        for nodes, what in self._differences():
            if nodes:
                self._differ(f"{_names(nodes)}: {what}", nodes[0].origin)
        for image in self.lab.images:
            users = [node for node in self.lab.nodes if node.image == image.id]
            if users and len(image.platforms) == 1 and self.abilities.one_platform is not None:
                message = f"`{image.id}` is for {image.platforms[0]} alone; {self.abilities.one_platform}"
                self._differ(message, image.origin or users[0].origin)

    def _differences(self) -> Iterator[tuple[Sequence[Node], str]]:
        nodes = self.lab.nodes
        if not self.abilities.has_parts_of_processors:
            parts = [node for node in nodes if node.resources.cpus is not None and node.resources.cpus % 1]
            yield parts, "a part of a processor: rounded up to whole ones"
        least = self.abilities.least_memory
        if least is not None:
            wished = [(node, node.resources.memory_bytes) for node in nodes]
            small = [node for node, memory in wished if memory is not None and memory < least * _MIB]
            yield small, f"less memory than a machine starts with: raised to {least} MiB"

    def _differ(self, message: str, place: Place | None) -> None:
        if place is not None:
            self.diagnostics.report(catalogue.DIFFERS_IN_TARGET, message, place)


def _holds(first: int, last: int | None, taken: TakenPort) -> bool:
    return first <= taken.port <= (last or first)


def _names(nodes: Sequence[Node]) -> str:
    names = [f"`{node.id}`" for node in nodes]
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
