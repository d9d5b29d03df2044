"""Ends that say different things: what comes up, with what, and what is told."""

import pytest

from netdsl.ir.ids import TunnelId
from netdsl.kinds.ipsec.agreeing import agreed
from netdsl.kinds.ipsec.ir import DpdAction, child_inside, end_inside
from netdsl.verify import Esp
from tests.semantics.resolve.resolving import between
from tests.semantics.resolve.resolving import codes as codes_of
from tests.verify.asking import ask, checked, codes, lab, world

TEXT = """
lab x
network inet 203.0.113.0/24
network la 192.168.250.0/24
network lb 172.16.1.0/24
network deep 172.16.2.0/24
router a { interface on inet .1 ; interface on la .1 ; default via b }
router b { interface on inet .2 ; interface on lb .1 ; interface on deep .1 ; default via a }
host x { interface on la .10 ; default via a }
host y { interface on lb .10 ; default via b ; serve http }
host z { interface on deep .10 ; default via b }
ipsec t { between a protecting la and b protecting lb ; auth psk ; %s }
"""
WIDER = "protecting 172.16.0.0/16 of b for a"
Y, Z = "172.16.1.10", "172.16.2.10"


def text(*lines: str) -> str:
    return TEXT % " ; ".join(lines)


def told(*lines: str) -> list[tuple[str, str]]:
    found = checked(text(*lines)).diagnostics
    return [(one.rule.code, one.message) for one in found if one.rule.code != "clear-when-down"]


def lines_told(*lines: str) -> list[str]:
    """The lines of the finding, the primary one first."""
    (found,) = [one for one in checked(text(*lines)).diagnostics if one.rule.code != "clear-when-down"]
    return [label.place.span.text for label in (found.primary, *found.related)]


@pytest.mark.parametrize(
    ("lines", "is_encrypted"),
    [
        (("esp null-sha256",), False),
        (("esp aes192gmac",), False),
        (("esp aes256-sha256, null-sha256",), True),
        (("esp aes256-sha256, null-sha256 for b", "esp null-sha256 for a"), False),
        (("esp null-sha256, aes256-sha256 for b", "esp aes256-sha256, null-sha256 for a", "start at boot by a"), False),
    ],
)
def test_esp_encrypts_with_what_the_ends_have_chosen(lines: tuple[str, ...], is_encrypted: bool) -> None:
    verdict = ask(world(text(*lines)), "x", Y)
    assert (verdict.tunnels, verdict.is_encrypted) == ((TunnelId("t"),), is_encrypted)


@pytest.mark.parametrize(
    ("lines", "cannot_be_known"),
    [
        ((), True),
        (("start on traffic",), True),
        (("start at boot by a",), False),
        (("start at boot by b",), False),
        (("start at boot by a", "rekey esp 20min"), True),
    ],
)
def test_whether_it_encrypts_cannot_be_known_where_the_two_ends_would_choose_otherwise(
    lines: tuple[str, ...], cannot_be_known: bool
) -> None:
    """Whichever end opens it, the other one chooses, by its own order; so it does when keys are renewed."""
    orders = ("esp aes256-sha256, null-sha256 for a", "esp null-sha256, aes256-sha256 for b")
    expected = "expect { x to y is encrypted on inet ; x reaches y through t }"
    summary = checked(f"{text(*orders, *lines)} {expected}").summary
    assert summary is not None
    assert [proof.is_exact for proof in summary.proofs] == [not cannot_be_known, True]


# --- settings of one end


