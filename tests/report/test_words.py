"""The summary's sentences, and what tables say."""

from dataclasses import replace

import pytest

from netdsl.comparing.compare import compare
from netdsl.comparing.types import Column, Comparison, Group, Quantity, Spread, Unit, Verdicts
from netdsl.measuring.types import Source
from netdsl.report.summary import headlines, held
from netdsl.report.tables import anchor, claims, lines_of, named
from netdsl.runtime.meter import Fact
from tests.report import made_up


def _beside(*spreads: Spread | None, unit: Unit = Unit.SECONDS) -> Comparison:
    names = (Column("one"), Column("two", "with care"), Column("three"))[: len(spreads)]
    quantity = Quantity("boot.fresh.total", Group.BOOT, "fresh boot: total", "", unit, -1, spreads)
    return Comparison((made_up.containers(1),) * len(spreads), names, (quantity,), (), ())


def _single(value: float) -> Spread:
    return Spread((value,), value, None, None)


@pytest.mark.parametrize(
    ("spreads", "unit", "said"),
    [
        ((_single(24), _single(262)), Unit.SECONDS, "two: 10.9 × as long as one"),
        ((_single(262), _single(24)), Unit.SECONDS, "one: 10.9 × as long as two"),
        ((_single(2.0e6), _single(8.0e6)), Unit.BITS, "two: 4.00 × as fast as one"),
        ((_single(2048), _single(8192)), Unit.BYTES, "two: 4.00 × as much as one"),
        ((_single(3), _single(3)), Unit.SECONDS, "one and two: the same"),
        ((_single(0), _single(3)), Unit.SECONDS, "one and two: no ratio"),
        (
            (Spread((1, 2, 3), 2, 1, 3), Spread((2, 4, 5), 4, 2, 5)),
            Unit.SECONDS,
            "one and two: their intervals overlap, no difference is shown",
        ),
    ],
)
def test_two_figures_in_words(spreads: tuple[Spread, ...], unit: Unit, said: str) -> None:
    (headline,) = headlines(_beside(*spreads, unit=unit))
    assert headline.ratios == (said,)


def test_each_run_stands_beside_the_first() -> None:
    (headline,) = headlines(_beside(_single(1), _single(3), _single(2)))
    assert headline.ratios == ("two: 3.00 × as long as one", "three: 2.00 × as long as one")
    assert [one.caveat for one in headline.figures] == ["", "with care", ""]


def test_what_no_run_has_is_no_headline() -> None:
    assert headlines(_beside(None, None)) == ()
    (headline,) = headlines(_beside(None, _single(2)))
    assert [one.name for one in headline.figures] == ["two"]
    assert headline.ratios == ()


def test_the_summary_has_a_path_through_a_tunnel_and_one_beside() -> None:
    found = [(one.kind, one.title) for one in headlines(made_up.comparison())]
    assert found == [
        (Group.BOOT, "Fresh boot: total"),
        (Group.BOOT, "Warm boot: total"),
        (Group.MEMORY, "Memory, at rest: in all"),
        (Group.LATENCY, "a.client-1 to server through a.to-cloud: median"),
        (Group.LATENCY, "a.gw to gw-s in clear: median"),
        (Group.THROUGHPUT, "a.gw to gw-s in clear: TCP"),
    ]


def test_expectations_are_counted_for_each_run() -> None:
    lines = (
        Verdicts("lab.net:1", "a reaches b", ("passed", "passed 2 of 3, failed 1", "")),
        Verdicts("lab.net:2", "a cannot reach c", ("passed", "passed", "")),
    )
    comparison = replace(_beside(_single(1), _single(1), _single(1)), verdicts=lines)
    assert held(comparison) == (
        "one: all 2 expectations passed in every round",
        "two: 1 of 2 expectations passed in every round",
        "three: no expectation was tried",
    )
    assert [[one.mark for one in claim.verdicts] for claim in claims(comparison)] == [["✓", "~", ""], ["✓", "✓", ""]]


def test_a_place_leads_to_a_line_that_is_there() -> None:
    sources = (Source("lab.net", "a\nb\n"), Source("site.net", "c"))
    assert anchor("lab.net:2:7", sources) == "line-1-2"
    assert anchor("site.net:1", sources) == "line-2-1"
    for place in ("lab.net:3", "other.net:1", "lab.net", "lab.net:0", "", "lab.net:99999999999999999999"):
        assert anchor(place, sources) == ""


def test_facts_of_one_name_stand_side_by_side() -> None:
    rows = named(((Fact("engine", "26"), Fact("provider", "kvm")), (Fact("provider", "kvm"),)))
    assert [(one.name, one.values, one.differs) for one in rows] == [
        ("engine", ("26", "—"), True),
        ("provider", ("kvm", "kvm"), False),
    ]


def test_a_figure_of_all_answers_says_of_how_many() -> None:
    lines = lines_of(compare((made_up.containers(),)), Group.LATENCY)
    cells = {(line.head, line.title): line.cells[0] for line in lines}
    worst = cells["a.gw to gw-s in clear", "p99"]
    middle = cells["a.gw to gw-s in clear", "median"]
    assert worst is not None
    assert worst.count == "300 answers"
    assert middle is not None
    assert middle.count == "n = 3"
    assert len(middle.values) == 3
