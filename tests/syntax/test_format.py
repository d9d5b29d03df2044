"""The one layout."""

from pathlib import Path

import pytest

from netdsl.diagnostics.core import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax.format import format_source
from tests.syntax.reading import LABS, read
from tests.syntax.shape import shape


def formatted(text: str) -> str:
    diagnostics = Diagnostics()
    result = format_source(SourceFile("x.net", text), diagnostics)
    assert result is not None, [item.message for item in diagnostics]
    return result


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.stem)
def test_a_lab_keeps_its_tree_and_is_formatted_once_and_for_all(lab: Path) -> None:
    text = lab.read_text(encoding="utf-8")
    result = formatted(text)
    assert formatted(result) == result
    assert shape(read(result)[0].statements) == shape(read(text)[0].statements)


@pytest.mark.parametrize("name", ["site-to-site-v6", "wireguard", "two-files-main", "ipsec-corners"])
def test_some_labs_of_the_design_are_laid_out_so(name: str) -> None:
    text = next(lab for lab in LABS if lab.stem == name).read_text(encoding="utf-8")
    assert formatted(text) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n\n\nlab   x\n\n\n\nuse t\n\n", "lab x\n\nuse t\n"),
        ("lab x ; use t", "lab x\nuse t\n"),
        ("host a{mtu 1;mtu 2}", "host a { mtu 1 ; mtu 2 }\n"),
        ("host a {\nmtu 1;mtu 2}", "host a {\n  mtu 1\n  mtu 2\n}\n"),
        ("host a {\n\n\n  mtu 1\n\n}", "host a {\n  mtu 1\n}\n"),
        ("host a { }", "host a { }\n"),
        ("let x=1,2 ,3", "let x = 1, 2, 3\n"),
        ("let x = [ 1,[2] ]", "let x = [1, [2]]\n"),
        ("template t ( a,b=1 ) {\n}", "template t(a, b = 1) { }\n"),
        ("use t as x(a=1)", "use t as x (a = 1)\n"),
        ("use t (\na = 1,\nb = 2\n)", "use t (\n    a = 1,\n    b = 2\n)\n"),
        ("route a,\nb via c", "route a,\n    b via c\n"),
        ("if $a==1\nand $b {\nmtu 1\n}else{\nmtu 2 }", "if $a == 1\n    and $b {\n  mtu 1\n} else {\n  mtu 2\n}\n"),
        ("lab x # why", "lab x                                       # why\n"),
        (
            "host a { # why\nmtu 1 # one\n# two\n}",
            "host a {                                    # why\n"
            "  mtu 1                                     # one\n  # two\n}\n",
        ),
        ("network a 10/8\nnetwork long 11/8", "network a     10/8\nnetwork long  11/8\n"),
        ("let a = 1\nlet long = 2", "let a    = 1\nlet long = 2\n"),
        ("let a = 1\n\nlet long = 2", "let a = 1\n\nlet long = 2\n"),
        (
            "ipsec t {\nbetween a protecting b\nand long protecting d\nand e protecting f\n}",
            "ipsec t {\n  between a    protecting b\n      and long protecting d\n      and e    protecting f\n}\n",
        ),
        (
            "expect { a, b reaches c ; a reach c ; a-* is up ; a are up ; a to b, c are encrypted on d }",
            "expect { a, b reach c ; a reaches c ; a-* are up ; a is up ; a to b, c is encrypted on d }\n",
        ),
        (
            "expect { a resolve n.x to c ; a, b resolves n.x to c ; a-* routes 10/8 via r ; a route 10/8 via r }",
            "expect { a resolves n.x to c ; a, b resolve n.x to c ; a-* route 10/8 via r ; a routes 10/8 via r }\n",
        ),
        (
            "expect { t, u uses not esp ; t use ike aes128 ; t are begun by a, b ; a, b has .1 from t }",
            "expect { t, u use not esp ; t uses ike aes128 ; t is begun by a, b ; a, b have .1 from t }\n",
        ),
        (
            "expect { a to b, c go through r ; a, b to c goes not through r ; a-* to b tcp/80 goes through r }",
            "expect { a to b, c goes through r ; a, b to c go not through r ; a-* to b tcp/80 go through r }\n",
        ),
        ("lab x\r\nuse t\r\n", "lab x\nuse t\n"),
        ('lab x "a   ;  # b"', 'lab x "a   ;  # b"\n'),
        ("let x = ${ 1+2 }", "let x = ${ 1+2 }\n"),
        ("", ""),
    ],
)
def test_the_layout(before: str, after: str) -> None:
    assert formatted(before) == after
    assert formatted(after) == after


def test_a_block_too_long_for_a_line_is_opened_up_and_its_comment_stays_with_its_first_line() -> None:
    inside = " ; ".join(f"mtu {number}" for number in range(1000, 1012))
    result = formatted(f"host a {{ {inside} }} # why")
    assert result.splitlines()[:2] == ["host a {                                    # why", "  mtu 1000"]
    assert formatted(result) == result


def test_a_source_with_errors_is_not_formatted_but_told() -> None:
    diagnostics = Diagnostics()
    assert format_source(SourceFile("x.net", "host {"), diagnostics) is None
    assert diagnostics.has_errors
