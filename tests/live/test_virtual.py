"""The same story in virtual machines."""

import pytest

from tests.live.story import *  # noqa: F403
from tests.live.story import Running

pytestmark = [pytest.mark.live, pytest.mark.vm]


@pytest.fixture
def running(virtual: Running) -> Running:
    return virtual
