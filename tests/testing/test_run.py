"""A run from end to end, on a runtime that pretends."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

import pytest

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Deployment, DriverError, NodeState
from netdsl.testing.run import run
from netdsl.testing.types import Results, Seen, Verdict
from tests.compiling import lab_of
from tests.testing.pretending import DEPLOYMENT, Clock, Pretender, pretend, without_expectations

LAB = """lab small
network left 10.0.1.0/24
network wan 192.0.2.0/24
network right 10.0.2.0/24
router r { interface left on left .1 ; interface wan on wan .1 ; route right via s.wan }
router s {
  interface right on right .1
  interface wan on wan .2
  route left via r.wan
  firewall {
    policy drop
    policy output accept
    accept tunnel vpn
    accept forward icmp
    accept forward tcp/80 from left to right
  }
}
host a { interface lan on left .10 ; default via r }
host b { interface lan on right .10 ; default via s ; serve http tcp/80 ; serve tcp echo tcp/7 }
ipsec vpn { between r.wan protecting left and s.wan protecting right ; auth psk ; start at boot }
"""


def _lines(results: Results) -> list[tuple[Verdict, str]]:
    return [(line.verdict, line.seen.text) for line in results.lines]


def _only(results: Results) -> Seen:
    (line,) = results.lines
    return line.seen


def test_a_lab_that_does_as_predicted_passes() -> None:
    results, _ = pretend(
        LAB
        + """expect {
          a reaches b
          a reaches b tcp/80 answered by b.http
          a reaches b tcp/80 through vpn
          a to b tcp/80 is encrypted on wan
          a to b tcp/80 is not encrypted on left, right
          a to b goes through r, s
          a to r goes not through s
          a cannot reach b tcp/7
          vpn is up
          a resolves b to b
          a cannot resolve c.example
          a routes 0.0.0.0/0 via r
        }"""
    )
    assert [verdict for verdict, _ in _lines(results)] == [Verdict.PASSED] * 12
    assert results.is_good
    assert results.esp == "kernel"
    texts = [text for _, text in _lines(results)]
    assert texts[1] == "answered by b.http"
    assert texts[2] == "answered by b.http, in packets of `vpn`"
    assert texts[3] == "encrypted, and no mark, on `wan`"
    assert texts[4] == "the mark is read on `left`, `right`"
    assert texts[5] == "seen in `r`, `s`"
    assert texts[8:] == ["up at both ends", "it is 10.0.2.10", "the name is not known", "via 10.0.1.1"]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("a reaches b without fragmentation up to 1400", Verdict.PASSED),
        ("a reaches b through vpn without fragmentation up to 1400", Verdict.PASSED),
        ("a reaches b without fragmentation up to 1490", Verdict.FAILED),
        ("a reaches b tcp/80 without fragmentation up to 1400", Verdict.UNTESTED),
    ],
)
def test_a_ping_of_the_size_asked_for_must_pass_whole(line: str, verdict: Verdict) -> None:
    results, _ = pretend(LAB + f"expect {{ {line} }}")
    assert [one.verdict for one in results.lines] == [verdict]


def test_a_line_that_fails_against_the_prediction_is_a_difference() -> None:
    results, _ = pretend(
        LAB + "expect { a reaches b tcp/80 }", lambda _, asked: "timeout\t" if "tcp" in asked else None
    )
    assert _lines(results) == [(Verdict.FAILED, "10.0.2.10 tcp/80 no answer")]
    assert len(results.differences) == 1
    assert not results.is_good


def test_what_should_be_encrypted_and_can_be_read_fails() -> None:
    results, _ = pretend(LAB + "expect { a to b tcp/80 is encrypted on wan }", is_seen_in_clear=True)
    assert _only(results) == Seen(
        False, "in clear on `wan`", "the packets pass: answered by b.http", _only(results).seconds
    )


def test_packets_that_a_tunnel_compresses_are_not_known_by_their_lengths() -> None:
    compressing = LAB.replace("auth psk ;", "auth psk ; ipcomp yes ;")
    expected = """expect {
      a to b tcp/80 is encrypted on wan
      a to b tcp/80 is not encrypted on left
      a to b tcp/80 goes through r, s
    }"""
    results, _ = pretend(compressing + expected)
    assert [verdict for verdict, _ in _lines(results)] == [Verdict.PASSED] * 3
    seen, _ = pretend(compressing + expected, is_seen_in_clear=True)
    assert [verdict for verdict, _ in _lines(seen)] == [Verdict.FAILED, Verdict.PASSED, Verdict.PASSED]


def test_the_right_service_has_to_answer() -> None:
    def other(_: str, asked: str) -> str | None:
        return "answered\tb.echo" if asked.startswith("tcp") else None

    results, _ = pretend(LAB + "expect { a reaches b tcp/80 answered by b.http }", other)
    assert _lines(results) == [(Verdict.FAILED, "answered by b.echo")]


def test_a_refusal_is_a_way_in() -> None:
    def refusing(_: str, asked: str) -> str | None:
        return "refused\tConnection refused" if asked.startswith("tcp") else None

    results, _ = pretend(LAB + "expect { a cannot reach b tcp/7 }", refusing)
    assert _lines(results) == [(Verdict.FAILED, "10.0.2.10 tcp/7 refused")]


def test_a_negative_says_what_its_control_was() -> None:
    results, _ = pretend(LAB + "expect { a reaches b tcp/80 ; a cannot reach b tcp/7 }")
    assert results.lines[1].seen.control == "10.0.2.10 tcp/80 answers"
    near, _ = pretend(LAB + "expect { a cannot reach b tcp/7 }")
    assert _only(near).control == "10.0.1.1 answers"


def test_a_silence_without_a_control_that_passes_proves_nothing() -> None:
    results, _ = pretend(LAB + "expect { a cannot reach b tcp/7 }", lambda _, __: "timeout\t")
    assert _lines(results) == [(Verdict.UNTESTED, "the control does not pass: 10.0.1.1 silent")]
    assert not results.is_good


def test_a_node_that_cannot_be_asked_is_told_in_its_lines_alone() -> None:
    def broken(node: str, _: str) -> str | None:
        if node == "b":
            raise DriverError("`b` has no perl")
        return None

    results, _ = pretend(LAB + "expect { a reaches b tcp/80 ; b cannot reach a tcp/9 }", broken)
    assert _lines(results) == [(Verdict.PASSED, "answered by b.http"), (Verdict.UNTESTED, "`b` has no perl")]


@pytest.mark.parametrize("failure", [None, KeyboardInterrupt])
def test_each_node_that_is_asked_has_one_probe_until_the_end(failure: type[BaseException] | None) -> None:
    running: list[list[str]] = []

    def noted(_: str, question: str) -> None:
        if question.startswith("icmp"):
            running.append(list(driver.probes))
        if running and failure is not None:
            raise failure

    lab = lab_of(LAB + "expect { a reaches b ; a reaches r }\nexpect while vpn down { a reaches r }")
    driver = Pretender(lab, noted)
    with pytest.raises(failure) if failure is not None else nullcontext():
        run(lab, driver, DEPLOYMENT, "compose", lambda _: None, Clock().pace)
    assert running[-1] == ["a"]
    assert driver.probes == []


DOWN = 'expect "bare" while vpn down { vpn is not up ; a reaches b tcp/80 }'


def test_a_tunnel_is_taken_down_at_both_ends_and_put_back() -> None:
    results, driver = pretend(LAB + DOWN)
    assert results.is_good
    script = "sh /netdsl/lab/node.sh"
    assert driver.said == [
        f"r: {script} down vpn",
        f"s: {script} down vpn",
        f"r: {script} up vpn",
        f"s: {script} up vpn",
    ]


def test_a_tunnel_comes_back_after_ctrl_c() -> None:
    lies: list[str] = []

    def interrupted(_: str, asked: str) -> str | None:
        lies.append(asked)
        raise KeyboardInterrupt

    lab = lab_of(LAB + DOWN)
    driver = Pretender(lab, interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(lab, driver, DEPLOYMENT, "compose", lambda _: None, Clock().pace)
    assert lies
    assert driver.held == set()


def test_a_link_is_cut_in_every_node_on_it_and_mended() -> None:
    _, driver = pretend(LAB + "expect while r.wan -- s.wan down { a cannot reach b }")
    cut = [line for line in driver.said if "policy drop" in line]
    assert [line.partition(":")[0] for line in cut] == ["r", "s"]
    assert 'hook ingress device "wan"' in cut[0]
    mended = [line for line in driver.said if "delete table netdev netdsl_cut" in line]
    assert [line.partition(":")[0] for line in mended] == ["r", "s"]
    assert driver.said.index(mended[0]) > driver.said.index(cut[1])
    assert "nft" not in driver.inside


TWO_WAYS = """
lab ways
network near fc00:1::/64
network spare fc00:5::/64
network far fc00:2::/64
router one { interface on near ::1 ; interface on far ::1 }
router two { interface on spare ::2 ; interface on far ::2 ; route near via one }
host h { interface near on near ::10 ; interface on spare ::10 ; route far via one ; default via two }
host s { interface on far ::10 ; route near via one ; default via two ; serve http }
expect while h.near -- one down { h reaches s tcp/80 }
"""


def test_a_host_is_told_of_ipv6_next_hops_that_a_cut_silences_and_looks_for_them_again_after_it() -> None:
    _, driver = pretend(TWO_WAYS)
    told = [line for line in driver.said if line.startswith("h: ip")]
    assert told == [
        "h: ip neighbour replace fc00:1::1 dev near nud failed",
        "h: ip neighbour flush to fc00:1::1 dev near",
    ]
    cut, mended = ([line for line in driver.said if word in line] for word in ("policy drop", "delete table"))
    order = [driver.said.index(line) for line in (cut[-1], told[0], mended[-1], told[1])]
    assert order == sorted(order)
    assert driver.inside == [], "all of it is done beside the nodes"


FAILING = "expect failure {{ a reaches b tcp/80 ; a reaches b tcp/{} }}"


@pytest.mark.parametrize(("port", "verdict"), [(7, Verdict.PASSED), (80, Verdict.FAILED)])
def test_of_a_failure_block_one_line_must_not_hold(port: int, verdict: Verdict) -> None:
    results, _ = pretend(LAB + FAILING.format(port))
    (block,) = results.blocks
    assert block.verdict is verdict
    assert {line.verdict for line in block.lines} == {Verdict.LINE}
    assert results.count(verdict) == 1
    assert results.differences == ()


def test_in_a_failure_block_silence_needs_a_control() -> None:
    results, _ = pretend(LAB + FAILING.format(7), lambda _, __: "timeout\t")
    (block,) = results.blocks
    assert block.verdict is Verdict.UNTESTED
    told, _ = pretend(LAB + FAILING.format(7))
    assert told.lines[1].seen.control == "10.0.1.1 answers"


def test_a_tunnel_on_traffic_gets_its_first_packet_and_time() -> None:
    asked: list[str] = []

    def slow(_: str, question: str) -> str | None:
        asked.append(question)
        return "timeout\t" if question.startswith("tcp") and len(asked) < 3 else None

    results, _ = pretend(LAB.replace("at boot", "on traffic") + "expect { a reaches b tcp/80 }", slow)
    assert results.is_good
    assert len(asked) == 3


def test_without_a_tunnel_nothing_is_asked_twice() -> None:
    asked: list[str] = []

    def silent(_: str, question: str) -> str | None:
        if question.startswith("icmp"):
            asked.append(question)
        return "timeout\t"

    results, _ = pretend(LAB + "expect { a reaches r }", silent)
    assert not results.is_good
    assert len(asked) == 1


def test_within_gives_a_line_its_time() -> None:
    asked: list[str] = []

    def late(_: str, question: str) -> str | None:
        asked.append(question)
        return "timeout\t" if len(asked) < 5 else None

    results, _ = pretend(LAB + "expect within 10s { a reaches r }", late)
    assert results.is_good
    assert len(asked) == 5


@pytest.mark.parametrize(("slowness", "attempts", "is_good"), [(1.0, 15, True), (1.0, 40, False), (5.0, 40, True)])
def test_a_tunnel_that_opens_on_traffic_has_its_time_which_is_more_on_a_slow_runtime(
    slowness: float, attempts: int, is_good: bool
) -> None:
    """A second passes between two attempts."""
    asked: list[str] = []

    def late(_: str, question: str) -> str | None:
        asked.append(question)
        return "timeout\t" if len(asked) < attempts else None

    results, _ = pretend(LAB + "expect { a reaches b tcp/80 }", late, slowness=slowness)
    assert results.is_good is is_good


SHARED = """lab shared
network one 10.0.0.0/24
network two 10.0.0.0/24
host a { interface on one .2 }
host near { interface on one .3 }
host far { interface on two .3 }
"""


def test_a_ping_that_another_node_with_the_same_address_answers_is_told_apart() -> None:
    results, _ = pretend(SHARED + "expect { a cannot reach far ; a reaches near }")
    assert results.is_good
    assert results.lines[0].seen.text == "answered, by another node"


def test_a_lab_that_does_not_run_is_told_with_the_remedy() -> None:
    lab = lab_of(LAB)
    other = Pretender(without_expectations(lab_of(SHARED)))
    with pytest.raises(DriverError, match="not in this deployment") as caught:
        run(lab, other, DEPLOYMENT, "compose", lambda _: None, Clock().pace)
    assert caught.value.remedy == "`netdsl up LAB`, or `netdsl test LAB --up`"


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("vpn is up", "sh /netdsl/lab/node.sh status"),
        ("vpn is not up", "sh /netdsl/lab/node.sh status"),
        ("vpn is begun by r", "swanctl --list-sas --noblock --pretty"),
        ("r cannot resolve b", "env RES_OPTIONS=timeout:1 attempts:2 getent ahosts b"),
        ("r routes 10.0.2.0/24 via s.wan", "ip -4 -o route show table main exact 10.0.2.0/24"),
    ],
)
def test_a_program_that_does_not_end_says_nothing_neither_yes_nor_no(line: str, program: str) -> None:
    results, _ = pretend(f"{LAB}expect {{ {line} }}", lambda host, _: "timeout\t" if host == "r" else None)
    assert _lines(results) == [(Verdict.UNTESTED, f"`{program}` does not end in `r`")]


def test_what_is_not_well_with_a_node_is_said_before_its_lines_are_tested() -> None:
    @dataclass(slots=True)
    class Unwell(Pretender):
        def status(
            self, deployment: Deployment, nodes: Sequence[str] = (), *, is_full: bool = False
        ) -> tuple[NodeState, ...]:
            well, *others = Pretender.status(self, deployment)
            ill = replace(well, health="not ready", reason="run 1 has ended with status 1: x", last=("no x",))
            return (ill, *others)

    told: list[str] = []
    run(lab_of(LAB), Unwell(lab_of(LAB)), DEPLOYMENT, "compose", told.append, Clock().pace)
    assert told[:2] == ["warning: `r` is not well: run 1 has ended with status 1: x", "  | no x"]
