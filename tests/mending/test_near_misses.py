"""Each near miss: a lab that holds, one thing written wrong in it, the help, and the lab after it."""

import pytest

from .asking import after, checked, failing, help_of, holds

SITE = """\
lab site
network lan 10.1.0.0/24
network dmz 10.2.0.0/24
network outside 203.0.113.0/24
router fw {
  interface lan on lan .1
  interface dmz on dmz .1
  interface wan on outside .2
  nat {
    dnat tcp/8080 to fw.wan -> web tcp/80
    masquerade out wan
  }
  firewall {
    policy drop
    policy output accept
    accept forward tcp/80 to web            # what dnat leads there too
    accept input icmp in lan
    accept forward udp/53 from lan to dmz
    reject forward from lan to dmz
    accept forward from lan to outside
  }
}
host pc { interface on lan .10 ; default via fw }
host web {
  interface on dmz .80
  default via fw
  serve http tcp/80
}
host ns { interface on dmz .53 ; default via fw ; serve udp udp/53 }
host visitor { interface on outside .66 ; serve http tcp/80 }
expect {
  pc reaches web tcp/80
  pc reaches ns udp/53
  pc reaches visitor tcp/80
  visitor reaches fw.wan tcp/8080 answered by web
  pc reaches fw
  pc cannot reach web tcp/22
}
"""

WAYS = """\
lab ways
network a 10.1.0.0/24
network c 10.3.0.0/24
link r1.b -- r2.a 10.9.0.0/30
link r2.b -- r3.a 10.9.0.4/30
host x { interface on a .10 ; default via r1 }
router r1 { interface a on a .1 ; route 10.3.0.0/24 via r2 }
router r2 {
  route 10.1.0.0/24 via r1
  route 10.3.0.0/24 via r3                  # to y
}
router r3 {
  interface c on c .1
  default via r2
}
host y { interface on c .10 ; default via r3 }
expect { x reaches y ; y reaches x }
"""

TUNNEL = """\
lab tunnel
network isp 192.0.2.0/24
network a 10.1.0.0/24
network b 10.2.0.0/24
router ga {
  interface wan on isp .1
  interface lan on a .1
  nat { masquerade out wan except through t }
  firewall {
    policy drop
    policy output accept
    accept tunnel t
    accept forward from a to b through t
  }
}
router gb { interface wan on isp .2 ; interface lan on b .1 }
host x { interface on a .10 ; default via ga }
host y { interface on b .10 ; default via gb }
ipsec t {
  between ga protecting 10.1.0.0/24 and gb protecting b
  auth psk
  start at boot
}
expect { t is up ; x reaches y ; x to y is encrypted on isp }
"""

BLOCKED = """\
lab blocked
network isp 192.0.2.0/24
network far 198.51.100.0/24
network a 10.1.0.0/24
network b 10.2.0.0/24
router inet { interface on isp .254 ; interface on far .254 }
router ga { interface wan on isp .1 ; interface lan on a .1 ; default via inet }
router gb {
  interface wan on far .2
  interface lan on b .1
  default via inet
  firewall {
    policy drop
    accept tunnel t
    accept forward through t
  }
}
host x { interface on a .10 ; default via ga }
host y { interface on b .10 ; default via gb }
ipsec t {
  between ga protecting a and gb protecting b
  auth psk
  start at boot
}
expect { t is up ; x reaches y }
"""

