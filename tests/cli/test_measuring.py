"""`measure` as a user meets it where no engine answers, and what it says of a run."""

from dataclasses import replace
from pathlib import Path

import pytest

from netdsl.cli.measure_table import run_table
from netdsl.cli.measuring_progress import clock_text
from netdsl.measuring.store import write_run
from netdsl.measuring.types import CUT, FORMAT, Line, Plan, Run, Trouble
from netdsl.runtime.meter import Fact
from netdsl.version import __version__
from tests.cli.calling import netdsl
from tests.comparing.runs import MACHINE, PATH, SUBJECT, taken

NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent"}
LAB = """lab x
network lan 10.0.0.0/24
host one { interface on lan .1 }
host two { interface on lan .2 ; serve http tcp/80 }
expect { one reaches two tcp/80 }
"""
RUN = Run(FORMAT, __version__, "compose", SUBJECT, MACHINE, (Fact("engine", "Docker 26"),), (), Plan(), (PATH,), 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["nofile.net"], 2, "there is no file nofile.net"),
        (["-"], 2, "LAB names a file"),
        (["bad.net"], 1, "unknown-name"),
        (["lab.net", "--resume", "--anew"], 2, "--resume goes on with what there is, --anew replaces it"),
        (["lab.net", "--no-paths", "--path", "one", "two"], 2, "--path names one"),
        (["lab.net", "--path", "one", "tow"], 2, "did you mean"),
        (["lab.net", "-t", "vagrnt"], 2, "there is no target `vagrnt`"),
        (["lab.net", "--runs", "0"], 2, "0 is not in the range"),
        (["lab.net", "-o", "nowhere/run.json"], 3, "  help: "),
    ],
)
def test_status_and_words(words: list[str], status: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    (tmp_path / "bad.net").write_text("lab x\nhost a { interface on nowhere }\n")
    done = netdsl("measure", *words, cwd=tmp_path, environment=NO_ENGINE)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert said in done.stderr


@pytest.mark.slow
def test_a_file_that_is_there_is_told_with_both_remedies(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    write_run(tmp_path / "run.json", RUN)
    done = netdsl("measure", "lab.net", "-o", "run.json", cwd=tmp_path, environment=NO_ENGINE)
    assert (done.returncode, done.stdout) == (2, "")
    assert "run.json is there already; --resume goes on with it, --anew measures from the beginning" in done.stderr
    done = netdsl("measure", "lab.net", "-o", "run.json", "--resume", cwd=tmp_path, environment=NO_ENGINE)
    assert done.returncode == 2
    assert "run.json cannot be gone on with: it is of the lab tiny" in done.stderr
    (tmp_path / "run.json").write_text("no")
    done = netdsl("measure", "lab.net", "-o", "run.json", "--resume", cwd=tmp_path, environment=NO_ENGINE)
    assert done.returncode == 3
    assert "run.json is no file of `netdsl measure`" in done.stderr


def test_the_table_has_the_figures_of_compare_and_fits() -> None:
    text = run_table(replace(RUN, rounds=(taken(1), taken(2, 2.0), taken(3, 3.0)), wanted=3), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "compose: 3 rounds; " in text
    assert "Docker 26" in text
    assert "total               26.0 [13.0, 39.0] s" in text
    assert "processor time        12.0 [6.00, 18.0] s" in text
    assert "1 of 1 passed in every round" in text
    assert "failed" not in text


def test_the_table_names_what_failed() -> None:
    bad = replace(
        taken(1),
        lines=(Line("lab.net:9", "a reaches b", True, "failed", "no answer"),),
        troubles=(Trouble("disk", "it does not say\nbecause", "ask again"), Trouble(CUT, "it was stopped")),
    )
    text = run_table(replace(RUN, rounds=(bad,)), 80)
    assert "0 of 2 rounds are done" in text
    assert "lab.net:9 a reaches b\n  compose: failed" in text
    assert "round 1: lab.net:9 a reaches b: failed: no answer" in text
    assert "round 1: disk: it does not say\n    | because\n    help: ask again" in text
    assert "round 1: cut short: it was stopped" in text


def test_the_table_of_nothing_measured_is_no_riddle() -> None:
    assert "0 of 2 rounds are done" in run_table(RUN, 80)


def test_terminal_controls_in_what_a_runtime_says_are_not_obeyed() -> None:
    bad = replace(taken(1), troubles=(Trouble("disk", "\x1b[2Jgone"),))
    assert "\x1b" not in run_table(replace(RUN, rounds=(bad,)), 80)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (760, "12:40"), (3723, "1:02:03")])
def test_time_as_people_read_it(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text
