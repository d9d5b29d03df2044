"""Labs that say again what scenarios of strongSwan's tests say: equal settings, and the same pings answered."""

from pathlib import Path

import pytest

from netdsl.library import trace_file
from tests.live.machine import ROOT
from tests.strongswan.scenarios import LABS, UNSAID, Scenario, checked, lab_name, not_said, scenarios, unsaid
from tests.strongswan.table import page

_each = pytest.mark.parametrize("scenario", scenarios(), ids=lambda one: lab_name(one.name))


def test_each_scenario_with_facts_has_a_lab_and_the_others_a_reason() -> None:
    named = {lab_name(one.name) for one in scenarios()}
    assert named == {file.stem for file in LABS.glob("*.net")} - {"network"}
    assert not {one.name for one in scenarios()} & set(not_said())


@_each
@pytest.mark.slow
def test_what_the_lab_expects_holds(scenario: Scenario) -> None:
    found = checked(scenario)
    assert found.summary is not None
    assert [proof.reason for proof in found.summary.proofs if not proof.holds] == []
    assert found.summary.unverified == 0
    assert not found.diagnostics.has_errors


@pytest.mark.parametrize("scenario", [one for one in scenarios() if one.pings], ids=lambda one: lab_name(one.name))
@pytest.mark.slow
def test_the_verifier_says_what_the_original_asserts(scenario: Scenario) -> None:
    for ping in scenario.pings:
        source, destination, answered = ping.split()
        verdict = trace_file(scenario.lab, source, destination)
        assert verdict.passes is (answered == "yes"), (ping, verdict.reason)


@pytest.mark.parametrize("scenario", [one for one in scenarios() if one.states], ids=lambda one: lab_name(one.name))
def test_the_lab_expects_of_its_tunnels_what_the_original_asserts(scenario: Scenario) -> None:
    assert unsaid(scenario) == UNSAID.get(scenario.name, [])


@pytest.mark.slow
def test_the_page_of_scenarios_is_up_to_date(tmp_path: Path) -> None:
    """Each setting is equal, or the page says why it differs."""
    assert (ROOT / "docs/strongswan.md").read_text() == page(tmp_path), "python -m tests.strongswan.table"
