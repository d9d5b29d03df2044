"""What is shown obeys no source, file or node: each control character in it is a visible sign, no cell is a formula."""

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unicodedata import category

import click
import pytest

from netdsl.cli.console import complain, deliver, note, relay, say, show_usage, write
from netdsl.cli.failure import report_failure
from netdsl.comparing.compare import compare
from netdsl.comparing.machine import comparison_csv, comparison_json
from netdsl.diagnostics.spreadsheet import csv_text
from netdsl.runtime.attached import LONGEST_LINE, followed, interrupt, to_output
from netdsl.runtime.driver import DriverError, Out
from netdsl.runtime.meter import Fact
from netdsl.testing.machine import as_json, as_junit
from netdsl.testing.report import table
from tests.cli.calling import status_of
from tests.comparing.runs import containers
from tests.testing.pretending import pretend

HOSTILE = "a\x1b[2J\x1b]0;title\x07\r\x08\x9b1m\x7f\x85\u202e\u2066\u200b\u2028\ufeff\udcffz"
_FORGED = "x\nerror: forged"
_LAB = """\
lab x "{s}"
param s = "ok"
network lan 10.0.0.0/24
host a {{ interface   on lan .1 ; env KEY = "$s" ; run "echo $s" }}
host b {{ interface on lan .2 ; serve http tcp/80 ; file "/etc/motd" from "{file}" }}
expect "$s" {{ a reaches b tcp/80 ; a resolves nowhere.example to b }}
"""

Said = Callable[[], str]


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Said:
    """What was printed since the last call: nothing of it is obeyed, and no line of it is another's."""

    def all_of_it() -> str:
        captured = capfd.readouterr()
        text = captured.out + captured.err
        assert _obeyed(text) == []
        assert "\nerror: forged" not in f"\n{text}"
        return text

    all_of_it()
    return all_of_it


