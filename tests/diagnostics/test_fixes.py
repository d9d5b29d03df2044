"""Findings whose help is a certain text carry it as a fix."""

import pytest

from netdsl.diagnostics.fix import Edit, Fix, edited
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.pipeline.analysis import check_text
from netdsl.source import SourceFile, Span

LAB = """\
lab x
network lan 10.1.0.0/24
router r {
  interface on lan .1
  firewall {
    policy drop
    accept input tcp/80 in lan
  }
}
host h { interface on lan ; default via r ; memory 64MiB }
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("network lan", "netwrk lan"),
        ("router r {", "ruoter r {"),
        ("interface on lan .1", "interface on lna .1"),
        ("accept input", "allow input"),
        ("policy drop", "policy dorp"),
        ("accept input", "accept inptu"),
        ("tcp/80", "tpc/80"),
        ("tcp/80", "tcp:80"),
        ("tcp/80", "80/tcp"),
        ("in lan", "in lann"),
        ("via r ;", "via rr ;"),
        ("64MiB", "64M"),
    ],
)
def test_a_slip_of_one_word_has_a_fix(right: str, wrong: str) -> None:
    text = LAB.replace(right, wrong, 1)
    found = next(iter(check_text(text.encode()).diagnostics))
    assert found.fix is not None, found
    assert edited(found.fix.files[0], found.fix.edits) == LAB


def test_of_two_names_as_near_none_is_certain() -> None:
    text = LAB.replace("network lan", "network lan-1 10.2.0.0/24\nnetwork lan-2", 1).replace("on lan ", "on lan-3 ")
    found = next(one for one in check_text(text.encode()).diagnostics if one.help is not None)
    assert (found.help, found.fixes) == ("did you mean `lan-1`?", ())


def test_a_name_spliced_of_values_has_help_and_no_fix() -> None:
    text = (
        LAB.replace("in lan\n", "in lan\n")
        .replace("host h {", "for i in 1..1 { host h-$i {")
        .replace("64MiB }", "64MiB } }")
    )
    text = text.replace("interface on lan ;", "interface on la$i ;")
    found = next(one for one in check_text(text.encode()).diagnostics if one.rule.code == "unknown-name")
    assert found.help == "did you mean `lan`?"
    assert found.fixes == ()


def test_a_suggestion_is_text_like_any_other() -> None:
    assert did_you_mean("lna", ["lan"]) == "did you mean `lan`?"
    assert did_you_mean("lna", ["x-very-different"]) is None


def test_edits_are_applied_together_and_never_over_each_other() -> None:
    source = SourceFile("a", "one two three")
    first, second = Edit(Span(source, 0, 3), "1"), Edit(Span(source, 8, 8), "and ")
    assert edited(source, Fix("t", (second, first)).edits) == "1 two and three"
    with pytest.raises(ValueError, match="overlap"):
        edited(source, (first, Edit(Span(source, 2, 5), "")))
