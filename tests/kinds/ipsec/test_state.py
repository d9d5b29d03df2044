"""The state of tunnels that are up, as it is predicted: what holds, what does not, and what cannot be known."""

import pytest

from netdsl.kinds.ipsec.agreeing import exchanged, selected
from netdsl.verify import Esp
from netdsl.verify.claims import judge
from netdsl.verify.sentences import claim_text
from tests.verify.asking import checked, codes, world

SITES = """
lab x
network inet 203.0.113.0/24
network la 192.168.250.0/24
network lb 172.16.1.0/24
router a { interface on inet .1 ; interface on la .1 ; default via b }
router b { interface on inet .2 ; interface on lb .1 ; default via a }
ipsec t { between a protecting la and b protecting lb ; auth psk ; %s }
expect { %s }
"""
NAT = """
lab x
network lan 10.0.0.0/24
network inet 203.0.113.0/24
router nat { interface on inet .1 ; interface on lan .1 ; nat { masquerade out inet } }
host server { interface on inet .2 }
host one { interface on lan .2 ; default via nat }
host two { interface on inet .4 }
ipsec rw {
  gateway server
  client one, two
  auth psk
  pool 10.3.0.0/28
  start at boot by one, two
}
expect { %s }
"""
BY_A = "start at boot by a"
HOSTS = """
lab x
network inet 203.0.113.0/24
host a { interface on inet .1 }
host b { interface on inet .2 }
ipsec t { between a and b ; auth psk ; start at boot by a ; %s }
expect { %s }
"""


def reason(text: str) -> str:
    """Of the only finding."""
    (found,) = checked(text).diagnostics
    return found.message


# --- what an end chooses


@pytest.mark.parametrize(
    ("mine", "theirs", "protocol", "chosen"),
    [
        ("aes128-sha256-x25519", "aes128-sha256-x25519", "ike", "aes128-sha256-prfsha256-x25519"),
        ("aes128-aes256-sha256-ecp256", "aes256-aes128-sha256-ecp256", "ike", "aes128-sha256-prfsha256-ecp256"),
        ("aes128-sha256-ecp256, aes256-sha256-ecp256", "aes256-sha256-ecp256", "ike", "aes256-sha256-prfsha256-ecp256"),
        ("aes256-sha256-ecp256, aes128-sha256-ecp256", "aes128-sha256-ecp256, aes256-sha256-ecp256", "ike",
         "aes256-sha256-prfsha256-ecp256"),
        ("aes256gcm128-prfsha384-curve25519", "aes256gcm16-prfsha384-x25519", "ike", "aes256gcm16-prfsha384-x25519"),
        ("aes128-sha256-sha1-modp2048-ecp256", "aes128-sha1-ecp256-modp2048", "ike", "aes128-sha1-prfsha1-modp2048"),
        ("aes128-sha256-ecp256-ke1_ecp256-ke1_x25519", "aes128-sha256-ecp256-ke1_x25519-ke1_ecp256", "ike",
         "aes128-sha256-prfsha256-ecp256-ke1_x25519"),
        ("aes128gcm16-esn-noesn", "aes128gcm16-noesn-esn", "esp", "aes128gcm16-esn"),
        ("sha256", "sha2_256", "ah", "sha256-noesn"),
        ("aes128-sha256-ecp256", "aes256-sha256-ecp256", "ike", None),
    ],
)  # fmt: skip
def test_the_answering_end_chooses_by_its_own_order(mine: str, theirs: str, protocol: str, chosen: str | None) -> None:
    found = selected(mine.split(", "), theirs.split(", "), protocol)
    assert (None if found is None else "-".join(found)) == chosen


@pytest.mark.parametrize(
    ("mine", "theirs", "chosen"),
    [
        # those with the exchange of the first one are offered first
        ("aes128-aes192-sha256-ecp384-ecp256", "aes256-sha256-ecp384, aes128-sha256-ecp256, aes192-sha256-ecp384",
         "aes192-sha256-prfsha256-ecp384"),
        # another exchange is asked for, and then those with that one are first
        ("aes128-aes192-sha256-ecp256-ecp384", "aes256-sha256-ecp384, aes192-sha256-ecp384, aes128-sha256-ecp256",
         "aes192-sha256-prfsha256-ecp384"),
        ("aes128-sha256-ecp256", "aes256-sha256-ecp384, aes128-sha256-ecp384-ecp256", "aes128-sha256-prfsha256-ecp256"),
        ("aes128-sha256-modp2048", "aes128-sha256-ecp256", None),
    ],
)  # fmt: skip
def test_an_end_offers_first_what_has_its_key_exchange(mine: str, theirs: str, chosen: str | None) -> None:
    found = exchanged(lambda offered: selected(mine.split(", "), offered, "ike"), theirs.split(", "))
    assert (None if found is None else "-".join(found)) == chosen


