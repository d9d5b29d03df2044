"""The labs that the project shows are free of findings, as they are."""

from pathlib import Path

import pytest

from netdsl.pipeline.analysis import check

EXAMPLES = Path(__file__).parents[3] / "examples"
LABS = sorted(EXAMPLES.glob("*/lab.net"))


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.parent.name)
def test_an_example_has_no_finding(lab: Path) -> None:
    assert [found.message for found in check(lab).diagnostics] == []


@pytest.mark.parametrize("student", range(1, 31))
def test_no_student_s_fault_is_told(student: int) -> None:
    lab = EXAMPLES / "students" / "lab.net"
    checked = check(lab, {"student": str(student)})
    assert [found.message for found in checked.diagnostics] == []
    assert checked.bindings is not None
