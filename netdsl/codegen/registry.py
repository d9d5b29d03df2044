"""The backends: ours by name, others through the entry-point group `netdsl.backends`."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from netdsl.codegen.contract import Backend
from netdsl.runtime.driver import Driver
from netdsl.runtime.meter import Meter

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

_OWN = ("dockerfile", "compose", "vagrant")

# A target is the backends that make its files, in order.
TARGETS: dict[str, tuple[str, ...]] = {
    "compose": ("dockerfile", "compose"),
    "vagrant": ("vagrant",),
}


class UnknownTarget(Exception):
    """No such target; the message names those there are."""


def backend(name: str) -> Backend:
    """The backend of a name. Raises UnknownTarget."""
    if name in _OWN:
        return cast(Backend, import_module(f"netdsl.backends.{name}.backend").backend)
    for entry in _others():
        if entry.name == name:
            return cast(Backend, entry.load())
    raise UnknownTarget(f"there is no backend `{name}`")


def driver_of(target: str) -> Driver:
    """What brings a target's output up. Raises UnknownTarget where there is none."""
    if not has_driver(target):
        raise UnknownTarget(f"the target `{target}` cannot be run from here")
    name = TARGETS.get(target, (target,))[-1]
    return cast(Driver, import_module(f"netdsl.backends.{name}.driver").driver)


def meter_of(target: str) -> Meter:
    """What measures a target's output where it runs. Raises UnknownTarget where there is none."""
    if not has_driver(target):
        raise UnknownTarget(f"the target `{target}` cannot be measured from here")
    name = TARGETS.get(target, (target,))[-1]
    return cast(Meter, import_module(f"netdsl.backends.{name}.meter").meter)


def has_driver(target: str) -> bool:
    """Whether a target's output can be brought up from here."""
    return TARGETS.get(target, (target,))[-1] in _OWN


def target_names() -> tuple[str, ...]:
    """All targets: ours, then each third-party backend as a target of its own name."""
    others = sorted({entry.name for entry in _others()} - set(TARGETS))
    return (*TARGETS, *others)


def backends_of(target: str) -> tuple[Backend, ...]:
    """The backends of a target, in order. Raises UnknownTarget."""
    if target not in TARGETS and target not in target_names():
        raise UnknownTarget(f"there is no target `{target}`; there are: {', '.join(target_names())}")
    return tuple(backend(name) for name in TARGETS.get(target, (target,)))


def _others() -> "EntryPoints":
    """The entry points of other packages. Looking through all that is installed takes a while: ours come first."""
    from importlib.metadata import entry_points

    return entry_points(group="netdsl.backends")