def test_the_first_keys_of_a_child_need_no_exchange_of_their_own() -> None:
    assert selected(["aes128gcm16-x25519"], ["aes128gcm16-ecp256"], "esp", has_exchange=False) == (
        "aes128gcm16",
        "noesn",
    )
    assert selected(["aes128gcm16-x25519"], ["aes128gcm16-ecp256"], "esp") is None


@pytest.mark.parametrize(("mine", "theirs"), [("sha256-x25519", "sha256"), ("sha256", "sha256-ke1_x25519-x25519")])
def test_the_first_keys_of_a_child_may_have_an_exchange_at_one_end_alone(mine: str, theirs: str) -> None:
    assert selected([mine], [theirs], "ah", has_exchange=False) == ("sha256", "noesn")
    assert selected([mine], [theirs], "ah") is None


# --- what is used


@pytest.mark.parametrize(
    "line",
    [
        "t uses ike aes256gcm16-prfsha384-ecp384",
        "t uses ike ecp384",
        "t uses esp",
        "t uses esp aes256gcm128-noesn",
        "t uses not esp aes128gcm16",
        "t uses not ah",
        "t.t uses esp aes256gcm16",
        "t is in tunnel mode",
        "t is not in transport mode",
        "t is not compressed",
        "t is not encapsulated in udp",
        "t is not behind nat at a, b",
        "t is begun by a",
        "t is not begun by b",
    ],
)
def test_what_a_tunnel_without_further_words_has(line: str) -> None:
    assert codes(SITES % (BY_A, line)) == []


@pytest.mark.parametrize(
    ("lines", "line", "why"),
    [
        ("", "t uses esp aes128", "`t` uses esp aes256gcm16"),
        ("", "t uses not esp aes256gcm16", "`t` uses esp aes256gcm16"),
        ("", "t uses ah", "`t` uses ike aes256gcm16-prfsha384-ecp384 and esp aes256gcm16, and no ah"),
        ("esp aes128gcm16-esn", "t uses esp noesn", "`t` uses esp aes128gcm16-esn"),
        ("", "t is begun by b", "`a` begins `t`"),
        ("", "t is in transport mode", "`t` is in tunnel mode"),
        ("", "t is compressed", "`t` is not compressed"),
        ("ipcomp yes for a", "t is compressed", "`t` is not compressed"),
        ("encap yes for b", "t is not encapsulated in udp", "`t` is encapsulated in udp"),
        ("", "t is behind nat at a", "`a` is not behind address translation"),
        ("", "a has 10.9.0.1 from t", "`t` gives `a` no address"),
        ("ike aes128-sha256-ecp256 for a", "t uses ike aes128", "the ends of tunnel `t` have no IKE proposal in common"),
        ("ike aes128-sha256-ecp256 for a", "t uses not ike aes128",
         "the ends of tunnel `t` have no IKE proposal in common"),
    ],
)  # fmt: skip
def test_what_does_not_hold_says_what_does(lines: str, line: str, why: str) -> None:
    found = [
        one for one in checked(SITES % (f"{BY_A} ; {lines}", line)).diagnostics if one.rule.code == "expectation-fails"
    ]
    assert [one.message.partition(" (line")[0] for one in found] == [f"this does not hold: {why}"]


def test_the_help_is_the_line_that_holds() -> None:
    (found,) = checked(SITES % (BY_A, "t uses esp aes128")).diagnostics
    assert found.help == "`t uses esp aes256gcm16` holds"


def test_the_line_of_the_end_that_has_chosen_is_shown() -> None:
    lines = "esp aes128gcm16, aes256gcm16 for a ; esp aes256gcm16, aes128gcm16 for b"
    found = [one for one in checked(SITES % (f"{BY_A} ; {lines}", "t uses esp aes128")).diagnostics if one.related]
    assert [label.place.span.text for one in found for label in one.related] == [
        "esp aes256gcm16, aes128gcm16 for b",
    ]  # fmt: skip


def test_who_answers_decides_between_two_proposals() -> None:
    ends = "ike aes256-sha256-ecp256, aes128-sha256-ecp256 ; ike aes128-sha256-ecp256, aes256-sha256-ecp256 for b"
    assert codes(SITES % (f"{BY_A} ; {ends}", "t uses ike aes128")) == []
    assert codes(SITES % (f"start at boot by b ; {ends}", "t uses ike aes256")) == []
    both = checked(SITES % (ends, "t uses ike aes128")).diagnostics
    assert [one.rule.code for one in both] == ["expectation-not-verified"]
    assert codes(SITES % (ends, "t uses ike sha256")) == []  # either way


