"""What counts as agreement, and how it is kept and told."""

from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

from netdsl.ir.ids import NodeId
from netdsl.ir.service import Protocol, port
from netdsl.verify import Hook, Verdict
from netdsl.verify import Outcome as Predicted
from tests.differential.comparing import Compared, difference_of, states_that_differ, world_of
from tests.differential.flows import Flow, Outcome, Seen
from tests.differential.kept import archive, archived, read, write
from tests.differential.observing import Observation, TunnelState
from tests.differential.report import LEAST, Tally, text, write_differences
from tests.testing.pretending import listing

ADDRESS = ip_address("10.1.0.2")
WEB = Flow(NodeId("a"), ADDRESS, port(Protocol.TCP, 80))
LOG = Flow(NodeId("a"), ADDRESS, port(Protocol.UDP, 514))
PING = Flow(NodeId("a"), ADDRESS, None)


def _predicted(outcome: Predicted, service: str | None = "http") -> Verdict:
    by = (NodeId("b"), service) if outcome is Predicted.ANSWERED else None
    return Verdict(outcome, "because", NodeId("a"), ADDRESS, None, node=NodeId("b"), hook=Hook.INPUT, answered_by=by)


def test_an_answer_agrees_with_an_answer_by_the_predicted_service() -> None:
    assert difference_of(WEB, _predicted(Predicted.ANSWERED), Seen(Outcome.ANSWERED, "b.http")) == ""
    assert "by c.http" in difference_of(WEB, _predicted(Predicted.ANSWERED), Seen(Outcome.ANSWERED, "c.http"))
    assert difference_of(WEB, _predicted(Predicted.ANSWERED), Seen(Outcome.TIMEOUT)) != ""


def test_nothing_is_not_a_refusal() -> None:
    assert difference_of(WEB, _predicted(Predicted.DROPPED), Seen(Outcome.TIMEOUT)) == ""
    assert difference_of(WEB, _predicted(Predicted.DROPPED), Seen(Outcome.REFUSED)) != ""
    assert difference_of(WEB, _predicted(Predicted.REFUSED), Seen(Outcome.REJECTED)) != ""


def test_a_rejected_datagram_may_look_refused_and_a_connection_may_not() -> None:
    assert difference_of(LOG, _predicted(Predicted.REJECTED), Seen(Outcome.REFUSED)) == ""
    assert difference_of(WEB, _predicted(Predicted.REJECTED), Seen(Outcome.REFUSED)) != ""


def test_an_icmp_error_may_be_lost_on_its_way() -> None:
    for outcome in (Predicted.NO_ROUTE, Predicted.LOOP, Predicted.UNREACHABLE, Predicted.REJECTED):
        assert difference_of(PING, _predicted(outcome), Seen(Outcome.TIMEOUT)) == ""


def test_what_is_not_verified_is_a_difference() -> None:
    assert difference_of(PING, _predicted(Predicted.NOT_VERIFIED), Seen(Outcome.TIMEOUT)) != ""


def test_an_observation_is_read_as_it_was_written_unless_it_was_made_another_way(tmp_path: Path) -> None:
    tunnels = (TunnelState(NodeId("a"), "vpn", "vpn", "up", "boot", "user"),)
    seen = ((WEB, Seen(Outcome.ANSWERED, "b.http")), (PING, Seen(Outcome.TIMEOUT)))
    observation = Observation(3, "lab x\n", seen, tunnels, listed=((NodeId("a"), "ipsec", "list-sas reply {\n}\n"),))
    write(observation, tmp_path / "3.json")
    assert read(tmp_path / "3.json") == observation
    (tmp_path / "3.json").write_text((tmp_path / "3.json").read_text().replace("lab x", "lab y"))
    assert read(tmp_path / "3.json") is None
    assert read(tmp_path / "4.json") is None


def test_an_archive_grows_keeps_one_observation_of_each_seed_and_none_that_failed(tmp_path: Path) -> None:
    path = tmp_path / "observed/some.jsonl.xz"
    first, second = (Observation(seed, "lab x\n", ((PING, Seen(Outcome.TIMEOUT)),)) for seed in (7, 3))
    assert archived(path) == ()
    assert archive([first], path) == 1
    again = replace(first, source="lab y\n")
    assert archive([again, second, replace(second, seed=4, failure="it did not start")], path) == 2
    assert archived(path) == (second, again)


def test_a_report_says_thin_cells_and_rare_features_and_every_difference(tmp_path: Path) -> None:
    tally = Tally(labs=1, flows=LEAST + 1)
    tally.cells.update({(Hook.INPUT, Predicted.DROPPED): LEAST, (Hook.ROUTE, Predicted.NO_ROUTE): 1})
    different = Compared(3, WEB, _predicted(Predicted.DROPPED), Seen(Outcome.ANSWERED, "b.http"), "predicted dropped")
    tally.differences.append(different)
    report = text(tally)
    assert "thin: route no-route: 1" in report
    assert "thin: input" not in report
    assert "0% masquerade  (rare)" in report
    assert "lab 3: a to 10.1.0.2 tcp/80: predicted dropped" in report
    assert not tally.is_clean
    write_differences([different], {3: "lab x\n"}, tmp_path / "differences")
    assert (tmp_path / "differences/3.net").read_text() == "lab x\n"
    assert "because" in (tmp_path / "differences/3.txt").read_text()


def test_what_a_daemon_says_of_its_tunnel_is_compared_where_it_is_known() -> None:
    lab = "lab x\nnetwork n 10.0.0.0/24\nhost a { interface on n .1 }\nhost b { interface on n .2 }\n"
    by_one, by_both = (
        f"{lab}ipsec vpn {{ between a and b ; auth psk{more} }}\n" for more in (" ; start at boot by a", "")
    )
    for source, begun in (
        (by_one, ["lab 3: `a` begins `vpn` is predicted, and `a` says: `b` begins `vpn`"]),
        (by_both, []),
    ):
        observation = Observation(3, source, tunnels=(TunnelState(NodeId("a"), "vpn", "vpn", "up", "boot", "user"),))
        world = world_of(observation)
        right = listing(world, NodeId("a"))
        wrong = right.replace("initiator = yes", "initiator = no").replace("GCM_16", "CCM_16")
        told = {text: replace(observation, listed=((NodeId("a"), "ipsec", text),)) for text in (right, wrong, "")}
        assert [states_that_differ(world, told[text]) for text in (right, "")] == [(), ()]
        esp = "lab 3: `vpn` uses esp aes256gcm16 is predicted, and `a` says: `vpn` uses esp aes256ccm16"
        assert [text for text in states_that_differ(world, told[wrong]) if "ike" not in text] == [esp, *begun]
