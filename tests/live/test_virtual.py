"""The same story in virtual machines."""

import pytest

from tests.live.story import *  # noqa: F403
from tests.live.story import Running
from tests.live.studies import SMALL_STUDIES

pytestmark = [pytest.mark.live, pytest.mark.vm]


@pytest.fixture
def running(virtual: Running) -> Running:
    return virtual


@pytest.fixture
def end(running: Running) -> int:
    """One gateway of each lab, A of the first, S of the second: an emulated machine boots for half a minute."""
    return SMALL_STUDIES.index(running.study)
