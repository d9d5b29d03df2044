"""What is said of words, lines, values and files of other tools."""

import pytest

from netdsl.syntax.foreign import FOREIGN_CLAUSES, FOREIGN_IN_BLOCK
from netdsl.syntax.foreign_lines import instead_of
from netdsl.syntax.statements import statements
from tests.syntax.reading import places, said

IMAGES = "an image is Debian with more packages: `image NAME { packages nginx }` in the file, `image NAME` in the node"
TUNNELS = "this version has the tunnels `ipsec`, `gre`, `vxlan`, `ipip`, `wireguard`, `tinc`, `openvpn`"


def _later(word: str) -> str:
    return f"`{word}` is part of the language, but not compiled by this version"


def _foreign(word: str) -> str:
    return f"`{word}` is not a word of this language"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tunnel t vnf { }", f"{_later('vnf')} | `router NAME {{ … }}` forwards in the kernel"),
        ("interface a on n .1 vrf red", f"{_later('vrf')} | a node has one routing table"),
        (
            "interface a on n vlan 10",
            f"{_later('vlan')} | each segment is a network of its own: `network NAME PREFIX`",
        ),
        (
            "record lug NS lug",
            f"{_foreign('NS')} | write `delegate NAME to NODE`, which makes the server's name and its address (glue)",
        ),
        ("record www A 10.0.0.9", f"{_foreign('A')} | write `record NAME -> ADDRESS`"),
        ("zone .", f'{_foreign(".")} | write `zone "."`'),
        (
            "route 10.0.0.0/8 via r metric 100",
            f"{_foreign('metric')} | one `route` line for each prefix: none is preferred to another",
        ),
        (
            "default via r table 100",
            f"{_foreign('table')} | no tables: a node has one, and routes go by destination alone",
        ),
        (
            "route 10.0.0.0/8 dev eth0",
            f"{_foreign('dev')} | write `via NODE`: a route has a next hop, and its interface follows from it "
            "(a link-local one says `fe80::1%IF`)",
        ),
        ("interface eth0 ip 10.0.0.1", f"{_foreign('ip')} | write `interface NAME on NETWORK ADDRESS`"),
        (
            "image x { from alpine }",
            f"{_foreign('from')} | write `packages NAME, …`: an image is Debian with more packages",
        ),
        (
            "rule from 10.0.0.0/8 table 100",
            "a line of another tool | a node has one routing table, and routes go by destination alone",
        ),
        ("rip { }", f"{_foreign('rip')} | write `routing auto`, which finds routes"),
        (
            "router ospf 1",
            "a line of another tool | write `routing auto`, or `route PREFIX via NODE`",
        ),
        ("if $a { } elif $b == 2 { }", f"{_foreign('elif')} | write `}} else if $b == 2 {{`"),
        ("host a { forwarding }", f"{_foreign('forwarding')} | a `router` forwards, a `host` does not"),
    ],
)
def test_a_word_of_another_tool_or_of_a_later_version_is_named(text: str, message: str) -> None:
    assert said(text) == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image nginx:latest", f"`nginx:latest` is an image of a registry | {IMAGES}"),
        ('image "ghcr.io/a/b"', f"`ghcr.io/a/b` is an image of a registry | {IMAGES}"),
        ("serve http 80/tcp", "a port before its protocol | a service is `tcp/80`"),
        ("accept input 8000-8010/UDP from a", "a port before its protocol | a service is `udp/8000-8010`"),
        ("expect { a reaches b 22/tcp }", "a port before its protocol | a service is `tcp/22`"),
        ("memory 64M", "`64M` has no unit of this language | `64MiB`"),
        ("memory 1g", "`1g` has no unit of this language | `1GiB`"),
        ("rate 100M", "`100M` has no unit of this language | `100mbit`"),
        ("rate 10Mbps", "`10Mbps` has no unit of this language | `10mbit`"),
        ("rate 1Gbit/s", "`1Gbit/s` has no unit of this language | `1gbit`"),
        ("delay 10msec", "`10msec` has no unit of this language | `10ms`"),
        ("for i in 1...9 { }", "`1...9` is no range | a range is `1..9`, both ends included"),
        ("for i in 1 to 9 { }", "expected `,` or `{`, found `to` | a range is `1..9`, both ends included"),
        ("for i in range(1, 9) { }", "expected `,` or `{`, found `(` | a range is `1..8`, both ends included"),
        ("for i = 1..9 { }", "expected `in`, found `=` | `for NAME in LIST { … }`"),
        ("let z = 3 + 4", "an expression outside of `${…}` | an expression stands in braces: `${3 + 4}`"),
        ("mtu $x - 20", "an expression outside of `${…}` | an expression stands in braces: `${x - 20}`"),
        ("network n 10.$i+1.0.0/24", "an expression outside of `${…}` | `10.${i + 1}.0.0/24`"),
        ("host h-${i}+2 { }", "an expression outside of `${…}` | `h-${i + 2}`"),
        ("run 'echo $x'", '\' begins no string | strings have double quotes: `"echo \\$x"`'),
        ("lab x 'y", '\' begins no string | strings are written `"…"`'),
        (
            "host büro",
            "`ü` (U+00FC latin small letter u with diaeresis) in a name | "
            "names have the letters a to z, digits and `-`: `buro`",
        ),
        (
            "network l\u0430n 10.0.0.0/8",
            "`\u0430` (U+0430 cyrillic small letter a) looks like `a` | "
            "names have the letters a to z, digits and `-`: `lan`",
        ),
        (
            "host 東京",
            "`東` (U+6771 cjk unified ideograph-6771) in a name | names have the letters a to z, digits and `-`",
        ),
        ("link a.x \u2013 b.x", "`\u2013` (U+2013 en dash) in place of `-` | `--`"),
        ("serve http tcp/\uff18\uff10", "`\uff18` (U+FF18 fullwidth digit eight) in place of `8` | `tcp/80`"),
        ("for i in 1…9 { }", "`…` (U+2026 horizontal ellipsis) in place of `..` | `1..9`"),
        ("snat out wan → .1", "`→` (U+2192 rightwards arrow) in place of `->` | `->`"),
        ("lab €", "`€` (U+20AC euro sign) outside a string"),
        ("! comment", "`!` begins no comment | comments begin with `#`"),
    ],
)
def test_a_value_as_another_tool_writes_it_is_mended(text: str, message: str) -> None:
    assert said(text) == [message]


