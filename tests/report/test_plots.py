"""Plots as elements of a page, drawn from rows."""

import re
from collections.abc import Iterator

import pytest

from netdsl.comparing.types import Spread, Unit
from netdsl.report.canvas import drawing
from netdsl.report.plots import bars, curves, ranges, sizes
from netdsl.report.rows import Bars, Curves, Point, Ranges, Row, SizeLine, Sizes, Times
from netdsl.report.vector import themed

NAMES = ("compose", "vagrant (emulated)")


@pytest.fixture(autouse=True)
def _drawing() -> Iterator[None]:
    with drawing():
        yield


def _bars(*spreads: Spread | None, unit: Unit = Unit.SECONDS) -> str:
    return bars(Bars("b", NAMES[: len(spreads)], "Boot", "in words", unit, (Row("Fresh boot", spreads),)))


def _texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>(.*?)</text>", svg)


def _marks(svg: str, look: str) -> list[float]:
    """Where they are, from the left."""
    found = re.findall(rf'<use [^>]*class="{look}"[^>]*>', svg)
    return [float(re.findall(r'\bx="([\d.]+)"', one)[0]) for one in found]


def test_a_plot_has_no_colour_and_no_style_of_its_own() -> None:
    svg = _bars(Spread((1.0, 2.0, 9.0), 2.0, 1.0, 9.0), Spread((3.0,), 3.0, None, None))
    assert "style=" not in svg
    assert re.findall(r'(?:fill|stroke)="(?!none|url)', svg) == []
    assert {"f-w0", "s-c0", "f-w1", "s-c1"} <= set(re.findall(r"\b[fs]-\w+", svg))


def test_two_plots_share_no_id() -> None:
    row = (Row("x", (Spread((1.0,), 1.0, None, None),) * 2),)
    one, other = (bars(Bars(name, NAMES, "x", "x", Unit.SECONDS, row)) for name in ("one", "two"))
    ids = [set(re.findall(r'\bid="(.*?)"', svg)) for svg in (one, other)]
    assert ids[0]
    assert ids[0] & ids[1] == set()


def test_its_title_and_words_are_its_alternative() -> None:
    svg = _bars(Spread((1.0,), 1.0, None, None))
    assert 'role="img" aria-labelledby="b-t b-d"' in svg
    assert '<title id="b-t">Boot</title><desc id="b-d">in words</desc>' in svg


def test_every_round_is_a_mark_and_an_outlier_is_inside() -> None:
    svg = _bars(Spread((1.0, 1.1, 90.0), 1.1, 1.0, 90.0))
    width = float(re.findall(r'viewBox="0 0 ([\d.]+)', svg)[0])
    marks = _marks(svg, "f-c0 s-paper")
    assert len(marks) == 1 + 3, "the legend's, and one for each round"
    assert max(marks) < width


def test_a_bar_has_its_median_beside_it() -> None:
    assert "24.0 s" in _texts(_bars(Spread((23.0, 24.0, 25.0), 24.0, 23.0, 25.0)))


def test_what_was_not_measured_says_so() -> None:
    assert " not measured" in _texts(_bars(Spread((1.0,), 1.0, None, None), None))


def test_an_axis_of_bytes_counts_in_powers_of_1024() -> None:
    found = _texts(_bars(Spread((1.4 * 1024**3,), 1.4 * 1024**3, None, None), unit=Unit.BYTES))
    assert {"0", "0.5 GiB", "1 GiB"} <= set(found)


def test_nothing_at_all_is_a_bar_of_no_length() -> None:
    assert "0 s" in _texts(_bars(Spread((0.0, 0.0), 0.0, None, None)))


def test_times_far_apart_stand_on_a_logarithmic_axis_that_says_so() -> None:
    def drawn(slow: float) -> list[str]:
        times = (tuple(1e-4 + 1e-6 * one for one in range(50)), (slow,) * 20)
        return _texts(curves(Curves("c", NAMES, "x", "x", times)))

    assert "logarithmic scale" in drawn(2e-3)
    assert "logarithmic scale" not in drawn(2e-4)


def test_a_run_without_answers_leaves_the_others_drawn() -> None:
    assert "not measured" in _texts(ranges(Ranges("r", NAMES, "x", "x", (Times("a to b", ((1e-3, 2e-3), ())),))))
    assert "compose" in _texts(curves(Curves("c", NAMES, "x", "x", ((1e-3, 2e-3), ()))))


def test_tcp_is_hollow_and_udp_is_not() -> None:
    lines = (
        SizeLine(0, False, (Point(64, (1e6,), (2e3,)), Point(1370, (2e7,), (1.9e3,)))),
        SizeLine(0, True, (Point(1398, (3e7,), (2.7e3,)),)),
    )
    svg = sizes(Sizes("s", NAMES, "x", "x", lines))
    assert len(_marks(svg, "f-paper s-c0")) == 2, "bits and packets"
    assert len(_marks(svg, "f-c0 s-paper")) == 1 + 4
    assert {"64", "1398"} <= set(_texts(svg))
    assert "1370" not in _texts(svg), "it would stand on 1398"


def test_a_long_name_is_cut_and_a_hostile_one_is_text() -> None:
    svg = bars(Bars("b", ("x" * 300, "</text><script>\x1b$a$"), "x", "x", Unit.SECONDS, ()))
    found = _texts(svg)
    assert f"{'x' * 45}…" in found
    assert "&lt;/text&gt;&lt;script&gt;␛$a$" in found


def test_a_style_that_is_not_known_here_is_an_error() -> None:
    text = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path style="mix-blend-mode: hard-light"/></svg>'
    with pytest.raises(ValueError, match="mix-blend-mode"):
        themed(text, "x", "x", "x")
