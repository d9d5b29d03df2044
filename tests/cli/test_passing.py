"""Steps that pass by: on a terminal on one line, elsewhere line by line."""

import os
import pty
import subprocess
import sys

_TEXT = """
from netdsl.cli.console import note, say
from netdsl.diagnostics.visible import passing
step = passing(note)
step("a step")
step("another\\x1b one")
note("a remark")
step("x" * 200)
say("a result")
step("the last")
"""


def _said(*, is_terminal: bool) -> tuple[str, str]:
    """What is on standard output, and on standard error as bytes of a terminal or of a pipe."""
    environment = {**os.environ, "COLUMNS": "40", "TERM": "xterm"}
    words = [sys.executable, "-c", _TEXT]
    if not is_terminal:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        return done.stdout, done.stderr
    leader, follower = pty.openpty()
    try:
        done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, stderr=follower, text=True, check=True)
        return done.stdout, os.read(leader, 1 << 16).decode()
    finally:
        os.close(leader)
        os.close(follower)


def test_on_a_terminal_they_share_a_line_which_all_else_takes_the_place_of() -> None:
    output, errors = _said(is_terminal=True)
    away = "\r\x1b[K"
    assert output == "a result\n"
    assert errors == f"a step{away}another␛ one{away}a remark\r\n{'x' * 39}{away}the last{away}"


def test_elsewhere_each_has_its_line() -> None:
    output, errors = _said(is_terminal=False)
    assert output == "a result\n"
    assert errors.splitlines() == ["a step", "another␛ one", "a remark", "x" * 200, "the last"]
