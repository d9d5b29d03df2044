"""All the errors of a file in one run, each once, and what could be read is kept."""

import random
import re
from pathlib import Path

import pytest

from netdsl.syntax.tree import Expect, Firewall, Lab, Network, Node
from tests.syntax.reading import LABS, places, read
from tests.syntax.strategies import JUNK

BROKEN = """\
lab x "title
network a 10.0.0.0/24 bridge
router gw {
  interface on a on b
  firewall {
    policy drop
    allow input
    accept input tcp:80
    accept forward from a
  }
  default vai b
}
florble a {
  what ever
  this is
}
routr r2 {
  mtu
}
expect {
  a reachs b
  a reaches b
}
use t (a = 1,
       b 2,
       c = 3)
host last { mtu 1400 ; mtu 1 2 ; mtu }
network b
"""


def test_each_broken_line_is_told_once_and_the_next_one_is_read() -> None:
    assert places(BROKEN) == [
        "1:7 unclosed-string",
        "2:23 syntax-error",
        "4:18 syntax-error",
        "7:5 foreign-word",
        "8:18 syntax-error",
        "11:11 syntax-error",
        "13:1 unknown-statement",
        "17:1 unknown-statement",
        "21:5 syntax-error",
        "25:10 syntax-error",
    ]


def test_each_broken_statement_of_a_line_is_told() -> None:
    text = "lab x\nhost h { hots a ; mtu 1400 ; rout x y ; route ; } ; hots b\n"
    assert places(text) == [
        "2:10 unknown-statement",
        "2:30 unknown-statement",
        "2:46 syntax-error",
        "2:53 unknown-statement",
    ]
    assert len(places("lab x\n" + 1000 * "hots ; ")) == 20, "but not without end"


def test_what_could_be_read_is_in_the_tree() -> None:
    document, _ = read(BROKEN)
    kinds = [type(statement) for statement in document.statements]
    assert kinds == [Lab, Network, Node, Expect, Node, Network]
    gateway = document.statements[2]
    assert isinstance(gateway, Node)
    assert gateway.body is not None
    (firewall,) = (item for item in gateway.body.statements if isinstance(item, Firewall))
    assert len(firewall.body.statements) == 2


def test_a_good_statement_with_something_behind_it_is_kept() -> None:
    document, found = read("network a 10.0.0.0/8 } \nnetwork b")
    assert len(found) == 1
    assert len(document.statements) == 2


MANY = 5_000

DEEP = {
    "open braces": "host x {" * MANY,
    "braces": "for i in 1..2 {\n" * MANY + "}" * MANY,
    "brackets": "let x = " + "[" * MANY + "1" + "]" * MANY,
    "parentheses": "if " + "(" * MANY + "$x" + ")" * MANY + " { }",
    "else if": "if $x { }" + " else if $x { }" * MANY,
    "not": "if " + "not " * MANY + "$x { }",
    "and": "if " + "$x and " * MANY + "$x { }",
    "or over lines": "if " + "$x\n or " * MANY + "$x { }",
    "parentheses in braces": "let x = ${" + "(" * MANY + "1" + ")" * MANY + "}",
    "calls": "let x = ${" + "f(" * MANY + "1" + ")" * MANY + "}",
    "not in braces": "let x = ${" + "not " * MANY + "x}",
    "minus in braces": "let x = ${" + "-" * MANY + "1}",
    "plus in braces": "let x = ${" + "1 + " * MANY + "1}",
    "checks": "expect {\n" + "if $x {\n" * MANY,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_deep_nesting_is_told(text: str) -> None:
    assert [place.split()[1] for place in places(text)] == ["nesting-too-deep"]


def test_nesting_up_to_the_limit_is_read() -> None:
    assert places("for i in 1..2 {\n" * 64 + "}\n" * 64) == []
    assert places("let x = ${" + "1 + " * 62 + "1}") == []


LONG = {
    "broken lines": "interface on on on\n" * 1_000,
    "closing braces": "}\n" * 1_000,
    "broken statements": "hots;" * 4_000,
    "unclosed strings": 'lab "\n' * 1_000,
    "unclosed blocks": "host a {\n" * 60 + "florble\n" * 1_000,
    "quotes": '"' * MANY,
    "semicolons": ";" * MANY,
    "commas": "let x = " + "1, " * MANY + "1",
    "empty lines": "\n" * MANY + " " * MANY,
    "dollars": "let x = " + "$a" * MANY,
    "half values": 'let x = "' + "${" * MANY,
    "dots": "let x = " + "." * MANY,
    "and": "lab x\n" + "and\n" * MANY,
    "open parentheses": "use t (" + "a = 1,\n" * MANY,
    "nothing": "\0" * MANY,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_long_sources_come_to_an_end(text: str) -> None:
    """Quadratic work on these would take minutes."""
    assert len(places(text)) <= MANY


def _mutated(text: str, choose: random.Random) -> str:
    pieces = re.findall(r"\s+|\w+|.", text)
    for _ in range(choose.randint(1, 5)):
        at = choose.randrange(len(pieces))
        match choose.randrange(4):
            case 0:
                pieces[at : at + 1] = []
            case 1:
                pieces.insert(at, choose.choice(JUNK))
            case 2:
                pieces[at] = choose.choice(pieces)
            case _:
                pieces[at : at + choose.randint(1, 15)] = []
    return "".join(pieces)


@pytest.mark.slow
@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.stem)
def test_mutated_labs_are_read_to_their_end(lab: Path) -> None:
    """2,000 in all; each with a message inside the text or none."""
    choose = random.Random(lab.stem)
    text = lab.read_text(encoding="utf-8")
    for _ in range(2_000 // len(LABS) + 1):
        broken = _mutated(text, choose)
        _, found = read(broken)
        for item in found:
            span = item.primary.place.span
            assert 0 <= span.start <= span.end <= len(broken)
