"""Claims about the state of tunnels, tested on a runtime that pretends."""

import re

import pytest

from netdsl.ir.expectation import BehindNat
from netdsl.testing import types
from netdsl.testing.agreed import has_state
from netdsl.testing.trial import Observed
from netdsl.testing.types import Verdict
from netdsl.verify.claims import judge
from tests.compiling import lab_of
from tests.testing.pretending import pretend
from tests.verify.asking import world

LAB = """lab small
network inet 192.0.2.0/24
network lan 10.0.0.0/24
router nat { interface on inet .9 ; interface on lan .1 ; nat { masquerade out inet } }
host a { interface on inet .1 }
host b { interface on inet .2 }
host c { interface on lan .3 ; default via nat }
host d { interface on inet .4 }
ipsec vpn { between a and b ; auth psk ; start at boot by a ; esp aes128gcm16 }
ipsec rw { gateway a ; client d, c ; auth psk ; pool 10.3.0.0/28 ; start at boot by d, c }
"""


def line_of(line: str, lie: str | None = None, **swapped: str) -> types.Tested:
    """A line, where `lie` is the node whose daemon says something else: texts exchanged, or nothing at all."""

    def liar(host: str, question: str) -> str | None:
        if host != lie or not question.startswith("run\tswanctl"):
            return None
        told = pretend(f"{LAB}expect {{ vpn is up }}")[1]._line(host, question)
        for old, new in swapped.items():
            assert old.replace("_", "-") in told or not new
            told = told.replace(old.replace("_", "-"), new) if new else "exit 1\tno daemon"
        return told

    results, _ = pretend(f"{LAB}expect {{ {line} }}", liar if lie is not None else None)
    (found,) = results.lines
    return found


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("vpn uses ike aes256gcm16-ecp384", "`vpn` uses ike aes256gcm16-prfsha384-ecp384"),
        ("vpn uses esp aes128gcm16", "`vpn` uses esp aes128gcm16"),
        ("vpn uses not ah", "`vpn` uses ike aes256gcm16-prfsha384-ecp384 and esp aes128gcm16, and no ah"),
        ("vpn is begun by a", "`a` begins `vpn`"),
        ("vpn is not begun by b", "`a` begins `vpn`"),
        ("vpn is in tunnel mode", "`vpn` is in tunnel mode"),
        ("vpn is not encapsulated in udp", "`vpn` is not encapsulated in udp"),
        ("vpn is not compressed", "`vpn` is not compressed"),
        ("rw is begun by d", "`d` begins `rw`"),
        ("rw is behind nat at c", "`c` is behind address translation"),
        ("rw is not behind nat at a", "`a` is not behind address translation"),
        ("c has 10.3.0.2 from rw", "`rw` gives `c` 10.3.0.2"),
    ],
)
def test_what_the_daemons_say_as_predicted_passes(line: str, text: str) -> None:
    found = line_of(line)
    assert (found.verdict, found.seen.text, found.differs) == (Verdict.PASSED, text, False)


@pytest.mark.parametrize(
    ("line", "node", "swapped", "text"),
    [
        ("vpn uses esp aes128gcm16", "b", {"encr_keysize = 128": "encr-keysize = 256"},
         "`vpn` uses esp aes256gcm16, as `b` has it"),
        ("vpn is begun by a", "a", {"initiator = yes": ""}, "`vpn` is down at `a`"),
        ("vpn is begun by a", "a", {"initiator = yes": "initiator = no"}, "`b` begins `vpn`, as `a` has it"),
        ("vpn is in tunnel mode", "b", {"TUNNEL": "TRANSPORT"}, "`vpn` is in transport mode, as `b` has it"),
        ("c has 10.3.0.2 from rw", "c", {"10.3.0.2": "10.3.0.9"}, "`rw` gives `c` 10.3.0.9, as `c` has it"),
        ("rw is behind nat at c", "c", {"nat_local = yes": "nat-local = no"},
         "`c` is not behind address translation, as `c` has it"),
        ("vpn is not begun by b", "b", {"name = vpn": "name = other"}, "`vpn` is down at `b`"),
    ],
)  # fmt: skip
def test_one_end_that_says_otherwise_fails_and_is_named(
    line: str, node: str, swapped: dict[str, str], text: str
) -> None:
    found = line_of(line, node, **swapped)
    assert (found.verdict, found.seen.text, found.differs) == (Verdict.FAILED, text, True)


def test_an_end_that_the_line_is_not_about_may_say_what_it_likes() -> None:
    assert line_of("c has 10.3.0.2 from rw", "a", **{"rw.c": ""}).verdict is Verdict.PASSED


def test_what_cannot_be_known_before_is_seen_and_no_difference() -> None:
    text = LAB.replace("start at boot by a ", "start at boot ")
    (found,) = pretend(f"{text}expect {{ vpn is begun by a }}")[0].lines
    assert (found.verdict, found.differs, found.proof.is_exact) == (Verdict.PASSED, False, False)


def test_a_tunnel_on_traffic_is_opened_by_another_lines_packets() -> None:
    text = LAB.replace("start at boot by a ", "start on traffic by a ")
    results, _ = pretend(f"{text}expect {{ a reaches b ; vpn uses esp aes128gcm16 }}")
    assert [line.verdict for line in results.lines] == [Verdict.PASSED] * 2


@pytest.mark.parametrize(
    ("tunnel", "reason"),
    [
        ("tunnel vpn gre { between a and b }",
         "the ends of `vpn` agree on nothing that could be asked: its kind is gre"),
        ("ipsec vpn { between b and d ; auth psk }", "`vpn` has no such end"),
    ],
)  # fmt: skip
def test_a_graded_lab_may_have_something_else_by_the_tunnels_name(tunnel: str, reason: str) -> None:
    """Both by proof and by the running lab the line is lost."""
    (line,) = lab_of(f"{LAB}expect {{ vpn is not behind nat at a }}").expectations[0].lines
    asked = world(re.sub(r"ipsec vpn {.*}", tunnel, LAB))
    assert (judge(asked, line.claim).holds, judge(asked, line.claim).reason) == (False, reason)
    assert isinstance(line.claim, BehindNat)
    trial = has_state(asked, line.claim, (), 0)
    assert (trial.asked, trial.evaluate(Observed(()))) == ((), types.Seen(False, reason))