RESTORED = [
    (
        "two sides exchanged",
        SITE,
        ("accept forward from lan to outside", "accept forward from outside to lan"),
        "`accept forward from outside to lan` (line 20) is, as written, `from outside to lan`:"
        " `accept forward from lan to outside`",
    ),
    (
        "two sides exchanged, in a line with a string",
        SITE.replace("accept forward from lan to outside", 'accept forward from lan to outside log "a#{b"', 1),
        ("accept forward from lan to outside", "accept forward from outside to lan"),
        '`accept forward from outside to lan log "a#{b"` (line 20) is, as written, `from outside to lan`:'
        ' `accept forward from lan to outside log "a#{b"`',
    ),
    (
        "a protocol exchanged",
        SITE,
        ("accept forward udp/53 from", "accept forward tcp/53 from"),
        "`accept forward tcp/53 from lan to dmz` (line 18) is not for udp/53: `accept forward udp/53 from lan to dmz`",
    ),
    (
        "the chain",
        SITE,
        ("accept input icmp in lan", "accept forward icmp in lan"),
        "`accept forward icmp in lan` (line 17) is of the forward chain, and the packet is for `fw` itself:"
        " `accept input icmp in lan`",
    ),
    (
        "the other chain",
        SITE,
        ("accept forward udp/53", "accept input udp/53"),
        "`accept input udp/53 from lan to dmz` (line 18) is of the input chain, and the packet passes through `fw`:"
        " `accept forward udp/53 from lan to dmz`",
    ),
    (
        "the interface it comes in by",
        SITE,
        ("icmp in lan", "icmp in wan"),
        "`accept input icmp in wan` (line 17) is not for what comes in by `lan`: `accept input icmp in lan`",
    ),
    (
        "the order",
        SITE,
        (
            "    accept forward udp/53 from lan to dmz\n    reject forward from lan to dmz\n",
            "    reject forward from lan to dmz\n    accept forward udp/53 from lan to dmz\n",
        ),
        "`accept forward udp/53 from lan to dmz` (line 19) stands after `reject forward from lan to dmz` (line 18),"
        " which decides: put it before that line",
    ),
    (
        "a prefix of a filter",
        SITE.replace("udp/53 from lan to dmz", "udp/53 from 10.1.0.0/24 to dmz"),
        ("from 10.1.0.0/24 to dmz", "from 10.1.0.0/29 to dmz"),
        "`accept forward udp/53 from 10.1.0.0/29 to dmz` (line 18) is not for what comes from 10.1.0.10:"
        " `accept forward udp/53 from 10.1.0.0/24 to dmz`",
    ),
    (
        "the port after dnat is missing",
        SITE,
        ("-> web tcp/80", "-> web"),
        "`dnat tcp/8080 to fw.wan -> web` (line 10) leads to tcp/8080, and `web` serves tcp/80:"
        " `dnat tcp/8080 to fw.wan -> web tcp/80`",
    ),
    (
        "a route back",
        WAYS,
        ("  default via r2\n", ""),
        "answers go to 10.1.0.10, and `r3` has no route there: `route 10.1.0.0/24 via r2`",
    ),
    (
        "a default route",
        WAYS,
        (".10 ; default via r3", ".10"),
        "answers go to 10.1.0.10, and `y` has no route there: `default via r3`",
    ),
    (
        "the next hop",
        WAYS,
        ("10.3.0.0/24 via r3", "10.3.0.0/24 via r1"),
        "`route 10.3.0.0/24 via r1` (line 10) of `r2` leads to `r1`, and not to 10.3.0.10: `route 10.3.0.0/24 via r3`",
    ),
    (
        "a prefix one bit off",
        WAYS,
        ("route 10.3.0.0/24 via r2", "route 10.2.0.0/24 via r2"),
        "`route 10.2.0.0/24 via r2` (line 7) of `r1` does not lead to 10.3.0.10: `route 10.3.0.0/24 via r2`",
    ),
    (
        "a prefix too long",
        WAYS,
        ("route 10.1.0.0/24", "route 10.1.0.0/29"),
        "`route 10.1.0.0/29 via r1` (line 9) of `r2` does not lead to 10.1.0.10: `route 10.1.0.0/24 via r1`",
    ),
    (
        "a network's prefix one bit off",
        WAYS,
        ("network c 10.3.0.0/24", "network c 10.3.1.0/24"),
        "`network c 10.3.1.0/24` (line 3) has nearly the prefix of `route 10.3.0.0/24 via r2` (line 7):"
        " `network c 10.3.0.0/24`",
    ),
    (
        "a host that should forward",
        WAYS,
        ("router r3", "host r3"),
        "the packet passes through `r3`, and a host does not forward: `router r3`",
    ),
    (
        "a route of its own",
        WAYS.replace("  route 10.1.0.0/24 via r1\n", "  default via r1\n"),
        ("  route 10.3.0.0/24 via r3                  # to y\n", ""),
        "`r2` has no route of its own to 10.3.0.0/24: `route 10.3.0.0/24 via r3`",
    ),
    (
        "a next hop that is claimed",
        WAYS.replace("x reaches y ; y reaches x", "r2 routes 10.3.0.0/24 via r3"),
        ("10.3.0.0/24 via r3", "10.3.0.0/24 via r1"),
        "`route 10.3.0.0/24 via r1` (line 10) of `r2` leads to `r1`: `route 10.3.0.0/24 via r3`",
    ),
    (
        "a route that is claimed",
        WAYS.replace("x reaches y ; y reaches x", "r2 routes 10.3.0.0/24 via r3"),
        ("  route 10.3.0.0/24 via r3                  # to y\n", ""),
        "`r2` has no route of its own to 10.3.0.0/24: `route 10.3.0.0/24 via r3`",
    ),
    (
        "the node that dnat leads to",
        SITE,
        ("-> web tcp/80", "-> ns tcp/80"),
        "`dnat tcp/8080 to fw.wan -> ns tcp/80` (line 10) leads to `ns`, not to `web`:"
        " `dnat tcp/8080 to fw.wan -> web tcp/80`",
    ),
    (
        "a router in front of a tunnel",
        BLOCKED.replace("expect {", "host w { interface on isp .9 }\nexpect {"),
        ("router inet {", "host inet {"),
        "the packet passes through `inet`, and a host does not forward: `router inet`",
    ),
    (
        "what an end protects",
        TUNNEL,
        (" and gb protecting b", " and gb"),
        "`between ga protecting 10.1.0.0/24 and gb` (line 20) of tunnel `t` does not protect 10.2.0.10:"
        " `between ga protecting 10.1.0.0/24 and gb protecting b`",
    ),
    (
        "a selector one bit off",
        TUNNEL,
        ("protecting 10.1.0.0/24", "protecting 10.1.4.0/24"),
        "`between ga protecting 10.1.4.0/24 and gb protecting b` (line 20) of tunnel `t` does not protect 10.1.0.10:"
        " `between ga protecting 10.1.0.0/24 and gb protecting b`",
    ),
    (
        "source translation of what a tunnel is for",
        TUNNEL,
        (" except through t", ""),
        "`masquerade out wan` (line 8) changes the source of what tunnel `t` is for: `masquerade out wan except through t`",
    ),
    (
        "two sides exchanged in front of a tunnel",
        TUNNEL,
        ("from a to b", "from b to a"),
        "`accept forward from b to a through t` (line 13) is, as written, `from b to a`:"
        " `accept forward from a to b through t`",
    ),
]


