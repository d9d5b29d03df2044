"""`netdsl diff` as a shell sees it: statuses, what goes where, each format."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from netdsl.cli.main import netdsl
from tests.diff.test_diff import LAB

BAD = "lab x\nhost a { interface on b }\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("before.net").write_text(LAB)
    line = "accept forward tcp/22 from dmz to lan ; accept forward tcp/443"
    Path("lab.net").write_text(LAB.replace("accept forward tcp/443", line).replace("host pc-1", "host desk"))
    Path("bad.net").write_text(BAD)
    return tmp_path


def run(*words: str, stdin: str = "") -> Result:
    done = CliRunner(env={"COLUMNS": "80"}).invoke(netdsl, ["diff", *words], input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_what_differs(folder: Path) -> None:
    done = run("before.net", "lab.net")
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout == (
        "who reaches whom\n"
        "  now open: tcp/22 from dmz to lan; nothing listens there\n"
        "\n"
        "what the labs are made of\n"
        "  ~ node gw\n"
        "      + filter line: accept forward tcp/22 from dmz to lan\n"
        "  ~ node pc-1 is called desk now (same addresses)\n"
    )


def test_nothing_differs(folder: Path) -> None:
    done = run("lab.net", "lab.net")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == ("no difference in who reaches whom, in what the labs are made of, nor in what is expected\n")


def test_lines_fit_the_terminal(folder: Path) -> None:
    Path("lab.net").write_text(LAB.replace("    accept forward tcp/443 from lan to dmz\n", ""))
    lines = run("before.net", "lab.net").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1:3] == [
        "  no longer open: tcp/443 from lan to dmz (pc-1 to www, tcp/443: dropped by",
        "      `policy drop` of the forward chain at `gw`)",
    ]


def test_markdown_is_for_a_comment(folder: Path) -> None:
    assert run("before.net", "lab.net", "--format", "markdown").stdout == (
        "**before.net → lab.net**\n"
        "\n"
        "**Who reaches whom**\n"
        "\n"
        "- now open: tcp/22 from dmz to lan; nothing listens there\n"
        "\n"
        "**What the labs are made of**\n"
        "\n"
        "- \\~ node gw\n"
        "  - \\+ filter line: accept forward tcp/22 from dmz to lan\n"
        "- \\~ node pc-1 is called desk now (same addresses)\n"
    )
    done = run("lab.net", "lab.net", "--format", "markdown")
    assert (done.exit_code, done.stdout.splitlines()[2][:14]) == (0, "No difference ")


def test_json_has_all_of_it(folder: Path) -> None:
    document = json.loads(run("before.net", "lab.net", "--format", "json").stdout)
    assert (document["format"], document["version"], document["differs"]) == ("netdsl-diff", 1, True)
    (flow,) = document["flows"]
    assert (flow["turn"], flow["services"], flow["answered"], flow["count"]) == ("opened", ["tcp/22"], "none", 4)
    assert flow["from"][0]["kind"] == "network"
    assert flow["to"][0]["name"] == {"before": "lan", "after": "lan"}
    assert flow["to"][0]["nodes"][0] == {"before": "pc-1", "after": "desk"}
    assert [(one["kind"], one["before"], one["after"]) for one in document["changes"]] == [
        ("node", "gw", "gw"),
        ("node", "pc-1", "desk"),
    ]


@pytest.mark.parametrize("words", [("bad.net", "lab.net"), ("before.net", "bad.net"), ("bad.net", "./bad.net")])
def test_a_lab_that_does_not_compile_says_why_with_its_path(folder: Path, words: tuple[str, str]) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.findall(r"--> (?:\./)?bad\.net:2:\d+", done.stderr)
    document = json.loads(run(*words, "--format", "json").stdout)
    assert document["counts"]["errors"] == 1


def test_standard_input_is_one_of_the_two(folder: Path) -> None:
    assert run("-", "lab.net", stdin=LAB).stdout == run("before.net", "lab.net").stdout
    assert run("-", "-").exit_code == 2
    done = run("-", "lab.net", stdin=BAD)
    assert (done.exit_code, "<stdin>:2:" in done.stderr) == (2, True)


def test_a_revision_of_git(folder: Path) -> None:
    for words in (
        ("init", "-q", "-b", "main"),
        ("add", "before.net"),
        ("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x"),
    ):
        subprocess.run(["git", *words], check=True, capture_output=True)
    text = subprocess.run(["git", "show", "main:before.net"], check=True, capture_output=True, text=True).stdout
    assert run("-", "lab.net", stdin=text).exit_code == 1


def test_parameters_of_both_and_of_each(folder: Path) -> None:
    head, _, rest = LAB.replace("forward tcp/443", "forward $port").partition("\n")
    Path("lab.net").write_text(f"{head}\nparam port = tcp/443\n{rest}")
    assert run("lab.net", "lab.net", "-D", "port=tcp/22").exit_code == 0
    assert "now open: tcp/22 from" in run("lab.net", "lab.net", "--after", "port=tcp/22").stdout
    assert "no longer open: tcp/22 from" in run("lab.net", "lab.net", "--before", "port=tcp/22").stdout
    assert run("lab.net", "lab.net", "-D", "port=tcp/22", "--before", "port=tcp/443").exit_code == 1
    assert run("lab.net", "lab.net", "--after", "nosuch=1").exit_code == 2


def test_a_service_alone(folder: Path) -> None:
    assert "who reaches whom" not in run("before.net", "lab.net", "--service", "tcp/80").stdout
    assert "now open: tcp/22" in run("before.net", "lab.net", "--service", "ssh", "--service", "ping").stdout
    done = run("before.net", "lab.net", "--service", "shh")
    assert (done.exit_code, "did you mean `ssh`?" in done.stderr) == (2, True)


def test_a_file_that_is_not_there(folder: Path) -> None:
    done = run("before.net", "nosuch.net")
    assert (done.exit_code, "there is no file nosuch.net" in done.stderr) == (2, True)
