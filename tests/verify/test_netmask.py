"""A netmask that is not the network's, and an interface without an address."""

from netdsl.packets.types import Outcome
from tests.semantics.rules.test_switches import told
from tests.verify.asking import ask, codes, lab

WRONG = """lab mask
network left 10.0.0.0/24, fd00::/64
network right 10.0.1.0/24, fd00:1::/64
router r { interface on left .1, ::1 ; interface on right .1, ::1 }
host a { interface on left %s ; default via r }
host b { interface on right .10, fd00:1::10 ; default via r }
"""


def test_a_host_with_too_short_a_mask_looks_for_others_on_its_own_network() -> None:
    text = WRONG % "10.0.0.10/16, fd00::10/64"
    assert codes(text) == []
    assert ask(text, "a", "10.0.0.1").passes
    there, back = ask(text, "a", "10.0.1.10"), ask(text, "b", "10.0.0.10")
    assert (there.outcome, there.reason) == (Outcome.UNREACHABLE, "nobody on `left` answers for 10.0.1.10")
    assert back.outcome is Outcome.NO_WAY_BACK
    assert ask(text, "a", "fd00:1::10").passes


def test_in_ipv6_too_and_in_a_loop_the_length_is_the_address_s_own() -> None:
    text = (
        (WRONG % "10.0.0.10, fd00::$i/16")
        .replace("host a", "for i in 10..10 { host a")
        .replace("\nhost b", "}\nhost b")
    )
    assert str(lab(text).nodes[1].interfaces[0].addresses[1]) == "fd00::10/16"
    assert ask(text, "a", "fd00:1::10").outcome is Outcome.UNREACHABLE
    assert ask(text, "a", "10.0.1.10").passes


def test_too_long_a_mask_leaves_the_router_outside() -> None:
    text = (WRONG % "10.0.0.10/30, fd00::10").replace("default via r }\nhost b", "default via 10.0.0.1 }\nhost b")
    assert codes(text) == ["next-hop-unreachable"]


def test_the_network_s_own_length_changes_nothing() -> None:
    assert lab(WRONG % "10.0.0.10/24, fd00::10/64").nodes == lab(WRONG % "10.0.0.10, fd00::10").nodes


def test_it_is_an_address_of_the_network_and_one_that_a_node_can_have() -> None:
    assert codes(WRONG % "10.0.7.10/16, fd00::10") == ["address-outside-prefix"]
    assert codes(WRONG % "10.0.0.11/30, fd00::10") == ["reserved-address"]
    assert codes(WRONG % "10.0.0.255/16, fd00::10") == []


def test_a_length_is_for_interfaces_alone() -> None:
    text = "lab x\nnetwork n 10.0.0.0/24\nrouter r {{ interface on n .1 ; {0} }}\nhost h {{ interface on n .2 }}\n"
    for line in ("route 10.1.0.1/16 via h", "loopback 10.9.0.1/16", "neighbour 10.0.0.2/24 02:00:00:00:00:01"):
        assert "host-bits-set" in codes(text.format(line))
    found = told(text.format("firewall { policy drop ; accept input from 10.0.0.2/24 }"))
    assert found[0] == ("host-bits-set", "`10.0.0.2/24` has bits set after the first 24", "10.0.0.2/24")


def test_an_interface_without_an_address_is_there_and_answers_nobody() -> None:
    text = (
        "lab sniffer\nnetwork lan 10.0.0.0/24\nhost a { interface on lan .1 }\nhost ids { interface tap on lan none }\n"
    )
    assert codes(text) == []
    (tap,) = lab(text).nodes[1].interfaces
    assert (tap.name, tap.addresses) == ("tap", ())
    assert ask(text, "ids", "10.0.0.1").outcome is Outcome.NO_ROUTE
    assert codes(text + "expect { a reaches ids }\n") == ["expectation-fails"]


def test_none_stands_alone() -> None:
    text = "lab x\nnetwork lan 10.0.0.0/24\nhost a { interface on lan .1, none }\n"
    assert told(text)[0][:2] == ("wrong-kind", "an address is needed, `none` is a name")
