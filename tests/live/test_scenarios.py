"""The labs of strongSwan's scenarios, running: each expectation holds as predicted."""

from pathlib import Path

import pytest

from tests.live.conftest import compiled_lab
from tests.live.expected import expectations_hold
from tests.strongswan.scenarios import FEW, KERNEL_ESP, Scenario, lab_name, scenarios

pytestmark = pytest.mark.live

_CASES = [
    pytest.param(scenario, id=lab_name(scenario.name), marks=() if lab_name(scenario.name) in FEW else pytest.mark.full)
    for scenario in scenarios()
    if lab_name(scenario.name) not in KERNEL_ESP
]


@pytest.mark.parametrize("scenario", _CASES)
def test_containers(scenario: Scenario, tmp_path: Path, engine: str, run_name: str) -> None:
    with compiled_lab(scenario.lab, tmp_path / "lab", f"{run_name}-{scenario.lab.stem}", "--closed") as lab:
        lab.prepare()
        lab.up()
        expectations_hold(scenario.lab, lab.folder, timeout=300)
