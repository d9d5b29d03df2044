"""`netdsl compare` as a user meets it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click import UsageError

from netdsl.cli.compare_output import check_report
from netdsl.cli.comparing import runnable
from netdsl.codegen.contract import Options
from netdsl.comparing.paper import paper
from netdsl.measuring.store import write_run
from netdsl.measuring.subject import lab_digest
from netdsl.measuring.types import Source
from netdsl.pipeline.analysis import check_text
from netdsl.runtime.driver import Check
from tests.cli.calling import EXAMPLES, netdsl, tree
from tests.comparing.runs import SUBJECT, containers, machines

pytestmark = pytest.mark.slow  # each test starts processes

LAB = "lab two\nnetwork lan 10.0.0.0/24\nhost a { interface on lan .1 }\nhost b { interface on lan .2 }\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lab.net").write_text(LAB)
    (tmp_path / "bad.net").write_text(LAB.replace("lan .2", "lam .2"))
    write_run(tmp_path / "c.json", containers())
    write_run(tmp_path / "v.json", machines())
    other = replace(machines(), subject=replace(SUBJECT, name="dmz", digest="e" * 64))
    write_run(tmp_path / "other.json", other)
    (tmp_path / "damaged.json").write_text((tmp_path / "c.json").read_text()[:900])
    (tmp_path / "newer.json").write_text(json.dumps({"format": 99, "netdsl": "9.0"}))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ([], 2, "name a lab: this folder has bad.net, lab.net"),
        (["labb.net"], 2, "did you mean `lab.net`"),
        (["lab.net", "bad.net"], 2, "one lab, or files of `netdsl measure`"),
        (["lab.net", "c.json"], 2, "one lab, or files of `netdsl measure`"),
        (["."], 2, "is a folder"),
        (["bad.net"], 1, "unknown-name"),
        (["lab.net", "-t", "vagrnt"], 2, "there are: compose"),
        (["lab.net", "--driver", "brige"], 2, "macvlan, bridge, ipvlan"),
        (["lab.net", "--report", "r.html"], 2, "add --runs N"),
        (["lab.net", "--resume"], 2, "go with --runs"),
        (["lab.net", "--runs", "1", "--resume", "--anew"], 2, "--anew replaces"),
        (["lab.net", "--runs", "0"], 2, "0 is not in the range"),
        (["c.json", "--runs", "2"], 2, "measured already"),
        (["c.json", "--resume"], 2, "--resume: for a lab"),
        (["c.json", "-D", "a=1", "--closed"], 2, "--define, --closed: for a lab"),
        (["c.json", "v.json", "-o", "./v.json"], 2, "-o ./v.json would replace what is compared"),
        (["c.json", "--report", "c.json"], 2, "--report c.json would replace what is compared"),
        (["lab.net", "-o", "lab.net"], 2, "would replace"),
        (["c.json", "-o", "x.html", "--report", "x.html"], 2, "-o and --report name one file"),
        (["lab.net", "--runs", "1", "--no-paths", "--path", "a", "b"], 2, "--path names one"),
        (["c.json", "nothing.json"], 2, "there is no file nothing.json"),
        (["c.json", "other.json"], 2, "two labs, `tiny` (compose, dddddddddddd) and `dmz`"),
        (["c.json", "damaged.json"], 3, "damaged.json is no file of `netdsl measure`"),
        (["newer.json"], 3, "newer.json has the format 99 (written by netdsl 9.0)"),
        (["c.json", "v.json", "--format", "xml"], 2, "markdown"),
    ],
)
def test_status_and_words(words: list[str], status: int, said: str, folder: Path) -> None:
    before = tree(folder)
    done = netdsl("compare", *words, cwd=folder)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert said in done.stderr
    assert tree(folder) == before


def test_the_only_lab_of_the_folder_is_meant_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "lab.net").write_text(LAB)
    done = netdsl("compare", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("two: 2 nodes, 1 network, 0 tunnels\n")
    assert done.stderr == "not measured yet. On this machine, in turns: netdsl compare lab.net --runs 3\n"
    assert list(tree(tmp_path)) == ["lab.net"]


def test_a_folder_without_a_lab(tmp_path: Path) -> None:
    done = netdsl("compare", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no `.net` file in this folder" in done.stderr


def test_a_lab_from_standard_input(tmp_path: Path) -> None:
    done = netdsl("compare", "-", "--format", "json", cwd=tmp_path, stdin=LAB)
    assert json.loads(done.stdout)["same_inside"] is True


@pytest.mark.parametrize("form", ["text", "json", "csv", "markdown"])
def test_every_form_of_both_comparisons(form: str, folder: Path) -> None:
    for words in (["lab.net"], ["c.json", "v.json"]):
        done = netdsl("compare", *words, "--format", form, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert done.stdout
        written = netdsl("compare", *words, "--format", form, "-o", "out", cwd=folder)
        assert (written.returncode, written.stdout) == (0, "")
        assert (folder / "out").read_text() == done.stdout


def test_where_nothing_can_be_measured_it_is_said_with_the_remedy(folder: Path) -> None:
    done = netdsl("compare", "lab.net", "--runs", "1", cwd=folder, environment={"PATH": "/nonexistent"})
    assert done.returncode == 3
    assert "compose is not measured: the `docker` client: is not on the PATH (install" in done.stderr
    assert "vagrant is not measured: " in done.stderr
    assert "no target can be measured here" in done.stderr


def test_a_target_that_cannot_run_here_is_kept_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = check_text(LAB.encode()).lab
    assert lab is not None
    missing = {"compose": True, "vagrant": False}

    class Doctor:
        def __init__(self, target: str) -> None:
            self.target = target

        def doctor(self) -> tuple[Check, ...]:
            return (Check("it", missing[self.target], "not there", "get it"),)

    monkeypatch.setattr("netdsl.cli.comparing.driver_of", Doctor)
    able = runnable(("compose", "vagrant"), paper(lab, ("compose", "vagrant"), Options()))
    assert able.targets == ("compose",)
    assert able.absent == ("vagrant is not measured: it: not there (get it)",)


def test_a_lab_that_no_target_can_make_is_not_measured(folder: Path) -> None:
    (folder / "slow.net").write_text(LAB.replace("10.0.0.0/24", "10.0.0.0/24 { delay 10ms }"))
    done = netdsl("compare", "slow.net", "--runs", "1", cwd=folder)
    assert done.returncode == 3
    assert "compose is not measured: slow.net:2:1: the target `compose` cannot delay" in done.stderr


def test_make_run_ends_with_the_comparison_on_paper() -> None:
    recipe = (EXAMPLES.parent / "Makefile").read_text().partition("\nrun:")[2].partition("\n\n")[0]
    assert recipe.rstrip().endswith("netdsl compare examples/site-to-site/lab.net")


def test_a_page_that_could_not_be_kept_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        check_report("nowhere/report.html")


def test_runs_of_a_target_that_is_not_known_here_have_their_page(tmp_path: Path) -> None:
    source = Source("lab.net", LAB)
    lab = check_text(LAB.encode()).lab
    assert lab is not None
    subject = replace(SUBJECT, digest=lab_digest(lab), sources=(source,))
    write_run(tmp_path / "p.json", replace(containers(), target="podman", subject=subject))
    done = netdsl("compare", "p.json", "--report", "p.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "What differs on paper" not in (tmp_path / "p.html").read_text()