def test_a_line_for_a_node_is_what_that_end_has_in_place_of_what_is_said_for_all() -> None:
    lines = (
        "ike aes256-sha256-ecp256, aes128-sha256-ecp256", "ike aes256-sha256-ecp256 for b", "esp aes256gcm16 for b",
        "dpd 10s clear for a", "rekey ike 2h for a", "rekey esp 30min for a", "mobike yes for b", "encap yes for a",
        "start on traffic for b",
    )  # fmt: skip
    here, there = ({str(node.id): node for node in lab(text(*lines)).nodes}[name].tunnels[0] for name in "ab")
    assert [end_inside(end).ike_proposals for end in (here, there)] == [
        ("aes256-sha256-ecp256", "aes128-sha256-ecp256"), ("aes256-sha256-ecp256",),
    ]  # fmt: skip
    assert [child_inside(end.children[0]).proposals for end in (here, there)] == [
        ("aes256gcm16-ecp384",), ("aes256gcm16",),
    ]  # fmt: skip
    assert (end_inside(here).dpd_seconds, end_inside(here).dpd_action) == (10, DpdAction.CLEAR)
    assert (end_inside(there).dpd_seconds, end_inside(there).dpd_action) == (30, DpdAction.TRAP)
    assert [end_inside(end).ike_rekey_seconds for end in (here, there)] == [7200, 14400]
    assert [child_inside(end.children[0]).rekey_seconds for end in (here, there)] == [1800, 3600]
    assert [(end_inside(end).mobike, end_inside(end).encap) for end in (here, there)] == [(False, True), (True, False)]
    assert [str(end.children[0].start) for end in (here, there)] == ["boot", "traffic"]


def test_a_child_has_lines_of_single_ends_too() -> None:
    child = "child c { between la and lb ; esp aes256gcm16 for a ; protecting 172.16.0.0/16 of b for a }"
    two = TEXT.replace("between a protecting la and b protecting lb", "between a and b") % child
    here, there = ({str(node.id): node for node in lab(two).nodes}[name].tunnels[0].children[0] for name in "ab")
    assert ([*map(str, here.remote)], [*map(str, there.local)]) == (["172.16.0.0/16"], ["172.16.1.0/24"])
    assert (child_inside(here).proposals, child_inside(there).proposals) == (("aes256gcm16",), ("aes256gcm16-ecp384",))


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("mode tunnel for b ; mode transport for b", "repeated-statement"),
        ("mode tunnel ; mode transport", "repeated-statement"),
        ("ike aes256-sha256-ecp256 for a", "wrong-element"),
        ("protecting 10.0.0.0/8 of a for b", "wrong-element"),
        ("pool 10.0.0.0/8 for b", "syntax-error"),
    ],
)
def test_what_is_said_for_ends_is_said_once_and_for_ends(lines: str, code: str) -> None:
    assert code in codes_of(between(f"auth psk ; {lines}"))


# --- proposals


@pytest.mark.parametrize(
    ("ours", "theirs", "is_agreed"),
    [
        ("aes256-sha256-modp2048", "aes256-aes128-sha384-sha256-modp2048-ecp256", True),
        ("aes256-sha256-modp2048", "aes256-sha256-prfsha256-modp2048", True),
        ("aes256-sha256-modp2048", "aes256-sha256-prfsha384-modp2048", False),
        ("aes256-sha256-modp2048", "aes256-sha256-ecp256", False),
        ("aes256gcm16-prfsha384-ecp384", "aes256gcm128-prfsha384-ecp384", True),
        ("aes256gcm16-prfsha384-ecp384", "aes256gcm8-prfsha384-ecp384", False),
        ("aes-sha-modp1024", "aes128-sha1-modp1024", True),
        ("aes256gcm16-prfsha384-x25519", "aes256gcm16-prfsha384-curve25519", True),
        ("aes256gcm16-prfsha384-x25519-ke1_mlkem768", "aes256gcm16-prfsha384-x25519", False),
        ("aes256gcm16-prfsha384-x25519-ke1_mlkem768", "aes256gcm16-prfsha384-x25519-ke1_mlkem768", True),
    ],
)
def test_proposals_of_ike_agree_where_each_transform_has_an_algorithm_in_common(
    ours: str, theirs: str, is_agreed: bool
) -> None:
    assert bool(agreed([ours], [theirs], "ike")) is is_agreed
    assert bool(agreed([theirs], [ours], "ike")) is is_agreed


