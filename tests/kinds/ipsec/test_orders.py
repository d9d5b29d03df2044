"""Tunnels whose state depends on which of them comes up first: what is alike in every order is known, and nothing else."""

from dataclasses import replace
from importlib import import_module

import pytest

from netdsl.ir.ids import NodeId
from netdsl.packets import world as packets_world
from netdsl.packets.world import World
from netdsl.verify import Esp, Outcome, Verdict, claims, matrix
from netdsl.verify.claims import Finding, judge
from tests.differential.comparing import tunnels_that_differ, world_of
from tests.differential.observing import Observation, TunnelState
from tests.verify.asking import ask, checked, world

MASQUERADED = """
lab x
network inet %(inet)s
network lan %(lan)s
network near %(near)s
network far %(far)s
router gw { interface wan on inet .1 ; interface on lan .1 ; interface on near .1 ; default via server
  nat { masquerade from lan out wan } ; %(gw)s }
router server { interface on inet .2 ; interface on far .1 ; default via gw }
host one { interface on lan .2 ; default via gw }
host two { interface on lan .3 ; default via gw }
host n { interface on near .2 ; default via gw }
host f { interface on far .2 ; default via server }
ipsec rw { gateway server protecting far ; client %(clients)s ; %(rw)s }
ipsec own { between gw protecting near and server protecting far ; auth psk ; %(own)s }
expect { %(expect)s }
"""
IPV4 = {
    "inet": "203.0.113.0/24", "lan": "10.0.0.0/24", "near": "10.1.0.0/24", "far": "10.2.0.0/24", "gw": "",
    "clients": "one", "rw": "auth psk ; pool 10.3.0.0/28", "own": "", "expect": "",
}  # fmt: skip
IPV6 = {
    "inet": "2001:db8:1::/64", "lan": "2001:db8:2::/64", "near": "2001:db8:3::/64", "far": "2001:db8:4::/64",
    "rw": "auth psk ; pool 2001:db8:5::/112",
}  # fmt: skip
FAR = {4: "10.2.0.2", 6: "2001:db8:4::2"}


def text(**changed: str) -> str:
    found = MASQUERADED % (IPV4 | changed)
    return found.replace(" .", " ::") if "::" in changed.get("inet", "") else found


def unknown(asked: str, esp: Esp = Esp.KERNEL) -> list[bool]:
    """Of each line of the `expect` block, whether it cannot be known."""
    found = world(asked, esp)
    blocks = ((found.during(block.state), block.lines) for block in found.lab.expectations)
    return [not judge(state, line.claim).is_exact for state, lines in blocks for line in lines]


BEHIND = "own is behind nat at gw ; own is not behind nat at server ; rw is behind nat at one"


@pytest.mark.parametrize("changed", [{}, IPV6, {"clients": "one, two"}, {"rw": "auth pubkey"}], ids=str)
@pytest.mark.parametrize("esp", Esp)
def test_a_gateway_that_masquerades_the_ike_of_its_clients_may_lose_its_port(esp: Esp, changed: dict[str, str]) -> None:
    lines = f"{BEHIND} ; own is encapsulated in udp ; own is up ; n reaches f"
    assert unknown(text(**{"expect": lines, **changed}), esp) == [True, False, False, esp is Esp.KERNEL, False, False]