def _obeyed(text: str) -> list[str]:
    return [one for one in text if one not in "\n\t" and category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --------------------------------------------------------------------------------------------------------- the console


@pytest.mark.parametrize("show", [say, note, complain, lambda text: complain(text, prefix=False)])
def test_a_line_of_the_console_is_one_line(show: Callable[[str], None], said: Said) -> None:
    show(f"{HOSTILE} {_FORGED}")
    assert said().count("\n") == 1


@pytest.mark.parametrize("show", [write, relay])
def test_text_of_several_lines_has_line_ends_and_tabs_alone(show: Callable[[str], None], said: Said) -> None:
    show(f"one\ttwo\n{HOSTILE}\n")
    assert said().startswith(
        "one\ttwo\na␛[2J␛]0;title␇␍␈\\u{9b}1m␡\\u{85}\\u{202e}\\u{2066}\\u{200b}\\u{2028}\\u{feff}\\u{dcff}z\n"
    )


def test_a_result_in_a_file_is_what_is_printed(tmp_path: Path) -> None:
    deliver(f"one\n{HOSTILE}\n", str(tmp_path / "out"))
    assert _obeyed((tmp_path / "out").read_text()) == []


def test_wrong_usage_names_a_file_in_one_line(said: Said) -> None:
    show_usage(click.UsageError(f"there is no file {HOSTILE} {_FORGED}"))
    assert "there is no file a␛[2J" in said()


@pytest.mark.parametrize(
    "error",
    [
        DriverError(f"a {HOSTILE} {_FORGED}", command=HOSTILE, tail=f"{HOSTILE}\n{HOSTILE}", remedy=HOSTILE),
        OSError(2, HOSTILE, f"{HOSTILE} {_FORGED}"),
        OSError(HOSTILE),
        ValueError(HOSTILE),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_an_error_says_is_shown(error: Exception, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETDSL_TRACEBACK", "1")
    assert report_failure(error) == 3
    assert "␛[2J" in said()


# ------------------------------------------------------------------------------------------------------------- sources


@pytest.fixture
def lab(folder: Path) -> str:
    """A lab whose name, strings and files are hostile."""
    name = "l\x1b[2J\u202e.net"
    Path(name).write_text(_LAB.format(s="${s}", file="f\u0430"), encoding="utf-8")
    Path("f\u0430").write_text(HOSTILE, encoding="utf-8", errors="surrogateescape")
    return name


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("verify",),
        ("trace", "{lab}", "a", "b"),
        ("matrix",),
        ("matrix", "{lab}", "--format", "csv"),
        ("diff", "{lab}", "{lab}", "--before", "s=x"),
        ("diff", "{lab}", "{lab}", "--before", "s=x", "--format", "json"),
        ("diff", "{lab}", "{lab}", "--before", "s=x", "--format", "markdown"),
        ("graph", "{lab}", "--format", "svg"),
        ("graph", "{lab}", "--format", "mermaid"),
        ("dump",),
        ("fmt", "{lab}", "--diff"),
        ("compile", "{lab}", "--diff"),
        ("compile", "{lab}", "--dry-run"),
        ("check", "{lab}", "--format", "json"),
        ("check", "{lab}", "--format", "sarif"),
        ("grade",),
        ("grade", "{lab}", "--format", "json"),
        ("grade", "{lab}", "--format", "csv"),
        ("grade", "{lab}", "--format", "markdown"),
        ("handout",),
        ("up", "{lab}", "--target", "\x1b[2J"),
        ("status",),
        ("nothing\x1b[2J",),
        ("check", "--\x1b[2J"),
    ],
    ids=" ".join,
)
def test_a_hostile_source_and_its_name_are_shown(lab: str, words: tuple[str, ...], said: Said) -> None:
    verb, *others = words if len(words) > 1 else (*words, "{lab}")
    status_of(
        verb,
        *(["-D", f"s={HOSTILE[:-2]}\n"] if verb in _WITH_PARAMETERS else []),
        *(word.format(lab=lab) for word in others),
    )
    assert said()


@pytest.mark.parametrize("words", [("check",), ("check", "--fix", "--diff"), ("grade",)], ids=" ".join)
def test_a_hostile_source_that_is_broken_is_shown(lab: str, words: tuple[str, ...], said: Said) -> None:
    with Path(lab).open("a", encoding="utf-8") as file:
        file.write("expect { nobody\x1b[2J reaches b }\nhost c { interface  on lann }\n")
    status_of(*words, lab)
    assert "\\u{202e}.net" in said()


_WITH_PARAMETERS = {"check", "verify", "trace", "matrix", "diff", "graph", "compile", "grade", "handout"}
"""Verbs with -D."""


def test_a_difference_shows_what_somebody_wrote_into_the_output(folder: Path, said: Said) -> None:
    Path("lab.net").write_text(
        "lab x\nnetwork lan 10.0.0.0/24\nhost a { interface on lan }\nhost b { interface on lan }\n"
    )
    assert status_of("compile", "lab.net") == 0
    said()
    Path("build/x/compose/parents.sh").write_bytes(b"\x1b[2J\r\xff\x9b\n")
    assert status_of("compile", "lab.net") == 1
    assert "+␛[2J" in said()
    status_of("compile", "lab.net", "--diff")
    assert "-␛[2J" in said()


# -------------------------------------------------------------------------------------------------------- running labs


def _shown() -> tuple[Out, list[str], list[str]]:
    lines: list[str] = []
    remarks: list[str] = []
    return Out(lines.append, remarks.append), lines, remarks


def _python(text: str) -> list[str]:
    return [sys.executable, "-c", f"import sys; {text}"]


def test_lines_of_nodes_are_handed_to_the_console(said: Said) -> None:
    out, lines, remarks = _shown()
    command = _python(r"sys.stdout.buffer.write(b'\x1b[2J\xff\r\nlast'); sys.stderr.write('\x07'); sys.exit(3)")
    assert followed({"a": command}, {"a": "a | "}, out, interrupt) == 3
    assert (lines, remarks) == (["a | \x1b[2J\ufffd", "a | last"], ["a | \x07"])
    assert said() == ""


def test_a_line_without_an_end_is_not_kept_whole() -> None:
    out, lines, _ = _shown()
    followed({"a": _python(f"sys.stdout.write('x' * {3 * LONGEST_LINE})")}, {}, out, interrupt)
    assert [len(line) for line in lines] == 3 * [LONGEST_LINE]


def test_remarks_of_a_capture_are_handed_to_the_console(tmp_path: Path, said: Said) -> None:
    out, _, remarks = _shown()
    with (tmp_path / "pcap").open("wb") as file:
        command = _python(r"sys.stdout.buffer.write(b'\xd4\x1b'); sys.stderr.write('listening on \x1b\n')")
        assert to_output(command, file.fileno(), out, interrupt) == 0
    assert ((tmp_path / "pcap").read_bytes(), remarks) == (b"\xd4\x1b", ["listening on \x1b"])
    assert said() == ""


@pytest.mark.parametrize("form", [table, as_json, as_junit])
def test_an_answer_of_a_node_is_shown(form: Callable[..., str], said: Said) -> None:
    source = (
        "lab x\nnetwork lan 10.0.0.0/24\nhost a { interface on lan }\nhost b { interface on lan ; serve http tcp/80 }\n"
    )
    results, _ = pretend(source + "expect { a reaches b tcp/80 ; a resolves b to b }\n", _lying)
    text = form(results)
    assert _obeyed(text) == []
    assert "title" in text


def _lying(_: str, asked: str) -> str:
    return f"exit 0\t{HOSTILE} STREAM\x1f" if asked.startswith("run") else f"answered\t{HOSTILE}"


# -------------------------------------------------------------------------------------------------------- spreadsheets


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", " =", "\n=", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_no_cell_is_a_formula(start: str) -> None:
    text = csv_text([(f"{start}cmd|' /C calc'!A0", 1, -2.5, None)])
    ((cell, *others),) = list(csv.reader(io.StringIO(text)))
    assert cell[0] in "'␍␊"
    assert _obeyed(cell) == []
    assert others == ["1", "-2.5", ""]


def test_runs_of_others_are_no_formulas_and_no_controls() -> None:
    found = compare([replace(containers(), target="=1+1\t", facts=(Fact("engine", HOSTILE),))])
    assert _obeyed(comparison_csv(found)) == []
    document = comparison_json(found)
    assert (_obeyed(document), document.isascii()) == ([], True)
    assert HOSTILE in json.loads(document)["runs"][0]["facts"].values()