def test_a_child_needs_no_key_exchange_in_common_for_its_first_keys() -> None:
    ours, theirs = ["aes256gcm16-ecp384"], ["aes256gcm16"]
    assert not agreed(ours, theirs, "esp")
    assert agreed(ours, theirs, "esp", has_exchange=False)
    assert not agreed(["aes256gcm16-esn"], theirs, "esp", has_exchange=False)
    assert agreed(["aes256gcm16-esn-noesn"], theirs, "esp", has_exchange=False)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("ike aes256-sha256-ecp384 for a", "ike aes128-sha256-ecp384 for b"),
         "the ends of tunnel `t` have no IKE proposal in common"),
        (("esp aes256gcm16 for a", "esp aes128gcm16 for b"),
         "`a` and `b` have no ESP proposal in common for tunnel `t`"),
        (("esp aes256-sha256 for a", "ah sha256 for b"), "`a` and `b` have no ESP proposal in common for tunnel `t`"),
        (("protecting deep for b", "protecting lb of b for a"),
         "`a` and `b` have no traffic selectors in common for tunnel `t`"),
        (("only tcp/80 for a", "only tcp/22 for b"), "`a` and `b` have no traffic selectors in common for tunnel `t`"),
    ],
)  # fmt: skip
def test_ends_with_nothing_in_common_have_no_tunnel_and_both_lines_are_told(lines: tuple[str, str], why: str) -> None:
    found = [message for code, message in told(*lines) if code == "tunnel-stays-down"]
    assert found == [f"tunnel `t` does not come up: {why}"]
    assert not world(text(*lines)).is_up(TunnelId("t"))
    assert not ask(text(*lines), "x", Y, "tcp/80").is_encrypted


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("identity moon.test of b for a", "`b` is `203.0.113.2`, `a` expects `moon.test`"),
        ("auth certificate of b for a", "`b` offers psk, `a` wants certificate"),
        ("auth certificate of a", "`a` offers psk, `b` wants certificate"),
        ("auth psk and certificate of b for a", "`b` proves itself in rounds: 1, `a` wants 2"),
    ],
)
def test_an_end_that_takes_the_other_for_another_one_has_no_tunnel(line: str, why: str) -> None:
    assert told(line) == [
        ("tunnel-stays-down", f"tunnel `t` does not come up: authentication of tunnel `t` fails: {why}")
    ]


def test_what_an_end_has_for_the_other_is_in_its_own_configuration_alone() -> None:
    made = {
        str(node.id): node for node in lab(text("identity moon.test of b for a", "auth certificate of b for a")).nodes
    }
    here, there = (end_inside(made[name].tunnels[0]) for name in "ab")
    assert [(str(one.method), one.identity) for one in here.peer_auth] == [("certificate", "moon.test")]
    assert [(str(one.method), one.identity) for one in there.own_auth] == [("psk", "203.0.113.2")]
    (pki,) = lab(text("auth certificate of b for a")).pkis
    assert pki.relying == ("a",)


def test_a_lab_that_shows_a_mistake_says_what_fails() -> None:
    lines = ("ike aes256-sha256-ecp384 for a", "ike aes128-sha256-ecp384 for b")
    assert codes(text(*lines) + "expect failure { t is up }") == []
    assert "expectation-fails" not in codes(text(*lines) + "expect { t is not up }")


# --- traffic selectors


@pytest.mark.parametrize("esp", Esp)
def test_what_both_ends_have_passes(esp: Esp) -> None:
    where = world(text(WIDER), esp)
    assert where.is_up(TunnelId("t"))
    assert ask(where, "x", Y).is_encrypted


def test_what_one_end_alone_has_goes_as_without_a_tunnel() -> None:
    verdict = ask(text(WIDER), "x", Z)
    assert verdict.passes
    assert not verdict.is_encrypted


def test_in_user_space_answers_have_a_route_into_the_tunnel_that_does_not_take_them() -> None:
    verdict = ask(world(text(WIDER), Esp.USER), "x", Z)
    assert "the route of `b` leads into a tunnel, and no tunnel of it takes" in verdict.reason