@pytest.mark.parametrize("unsure", [0, 1])
def test_what_is_known_in_one_state_and_not_in_another_is_not_known(
    unsure: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though what is said of both is the same."""
    found = world(text(expect="n reaches f"))
    states = [found, *found.others]
    assert len(states) > 1
    monkeypatch.setattr(claims, "_judged", lambda state, _: Finding(True, "so", is_exact=states.index(state) != unsure))
    assert not judge(found, found.lab.expectations[0].lines[0].claim).is_exact
    predicting = import_module("netdsl.verify.predict")
    followed = predicting._followed

    def raw(state: World, *asked: object) -> Verdict:
        answered: Verdict = followed(state, *asked)
        return replace(answered, raw=(NodeId("f"),) if states.index(state) == unsure else ())

    monkeypatch.setattr(predicting, "_followed", raw)
    assert ask(found, "n", "10.2.0.2").raw == ("f",)


def test_why_it_cannot_be_known() -> None:
    found = next(iter(checked(text(own="start on traffic", expect="own is behind nat at gw")).diagnostics))
    assert found.rule.code == "expectation-not-verified"
    assert found.message == (
        "this cannot be known; as written: it depends on when tunnel `own` of `gw` and `server` was opened: the first of "
        "several behind one address keeps its port; `gw` is not behind address translation"
    )


@pytest.mark.parametrize(("own", "said"), [("", True), ("encap yes", False)])
def test_a_way_that_is_known_says_that_the_form_of_outer_packets_is_not(own: str, *, said: bool) -> None:
    verdict = ask(world(text(own=own)), "n", "10.2.0.2")
    assert (verdict.outcome, verdict.is_exact) == (Outcome.ANSWERED, True)
    what = "; in which form the packets of its tunnels go depends on when tunnel `own` of `gw` and `server` was opened"
    assert (what in verdict.reason) is said


def test_what_is_in_udp_anyhow_is_known() -> None:
    assert unknown(text(own="encap yes", expect="own is encapsulated in udp ; n reaches f")) == [False, False]


@pytest.mark.parametrize("gw", ["", "sysctl net.ipv4.ip_forward = 1"])
def test_clients_alone_are_behind_the_nat_whoever_is_first(gw: str) -> None:
    asked = text(clients="one, two", own="start by hand", gw=gw, expect="rw is behind nat at one, two ; rw is up")
    assert world(asked).others == ()
    assert unknown(asked) == [False, False, False]


def test_where_a_filter_passes_esp_alone_it_is_not_known_whether_the_gateways_tunnel_comes_up() -> None:
    filtered = text(expect="own is up ; rw is not up ; n reaches f").replace(
        "router server { ", "router server { firewall { policy accept ; drop input udp/4500 } ; "
    )
    assert unknown(filtered) == [True, False, True]


# --- a tunnel that takes the packets of another one

OUTER = """
lab x
network inet 203.0.113.0/24
network lan 10.0.0.0/24
network far 10.2.0.0/24
router gw { interface wan on inet .1 ; interface lan on lan .1 ; default via server
  nat { masquerade from lan out wan } ; %(gw)s }
router server { interface on inet .2 ; interface on far .1 ; default via gw ; %(server)s }
host one { interface on lan .2 ; default via gw }
host two { interface on lan .3 ; default via gw }
host f { interface on far .2 ; default via server ; serve http tcp/80 }
ipsec rw { gateway server protecting far ; client %(clients)s ; auth psk ; pool 10.3.0.0/28 }
%(outer)s
expect { %(expect)s }
expect while outer down { rw is up ; one reaches f through rw }
"""
TAKING = {
    "gw": "", "server": "", "clients": "one", "outer": "ipsec outer { between gw and server ; auth psk }", "expect": "",
}  # fmt: skip
LINES = "rw is up ; one reaches f ; one reaches f through rw ; one reaches gw ; outer is up ; f reaches gw"


@pytest.mark.parametrize("clients", ["one", "one, two"])
def test_a_tunnel_that_stood_before_another_one_took_its_packets_may_be_up(clients: str) -> None:
    asked = OUTER % (TAKING | {"expect": LINES, "clients": clients})
    assert unknown(asked) == [True, True, True, False, False, False, False, False]
    (verdict,) = {ask(world(asked), "one", "10.2.0.2", service).outcome for service in (None, "tcp/80")}
    assert verdict is Outcome.NOT_VERIFIED


def test_of_too_many_orders_all_that_passes_the_nodes_of_the_tunnels_in_question_is_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packets_world, "MOST_ORDERS", 2)
    found = world(OUTER % TAKING)
    assert (found.others, sorted(found.fabric.unsure)) == ((), ["gw", "one", "server"])
    assert ask(found, "one", "203.0.113.2").raw == ("one", "gw", "server")


def test_a_tunnel_that_may_be_up_agrees_with_what_is_seen() -> None:
    source = OUTER % (TAKING | {"expect": "one reaches gw"})
    for state in ("up", "down"):
        seen = tuple(TunnelState(NodeId(node), "rw", "rw", state, "boot", "kernel") for node in ("one", "server"))
        observation = Observation(3, source, tunnels=seen)
        assert tunnels_that_differ(world_of(observation), observation) == ()


def test_it_is_so_with_esp_in_user_space_where_the_way_through_the_outer_tunnel_does_not_do() -> None:
    changed = {"server": "firewall { policy accept ; drop input ike through outer }", "expect": LINES}
    asked = OUTER % (TAKING | changed)
    assert unknown(asked, Esp.USER) == [True, True, True, False, False, False, False, False]
    assert unknown(OUTER % (TAKING | {"expect": LINES}), Esp.USER) == [False] * 8


DEVICE = "tunnel outer %s { between gw and server ; addresses 10.9.0.0/30 }"


@pytest.mark.parametrize("kind", ["gre", "ipip"])
def test_a_device_that_takes_packets_of_ike_is_as_a_tunnel_that_does(kind: str) -> None:
    changed = {
        "gw": "route side via outer.server",
        "server": "interface out on side .1 ; firewall { policy accept ; drop input ike through outer }",
        "outer": f"network side 10.8.0.0/24\n{DEVICE % kind}",
        "expect": "rw is up ; one reaches f through rw ; one reaches gw ; gw reaches f",
    }
    asked = (OUTER % (TAKING | changed)).replace("gateway server", "gateway server.out")
    assert unknown(asked) == [True, True, False, False, False, False]


def test_a_line_that_holds_while_a_tunnel_is_up_does_not_take_away_what_stood_before() -> None:
    changed = {
        "gw": "firewall { policy accept ; drop forward ike from lan while outer up } ; interface near on lan2 .1",
        "outer": "network lan2 10.7.0.0/24\n"
        "ipsec outer { between gw protecting lan2 and server protecting far ; auth psk }",
        "expect": "rw is up ; one reaches f ; one reaches gw ; outer is up",
    }
    assert unknown(OUTER % (TAKING | changed)) == [True, True, False, False, False, False]


# --- children that the end chooses which does not open them

CHILDREN = """
lab x
network inet 203.0.113.0/24
network la 10.1.0.0/24
network lb 10.2.0.0/24
network lc 10.3.0.0/24
router a { interface on inet .1 ; interface on la .1 ; default via b }
router b { interface on inet .2 ; interface on lb .1 ; interface on lc .1 ; default via a }
host x { interface on la .9 ; default via a }
host y { interface on lb .9 ; default via b }
host z { interface on lc .9 ; default via b }
ipsec t {
  between a and b ; auth psk ; %s
  child c { between la and lb }
  child d { between la and lc ; %s }
}
"""
WIDER = "protecting 10.0.0.0/8 of b for a"


@pytest.mark.parametrize("esp", Esp)
def test_where_each_end_would_choose_other_children_it_is_not_known_which_are_up(esp: Esp) -> None:
    found = world(CHILDREN % ("start at boot", WIDER), esp)
    verdicts = [ask(found, *asked) for asked in (("x", "10.2.0.9"), ("x", "10.3.0.9"), ("z", "10.1.0.9"))]
    assert [verdict.is_exact for verdict in verdicts] == [True, False, False]
    assert verdicts[1].reason.startswith(
        "it depends on which end opens tunnel `t` of `a` and `b`: the other one chooses; "
    )
    cells = {(str(cell.source), str(cell.address)): cell.outcome for cell in matrix(found)}
    assert [cells["x", address] for address in ("10.2.0.9", "10.3.0.9")] == [Outcome.ANSWERED, Outcome.NOT_VERIFIED]


@pytest.mark.parametrize("lines", [("start at boot by a", WIDER), ("start at boot by b", WIDER), ("start at boot", "")])
def test_where_one_end_opens_them_or_both_choose_alike_it_is_known(lines: tuple[str, str]) -> None:
    assert world(CHILDREN % lines).others == ()