ALWAYS = "answers are always accepted first: no line is needed for them"


@pytest.mark.parametrize(
    ("text", "help_text"),
    [
        ("interface eth0 10.0.0.6/24 on n", "`interface eth0 on n 10.0.0.6`: the network stands before the address"),
        ("link a:eth1 b:eth1", "`link a.eth1 -- b.eth1`"),
        ("link a.eth1 -> b.eth1", "`link a.eth1 -- b.eth1`"),
        ('link ["a:eth1", "b:eth1"]', "`link a.eth1 -- b.eth1`"),
        ("link a.eth1 - b.eth1", "`link a.eth1 -- b.eth1`"),
        ("env FOO bar", '`env FOO = "bar"`'),
        ('env A="x" B="y"', 'a line has one value: `env B = "y"` on the next one'),
        ("sysctl net.ipv4.tcp_ecn 1", "`sysctl net.ipv4.tcp_ecn = 1`"),
        ("policy forward: drop", "no colon: `policy forward drop`"),
        ("host 1a", "a name begins with a letter"),
        ('host "web"', "without quotes: `web`"),
        ("use site (n = 1) as s", "`use site as s (n = 1)`: the scope's name stands before the inputs"),
        ("for i in (1..2) { }", "without parentheses: `for i in 1..2`"),
        ("accept all", "`accept input`, or `output`, or `forward`: a line without a service is for every one"),
        ("accept established", ALWAYS),
        (
            "accept forward from a to b tcp/80",
            "the service stands behind the chain: `accept forward tcp/80 from a to b`",
        ),
        ("accept from a to b", "`accept forward from a to b`, or `input`, or `output`"),
        ("accept forward a -> b tcp/80", "`accept forward tcp/80 from a to b`"),
        ("accept forward proto tcp dport 80", "a service is one word: `tcp/80`"),
        ("accept FORWARD", "did you mean `forward`?"),
        ("log all", "`drop forward log`: it goes on with its clauses on one line"),
        ("network n { prefix 10.0.0.0/8 }", "write `network NAME PREFIX`"),
        ("host a = { }", "a block stands in braces: `host a { … }`"),
        ("host a (interface on n)", "a block stands in braces: `host a { … }`"),
        ("host a, b { }", "one name in a line; `for i in 1..3 { host a-$i { … } }` makes several"),
        ("nat masquerade out n", "a block stands in braces: `nat { masquerade out n }`"),
        ('lab "My lab"', '`lab NAME "My lab"`: the name stands before the title'),
        ("serve http, https", "one service in a line: `serve http`, and another `serve` on the next one"),
        ("serve http :80", "`serve http tcp/80`"),
        ("serve", "`serve KIND tcp/PORT`"),
        ("sysctl -w net.ipv4.tcp_ecn=1", "without `-w`: `sysctl net.ipv4.tcp_ecn = 1`"),
        ('run "x" &', "a command of a node is started in the background"),
        ("masquerade on wan", "`masquerade out wan`"),
        ("masquerade wan", "`masquerade out wan`"),
        ("snat to 10.0.0.1", "`snat out INTERFACE -> ADDRESS`"),
        ("dnat tcp/80 10.0.0.1", "`dnat SERVICE to ADDRESS -> HOST`"),
        ("auth psk secret", 'a secret stands in quotes: `auth psk "SECRET"`'),
        ("ike aes256-sha256-modp2048!", "without `!`: nothing but these is proposed"),
        ("dpd 30", "`dpd 30s restart`: the time, then `trap`, `clear` or `restart`"),
        ("authby secret", "write `auth psk`, or `auth certificate`"),
        ("depends_on b", "nodes start together; a `run` begins once its node is configured"),
        ("bandwidth 10mbit", "write `rate 100mbit`"),
        ("expect a reaches b", "a block stands in braces: `expect { a reaches b }`"),
        ("expect all { a reaches b }", 'a title stands in quotes: `expect "all" { … }`'),
        ("expect not { a reaches b }", "`expect failure { … }`: at least one line must not hold"),
        ("expect { a reaches b via r }", "`a to b goes through r`, or `through TUNNEL`"),
        ("expect { a reaches http://b:8080/x }", "a node and a service are two words: `b tcp/8080`"),
        ("expect { tunnel v is up }", "`v is up`"),
        ("expect { v up }", "`v is up`"),
        (
            "interface eth0 on n 10.0.0.5 255.255.255.0",
            "the network's prefix says the mask: `interface eth0 on n 10.0.0.5`",
        ),
        ("network n 10.0.0.0 / 24", "a prefix is one word: `10.0.0.0/24`"),
        ("network n 10.0.0.1-10.0.0.9", "a prefix says it: `10.0.0.0/24`"),
        ("let x := 1", "`let x = 1`"),
        ("param x: int = 3", "`param x = 3`: its kind is the value's"),
        ("param x = 3 in 1-5", "a range is `1..5`, both ends included"),
        ("$x = 1", "a value is declared once: `let x = 1`"),
        ('let x = "a" + "b"', 'a string takes values in: `"$a $b"`'),
        ("template t(a: 1) { }", "a value stands behind `=`: `(NAME = VALUE)`"),
        ("if $a == 1 && $b == 2 { }", "the word here is `and`"),
        ("if $a || $b { }", "the word here is `or`"),
        ("if !$a { }", "the word here is `not`"),
        ("for i in 1..9 step 2 { }", "a range has no step: an expression in the block makes one, `${i * 2}`"),
        ("for i, j in 1..3 { }", "a loop has one name; a loop inside goes through another list"),
        ("firewall f { }", "without a name: `firewall { … }`"),
        ("switch s { ports 4 }", "write `interface NAME on NETWORK` for each"),
        ("tc qdisc add", "write `delay 10ms`, `loss 1%` or `rate 100mbit` in the `network` or `link`"),
        ("expect { a can reach b }", "`a reaches b`"),
        ("expect { a should reach b tcp/80 }", "`a reaches b tcp/80`"),
        ("expect { a pings b }", "`a reaches b`"),
        ("expect { ping a b }", "`a reaches b`"),
        ("expect { a -> b }", "`a reaches b`"),
        ("expect { a can not reach b }", "`a cannot reach b`"),
        ("expect { a can't reach b }", "`a cannot reach b`"),
        ("expect { a does not reach b }", "`a cannot reach b`"),
        ("expect { not a reaches b }", "`a cannot reach b`"),
        ("expect { a and b reach c }", "`a, b reach c`"),
        ("expect { t negotiates ike aes128 }", "`t uses ike aes128`"),
        ("expect { t does not use esp null }", "`t uses not esp null`"),
        ("expect { a initiates t }", "`t is begun by a`"),
        ("expect { t is initiated by a }", "`T is begun by NODE`"),
        ("expect { a gets .1 from t }", "`a has .1 from t`"),
        ("expect { t is natted }", "`T is behind nat at NODE`"),
        ("expect { t is not behind nat }", "`T is behind nat at NODE`"),
        ("expect { t is encapsulated }", "`T is encapsulated in udp`"),
        ("expect { t is transport }", "`T is in transport mode`"),
        ("expect { a reaches b tcp 80 }", "a service is one word: `tcp/80`"),
        ("expect { a reaches b 80 }", "a port has its protocol: `tcp/80`"),
    ],
)
def test_what_was_meant_is_written_out(text: str, help_text: str) -> None:
    (message,) = said(text)
    assert message.partition(" | ")[2] == help_text


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("-A FORWARD -j ACCEPT", "`accept forward`"),
        ("iptables -A INPUT -p tcp --dport 22 -j ACCEPT", "`accept input tcp/22`"),
        (
            "sudo iptables -I FORWARD -i eth0 -o eth1 -s 10.0.0.0/8 -p tcp -m multiport --dports 80,443 -j DROP",
            "`drop forward tcp/80, tcp/443 from 10.0.0.0/8 in eth0 out eth1`",
        ),
        ("-A INPUT -p udp --dport 1000:2000 -j REJECT", "`reject input udp/1000-2000`"),
        ("-P FORWARD DROP", "`policy forward drop`"),
        (
            "-A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT",
            "answers are always accepted first: no line is needed for them",
        ),
        ("-t nat -A POSTROUTING -o eth0 -j MASQUERADE", "`masquerade out eth0` in `nat { … }`"),
        (
            "-t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.2:80",
            "`dnat tcp/8080 to ADDRESS -> 10.0.0.2 tcp/80` in `nat { … }`",
        ),
        ("-A INPUT ! -s 10.0.0.1 -j DROP", "`firewall { policy drop … }` and `nat { … }` in the node"),
        ("-A INPUT -m recent --set -j DROP", "`firewall { policy drop … }` and `nat { … }` in the node"),
        ("ip route add default via 10.0.0.1 dev eth0", "`default via 10.0.0.1`"),
        ("ip -6 route add fd00::/8 via fe80::1", "`route fd00::/8 via fe80::1`"),
        ("ip addr add 10.0.0.1/24 dev eth0", "`interface eth0 on NETWORK 10.0.0.1`"),
        ("ip link set eth0 up", "`host NAME { interface NAME on NETWORK }`: a node has its interfaces in its block"),
        ("ip route 10.1.0.0 255.255.0.0 10.0.0.1", "`route 10.1.0.0/16 via 10.0.0.1`"),
        ("ip route 0.0.0.0 0.0.0.0 10.0.0.1", "`default via 10.0.0.1`"),
        ("ip address 10.0.0.1 255.255.255.0", "`interface NAME on NETWORK 10.0.0.1`"),
        ("ip nat inside source list 1 interface g0/0 overload", "`nat { masquerade out INTERFACE }`"),
        (
            "interface GigabitEthernet0/1",
            "`interface NAME on NETWORK ADDRESS` in a node; a name has up to 15 letters, digits and `-`",
        ),
        ("no shutdown", "every interface is up; `while A -- B down` in an expectation takes a link down"),
        ("interface eth0 on lan 10.0.0.1", None),
        ("route 10.0.0.0/8 via r", None),
    ],
)
def test_a_line_of_another_tool_is_translated(line: str, instead: str | None) -> None:
    assert instead_of(line) == instead


