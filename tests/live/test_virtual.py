"""The same story in virtual machines."""

import pytest

from tests.live import story
from tests.live.story import *  # noqa: F403
from tests.live.story import Running
from tests.live.studies import SMALL_STUDIES

pytestmark = [pytest.mark.live, pytest.mark.vm]


@pytest.fixture
def running(virtual: Running) -> Running:
    return virtual


@pytest.fixture
def end(running: Running) -> int:
    """One gateway for each family, A for IPv4, S for IPv6: an emulated machine boots for half a minute."""
    return SMALL_STUDIES.index(running.study)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test for both families; but figures are taken of the lab, and it goes down, once, with the last."""
    is_last = metafunc.function in (
        story.test_the_figures,
        story.test_down_leaves_the_host_as_it_was_and_up_finds_it_so,
    )
    studies = SMALL_STUDIES[-1:] if is_last else SMALL_STUDIES
    metafunc.parametrize("virtual", studies, indirect=True, ids=[study.name for study in studies])