@pytest.mark.parametrize("lab", [SITE, WAYS, TUNNEL, BLOCKED])
def test_the_labs_hold(lab: str) -> None:
    assert holds(lab)
    assert not failing(lab)


@pytest.mark.parametrize(("lab", "wrong", "told"), [case[1:] for case in RESTORED], ids=[case[0] for case in RESTORED])
def test_a_near_miss_is_told_and_its_fix_makes_the_lab_hold(lab: str, wrong: tuple[str, str], told: str) -> None:
    assert wrong[0] in lab
    found = failing(lab.replace(*wrong, 1))
    assert {help_of(one) for one in found} >= {told}
    for one in found:
        assert one.fix is not None, one.help
        assert holds(after(one.fix))


def test_comments_and_layout_stay() -> None:
    (found, _) = failing(WAYS.replace("10.3.0.0/24 via r3", "10.3.0.0/24 via r1"))
    assert found.fix is not None
    assert after(found.fix) == WAYS


def test_a_line_moves_with_its_comment() -> None:
    wrong = SITE.replace("            # what dnat", " # what dnat")
    wrong = wrong.replace("    accept forward tcp/80 to web # what dnat leads there too\n", "")
    wrong = wrong.replace(
        "    reject forward from lan to dmz\n",
        "    reject forward from lan to dmz\n    accept forward tcp/80 to web # what dnat leads there too\n",
    )
    (found,) = failing(wrong)
    assert found.fix is not None
    lines = after(found.fix).splitlines()
    place = lines.index("    accept forward tcp/80 to web # what dnat leads there too")
    assert lines[place + 1 : place + 3] == [
        "    reject forward from lan to dmz",
        "    accept forward from lan to outside",
    ]


