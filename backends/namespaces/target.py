"""The target: nodes as Linux namespaces, by this machine's kernel alone."""

from netdsl.codegen.target import Target
from netdsl.runtime.driver import Driver

from .backend import backend
from .support import ABILITIES


def _driver() -> Driver:
    from .driver import driver

    return driver


target = Target("namespaces", (backend,), ABILITIES, _driver)
