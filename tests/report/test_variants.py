"""The page of runs of one source with different parameters."""

from dataclasses import replace

import pytest

from netdsl.codegen.contract import Options
from netdsl.comparing.compare import compare
from netdsl.comparing.types import Group
from netdsl.comparing.variants import subject, variants
from netdsl.measuring.types import OnWire, Run
from netdsl.pipeline.analysis import check_text
from netdsl.report import page
from netdsl.report.figures import drawn
from netdsl.report.rows import Bars
from tests.comparing.test_variation import WITH, WITHOUT

pytestmark = pytest.mark.slow  # it draws plots

LAB = """lab tiny
param vpn = ipsec in ipsec, none
network a 10.0.0.0/24
host one { interface on a .1 }
host two { interface on a .2 ; if $vpn == none { firewall { policy drop ; accept input icmp } } }
expect { one reaches two icmp }
"""


def test_it_says_what_is_varied_and_what_that_is_on_paper() -> None:
    subjects = [subject(value, check_text(LAB.encode(), {"vpn": value}), Options()) for value in ("ipsec", "none")]
    text = page(compare([WITH, WITHOUT]), variants("vpn", subjects, ("compose",), Options()), None)
    for words in (
        "The runs differ in a parameter: <code>vpn = ipsec, none</code>",
        "compose vpn=ipsec",
        "What the lab is with each value",
        "two to one (10.0.0.1): in clear with ipsec; does not pass with none",
        "Overhead on the wire",
        "first answer",
    ):
        assert words in text, words
    assert "No parameters were given" not in text


def test_overheads_are_bars_by_size_of_the_paths_on_which_packets_grow() -> None:
    def grown(run: Run, by: int) -> Run:
        seen = tuple(OnWire("a-b", "wan", size, size + 28, size + 28 + by) for size in (1370, 64, 653))
        return replace(run, rounds=tuple(replace(one, wires=seen) for one in run.rounds))

    def plots(*runs: Run) -> list[Bars]:
        found = (one.plot for one in drawn(compare(runs)) if one.group is Group.WIRE)
        return [one for one in found if isinstance(one, Bars)]

    (bars,) = plots(grown(WITH, 60), grown(WITHOUT, 0))
    assert [row.label for row in bars.rows] == [f"{size} bytes of data" for size in (64, 653, 1370)]
    assert [[one and one.median for one in row.by_run] for row in bars.rows] == [[60, 0]] * 3
    assert plots(grown(WITHOUT, 0), grown(WITHOUT, 0)) == []
