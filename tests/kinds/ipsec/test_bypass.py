"""What goes beside the tunnels: the full tunnel but the own network, spokes of a hub that has a wider range."""

import pytest

from netdsl.backends.strongswan.part import part
from netdsl.backends.strongswan.swanctl import bypass_name
from netdsl.verify import Esp
from tests.semantics.resolve.resolving import between, codes, said
from tests.verify.asking import ask, checked, lab, world

FULL = """
lab x
network inet 203.0.113.0/24
network branch 10.1.0.0/24
network hq 10.2.0.0/24
router a { interface on inet .1 ; interface on branch .1 ; default via b ; %(a)s }
router b { interface on inet .2 ; interface on hq .1 ; default via a }
host pc { interface on branch .10 ; default via a }
host s { interface on hq .10 ; default via b ; serve http }
ipsec vpn { between a protecting branch and b protecting 0.0.0.0/0 ; auth psk ; start on traffic ; %(vpn)s }
"""
BYPASS = {"a": "", "vpn": "bypass branch for a"}
SPOKES = """
lab x
network inet 203.0.113.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
network hq 10.9.0.0/24
router hub { interface on inet .1 ; interface on hq .1 ; default via l }
router l { interface on inet .2 ; interface on left .1 ; default via hub }
router r { interface on inet .3 ; interface on right .1 ; default via hub }
host x { interface on left .10 ; default via l }
host y { interface on right .10 ; default via r }
ipsec to-l { between hub protecting 10.0.0.0/8 and l protecting left ; auth psk ; bypass left for l }
ipsec to-r { between hub protecting 10.0.0.0/8 and r protecting right ; auth psk ; bypass right for r }
expect { x reaches y through to-l, to-r ; l reaches x ; x reaches l }
"""


@pytest.mark.parametrize("esp", Esp)
def test_a_gateway_that_sends_all_into_a_tunnel_talks_to_its_own_network(esp: Esp) -> None:
    where = world(FULL % BYPASS, esp)
    assert ask(where, "pc", "10.2.0.10", "tcp/80").is_encrypted
    assert ask(where, "s", "10.1.0.10").is_encrypted
    assert not ask(where, "pc", "10.1.0.1").is_encrypted
    assert ask(where, "pc", "10.1.0.1").passes
    assert ask(where, "a", "10.1.0.10").passes


def test_it_is_the_help_where_it_is_missing() -> None:
    (found,) = checked(FULL % (BYPASS | {"vpn": ""})).diagnostics
    assert (found.rule.code, found.help) == (
        "selectors-overlap",
        "`bypass 10.1.0.0/24 for a` leaves it beside the tunnel",
    )


@pytest.mark.parametrize("esp", Esp)
def test_spokes_of_a_hub_with_a_wider_range_meet_through_it(esp: Esp) -> None:
    where = world(SPOKES, esp)
    assert ask(where, "x", "10.2.0.10").tunnels == ("to-l", "to-r")
    assert ask(where, "l", "10.1.0.10").passes
    assert [one.rule.code for one in checked(SPOKES).diagnostics if one.is_error] == []


def test_a_wider_range_without_it_is_an_error_with_the_line_as_help() -> None:
    found = [one for one in checked(SPOKES.replace("; bypass left for l", "")).diagnostics if one.is_error]
    assert [(one.rule.code, one.help) for one in found] == [
        ("selectors-overlap", "give one side another range; or `bypass 10.1.0.0/24 for l`")
    ]


def test_a_host_that_sends_all_into_a_tunnel_needs_none() -> None:
    full = """
    lab x
    network inet 203.0.113.0/24
    network hq 10.2.0.0/24
    host a { interface on inet .1 }
    router b { interface on inet .2 ; interface on hq .1 }
    ipsec vpn { between a and b protecting 0.0.0.0/0 ; auth psk }
    """
    assert [one.rule.code for one in checked(full).diagnostics if one.is_error] == []


def test_a_node_has_a_policy_and_rules_for_it() -> None:
    (node,) = (node for node in lab(FULL % BYPASS).nodes if node.id == "a")
    share = part.share(node, lab(FULL % BYPASS))
    assert share is not None
    files = {file.path: file.content.decode() for file in share.files}
    assert files["bypass.tsv"] == "10.1.0.0/24\tbypass\n"
    assert (
        "  bypass {\n    remote_addrs = 127.0.0.1\n    children {\n      bypass {\n        local_ts = 0.0.0.0/0\n"
        "        remote_ts = 10.1.0.0/24\n        mode = pass\n        start_action = none\n"
    ) in files["swanctl.conf"]


def test_no_other_connection_has_its_name() -> None:
    named = lab((FULL % BYPASS).replace("ipsec vpn", "ipsec bypass"))
    assert [bypass_name(node) for node in named.nodes if node.id == "a"] == ["bypass-"]


def test_it_is_said_for_ends() -> None:
    assert said(between("auth psk\nbypass lan for a"))[:2] == ("wrong-element", "a")
    assert codes(between("auth psk\nbypass lan")) == ["syntax-error"]
