"""Points by names and proofs."""

import json

from netdsl.testing.grade import Grade, Outcome, grade, mended, proven
from netdsl.testing.grades import as_csv, as_json, table
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
    return grade("anna", lab_of(reference), lab_of(other), proven)


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
    found = grade("anna", mended(lab_of(FAILURE)), lab_of(FAILURE.replace(".10 ; default via r }", ".10 }")), proven)
    assert [point.is_won for point in found.points] == [False, True, True]


def test_a_state_that_cannot_be_made_loses_its_lines() -> None:
    reference = REFERENCE + "expect while r -- b.far down { one-1 cannot reach b }\n"
    other = SOLUTION.replace("far on far", "far on away").replace("network far", "network away")
    assert _grade(reference, other).points[-1].reason == "there is no network `far` here"


def test_what_is_not_known_gives_no_point() -> None:
    found = grade("anna", lab_of(REFERENCE), lab_of(REFERENCE), lambda _: [Outcome(None, "not tested")] * 3)
    assert found.won == 0


def test_the_table_says_what_was_lost() -> None:
    text = table([_grade(REFERENCE, SOLUTION)])
    assert text.splitlines()[0] == "anna    2 of   3   66.7 %"
    assert text.splitlines()[1].startswith("  - <stdin>:9 one-2 reaches b.far tcp/80 answered by b: there is no")
    assert max(map(len, text.splitlines())) <= 80


def test_csv_is_a_row_for_each_lab_and_no_cell_a_formula() -> None:
    one = _grade(REFERENCE, SOLUTION)
    rows = as_csv([one, Grade('=HYPERLINK("x")', ())]).splitlines()
    assert rows[0] == "lab,points,of,percent,lost"
    assert rows[1] == "anna,2,3,66.7,one-2 reaches b.far tcp/80 answered by b"
    assert rows[2] == """"'=HYPERLINK(""x"")",0,0,100.0,"""


def test_json_has_every_line() -> None:
    document = json.loads(as_json([_grade(REFERENCE, SOLUTION)]))
    (first,) = document["grades"]
    assert (first["lab"], first["points"], first["of"], len(first["lines"])) == ("anna", 2, 3, 3)