def test_two_ends_that_open_it_are_a_race() -> None:
    (found,) = checked(SITES % ("", "t is begun by a")).diagnostics
    assert (found.rule.code, found.message) == (
        "expectation-not-verified",
        "this cannot be known; as written: `a` begins `t`",
    )
    assert found.help == "`a` and `b` both open it, and the first that is ready begins: `start … by` names one"


def test_keys_that_are_renewed_soon_may_be_of_the_other_choice() -> None:
    assert codes(SITES % (f"{BY_A} ; rekey ike 10min", "t is begun by a")) == ["expectation-not-verified"]
    assert codes(SITES % (f"{BY_A} ; rekey ike 10min for a", "t is begun by a")) == []
    assert codes(SITES % (f"{BY_A} ; rekey ike 10min", "t uses ike ecp384")) == []
    esp = "esp aes256gcm16, aes128gcm16 ; esp aes128gcm16, aes256gcm16 for b"
    assert codes(SITES % (f"{BY_A} ; {esp}", "t uses esp aes128gcm16")) == []
    assert codes(SITES % (f"{BY_A} ; {esp} ; rekey esp 5min", "t uses esp aes128gcm16")) == ["expectation-not-verified"]


def test_a_second_child_is_made_with_an_exchange_of_its_own() -> None:
    """So what the ends have in common may be another proposal."""
    esp = "esp aes256gcm16-ecp384, aes128gcm16-x25519 ; esp aes256gcm16-ecp256, aes128gcm16-x25519 for b"
    two = "child one { between la and lb } ; child two { between 192.168.251.0/24 and lb }"
    alone = SITES % (f"{BY_A} ; {esp}", "t uses esp aes256gcm16")
    assert codes(alone) == []
    both = (SITES % (f"{BY_A} ; {esp} ; {two}", "t uses esp aes256gcm16")).replace("protecting la", "").replace(
        "protecting lb", ""
    )  # fmt: skip
    assert "expectation-not-verified" in codes(both)


# --- modes, AH, IPComp


def test_transport_mode_ah_and_compression_are_what_both_ends_say() -> None:
    assert codes(HOSTS % ("mode transport ; ipcomp yes", "t is in transport mode ; t is compressed")) == []
    assert codes(HOSTS % ("ah sha256", "t uses ah sha256 ; t uses not esp")) == []
    assert "expectation-fails" in codes(HOSTS % ("mode transport for a", "t is in transport mode"))


# --- address translation, virtual addresses


@pytest.mark.parametrize(
    "line",
    [
        "rw is behind nat at one",
        "rw is not behind nat at server, two",
        "rw is begun by one, two",
        "rw is not begun by server",
        "one has 10.3.0.1 from rw",
        "two has 10.3.0.2 from rw",
        "two has not 10.3.0.1 from rw",
    ],
)
def test_a_client_behind_nat_and_one_that_is_not(line: str) -> None:
    assert codes(NAT % line) == []


def test_a_line_about_a_tunnel_is_about_each_of_its_connections() -> None:
    assert codes(NAT % "rw.one is encapsulated in udp ; rw.two is not encapsulated in udp") == []
    assert reason(NAT % "rw is encapsulated in udp") == "this does not hold: `rw` is not encapsulated in udp"
    assert reason(NAT % "rw is not encapsulated in udp") == "this does not hold: `rw` is encapsulated in udp"


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("rw.one uses esp", True),
        ("rw.one is in tunnel mode", True),
        ("rw is begun by one", True),
        ("one has 10.3.0.1 from rw", True),
        ("rw uses esp", False),
        ("rw.two is not compressed", False),
        ("rw is not behind nat at server", False),
    ],
)
def test_a_connection_that_is_down_concerns_the_lines_about_it_alone(line: str, holds: bool) -> None:
    found = world((NAT % line).replace("auth psk", "auth psk ; ike aes128-sha256-ecp256 for two"))
    (judged,) = (judge(found, one.claim) for one in found.lab.expectations[0].lines)
    assert judged.holds is holds, judged.reason
    assert holds or judged.reason == "the ends of tunnel `rw` have no IKE proposal in common"


