"""What random labs once did beside what the verifier says of them now: no engine is needed."""

from pathlib import Path

import pytest

from tests.differential.comparing import compare, states_that_differ, tunnels_that_differ, world_of
from tests.differential.kept import IN_KERNEL, IN_USER_SPACE, archived
from tests.differential.observing import Observation
from tests.differential.report import line

ARCHIVES = pytest.mark.parametrize("path", [IN_USER_SPACE, IN_KERNEL], ids=lambda path: path.name.partition(".")[0])
FEW = 12  # of each archive, spread over it


@pytest.mark.slow
@ARCHIVES
def test_what_was_observed_in_some_labs_is_what_is_predicted(path: Path) -> None:
    observations = archived(path)
    assert observations
    assert _differences(observations[:: -(-len(observations) // FEW)]) == []


@pytest.mark.full
@ARCHIVES
def test_what_was_observed_in_all_labs_is_what_is_predicted(path: Path) -> None:
    assert _differences(archived(path)) == []


def _differences(observations: tuple[Observation, ...]) -> list[str]:
    found = []
    for observation in observations:
        world = world_of(observation)
        found += [line(one) for one in compare(world, observation) if not one.agrees]
        found += [*tunnels_that_differ(world, observation), *states_that_differ(world, observation)]
    return found
