"""The targets: ours by the index, others through the entry-point group `netdsl.targets`. What is found is used alike."""

from typing import TYPE_CHECKING, cast

from netdsl.codegen.target import Target
from netdsl.index import TARGETS, of_backend
from netdsl.runtime.driver import Driver
from netdsl.runtime.meter import Meter

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

GROUP = "netdsl.targets"


class UnknownTarget(Exception):
    """No such target; the message names those there are."""


class BrokenTarget(Exception):
    """An installed package names a target that cannot be loaded; the message says which package, and why."""


class CannotRun(Exception):
    """The target has no driver, or no meter: its files are made and nothing is run from here."""


def target_of(name: str) -> Target:
    """Raises UnknownTarget, BrokenTarget."""
    if name in TARGETS:
        return cast(Target, of_backend(name, "target").target)
    for entry in _others():
        if entry.name == name:
            return _loaded(entry)
    raise UnknownTarget(f"there is no target `{name}`; there are: {', '.join(target_names())}")


def driver_of(name: str) -> Driver:
    """What runs a target's files. Raises CannotRun where there is none, UnknownTarget, BrokenTarget.

    Of ours what makes the files is not loaded: to load it takes as long as most verbs on a running lab.
    """
    if name in TARGETS:
        return cast(Driver, of_backend(name, "driver").driver)
    driver = target_of(name).driver
    if driver is None:
        raise CannotRun(f"the target `{name}` has no driver: its files are made, and cannot be run from here")
    return driver()


def meter_of(name: str) -> Meter:
    """What measures a target's files where they run. Raises as `driver_of`."""
    meter = target_of(name).meter
    if meter is None:
        raise CannotRun(f"the target `{name}` has no meter: it cannot be measured from here")
    return meter()


def target_names() -> tuple[str, ...]:
    """Ours in the order of the index, then those of other packages. None is loaded."""
    return (*TARGETS, *sorted({entry.name for entry in _others()} - set(TARGETS)))


def _loaded(entry: "EntryPoint") -> Target:
    package = entry.dist.name if entry.dist is not None else entry.module
    try:
        found = entry.load()
    except (ImportError, AttributeError, SyntaxError) as error:
        raise BrokenTarget(f"the target `{entry.name}` of {package} cannot be loaded: {error}") from error
    if not isinstance(found, Target) or found.name != entry.name:
        raise BrokenTarget(f"the target `{entry.name}` of {package}: `{entry.value}` is no Target of that name")
    return found


def _others() -> "EntryPoints":
    """The entry points of other packages. Looking through all that is installed takes a while: ours come first."""
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)
