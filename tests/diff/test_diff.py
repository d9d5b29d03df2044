"""What two labs differ in, each kind of difference by itself."""

from pathlib import Path

import pytest

from netdsl.cli.diff_words import flow_text, sections
from netdsl.diff import Difference, Standing, diff
from netdsl.ir.service import WITH_PORTS, port
from netdsl.pipeline.analysis import Checked, check, check_text
from tests.compiling import LABS
from tests.diff.mirror import parts

LAB = """lab shop
network lan 10.1.0.0/24
network dmz 10.2.0.0/24
router gw {
  interface lan on lan .1
  interface dmz on dmz .1
  firewall {
    policy drop
    accept forward tcp/443 from lan to dmz
  }
}
host pc-1 { interface on lan .11 ; default via gw }
host pc-2 { interface on lan .12 ; default via gw }
host www  { interface on dmz .80 ; default via gw ; serve https tcp/443 }
host mail { interface on dmz .25 ; default via gw ; serve tcp smtp tcp/25 }
"""
TUNNEL = """lab vpn
network wan 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router a { interface wan on wan .1 ; interface lan on left .1 ; route right via b }
router b { interface wan on wan .2 ; interface lan on right .1 ; route left via a }
host l { interface on left .10 ; default via a }
host r { interface on right .10 ; default via b }
"""
IPSEC = "ipsec t { between a protecting left and b protecting right ; auth psk }\n"


def checked(text: str) -> Checked:
    found = check_text(text.encode())
    assert found.lab is not None, [each.message for each in found.diagnostics]
    return found


def differ(before: str, after: str) -> Difference:
    return diff(checked(before), checked(after))


def flows(before: str, after: str) -> list[str]:
    return [flow_text(one) for one in differ(before, after).flows]


def changed(old: str, new: str, lab: str = LAB) -> list[str]:
    assert old in lab
    return flows(lab, lab.replace(old, new))


def of(title: str, before: str, after: str) -> list[tuple[str, tuple[str, ...]]]:
    found = dict(sections(differ(before, after)))
    return [(line.text, line.inner) for line in found.get(title, ())]


# --- who reaches whom


def test_a_port_that_a_line_lets_through_is_open_from_network_to_network() -> None:
    assert changed("accept forward tcp/443", "accept forward tcp/22 from dmz to lan ; accept forward tcp/443") == [
        "now open: tcp/22 from dmz to lan; nothing listens there"
    ]


def test_what_is_closed_says_why() -> None:
    assert changed("    accept forward tcp/443 from lan to dmz\n", "") == [
        "no longer open: tcp/443 from lan to dmz (pc-1 to www, tcp/443: dropped by `policy drop` of the forward chain at"
        " `gw`)"
    ]


def test_all_ports_but_those_that_were_open() -> None:
    assert changed("policy drop", "policy drop ; policy forward accept") == [
        "now open: ping, tcp, udp from dmz to lan",
        "now open: ping, tcp but 443, udp from lan to dmz",
    ]


def test_one_host_of_a_network_is_named() -> None:
    assert changed("accept forward tcp/443", "accept forward udp/53 from pc-1 to dmz ; accept forward tcp/443") == [
        "now open: udp/53 from pc-1 to dmz; nothing listens there"
    ]


def test_an_address_of_a_router_is_named_by_its_interface() -> None:
    assert changed("accept forward tcp/443", "accept input tcp/22 to 10.1.0.1 ; accept forward tcp/443") == [
        "now open: tcp/22 from every node to gw.lan; nothing listens there"
    ]


def test_a_service_that_comes_answers_and_one_that_goes_refuses() -> None:
    assert changed("serve tcp smtp tcp/25", "serve tcp smtp tcp/465") == [
        "now answered: tcp/465 from www to mail",
        "no longer answered, nothing listens: tcp/25 from www to mail",
    ]


def test_a_line_for_another_port_changes_nothing_that_is_asked() -> None:
    found = differ(LAB, LAB.replace("tcp/443 from lan to dmz", "tcp/443 from lan to dmz ; drop forward tcp/443"))
    assert found.flows == ()
    assert not found.is_empty


def test_a_tunnel_encrypts_and_its_end_is_clear() -> None:
    assert flows(TUNNEL, TUNNEL + IPSEC)[0].startswith("now encrypted: ping, tcp, udp from ")
    assert flows(TUNNEL + IPSEC, TUNNEL)[0].startswith("now in clear: ping, tcp, udp from ")


def test_what_a_command_may_change_cannot_be_known_any_longer() -> None:
    found = changed("host pc-1 {", 'host pc-1 { run "true" ; ')
    assert "cannot be known any longer: ping, tcp, udp within lan (was open)" in found
    assert all(one.startswith("cannot be known any longer: ") for one in found)


