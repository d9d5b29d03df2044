"""Random labs: the same number, the same lab; every one compiles; every feature is frequent."""

from collections import Counter

import pytest

from netdsl.pipeline.analysis import check_text
from tests.differential.comparing import lab_of
from tests.differential.draft import Draft, text
from tests.differential.features import FEATURES, KERNEL_FEATURES, features_of
from tests.differential.flows import flows_of
from tests.differential.generate import draft_of, generate, generate_for_kernel
from tests.differential.shapes import MOST_NODES

SEEDS = range(1, 81)
FEW = range(1, 41)
SHARE = 0.15  # of few labs; the campaign's report says what it is of many (a fifth at least)


@pytest.fixture(scope="module")
def drafts() -> dict[int, Draft]:
    return {seed: draft_of(seed) for seed in SEEDS}


@pytest.fixture(scope="module")
def sources(drafts: dict[int, Draft]) -> dict[int, str]:
    return {seed: text(draft) for seed, draft in drafts.items()}


@pytest.mark.slow
def test_the_same_number_gives_the_same_text_and_another_one_another(sources: dict[int, str]) -> None:
    assert generate(7) == sources[7]
    bodies = {source.partition("\n")[2] for source in sources.values()}
    assert len(bodies) == len(sources)


@pytest.mark.slow
def test_every_lab_compiles_is_small_and_has_every_feature_in_many_labs(sources: dict[int, str]) -> None:
    counts: Counter[str] = Counter()
    for source in sources.values():
        lab = lab_of(source)  # fails where there is an error
        assert 4 <= len(lab.nodes) <= MOST_NODES
        assert not any(node.has_uplink for node in lab.nodes)
        counts.update(features_of(lab, source))
    assert [feature for feature in FEATURES if counts[feature] < SHARE * len(sources)] == []


@pytest.mark.slow
def test_labs_for_nodes_whose_kernel_has_all_of_esp_have_what_user_space_has_not() -> None:
    counts: Counter[str] = Counter()
    for seed in FEW:
        source = generate_for_kernel(seed)
        counts.update(features_of(lab_of(source), source))
    assert [feature for feature in KERNEL_FEATURES if counts[feature] < SHARE * len(FEW)] == []


@pytest.mark.slow
def test_all_labs_have_one_image(sources: dict[int, str]) -> None:
    images = {lab_of(source).images[0].packages for source in list(sources.values())[:10]}
    assert len(images) == 1


def test_every_node_asks_every_address_of_every_other_one() -> None:
    lab = lab_of(generate(1))
    asked = {(flow.source, flow.destination) for flow in flows_of(lab)}
    nodes = [node for node in lab.nodes if not node.kind.bridges]
    for one in nodes:
        families = {given.ip.version for interface in one.interfaces for given in interface.addresses}
        for other in nodes:
            for given in (given for interface in other.interfaces for given in interface.addresses):
                assert one is other or given.ip.version not in families or (one.id, given.ip) in asked


@pytest.mark.slow
def test_what_is_wrong_on_purpose_stands_in_the_source(drafts: dict[int, Draft], sources: dict[int, str]) -> None:
    for seed, draft in drafts.items():
        for fault in draft.faults:
            assert f"# wrong on purpose: {fault}\n" in sources[seed]


@pytest.mark.slow
def test_a_tunnel_that_stays_down_is_expected_to() -> None:
    """The second client behind one NAT comes by another port, whose answers a stateless firewall on the way drops."""
    assert "\n  vpn-1 is not up\n" in generate(14)


@pytest.mark.slow
def test_a_number_whose_first_lab_has_an_error_gives_another_one() -> None:
    found = check_text(generate(140).encode())
    assert [one.message for one in found.diagnostics if one.is_error] == []
