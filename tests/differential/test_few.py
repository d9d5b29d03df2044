"""A few random labs, and those that once disagreed, brought up and compared, as `make fuzz-live` does with many."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from netdsl.verify import Esp, World
from tests.differential.campaign import Campaign
from tests.differential.comparing import (
    SOMEBODY_SAYS_NO,
    compare,
    lab_of,
    states_that_differ,
    tunnels_that_differ,
    world_of,
)
from tests.differential.features import FEATURES, features_of
from tests.differential.flows import Flow, Outcome
from tests.differential.generate import generate
from tests.differential.observing import Observation
from tests.differential.regressions import NUMBERS, regression
from tests.differential.report import line
from tests.differential.spaces import InSpaces

SEEDS = (8, 196, 286, 477)  # they have every feature, and tunnels that stay down are those that are expected to
SIDE_BY_SIDE = 2
ONCE = (163, 296)
"""Of those that once disagreed: the smallest. `make fuzz-live` brings up all of them."""


@pytest.fixture(scope="module")
def observations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Observation, ...]]:
    few = Campaign(tmp_path_factory.mktemp("few"))
    again = Campaign(tmp_path_factory.mktemp("again"), regression)
    with few.locked(), again.locked():
        yield (
            *few.run(SEEDS, side_by_side=SIDE_BY_SIDE, seconds=600),
            *again.run(ONCE, side_by_side=SIDE_BY_SIDE, seconds=600),
        )


@pytest.mark.slow
def test_these_labs_have_every_feature() -> None:
    found = {feature for seed in SEEDS for feature in features_of(lab_of(generate(seed)), generate(seed))}
    assert set(FEATURES) - found == set()


@pytest.mark.live
def test_what_happens_is_what_was_predicted(observations: tuple[Observation, ...]) -> None:
    assert [observation.failure for observation in observations if observation.failure] == []
    assert len(observations) == len(SEEDS) + len(ONCE)
    worlds = [(world_of(observation), observation) for observation in observations]
    compared = [one for world, observation in worlds for one in compare(world, observation)]
    assert [text for world, observation in worlds for text in tunnels_that_differ(world, observation)] == []
    assert [text for world, observation in worlds for text in states_that_differ(world, observation)] == []
    assert len(compared) > 1000
    assert [line(one) for one in compared if not one.agrees] == []
    assert {one.predicted.passes for one in compared} == {True, False}


@pytest.mark.live
def test_nodes_without_an_engine_do_what_those_in_containers_do(
    observations: tuple[Observation, ...], tmp_path: Path
) -> None:
    campaign = Campaign(tmp_path, regression, InSpaces)
    with campaign.locked():
        (here,) = campaign.run(ONCE[:1], side_by_side=1, seconds=600)
    (there,) = (one for one in observations if one.source == here.source)
    assert here.failure == ""
    assert here.tunnels == there.tunnels
    assert _outcomes(here) == _outcomes(there)


def _outcomes(observation: Observation) -> dict[Flow, frozenset[Outcome]]:
    """What may be seen another time: an ICMP error may get lost."""
    seen = {flow: one.outcome for flow, one in observation.seen}
    return {flow: SOMEBODY_SAYS_NO if one in SOMEBODY_SAYS_NO else frozenset({one}) for flow, one in seen.items()}


@pytest.mark.slow
def test_labs_that_once_disagreed_still_compile() -> None:
    assert set(ONCE) <= set(NUMBERS)
    assert all(lab_of(regression(number)).nodes for number in NUMBERS)


@pytest.mark.slow
@pytest.mark.parametrize("number", [94, 183, 415])
def test_what_the_order_decides_in_which_tunnels_came_up_was_a_difference(number: int) -> None:
    """Clients behind a gateway whose own tunnel takes their packets, or whose IKE has its port."""
    assert World(lab_of(regression(number)), Esp.USER).others