def test_what_could_not_be_known_is_said_where_something_changed() -> None:
    raw = LAB.replace("host pc-1 {", 'host pc-1 { run "true" ; ')
    line = "accept forward tcp/22 from dmz to lan ; accept forward tcp/443"
    found = differ(raw, raw.replace("accept forward tcp/443", line))
    texts = [flow_text(one) for one in found.flows]
    assert "now open: tcp/22 from dmz to pc-2; nothing listens there" in texts
    assert "cannot be known, before or now: tcp/22 within lan" in texts


def test_only_what_cannot_be_known_is_no_difference() -> None:
    raw = LAB.replace("host pc-1 {", 'host pc-1 { run "true" ; ')
    found = differ(raw, raw)
    assert found.is_empty
    assert found.flows == ()


def test_a_node_that_comes_is_told_with_whom_it_reaches() -> None:
    host = "host pc-3 { interface on lan .13 ; default via gw }\n"
    assert flows(LAB, LAB + host) == [
        "now open: ping, tcp, udp from lan to pc-3",
        "now open: ping, tcp, udp from pc-3 to lan",
        "now open: tcp/443 from pc-3 to dmz",
    ]


def test_services_that_are_named_are_asked_alone() -> None:
    before, after = checked(LAB), checked(LAB.replace("policy drop", "policy drop ; policy forward accept"))
    found = diff(before, after, services=[port(WITH_PORTS["tcp"], 25)])
    assert found.asked == ("tcp/25",)
    assert [flow_text(one) for one in found.flows] == [
        "now open: tcp/25 from lan to dmz",
        "now open: tcp/25 from dmz to lan; nothing listens there",
    ]


# --- the same under another name


def test_a_node_with_the_same_addresses_is_renamed() -> None:
    after = LAB.replace("host pc-1", "host desk")
    found = differ(LAB, after)
    assert found.flows == ()
    assert of("what the labs are made of", LAB, after) == [("~ node pc-1 is called desk now (same addresses)", ())]


def test_a_node_with_another_address_is_another_one() -> None:
    after = LAB.replace("host pc-1 { interface on lan .11", "host desk { interface on lan .21")
    texts = [text for text, _ in of("what the labs are made of", LAB, after)]
    assert texts == [
        "+ node desk: host, interface lan on lan 10.1.0.21/24",
        "- node pc-1: host, interface lan on lan 10.1.0.11/24",
    ]


def test_a_router_with_the_same_interfaces_is_renamed_though_it_has_other_addresses() -> None:
    after = LAB.replace("gw", "fw").replace("on lan .1\n", "on lan .2\n")
    text, inner = of("what the labs are made of", LAB, after)[0]
    assert text == "~ node gw is called fw now (same interfaces)"
    assert inner[:2] == ("- address of lan: 10.1.0.1/24", "+ address of lan: 10.1.0.2/24")
    assert flows(LAB, after) == []


def test_two_that_are_alike_are_not_guessed_at() -> None:
    one = LAB + "host x { interface on lan none }\n"
    other = LAB + "host y { interface on lan none }\n"
    assert [text[:8] for text, _ in of("what the labs are made of", one, other)] == ["+ node y", "- node x"]


def test_a_template_used_under_another_name_is_renamed_with_its_networks_and_tunnels() -> None:
    site = """lab sites
network wan 192.0.2.0/24
router hub { interface wan on wan .1 ; interface lan on cloud .1 ; default via NAME.gw }
network cloud 10.9.0.0/24
template site() {
  network lan 10.1.0.0/24
  router gw {
    interface wan on wan .2
    interface lan on lan .1
    default via hub
    firewall { policy accept ; accept tunnel t }
  }
  ipsec t { between gw protecting lan and hub protecting cloud ; auth psk }
}
use site as NAME
expect { NAME.gw reaches hub }
"""
    found = differ(site.replace("NAME", "a"), site.replace("NAME", "b"))
    assert (found.flows, found.expectations, found.findings) == ((), (), ())
    assert [(one.kind, one.names.before, one.names.after, one.details) for one in found.changes] == [
        ("network", "a.lan", "b.lan", ()),
        ("node", "a.gw", "b.gw", ()),
        ("tunnel", "a.t", "b.t", ()),
    ]


# --- what labs are made of, what is expected


def test_what_changed_in_a_node() -> None:
    after = LAB.replace(
        "host mail { interface on dmz .25 ;",
        'host mail { interface on dmz .26 ; run "id" ; sysctl net.ipv4.ip_default_ttl = 9 ;',
    )
    text, inner = of("what the labs are made of", LAB, after)[0]
    assert text == "~ node mail"
    assert inner == (
        "- address of dmz: 10.2.0.25/24",
        "+ address of dmz: 10.2.0.26/24",
        "+ run: id",
        "+ sysctl: net.ipv4.ip_default_ttl = 9",
    )


