"""A tunnel that is the backup of another: who opens it, and when it is up."""

import pytest

from netdsl.ir.ids import TunnelId
from netdsl.ir.tunnel import Start
from netdsl.pipeline.analysis import check_text
from netdsl.verify import Esp, World
from tests.kinds.asking import end, files, findings, lab, records, said

TWO_WAYS = """lab two
network inet 203.0.113.0/24
network spare 198.51.100.0/24
network branch 10.1.0.0/24
network hq 10.2.0.0/24
router s1 { interface wan on inet .11 ; interface wan2 on spare .11 ; interface lan on branch .1 ; default via g1.wan }
router g1 { interface wan on inet .1 ; interface lan on hq .1 ; route branch via g2.lan }
router g2 { interface wan on spare .2 ; interface lan on hq .2 ; route branch via g1.lan }
host p { interface on branch .10 ; default via s1 }
host s { interface on hq .10 ; default via g1 }
ipsec first  { between s1.wan protecting branch and g1 protecting hq ; auth psk %s }
ipsec second { %s protecting branch and g2 protecting hq ; auth psk ; backup of first %s }
%s
"""
SECOND = "between s1.wan2"
STATES = """
expect { p reaches s through first ; s reaches p through first ; first is up ; second is not up }
expect while first down { p reaches s through second ; s reaches p through second ; second is up }
expect while s1 -- g1 down { p reaches s through second }
"""


@pytest.mark.parametrize("esp", Esp)
def test_it_is_taken_while_the_first_one_is_down(esp: Esp) -> None:
    found = check_text((TWO_WAYS % ("", SECOND, "", STATES)).encode(), esp=esp)
    assert [one.message for one in found.diagnostics] == []


def test_the_end_of_both_opens_it_and_the_other_one_answers() -> None:
    found = lab(TWO_WAYS % ("", SECOND, "", ""))
    one, other = end(found, "s1", "second"), end(found, "g2", "second")
    assert (one.backup_of, one.children[0].start) == (("first",), Start.BOOT)
    assert (other.backup_of, other.children[0].start) == ((), Start.NONE)
    assert [line[:5] + line[7:8] for line in records(found, "s1", "tunnels.tsv")] == [
        ["first", "first", "first", "boot", "0", "must"],
        ["second", "second", "second", "boot", "5", "no"],
    ]
    assert files(found, "s1")["backups.tsv"] == "second\tfirst\n"
    assert "backups.tsv" not in files(found, "g2")


def test_why_it_is_down() -> None:
    world = World(lab(TWO_WAYS % ("", SECOND, "", "")))
    second = TunnelId("second")
    assert (world.is_up(second), world.why_down(second)) == (False, "`first` is up, whose backup it is")


def test_a_backup_of_a_backup_waits_for_both() -> None:
    third = "ipsec third { between s1.wan protecting branch and g3 protecting hq ; auth psk ; backup of second }"
    g3 = "router g3 { interface wan on inet .3 ; interface lan on hq .3 }"
    found = lab(TWO_WAYS % ("", SECOND, "", f"{g3}\n{third}"))
    assert end(found, "s1", "third").backup_of == ("second", "first")
    first, second, third_one = (TunnelId(name) for name in ("first", "second", "third"))
    held: list[tuple[TunnelId, ...]] = [(), (first,), (second,), (first, second)]
    worlds = [World(found, held=each) for each in held]
    ups = [[tunnel for tunnel in (first, second, third_one) if world.is_up(tunnel)] for world in worlds]
    assert ups == [["first"], ["second"], ["first"], ["third"]]


def test_one_that_cannot_come_up_then_is_told() -> None:
    secrets = '; secret "one-long-secret" for s1 ; secret "another-secret" for g2'
    code, marked, message, _ = said(TWO_WAYS % ("", SECOND, secrets, ""))
    assert (code, marked) == ("tunnel-stays-down", "ipsec second")
    assert message.startswith(
        "tunnel `second` does not come up while `first` is down: authentication of tunnel `second` fails"
    )


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            TWO_WAYS % ("; start by hand", SECOND, "", ""), "backup-impossible",
            "`second` cannot be the backup of `first`: that does not open at boot, so that it may be down on purpose",
        ),
        (
            TWO_WAYS % ("", SECOND, "; start at boot", ""), "misplaced-statement",
            "a backup has no `start`: it opens when the other tunnel is down",
        ),
        (
            TWO_WAYS % ("; backup of second", SECOND, "", ""), "backup-impossible",
            "`first` cannot be the backup of `second`: that is a backup of it",
        ),
        (
            (TWO_WAYS % ("", SECOND, "", "")).replace("backup of first", "backup of third"), "unknown-name",
            "no tunnel is called `third` here",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be(text: str, code: str, message: str) -> None:
    assert (code, message) in [(one.rule.code, one.message) for one in findings(text)]


def test_without_it_the_two_overlap() -> None:
    text = (TWO_WAYS % ("", SECOND, "", "")).replace("; backup of first", "")
    assert said(text)[0] == "selectors-overlap"