def test_a_trap_that_has_more_than_came_up_sends_what_the_other_end_does_not_take() -> None:
    verdict = ask(text(WIDER, "start on traffic"), "x", Z)
    assert not verdict.passes
    assert "whose selectors there do not fit it" in verdict.reason


def test_of_several_children_the_best_fit_answers() -> None:
    two = TEXT.replace("between a protecting la and b protecting lb", "between a and b") % (
        "child c { between la and deep ; protecting lb of b for b }\n"
        "child d { between la and lb ; protecting deep of b for b }"
    )
    where = world(two)
    assert where.is_up(TunnelId("t"))
    assert [ask(where, "x", goal).is_encrypted for goal in (Y, Z)] == [True, True]


def test_services_narrow_as_networks_do() -> None:
    where = world(text("only tcp/80 for a"))
    assert ask(where, "x", Y, "tcp/80").is_encrypted
    assert not ask(where, "x", Y).is_encrypted


def test_a_tunnel_that_one_end_alone_wants_in_transport_mode_is_in_tunnel_mode() -> None:
    two = TEXT.replace("between a protecting la and b protecting lb", "between a and b") % "mode transport for a"
    both = two.replace("mode transport for a", "mode tunnel")
    sizes = [[wire.packet.size for wire in ask(each, "a", "203.0.113.2").wires] for each in (two, both)]
    assert sizes[0] == sizes[1]


# --- what is told


def test_networks_that_differ_are_told_with_what_passes() -> None:
    assert told(WIDER) == [
        ("ends-disagree", "`a` has 172.16.0.0/16 at `b` in `t`, and `b` has 172.16.1.0/24: 172.16.1.0/24 passes")
    ]
    assert lines_told(WIDER, "protecting 172.16.1.0/28 for b") == [WIDER, "protecting 172.16.1.0/28 for b"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("esp aes256gcm16 for a",),
         "the ends of `t` have no key exchange in common: it comes up, and its keys cannot be renewed"),
        (("only tcp/80 for a",), "the ends of `t` carry different services: what both have passes"),
        (("mode transport for a",), "one end of `t` is in transport mode and the other is not: it comes up in tunnel mode"),
    ],
)  # fmt: skip
def test_what_differs_in_a_tunnel_that_comes_up_is_told_at_its_line(lines: tuple[str, ...], message: str) -> None:
    assert ("ends-disagree", message) in told(*lines)
    assert lines_told(*lines)[0] == lines[0]


# --- ESP in UDP


@pytest.mark.parametrize("lines", [("encap yes",), ("encap yes for a",), ("encap yes for b",)])
def test_one_end_is_enough_to_have_esp_in_udp(lines: tuple[str, ...]) -> None:
    (wire,) = [wire for wire in ask(text(*lines), "x", Y).wires if wire.is_encrypted][:1]
    assert str(wire.packet) == "esp in udp 203.0.113.1:4500 > 203.0.113.2:4500"


def test_without_it_esp_is_in_udp_where_there_is_translation_alone() -> None:
    (wire,) = [wire for wire in ask(text("encap no"), "x", Y).wires if wire.is_encrypted][:1]
    assert str(wire.packet) == "esp 203.0.113.1 > 203.0.113.2"


def test_esp_in_udp_passes_a_filter_that_lets_only_udp_through() -> None:
    apart = """
    network wa 192.0.2.0/24
    network wb 198.51.100.0/24
    network la 10.1.0.0/24
    router mid { interface on wa .1 ; interface on wb .1 ; firewall { policy drop ; accept forward ike } }
    router a { interface on wa .2 ; interface on la .1 ; default via mid }
    host b { interface on wb .2 ; default via mid }
    host x { interface on la .10 ; default via a }
    ipsec t { between a protecting la and b ; auth psk ; start on traffic ; %s }
    """
    assert [ask(apart % line, "x", "198.51.100.2").passes for line in ("encap yes", "encap no")] == [True, False]
