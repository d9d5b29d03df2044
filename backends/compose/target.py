"""The target: images by the Dockerfile, containers and networks by Docker Compose."""

from netdsl.codegen.target import Target
from netdsl.runtime.driver import Driver
from netdsl.runtime.meter import Meter

from ..dockerfile.backend import backend as dockerfile
from .backend import backend
from .support import ABILITIES


def _driver() -> Driver:
    from .driver import driver  # not needed to compile

    return driver


def _meter() -> Meter:
    from .meter import meter

    return meter


target = Target("compose", (dockerfile, backend), ABILITIES, _driver, _meter)