def test_a_port_before_dnat_is_named_so() -> None:
    wrong = SITE.replace("accept forward tcp/80 to web ", "accept forward tcp/8080 to web ")
    found = failing(
        wrong.replace("  pc reaches web tcp/80\n", "").replace("accept forward from lan", "accept forward from dmz")
    )
    helps = {help_of(one) for one in found}
    fault = "names the port before dnat, and after dnat the packet is tcp/80"
    assert f"`accept forward tcp/8080 to web` (line 16) {fault}: `accept forward tcp/80 to web`" in helps


def test_an_address_before_dnat_is_named_so() -> None:
    """The line that dnat leads to and the line from inside need the same."""
    found = failing(SITE.replace("accept forward tcp/80 to web ", "accept forward tcp/80 to 203.0.113.2 "))
    fault = "names the address before dnat, and after dnat the packet goes to `web`"
    assert {help_of(one) for one in found} == {
        f"`accept forward tcp/80 to 203.0.113.2` (line 16) {fault}: `accept forward tcp/80 to web`"
    }


def test_a_missing_masquerade_and_a_missing_route_are_both_told_and_neither_is_certain() -> None:
    (found,) = failing(SITE.replace("    masquerade out wan\n", ""))
    assert help_of(found) == (
        "answers go to 10.1.0.10, to which `visitor` has no way back: `masquerade out wan` in `fw`"
        "; or: answers go to 10.1.0.10, and `visitor` has no route there: `default via fw`"
    )
    assert found.fix is None


def test_a_masquerade_out_of_the_wrong_interface_is_told() -> None:
    wrong = SITE.replace("masquerade out wan", "masquerade out dmz")
    (found,) = failing(
        wrong.replace("interface on outside .66 ;", "interface on outside .66 ; route 10.9.0.0/16 via fw ;")
    )
    assert help_of(found).startswith(
        "`masquerade out dmz` (line 11) is not for what leaves by `wan`: `masquerade out wan`"
    )


def test_a_port_can_be_added_where_the_line_is_needed_as_it_is() -> None:
    lab = SITE.replace("  serve http tcp/80\n}", "  serve http tcp/80\n  serve https tcp/443\n}")
    (found,) = failing(lab.replace("  pc reaches ns", "  pc reaches web tcp/443\n  pc reaches ns"))
    assert help_of(found) == (
        "`accept forward tcp/80 to web` (line 16) is not for tcp/443: `accept forward tcp/80, tcp/443 to web`"
    )


def test_of_a_line_that_must_not_pass_the_refusing_line_is_the_near_miss() -> None:
    lab = SITE.replace("    policy drop\n", "    policy accept\n")
    lab = lab.replace("  pc cannot reach web tcp/22\n", "  web cannot reach pc tcp/22\n")
    lab = lab.replace("reject forward from lan to dmz", "reject forward tcp/22 from dmz to lan")
    assert holds(lab)
    (found,) = failing(lab.replace("tcp/22 from dmz to lan", "tcp/22 from lan to dmz"))
    assert help_of(found) == (
        "`reject forward tcp/22 from lan to dmz` (line 19) is, as written, `from lan to dmz`:"
        " `reject forward tcp/22 from dmz to lan`"
    )


def test_what_would_break_another_line_is_not_offered() -> None:
    """To let the port through for one lets it through for the other."""
    lab = SITE.replace("  serve http tcp/80\n}", "  serve http tcp/80\n  serve https tcp/443\n}")
    lab = lab.replace("outside .66 ;", "outside .66 ; default via fw ;")
    lab = lab.replace(
        "  pc cannot reach", "  pc reaches web tcp/443\n  visitor cannot reach web tcp/443\n  pc cannot reach"
    )
    (found,) = failing(lab)
    assert found.fix is None
    assert ": `accept" not in help_of(found)


def test_what_is_expected_to_fail_gets_no_help() -> None:
    assert not failing(SITE.replace("icmp in lan", "icmp in wan").replace("expect {", "expect failure {"))


