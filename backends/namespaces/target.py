"""The target: nodes as Linux namespaces, by this machine's kernel alone."""

from netdsl.codegen.target import Target
from netdsl.runtime.driver import Driver
from netdsl.runtime.meter import Meter

from .backend import backend
from .support import ABILITIES


def _driver() -> Driver:
    from .driver import driver

    return driver


def _meter() -> Meter:
    from .meter import meter

    return meter


target = Target("namespaces", (backend,), ABILITIES, _driver, _meter)