def test_networks_services_and_tunnels_come_and_go() -> None:
    after = TUNNEL + IPSEC + "network more 10.3.0.0/24\nhost m { interface on more ; serve http tcp/80 }\n"
    texts = [text for text, _ in of("what the labs are made of", TUNNEL, after)]
    assert texts[0] == "+ network more: 10.3.0.0/24"
    assert "+ tunnel t: ipsec, end a, end b" in texts
    assert "+ service m.http: http, tcp/80" in texts


def test_a_tunnel_that_does_not_come_up_any_more_is_down() -> None:
    after = (TUNNEL + IPSEC).replace("auth psk", "auth psk ; start by hand")
    _, inner = of("what the labs are made of", TUNNEL + IPSEC, after)[0]
    assert "~ state: up → down" in inner


def test_settings_of_a_tunnel_that_changed_are_told_though_something_else_has_another_name() -> None:
    after = (TUNNEL + IPSEC).replace("auth psk", "auth psk ; rekey ike 2h")
    for now in (after, after.replace("host l ", "host left-1 ")):
        assert ("~ tunnel t", ("~ settings",)) in of("what the labs are made of", TUNNEL + IPSEC, now)
    renamed = (TUNNEL + IPSEC).replace("router a ", "router aa ").replace("via a ", "via aa ")
    renamed = renamed.replace("between a ", "between aa ")
    texts = [text for text, _ in of("what the labs are made of", TUNNEL + IPSEC, renamed)]
    assert texts == ["~ node a is called aa now (same addresses)"]


def test_expectations_that_hold_in_one_alone() -> None:
    lines = "expect { www cannot reach pc-1 ; pc-1 reaches www tcp/443 }\n"
    after = LAB.replace("policy drop", "policy drop ; policy forward accept")
    assert of("what is expected", LAB + lines, after + lines) == [
        ("no longer holds: www cannot reach pc-1: `www` to `pc-1` gets through: `pc-1` answers", ())
    ]
    assert of("what is expected", after + lines, LAB + lines) == [("holds now: www cannot reach pc-1", ())]
    assert of("what is expected", LAB, LAB + lines) == [
        ("new, holds: www cannot reach pc-1", ()),
        ("new, holds: pc-1 reaches www tcp/443", ()),
    ]


def test_a_line_for_many_is_one_sentence() -> None:
    lines = "expect { pc-* reach www tcp/443 }\n"
    after = LAB.replace("    accept forward tcp/443 from lan to dmz\n", "")
    ((text, _),) = of("what is expected", LAB + lines, after + lines)
    assert text.startswith("no longer holds: pc-* reach www tcp/443, for 2 pairs; pc-1 reaches www tcp/443: dropped by")


def test_a_failure_that_shows_no_longer_is_a_finding_beside_its_lines() -> None:
    lines = "expect failure { www reaches pc-1 }\n"
    after = LAB.replace("policy drop", "policy drop ; policy forward accept")
    found = differ(LAB + lines, after + lines)
    assert [(one.before, one.after) for one in found.expectations] == [(Standing.FAILS, Standing.HOLDS)]
    assert [(one.code, one.is_new) for one in found.findings] == [("failure-does-not-show", True)]


def test_findings_that_are_new() -> None:
    after = LAB + "pki unused { }\n"
    assert of("findings", LAB, after) == [("+ warning[unused-pki]: no tunnel uses the PKI `unused`", ())]


def test_a_lab_that_has_an_error_has_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="a lab with an error"):
        diff(check_text(b"lab x\n"), check_text(b"lab x\nhost a { interface on b }\n"))


# --- properties


@pytest.mark.parametrize("lab", LABS, ids=[lab.parent.name for lab in LABS])
def test_a_lab_does_not_differ_from_itself(lab: Path) -> None:
    found = diff(check(lab), check(lab))
    assert found.is_empty
    assert (found.flows, found.changes, found.expectations, found.findings) == ((), (), (), ())


@pytest.mark.parametrize(
    "after",
    [
        LAB.replace("policy drop", "policy drop ; policy forward accept"),
        LAB.replace("host pc-2", "#"),
        LAB + "host pc-3 { interface on lan .13 ; default via gw }\nexpect { pc-3 reaches www tcp/443 }\n",
        LAB.replace("host pc-1 {", 'host pc-1 { run "true" ; '),
        LAB.replace("serve tcp smtp tcp/25", "serve tcp smtp tcp/26"),
    ],
)
def test_the_other_direction_is_the_mirror(after: str) -> None:
    assert parts(differ(after, LAB)) == parts(differ(LAB, after), is_mirrored=True)