def test_a_line_about_a_tunnel_is_about_each_of_its_children() -> None:
    children = "child one { between la and lb } ; child two { between 192.168.251.0/24 and lb ; esp aes128gcm16 for a }"
    text = SITES.replace(" protecting la", "").replace(" protecting lb", "")
    found = world(text % (f"{BY_A} ; {children}", "t.one is begun by a ; t is begun by a ; t is not behind nat at a"))
    assert [judge(found, line.claim).holds for line in found.lab.expectations[0].lines] == [True, False, False]


def test_a_client_is_named_as_in_the_scope_of_its_tunnel() -> None:
    body = NAT.partition("expect")[0].replace("lab x\n", "")
    lines = "expect { s.rw.one uses esp ; s.one has 10.3.0.1 from s.rw }"
    found = checked(f"lab x\ntemplate site() {{{body}}}\nuse site as s\n{lines}")
    assert [one.message for one in found.diagnostics] == []
    assert found.summary is not None
    assert [claim_text(proof.line.claim) for proof in found.summary.proofs] == [
        "s.rw.one uses esp", "s.one has 10.3.0.1 from s.rw",
    ]  # fmt: skip


def test_user_space_puts_everything_into_udp_and_nobody_behind_nat() -> None:
    found = world(SITES % (BY_A, "t is encapsulated in udp ; t is not behind nat at a, b"), Esp.USER)
    assert [judge(found, line.claim).holds for line in found.lab.expectations[0].lines] == [True, True, True]


def test_a_forwarded_port_is_nat_at_the_end_behind_it() -> None:
    text = """
lab x
network lan 10.0.0.0/24
network inet 203.0.113.0/24
router nat { interface on inet .1 ; interface on lan .1 ; nat { masquerade out inet ; dnat ike to nat.inet -> in } }
host out { interface on inet .2 }
host in { interface on lan .2 ; default via nat }
ipsec t { between out and in ; auth psk ; at nat.inet for in ; start at boot by out }
expect { t is behind nat at in ; t is not behind nat at out ; t is encapsulated in udp ; t is begun by out }
"""
    assert codes(text) == []


# --- states of the lab


def test_a_tunnel_that_is_down_has_no_state() -> None:
    text = SITES % (BY_A, "t is up") + "expect while t down { t uses esp aes256gcm16 }"
    assert codes(text) == ["expect-impossible"]
    cut = SITES % (BY_A, "t is up") + "expect while a -- b down { t is begun by a }"
    assert reason(cut).startswith("this does not hold, while the link `inet` is down: ")


def test_a_tunnel_by_hand_is_opened_by_hand() -> None:
    text = SITES % ("start by hand", "a reaches b") + "expect while t up { t uses esp aes256gcm16 ; t is begun by a }"
    assert codes(text) == ["expectation-not-verified"]


# --- words


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("t uses esp aes1", "unknown-state", "no algorithm is called `aes1`"),
        ("t uses epp aes128", "unknown-state", "the tunnel has no protocol `epp`"),
        ("t uses esp aes128gcm16-x25519", "unknown-state",
         "the first keys of a child are made with those of IKE: `x25519` is for their renewal"),
        ("t uses ike aes128-aes256", "unknown-state", "an SA uses an encryption algorithm once, and two are said"),
        ("t uses esp prfsha256", "unknown-state", "`esp` has no pseudo-random function"),
        ("t uses esp 3", "wrong-kind", "the name of an algorithm is needed, `3` is a number"),
        ("t.u uses esp", "unknown-name", "the tunnel `t` has no child `u`"),
        ("t is begun by nobody", "unknown-name", "nothing is called `nobody` here; a node or network must stand"),
        ("a has b from t", "wrong-kind", "an address is needed, `b` is a name"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(line: str, code: str, message: str) -> None:
    (found,) = checked(SITES % (BY_A, line)).diagnostics
    assert (found.rule.code, found.message) == (code, message)


def test_a_node_that_is_no_end_is_told() -> None:
    text = SITES.replace("ipsec t", "host c { interface on la ; default via a }\nipsec t")
    (found,) = checked(text % (BY_A, "t is begun by c ")).diagnostics
    assert (found.rule.code, found.message) == ("unknown-name", "the tunnel `t` has no end `c`")


def test_a_kind_whose_ends_agree_on_nothing_is_told() -> None:
    text = SITES.replace("ipsec t {", "tunnel t gre {").replace("; auth psk ;", ";")
    found = list(checked(text % ("ttl 64", "t uses esp ; t is in tunnel mode")).diagnostics)
    assert [one.rule.code for one in found] == ["unknown-state"] * 2
    assert found[0].message == "the ends of `t` agree on nothing that could be asked: its kind is gre"