def test_a_statement_of_a_template_is_mended_for_all_its_uses() -> None:
    lab = """\
lab twice
network wan 192.0.2.0/24
template site(range, address) {
  network lan $range
  router gw {
    interface wan on wan $address
    interface lan on lan .1
    firewall {
      policy drop
      accept input icmp in lan
    }
  }
  host pc { interface on lan .10 ; default via gw }
}
use site as a (range = 10.1.0.0/24, address = .1)
use site as b (range = 10.2.0.0/24, address = .2)
expect { a.pc reaches a.gw ; b.pc reaches b.gw }
"""
    assert holds(lab)
    found = failing(lab.replace("icmp in lan", "icmp in wan"))
    assert len(found) == 2
    for one in found:
        assert one.fix is not None
        assert after(one.fix) == lab


IMPOSSIBLE = [
    (
        ("dnat tcp/8080", "dnat udp/8080"),
        "`dnat udp/8080 to fw.wan -> web tcp/80` (line 10) is not for tcp/8080: `dnat tcp/8080 to fw.wan -> web tcp/80`",
    ),
    (
        ("to fw.wan -> web", "to fw.lan -> web"),
        "`dnat tcp/8080 to fw.lan -> web tcp/80` (line 10) is not for what goes to 203.0.113.2:"
        " `dnat tcp/8080 to fw.wan -> web tcp/80`",
    ),
    (
        ("  serve http tcp/80\n}", "  serve http tcp/81\n}"),
        "`serve http tcp/81` (line 27) listens elsewhere than at tcp/80: `serve http tcp/80`",
    ),
]


@pytest.mark.parametrize(("wrong", "told"), IMPOSSIBLE)
def test_what_names_make_impossible_has_near_misses_too(wrong: tuple[str, str], told: str) -> None:
    found = [one for one in checked(SITE.replace(*wrong, 1)).diagnostics if one.rule.code == "expect-impossible"]
    assert {one.help for one in found} == {told}
    for one in found:
        assert one.fix is not None
        assert after(one.fix) == SITE


def test_a_tunnel_that_its_firewall_blocks_is_let_through() -> None:
    (found,) = checked(BLOCKED.replace("    accept tunnel t\n", "")).diagnostics
    assert found.rule.code == "tunnel-blocked-by-firewall"
    assert found.help == "the firewall of `gb` drops the outer packets of tunnel `t`: `accept tunnel t`"
    assert found.fix is not None
    assert after(found.fix) == BLOCKED


def test_ends_without_a_way_get_the_route() -> None:
    lab = BLOCKED.replace(
        "between ga protecting a and gb protecting", "between ga.wan protecting a and gb.wan protecting"
    )
    wrong = lab.replace("lan on a .1 ; default via inet", "lan on a .1")
    found = [one for one in checked(wrong).diagnostics if one.rule.code == "tunnel-ends-do-not-meet"]
    assert [one.help for one in found] == ["`ga` has no route to 198.51.100.2: `default via inet`"]
    assert found[0].fix is not None
    assert after(found[0].fix) == lab


LOOPS = """\
lab loops
network isp 192.0.2.0/24
router core { interface on isp .254 }
for x in 1..2 {
  network site-$x 10.$x.0.0/24
  router gw-$x {
    interface wan on isp
    interface lan on site-$x .1
    routing auto
  }
  host pc-$x {
    interface on site-$x .10
    default via gw-$x
  }
}
expect { pc-1 reaches pc-2 ; core reaches gw-1.wan }
"""


def test_in_a_loop_the_names_have_its_variables() -> None:
    assert holds(LOOPS)
    found = failing(LOOPS.replace("    default via gw-$x\n", ""))
    assert [help_of(one) for one in found] == ["`pc-1` has no route to 10.2.0.10: `default via gw-$x`"]
    assert found[0].fix is not None
    assert after(found[0].fix) == LOOPS


def test_a_host_on_several_networks_may_be_meant_as_a_router() -> None:
    """No automatic route leads through a host."""
    lab = """\
lab auto
network a 10.1.0.0/24
network b 10.2.0.0/24
network c 10.3.0.0/24
router one { interface on a .1 ; interface on b .1 ; routing auto }
router two { interface on b .2 ; interface on c .2 ; routing auto }
host x { interface on a .10 ; default via one }
host y { interface on c .10 ; default via two }
expect { x reaches y }
"""
    assert holds(lab)
    (found,) = failing(lab.replace("router two {", "host two {"))
    assert help_of(found) == "`two` is on 2 networks, and a host does not forward: `router two`"
    assert found.fix is not None
    assert after(found.fix) == lab
