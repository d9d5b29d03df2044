"""Steps that pass by: on a terminal on one line, elsewhere line by line."""

import os
import pty
import subprocess
import sys

_TEXT = """
from netdsl.cli.console import note, say
from netdsl.diagnostics.visible import Elsewhere, Summary, passing
step = passing(note)
step("a step")
step("another\\x1b one")
note("a remark")
step("x" * 200)
say("a result")
note(Summary("1 of 2 are ready\\nwaiting for ä"))
note(Summary("2 of 2 are ready\\n" * 9))
note(Elsewhere("all are ready"))
step("the last")
"""


def _said(*, is_terminal: bool, **environment: str) -> tuple[str, str]:
    """What is on standard output, and on standard error as bytes of a terminal or of a pipe."""
    given = {**os.environ, "COLUMNS": "40", "LINES": "4", "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **environment}
    words = [sys.executable, "-c", _TEXT]
    if not is_terminal:
        done = subprocess.run(words, env=given, capture_output=True, text=True, check=True)
        return done.stdout, done.stderr
    leader, follower = pty.openpty()
    try:
        done = subprocess.run(words, env=given, stdout=subprocess.PIPE, stderr=follower, text=True, check=True)
        return done.stdout, os.read(leader, 1 << 16).decode()
    finally:
        os.close(leader)
        os.close(follower)


_ELSEWHERE = ["a step", "another␛ one", "a remark", "x" * 200, "all are ready", "the last"]


def test_on_a_terminal_they_share_its_last_lines_which_all_else_takes_the_place_of() -> None:
    output, errors = _said(is_terminal=True)
    away, two, three = "\r\x1b[J", "\r\x1b[1A\x1b[J", "\r\x1b[2A\x1b[J"
    summary = "1 of 2 are ready\r\nwaiting for ä"
    whole = "\r\n".join(["2 of 2 are ready"] * 3)
    assert output == "a result\n"
    assert errors == (
        f"a step{away}another␛ one{away}a remark\r\n{'x' * 39}{away}{summary}{two}{whole}{three}the last{away}"
    )


def test_what_a_character_set_has_not_counts_as_it_is_written() -> None:
    _, errors = _said(is_terminal=True, COLUMNS="15", PYTHONIOENCODING="ascii:backslashreplace")
    assert "another\\u241b" in errors
    assert "another\\u241b o" not in errors


def test_without_colours_it_is_the_same() -> None:
    assert _said(is_terminal=True, NO_COLOR="1") == _said(is_terminal=True)


def test_elsewhere_each_has_its_line_and_no_summary_is_shown() -> None:
    output, errors = _said(is_terminal=False)
    assert output == "a result\n"
    assert errors.splitlines() == _ELSEWHERE
    assert _said(is_terminal=True, TERM="dumb")[1].splitlines() == _ELSEWHERE
