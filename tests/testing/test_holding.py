"""How long it takes until what is expected holds, on a runtime that pretends."""

import pytest

from netdsl.testing.holding import holding
from tests.compiling import lab_of
from tests.testing.pretending import DEPLOYMENT, Clock, Liar, Pretender
from tests.testing.test_run import LAB

LINES = """expect {
  a reaches b tcp/80
  a to b tcp/80 is encrypted on wan
  a cannot reach b tcp/7
}
expect while vpn down { a cannot reach b tcp/80 }
"""


def _held(source: str, lie: Liar = lambda _, __: None) -> tuple[float | None, Pretender]:
    lab = lab_of(source)
    driver = Pretender(lab, lie)
    return holding(lab, driver, DEPLOYMENT, Clock().pace, progress=lambda _: None), driver


def test_a_lab_that_does_as_expected_at_once_holds_from_the_beginning() -> None:
    seconds, driver = _held(LAB + LINES)
    assert seconds is not None
    assert seconds < 0.5
    assert driver.said == [], "no state is made for it, nothing is recorded"


def test_without_expectations_there_is_nothing_to_wait_for() -> None:
    assert _held(LAB)[0] is not None


def test_what_gets_through_late_is_when_it_holds() -> None:
    asked: list[str] = []

    def late(_: str, question: str) -> str | None:
        asked.append(question)
        return "timeout\t" if len(asked) < 60 else None

    seconds, _ = _held(LAB + LINES, late)
    assert seconds is not None
    assert seconds > 0.5


def test_what_never_gets_through_does_not_hold() -> None:
    assert _held(LAB + LINES, lambda _, question: "timeout\t" if question.startswith("tcp") else None)[0] is None


@pytest.mark.slow
def test_what_must_not_get_through_and_does_is_not_held() -> None:
    def refusing(_: str, question: str) -> str | None:
        return "refused\t" if question.split("\t")[2:3] == ["7"] else None

    assert _held(LAB + LINES, refusing)[0] is None


def test_a_failure_that_is_meant_is_not_waited_for() -> None:
    failing = LAB + 'expect failure "broken" { a reaches b tcp/7 }'
    assert _held(failing)[0] is not None