@pytest.mark.parametrize("text", ["param :x = 1", "let : x = 1", "host a {\n env :X = 1\n}"])
def test_a_value_without_a_name_has_no_hint_with_one(text: str) -> None:
    assert len(said(text)) == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("services:\n  web:\n    image: nginx\n", "YAML of Docker Compose"),
        ("# mine\n\nname: x\ntopology:\n  nodes:\n", "YAML of containerlab"),
        ("---\nprovider: clab\nnodes: [ a ]\nlinks: [ a-b ]\n", "YAML of netlab"),
        ("- a\n- b\n", "YAML"),
        ('{\n  "nodes": []\n}\n', "JSON"),
        ('Vagrant.configure("2") do |config|\nend\n', "Ruby of Vagrant"),
        ("#!/bin/sh\nip link\n", "a shell script"),
        ("from mininet.topo import Topo\n", "Python of Mininet"),
        ("!\nhostname r1\n!\n", "a configuration of a router"),
        ("FROM debian:13\nRUN x\n", "a Dockerfile"),
    ],
)
def test_a_file_of_another_tool_gives_one_finding(text: str, what: str) -> None:
    (message,) = said(text)
    assert message.startswith(f"this file is {what}, and no lab | ")


@pytest.mark.parametrize("text", ["#!/usr/bin/env netdsl\nlab x\n", "# services:\nlab x\n", "", "\n\n", "frewall: x"])
def test_other_texts_are_read_as_labs(text: str) -> None:
    assert "foreign-file" not in "".join(places(text)) or text == "frewall: x"


def test_foreign_words_belong_to_statements_that_there_are() -> None:
    assert FOREIGN_CLAUSES.keys() | FOREIGN_IN_BLOCK.keys() <= statements().described.keys()
