"""Labs in containers in which each expectation holds as predicted. What each is about, its title says."""

from pathlib import Path

import pytest

from tests.compiling import TESTS
from tests.live.expected import hold_in_containers
from tests.strongswan.scenarios import FEW, KERNEL_ESP, LABS

pytestmark = pytest.mark.live

_EACH_RUN = {
    *(TESTS / f"live/{name}.net" for name in ("backup", "bare", "clients", "cuts", "names", "nat", "proofs")),
    *(TESTS / f"labs/{name}.net" for name in ("ends", "inside")),
    *(LABS / f"{name}.net" for name in FEW),
}
_FULL = {
    *(TESTS / f"live/{name}.net" for name in ("members", "servers")),
    *(file for file in LABS.glob("*.net") if file.stem not in KERNEL_ESP | FEW | {"network"}),
}
_CASES = [
    *(pytest.param(source, id=source.stem) for source in sorted(_EACH_RUN)),
    *(pytest.param(source, id=source.stem, marks=pytest.mark.full) for source in sorted(_FULL)),
]


@pytest.mark.parametrize("source", _CASES)
def test_each_expectation_holds_as_predicted(source: Path, tmp_path: Path, engine: str, run_name: str) -> None:
    assert hold_in_containers(source, tmp_path / "lab", f"{run_name}-{source.stem}") != []


def test_what_a_command_may_change_is_not_known_before(tmp_path: Path, engine: str, run_name: str) -> None:
    """An address that a command adds answers, though no line has it."""
    lines = hold_in_containers(TESTS / "live/corners.net", tmp_path / "lab", f"{run_name}-corners")
    assert [line["statement"] for line in lines if not line["predicted"]["holds"]] == ["r reaches 10.0.2.254"]
