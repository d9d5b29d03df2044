"""Runs side by side as text, Markdown, JSON and CSV."""

import csv
import io
import json
from dataclasses import replace

import pytest

from netdsl.comparing.compare import compare
from netdsl.comparing.machine import comparison_csv, comparison_json
from netdsl.comparing.markdown import comparison_markdown
from netdsl.comparing.table import comparison_table
from netdsl.diagnostics.visible import width_of
from netdsl.measuring.types import Line, Path, Run
from tests.comparing.runs import PATH, SUBJECT, containers, cut, machines, taken

LONG = "site-one.a-node-with-a-name-that-is-nearly-as-long-as-names-can-be"


def hard() -> Run:
    """Long names, a wide title, an expectation with all that a terminal could obey."""
    path = Path(PATH.name, LONG, f"{LONG}-2", "fc00:4300:a::99", (f"{LONG}.tunnel",), 3, ("icmp",))
    line = Line("lab.net:9:3", f"{LONG} reaches \x1b[31m{LONG}", True, "failed", "no answer")
    rounds = tuple(replace(one, lines=(line,)) for one in containers().rounds)
    return replace(containers(), paths=(path,), rounds=rounds, subject=replace(SUBJECT, title="実験 🚀 " * 15))


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_the_table_fits(width: int, number: int) -> None:
    runs = [hard(), machines(), containers(1.0), machines(accelerator="KVM"), containers()]
    text = comparison_table(compare(runs[:number]), width)
    assert max(map(width_of, text.splitlines())) <= width
    assert "\x1b" not in text


def test_the_table_of_two_runs() -> None:
    text = comparison_table(compare([containers(), machines()]), 80)
    assert "  total               13.0 [11.7, 14.3] s       260 [247, 273] s          20.0 ×\n" in text
    assert "  in all              30.0 [27.4, 32.6] MiB     524 [498, 550] MiB        17.5 ×\n" in text
    assert "  p95                 10.0 ms                   200 ms                    20.0 ×\n" in text
    assert "1 of 1 passed in every round of each run\n" in text
    assert "! vagrant (emulated): QEMU emulates the processor" in text


def test_a_run_is_told_with_its_machine_and_its_load() -> None:
    text = comparison_table(compare([containers()]), 110)
    said = "Docker Engine 26; tunnels: strongswan: kernel; A processor"
    assert f"compose: 3 rounds; 2026-01-01 01:00 UTC; load 0.5 to 1.0; {said}" in " ".join(text.split())


def test_failures_are_shown_line_by_line() -> None:
    text = comparison_table(compare([hard(), machines()]), 80)
    assert "  compose: failed\n" in text
    assert "  vagrant (emulated): not tested\n" in text


def test_nothing_built_and_nothing_lost_take_no_line() -> None:
    text = comparison_table(compare([containers()]), 80)
    warm = text.partition("warm boot")[2].partition("teardown")[0]
    assert "build" not in warm
    assert "lost" not in text


@pytest.mark.parametrize("run", [replace(containers(), rounds=()), replace(containers(), rounds=(cut(1),))])
def test_a_run_with_little_or_nothing_in_it_is_shown(run: Run) -> None:
    for found in (compare([run]), compare([containers(), run])):
        assert comparison_table(found, 80)
        assert comparison_markdown(found)
        assert json.loads(comparison_json(found))
        assert comparison_csv(found)


def test_json_has_every_value_and_the_ratio_to_the_first_run() -> None:
    document = json.loads(comparison_json(compare([containers(), machines()])))
    assert (document["format"], document["version"]) == ("netdsl-comparison", 1)
    assert [run["name"] for run in document["runs"]] == ["compose", "vagrant (emulated)"]
    (total,) = [one for one in document["quantities"] if one["key"] == "boot.warm.total"]
    assert total["by_run"][0]["values"] == pytest.approx([3.0, 3.3, 2.7])
    assert total["ratios"] == pytest.approx([1.0, 20.0])
    assert document["runs"][1]["facts"]["accelerator"] == "none (QEMU emulates the processor)"
    assert document["expectations"] == [{"place": "lab.net:9", "text": "a reaches b", "by_run": ["passed", "passed"]}]
    assert document["paper"] is None


def test_csv_has_a_line_for_each_value_of_each_round() -> None:
    rows = list(csv.DictReader(io.StringIO(comparison_csv(compare([containers(), machines()])))))
    found = [(row["run"], row["round"], row["value"], row["unit"]) for row in rows if row["key"] == "boot.fresh.up"]
    assert found[:3] == [("compose", "1", "2.0", "s"), ("compose", "2", "2.2", "s"), ("compose", "3", "1.8", "s")]
    assert len(found) == 6
    assert sum(row["key"] == "latency.a-b.sample" for row in rows) == 60
    assert {row["value"] for row in rows if row["key"].startswith("expectation ")} == {"passed"}


@pytest.mark.parametrize("name", ["=HYPERLINK()", "+1", "-1", "@x"])
def test_csv_holds_no_formula(name: str) -> None:
    run = replace(containers(), target=name)
    rows = list(csv.DictReader(io.StringIO(comparison_csv(compare([run])))))
    assert {row["target"] for row in rows} == {f"'{name}"}


def test_markdown_is_tables() -> None:
    text = comparison_markdown(compare([containers(), machines()]))
    assert "| Boot | compose | vagrant (emulated) | ratio |\n| --- | ---: | ---: | ---: |\n" in text
    assert "| fresh boot: total | 13.0 [11.7, 14.3] s | 260 [247, 273] s | 20.0 × |\n" in text
    assert "- *vagrant (emulated): QEMU emulates the processor" in text


def test_figures_whose_intervals_overlap_have_no_ratio() -> None:
    alike = compare([containers(), containers(1.05, 1.15, 0.95)])
    apart = compare([containers(), containers(2.0, 2.1, 1.9)])
    for found, said in ((alike, False), (apart, True)):
        (line,) = (one for one in comparison_markdown(found).splitlines() if one.startswith("| fresh boot: total"))
        assert ("×" in line) is said, line
        (line,) = (
            one for one in comparison_table(found, 80).splitlines() if one.startswith("  total     ") and "13.0" in one
        )
        assert ("×" in line) is said, line


def test_a_round_more_is_a_value_more() -> None:
    run = replace(containers(), rounds=(*containers().rounds, taken(4)), wanted=4)
    quantity = compare([run]).quantity("boot.fresh.total")
    assert quantity is not None
    assert quantity.by_run[0] is not None
    assert len(quantity.by_run[0].values) == 4


def test_a_figure_that_not_every_round_has_says_so() -> None:
    run = containers()
    rounds = (*run.rounds[:2], replace(run.rounds[2], teardown=None))
    found = compare([replace(run, rounds=rounds)])
    assert "teardown              1.05 s (2 of 3 rounds)" in comparison_table(found, 80)
    assert "| teardown | 1.05 s (2 of 3 rounds) |" in comparison_markdown(found)
    assert comparison_table(found, 80).count("of 3 rounds") == 1
