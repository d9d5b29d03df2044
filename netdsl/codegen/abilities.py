"""What a runtime can make of a lab, as data: `check_support` refuses the rest."""

from collections.abc import Callable, Mapping
from dataclasses import field

from netdsl.dataclass import dataclass
from netdsl.ir.node import NodeKind
from netdsl.ir.service import Protocol

OF_IMAGE = ".IMAGE"
"""End of a setting's key that stands for every image of the lab: `box.IMAGE`."""

Check = Callable[[str], str | None]
"""What is wrong with a setting's value; None if nothing is."""


@dataclass(frozen=True, slots=True)
class NetworkDriver:
    """A driver that a network of the lab may ask for, as in `driver macvlan private`. `modes`: those that the runtime
    makes (None among them: no mode is given); empty: all. `remedy`: help for another mode."""

    name: str
    modes: tuple[str | None, ...] = ()
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class TakenPort:
    """A port that something of the runtime listens on in every node; `by`: what that is."""

    protocol: Protocol
    port: int
    by: str


@dataclass(frozen=True, slots=True)
class Abilities:
    """`node_kinds` and `network_drivers` are all that there are. `options`: options of the command line (`driver`,
    `provider`) with the values that they may have; `settings`: keys of `target NAME { … }` and of `--set`; `of_caller`:
    what is wrong with values of these in a source, though the command line may give them.

    `mac_prefixes`: beginnings of MAC addresses that the runtime needs, with what for. `least_memory`: MiB that a node has
    at least. `one_platform`: why images of another processor do not run; None: they do.
    """

    node_kinds: frozenset[NodeKind]
    network_drivers: tuple[NetworkDriver, ...] = ()
    has_impairments: bool = False
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, Check] = field(default_factory=dict)
    of_caller: Mapping[str, Check] = field(default_factory=dict)
    taken_ports: tuple[TakenPort, ...] = ()
    mac_prefixes: Mapping[str, str] = field(default_factory=dict)
    has_parts_of_processors: bool = True
    least_memory: int | None = None
    one_platform: str | None = None

    def takes(self, option: str) -> bool:
        """Whether an option of the command line (`driver`, `set KEY`) is one of this runtime, in any lab."""
        kind, _, key = option.partition(" ")
        return option in self.options if kind != "set" else self.check_of(key) is not None

    def check_of(self, key: str) -> Check | None:
        """Of a setting; None where there is no such setting."""
        return _of(self.settings, key)

    def problem_in_source(self, key: str, value: str) -> str | None:
        """Why a value that the command line may give cannot be in a source; None if it can."""
        check = _of(self.of_caller, key)
        return None if check is None else check(value)


def _of(checks: Mapping[str, Check], key: str) -> Check | None:
    family = f"{key.partition('.')[0]}{OF_IMAGE}"
    return checks.get(key) or (checks.get(family) if "." in key else None)
