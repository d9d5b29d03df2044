"""The forms of `expect`: each holds where it should and fails where it should, with its reason."""

import pytest

from netdsl.diagnostics.core import Diagnostics
from netdsl.verify import check_expectations

from .asking import checked, codes, lab

TEXT = """
network a 10.1.0.0/24
network core 192.0.2.0/24
network b 10.2.0.0/24
router r1 { interface on core .1 ; interface on a .1 ; route b via r2 }
router r2 { interface on core .2 ; interface on b .1 ; route a via r1 ; firewall { policy accept ; drop forward tcp/7 } }
host h { interface on a .10 ; default via r1 ; resolver s }
host g { interface on a .11 ; default via r1 }
host s {
  interface on b .10 ; default via r2
  serve http ; serve tcp echo tcp/7
  serve dns { zone lab.example ; record www -> s }
}
ipsec vpn { between r1 protecting a and r2 protecting b ; auth psk ; start on traffic }
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("h reaches s", "h cannot reach s"),
        ("h cannot reach s tcp/7", "h reaches s tcp/7"),
        ("a reaches b", "a cannot reach b"),
        ("h, g reach s tcp/80 answered by s.http", "h reaches s tcp/80 answered by s.echo"),
        ("h reaches s through vpn", "h reaches r1 through vpn"),
        ("h reaches s without fragmentation up to 1400", "h reaches s without fragmentation up to 1480"),
        ("h reaches s through vpn without fragmentation up to 1400", "h reaches r1 without fragmentation up to 1501"),
        ("h to s is encrypted on core", "h to s is encrypted on a"),
        ("h to r1 is not encrypted on a", "h to s is not encrypted on core"),
        ("h to s goes through r1, r2", "h to s goes not through r2"),
        ("vpn is up", "vpn is not up"),
        ("h resolves www.lab.example to s", "h resolves www.lab.example to g"),
        ("r1 routes 10.2.0.0/24 via r2", "r2 routes 10.1.0.0/24 via s"),
    ],
)
def test_what_holds_and_what_does_not(right: str, wrong: str) -> None:
    assert codes(f"{TEXT}\nexpect {{ {right} }}") == []
    assert set(codes(f"{TEXT}\nexpect {{ {wrong} }}")) == {"expectation-fails"}


def test_a_failure_block_holds_where_one_line_fails() -> None:
    block = "expect failure { h reaches s ; %s }"
    assert codes(f"{TEXT}\n{block % 'h reaches s tcp/7'}") == []
    assert codes(f"{TEXT}\n{block % 'h reaches s tcp/80'}") == ["failure-does-not-show"]


def test_while_a_tunnel_or_a_link_is_down() -> None:
    down = "expect while %s down { h %s s }"
    assert codes(f"{TEXT}\n{down % ('r1 -- r2', 'cannot reach')}") == []
    assert codes(f"{TEXT}\n{down % ('r1 -- r2', 'reaches')}") == ["expectation-fails"]
    assert codes(f"{TEXT}\nexpect while vpn down {{ vpn is not up ; h to s is not encrypted on core }}") == []


def test_the_summary_counts_lines_and_failure_blocks() -> None:
    text = f"{TEXT}\nexpect {{ h reaches s, r1 ; h reaches s tcp/7 }}\nexpect failure {{ h reaches s tcp/7 ; h reaches s }}"
    summary = check_expectations(lab(text), Diagnostics())
    assert (summary.held, summary.failed, summary.unverified) == (3, 1, 0)
    assert [proof.holds for proof in summary.proofs] == [True, True, False, False, True]
    assert str(summary) == "3 expectations hold, 1 does not"


def test_a_failed_line_shows_the_statement_that_decided() -> None:
    (found,) = checked(f"{TEXT}\nexpect {{ h reaches s tcp/7 }}").diagnostics
    assert "`drop forward tcp/7` at `r2`" in found.message
    assert [label.place.span.text for label in found.related] == ["drop forward tcp/7"]


def test_a_lab_that_does_not_do_what_is_expected_is_a_whole_one_with_an_error() -> None:
    found = checked(f"{TEXT}\nexpect {{ h cannot reach s }}")
    assert found.diagnostics.has_errors
    assert found.lab is not None
    assert found.bindings is not None


def test_what_depends_on_a_command_is_a_warning() -> None:
    raw = TEXT.replace("router r2 {", 'router r2 { run "true" ;')
    assert codes(f"{raw}\nexpect {{ h reaches s tcp/7 }}") == ["expectation-not-verified"]
    summary = checked(f"{raw}\nexpect {{ h reaches s }}").summary
    assert summary is not None
    assert (summary.held, summary.unverified) == (1, 1)
