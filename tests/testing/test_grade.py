"""Points by names and proofs."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from netdsl.testing.grade import Grade, Outcome, Point, lost_points, mended, points, proven
from netdsl.testing.grades import as_csv, as_json, as_markdown, table
from tests.compiling import lab_of

REFERENCE = """lab reference
network lan 10.0.1.0/24
network far 10.0.2.0/24
router r { interface lan on lan .1 ; interface far on far .1 }
host one-1 { interface on lan .10 ; default via r }
host one-2 { interface on lan .11 ; default via r }
host b { interface far on far .10 ; default via r ; serve http tcp/80 }
expect {
  one-* reach b.far tcp/80 answered by b
  r to b goes not through one-1
}
"""
SOLUTION = """lab solution
network lan 172.16.1.0/24
network far 172.16.2.0/24
router r { interface lan on lan .1 ; interface far on far .1 }
host one-1 { interface on lan .20 ; default via r }
host one2 { interface on lan .21 }
host b { interface far on far .20 ; default via r ; serve http tcp/80 }
"""


def _grade(reference: str, other: str) -> Grade:
    return Grade("anna.net", points(lab_of(reference), lab_of(other), proven))


def test_every_line_is_a_point_and_what_is_missing_is_lost() -> None:
    found = _grade(REFERENCE, SOLUTION)
    assert [(point.statement, point.is_won) for point in found.points] == [
        ("one-1 reaches b.far tcp/80 answered by b", True),
        ("one-2 reaches b.far tcp/80 answered by b", False),
        ("r to b goes not through one-1", True),
    ]
    assert found.points[1].reason == "there is no node `one-2` here: did you mean `one-1`?"
    assert (found.won, round(found.percent, 1)) == (2, 66.7)


def test_a_lab_has_all_points_of_its_own() -> None:
    assert _grade(REFERENCE, REFERENCE).percent == 100


def test_what_does_not_hold_says_why() -> None:
    found = _grade(REFERENCE, SOLUTION.replace("host one2", "host one-2"))
    assert found.points[1].reason == "`one-2` has no route to 172.16.2.20"


FAILURE = REFERENCE.replace("expect {", "expect failure {")


def test_a_failure_block_is_one_point() -> None:
    assert [point.is_won for point in _grade(FAILURE, FAILURE).points] == [False]
    broken = _grade(FAILURE, SOLUTION.replace("host one2", "host one-2"))
    assert [(point.statement, point.is_won) for point in broken.points] == [("expect failure", True)]


def test_once_mended_its_lines_are_points() -> None:
    found = points(mended(lab_of(FAILURE)), lab_of(FAILURE.replace(".10 ; default via r }", ".10 }")), proven)
    assert [point.is_won for point in found] == [False, True, True]


def test_a_state_that_cannot_be_made_loses_its_lines() -> None:
    reference = REFERENCE + "expect while r -- b.far down { one-1 cannot reach b }\n"
    other = SOLUTION.replace("far on far", "far on away").replace("network far", "network away")
    assert _grade(reference, other).points[-1].reason == "there is no network `far` here"


def test_what_is_not_known_gives_no_point() -> None:
    found = points(lab_of(REFERENCE), lab_of(REFERENCE), lambda _: [Outcome(None, "not tested")] * 3)
    assert [point.is_won for point in found] == [False, False, False]


def test_a_line_and_a_failure_block_are_worth_what_they_say() -> None:
    reference = (
        REFERENCE.replace("answered by b\n", "answered by b points 5\n")
        + "expect failure points 4 { one-1 reaches b }\n"
    )
    found = _grade(reference, SOLUTION)
    assert [(point.worth, point.is_won) for point in found.points] == [(5, True), (5, False), (1, True), (4, False)]
    assert (found.won, found.of, found.percent) == (6, 15, 40.0)


def test_a_file_that_is_not_graded_has_lost_what_could_be_won() -> None:
    reference = lab_of(REFERENCE + "expect failure { one-1 reaches b }\nexpect failure { }\n")
    grade = Grade("anna.net", lost_points(reference, "not graded"), failure="there is no file anna.net")
    assert [(point.is_won, point.reason) for point in grade.points] == [(False, "not graded")] * 5
    assert (grade.won, grade.of, grade.percent) == (0, 5, 0.0)
    assert Grade("anna.net", (), failure="does not compile").percent == 0.0


def test_the_table_says_what_was_lost() -> None:
    text = table([_grade(REFERENCE, SOLUTION)])
    assert text.splitlines()[0] == "anna.net    2 of   3   66.7 %"
    assert text.splitlines()[1].startswith("  - <stdin>:9 one-2 reaches b.far tcp/80 answered by b: there is no")
    assert max(map(len, text.splitlines())) <= 80


LOST = Point("a reaches b", "ref.net:7", False, "`a` has no route", 3)
HELD = Point("b reaches a", "ref.net:8", True, "answered")
GRADES = (
    Grade("anna.net", (LOST, HELD), "4"),
    Grade('=HYPERLINK("x")', (LOST, HELD), "4", "does not compile: `x|y`"),
)


def test_the_table_says_what_a_line_is_worth_and_why_a_file_is_not_graded() -> None:
    assert table(GRADES) == (
        "anna.net 4           1 of   4   25.0 %\n"
        "  - ref.net:7 a reaches b (3 points): `a` has no route\n"
        '=HYPERLINK("x") 4    1 of   4   25.0 %\n'
        "  - not graded: does not compile: `x|y`\n"
    )


def test_csv_is_a_row_for_each_file_and_no_cell_a_formula() -> None:
    assert as_csv(GRADES) == (
        "file,variant,points,of,percent,failure,lost\n"
        "anna.net,4,1,4,25.0,,a reaches b\n"
        """"'=HYPERLINK(""x"")",4,1,4,25.0,does not compile: `x|y`,\n"""
    )


@pytest.mark.parametrize("path", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\uff1d1"])
def test_no_path_is_a_formula(path: str) -> None:
    (row,) = list(csv.reader(io.StringIO(as_csv([Grade(path, ())]))))[1:]
    (_, _, cell) = as_markdown([Grade(path, ())]).splitlines()
    assert row[0].startswith("'")
    assert cell.startswith("| '")


def test_markdown_is_a_row_for_each_file_and_no_cell_markup() -> None:
    assert as_markdown(GRADES) == (
        "| File | Variant | Points | Of | % | Lost |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| anna.net | 4 | 1 | 4 | 25.0 | a reaches b |\n"
        """| '=HYPERLINK("x") | 4 | 1 | 4 | 25.0 | not graded: does not compile: \\`x\\|y\\` |\n"""
    )


@pytest.mark.parametrize("form", [table, as_csv, as_markdown])
def test_no_text_of_others_reaches_a_terminal(form: Callable[[Sequence[Grade]], str]) -> None:
    text = form([Grade("a\x1b[2J\u202e\r\n.net", (replace(LOST, reason="\x1b[31m", statement="\x07"),))])
    assert not {"\x1b", "\u202e", "\r", "\x07"} & set(text)


def test_json_has_every_line_and_any_path() -> None:
    document = json.loads(as_json([_grade(REFERENCE, SOLUTION), Grade("a\udcff.net", (), failure="gone")]))
    first, second = document["grades"]
    assert (first["file"], first["points"], first["of"], len(first["lines"])) == ("anna.net", 2, 3, 3)
    assert (second["file"], second["failure"], second["lines"]) == ("a\udcff.net", "gone", [])
