"""What is asked of each of many is not asked of each pair of them: the work is counted, not timed."""

import ipaddress
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from random import Random
from typing import Any

import pytest

from netdsl.graph import graph_of
from netdsl.graph.tracks import corridor
from netdsl.ir import dns
from netdsl.ir.filter import Chain, FilterRule
from netdsl.ir.ids import NodeId, TunnelId
from netdsl.ir.prefix_index import PrefixIndex
from netdsl.ir.prefixes import host_prefix
from netdsl.ir.service import Protocol
from netdsl.ir.sizes import TooLarge
from netdsl.kinds.auto import ways
from netdsl.kinds.auto.aggregate import _Covering
from netdsl.kinds.auto.ways import Ways
from netdsl.kinds.ipsec import asking, radius, sharing
from netdsl.lower import path_mtu
from netdsl.mending.bench import tries_for
from netdsl.packets.lines import lines_for, translations_for
from netdsl.packets.steering import Policy
from netdsl.packets.types import Packet
from netdsl.pipeline.analysis import check_text
from netdsl.pipeline.compilation import keyless_payload
from netdsl.semantics.rules import covering, facts
from netdsl.semantics.rules.blocks import Block, all_covered
from netdsl.verify.matrix import matrix
from netdsl.verify.question import BadQuestion
from tests.semantics.resolve.resolving import codes, only, resolved
from tests.verify.asking import ask, checked, lab, world


class Counter:
    """How often a function was called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        return self.function(*arguments, **named)


def counted(module: object, name: str, patch: pytest.MonkeyPatch) -> Counter:
    counter = Counter(getattr(module, name))
    patch.setattr(module, name, counter)
    return counter


FILTERED = """lab x
network out 10.0.0.0/24
network in 10.1.0.0/24
router gw {
  interface on out .1
  interface on in .1
  firewall {
    policy drop
    accept tunnel t
    for i in 1..1000 { accept forward tcp/$i from out to in }
    drop forward udp
    accept forward tcp/2000-3000, icmp
    accept forward tcp/80, udp/80
  }
}
host a { interface on out .2 ; default via gw }
host b { interface on in .2 ; default via gw }
ipsec t { between gw and b ; auth psk ; start by hand }
"""


def packet(protocol: Protocol, port: int) -> Packet:
    return Packet(ipaddress.ip_address("10.0.0.2"), ipaddress.ip_address("10.1.0.2"), protocol, 40000, port)


def test_a_packet_meets_the_lines_of_its_own_port_and_those_of_many_ports() -> None:
    firewall = next(node.firewall for node in lab(FILTERED).nodes if node.id == "gw")
    assert firewall is not None
    places = {id(rule): number for number, rule in enumerate(firewall.rules)}

    def met(chain: Chain, asked: Packet) -> list[int]:
        return [places[id(line)] for line in lines_for(firewall, chain, asked)]

    assert met(Chain.FORWARD, packet(Protocol.TCP, 80)) == [80, 1001, 1002, 1003]
    assert met(Chain.FORWARD, packet(Protocol.UDP, 80)) == [1001, 1002, 1003]
    assert met(Chain.FORWARD, packet(Protocol.ICMP, 0)) == [1001, 1002]
    assert met(Chain.INPUT, packet(Protocol.UDP, 500)) == [0]
    assert len([rule for rule in firewall.rules if isinstance(rule, FilterRule)]) == 1003


TRANSLATED = """
network out 10.0.0.0/16
network in 10.1.0.0/16
router gw {
  interface on out .1
  interface on in .1
  nat {
    for i in 1..1000 { snat tcp/$i out out -> 10.0.0.9 }
    snat icmp out out -> 10.0.0.8
    masquerade out out
    for i in 1..1000 { dnat udp/$i to 10.0.0.7 in out -> b }
  }
}
host b { interface on in .2 ; default via gw }
"""


def test_a_packet_meets_the_translations_of_its_own_port() -> None:
    nat = next(node.nat for node in lab(TRANSLATED).nodes if node.id == "gw")

    def met(asked: Packet) -> list[int]:
        places = {id(rule): number for number, rule in enumerate(nat.source)}
        return [places[id(rule)] for rule in translations_for(nat.source, asked)]

    assert met(packet(Protocol.TCP, 80)) == [79, 1000, 1001]
    assert met(packet(Protocol.ICMP, 0)) == [1000, 1001]
    assert [rule.match.services[0].first for rule in translations_for(nat.destination, packet(Protocol.UDP, 7))] == [7]
    assert list(translations_for(nat.destination, packet(Protocol.TCP, 7))) == []


def test_a_prefix_is_compared_with_its_neighbours_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    overlaps = counted(ipaddress.IPv4Network, "overlaps", monkeypatch)
    monkeypatch.setattr(ipaddress.IPv4Network, "overlaps", lambda self, other: overlaps(self, other))
    prefixes = ", ".join(f"10.{number}.0.0/16" for number in range(200))
    resolved(f"network n {prefixes}\nhost a {{ interface on n }}\nhost b {{ interface on n }}")
    assert overlaps.calls < 200 * 10


@pytest.mark.parametrize("prefix", ["10.0.0.0/15", "10.1.0.0/16", "10.1.2.0/24", "10.0.0.0/8"])
def test_a_prefix_that_overlaps_another_is_told_with_the_first_of_them(prefix: str) -> None:
    one = only(f"network n 10.3.0.0/16, 10.1.0.0/16, 10.0.0.0/16, fd00::/64, {prefix}\nhost a {{ interface on n }}")
    first = {"10.0.0.0/15": "10.1.0.0/16", "10.0.0.0/8": "10.3.0.0/16"}.get(prefix, "10.1.0.0/16")
    assert (one.rule.code, one.message) == ("duplicate-prefix", f"`{prefix}` and `{first}` overlap on `n`")


GATEWAY = """lab x
network n 10.0.0.0/16
router gw { interface on n .0.1 }
for i in 1..60 { host c-$i { interface on n } }
ipsec t { gateway gw ; client c-* ; auth psk%s }
"""


@pytest.mark.parametrize("pool", ["", " ; pool 172.16.0.0/16"])
def test_a_client_of_a_gateway_is_not_compared_with_all_others(pool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    agreed = counted(sharing, "agreed", monkeypatch)
    found = counted(facts, "selectors", monkeypatch)
    assert [one.message for one in checked(GATEWAY % pool).diagnostics] == []
    assert agreed.calls <= 60 * 12
    assert found.calls <= 20


def test_routers_of_one_network_are_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pushed = counted(ways, "heappush", monkeypatch)
    prefixes = ", ".join(f"10.{number}.0.0/16" for number in range(20))
    lab(f"lab x\nnetwork n {prefixes}\nfor i in 1..20 {{ router r-$i {{ interface on n ; routing auto }} }}\n")
    assert pushed.calls == 0


def test_what_a_line_covers_is_found_by_its_lengths() -> None:
    random = Random(7)
    lines = [(random.getrandbits(6) << 26, 6), (random.getrandbits(12) << 20, 12), (random.getrandbits(32), 32)]
    covering = _Covering(Ways((), (), (), 0), 32, frozenset(lines), (6, 12, 32))
    for _ in range(2000):
        length = random.randrange(33)
        value = random.choice([random.getrandbits(32), *(line for line, _ in lines)]) >> (32 - length) << (32 - length)
        expected = any(cut <= length and value >> (32 - cut) == line >> (32 - cut) for line, cut in lines)
        assert covering.is_said(value, length) == expected


def test_the_prefix_of_an_address_is_made_once() -> None:
    address = ipaddress.ip_address("10.0.0.1")
    assert host_prefix(address) is host_prefix(ipaddress.ip_address("10.0.0.1"))
    assert str(host_prefix(ipaddress.ip_address("fd00::1"))) == "fd00::1/128"


def test_a_corridor_is_the_free_place_with_the_least_detour() -> None:
    for seed in range(500):
        random = Random(seed)
        walls = [(left, left + random.randrange(30)) for left in (random.randrange(200) for _ in range(6))]
        occupied = [float(random.randrange(200)) for _ in range(random.randrange(5))]
        one, other = float(random.randrange(200)), float(random.randrange(200))
        covered = [(left - 10, right + 10) for left, right in walls] + [(x - 9, x + 9) for x in occupied]
        every = {one, other, (one + other) / 2, *(x for wall in covered for x in wall)}
        free = [x for x in every if not any(left < x < right for left, right in covered)]
        expected = min(free, key=lambda x: (abs(x - one) + abs(x - other), x))
        assert corridor(one, other, walls, occupied) == expected


# --- what is refused with its number


HOSTS = "lab x\nnetwork n 10.0.0.0/16\nfor i in 1..%d { host h-$i { interface on n } }\n"


def test_a_matrix_of_too_many_flows_is_refused_before_one_is_followed() -> None:
    asked = world(HOSTS % 400)
    with pytest.raises(BadQuestion, match="these are 159,600 flows, and a matrix has at most 100,000"):
        matrix(asked)
    few = [NodeId("h-1"), NodeId("h-2")]
    assert sum(1 for _ in matrix(asked, sources=few, destinations=few)) == 2


TEXTS = 'let a = "%s"\nnetwork n 10.0.0.0/24\nhost a { interface on n\n  for i in 1..%d { run %s }\n}'


@pytest.mark.parametrize("command", ['"$a"', '"$a-$i"', '"' + "x" * 16_000 + '"'])
def test_all_texts_of_a_lab_are_bounded_together(command: str) -> None:
    source = TEXTS % ("y" * 16_000, 3000, command)
    one = only(source)
    assert (one.rule.code, one.message) == (
        "loop-limit",
        "the texts of the lab have more than 33,554,432 characters, all together",
    )
    resolved(TEXTS % ("y" * 16_000, 2000, command))


def test_many_pkis_are_refused() -> None:
    assert codes("network n 10.0.0.0/24\nhost a { interface on n }\nfor i in 1..101 { pki p-$i { } }") == ["loop-limit"]


def refused(source: str) -> list[str]:
    return [
        one.message for one in check_text(f"lab x\nnetwork n 10.0.0.0/8\n{source}".encode()).diagnostics if one.is_error
    ]


@pytest.mark.slow
def test_nodes_are_bounded() -> None:
    loops = "for i in 1..101 { for j in 1..100 { host h-$i-$j { } } }"
    assert refused(loops) == ["the lab has 10,100 nodes, and 10,000 are the most"]


CHILDREN = """host a { interface on n }
host b { interface on n }
ipsec t { between a and b ; auth psk
  for i in 1..11 { child c-$i { between 10.1.$i.0/24 and 10.2.$i.0/24 } }
}"""
ROUTERS = """for i in 1..4 {
  network l-$i 172.16.$i.0/24
  router r-$i { interface on n ; interface on l-$i ; routing auto }
}"""


@pytest.mark.parametrize(
    ("constant", "source", "message"),
    [
        (
            "netdsl.semantics.resolve.expectations.MOST_FLOWS",
            "for i in 1..4 { host h-$i { interface on n ; serve http ; serve https } }\n"
            "expect failure { h-1 cannot reach n }",
            "the flows that all expectations ask for are more than 10",
        ),
        (
            "netdsl.semantics.resolve.expectations.MOST_IN_STATES",
            "link a.l -- b.l 192.0.2.0/31\nlink a.m -- b.m 192.0.2.2/31\nhost a { }\nhost b { }\n"
            "host c { interface on n }\nhost d { interface on n }\nhost e { interface on n }\nhost f { interface on n }\n"
            "expect while a.l -- b.l down { c reaches d }\nexpect while a.m -- b.m down { c reaches d }\n"
            "expect while a.l -- b.l down { d reaches c }",
            "the nodes and tunnels, once for each state that expectations ask about, are more than 10",
        ),
        (
            "netdsl.verify.expectations.MOST_HOPS",
            "for i in 1..4 { host h-$i { interface on n } }\nexpect { h-* reach h-* }",
            "the flows that all expectations ask for pass more than 10 nodes, each way counted",
        ),
        (
            "netdsl.semantics.resolve.tunnels.MOST_ENDS",
            "for i in 1..4 { host a-$i { interface on n }\n host b-$i { interface on n }\n"
            " tunnel t-$i gre { between a-$i and b-$i }\n tunnel u-$i gre { between a-$i and b-$i ; key 1 } }",
            "the ends of all tunnels are more than 10",
        ),
        (
            "netdsl.kinds.ipsec.resolve_children.MOST_CHILDREN",
            CHILDREN,
            "the lab has 11 children in `t`, and 10 are the most",
        ),
        (
            "netdsl.kinds.ipsec.resolve_children.MOST_OF_ENDS",
            CHILDREN,
            "the children of all tunnels, once for each end, are more than 10",
        ),
        (
            "netdsl.semantics.resolve.who.MOST_ADDRESSES",
            "for i in 1..4 { host a-$i { interface on n ; firewall { policy drop ; accept input from a-* } } }",
            "the addresses that filters name, each use counted, are more than 10",
        ),
        (
            "netdsl.semantics.resolve.routes.MOST_ROUTES",
            "host a { interface on n .1 ; for i in 1..11 { route 172.16.$i.0/24 via b } }\nhost b { interface on n .2 }",
            "the routes of all nodes are more than 10",
        ),
        (
            "netdsl.semantics.resolve.routes.MOST_HOPS",
            "host b { interface on n }\nfor i in 1..11 { host a-$i { interface on n ; default via b } }",
            "the next hops of all lines of routes are more than 10",
        ),
        (
            "netdsl.kinds.auto.routes.MOST_ROUTES",
            ROUTERS,
            "`routing auto` finds more than 10 routes for all nodes together",
        ),
        (
            "netdsl.lower.routes.MOST_ON_LINKS",
            "network bare\nfor i in 1..4 { router r-$i { interface on bare ; loopback 192.0.2.$i } }",
            "unnumbered links need more than 10 routes: one in each node to each address of the others",
        ),
        (
            "netdsl.kinds.auto.routes.MOST_PARTS",
            ROUTERS,
            "`routing auto` has to tell apart more than 10 parts of address spaces, for all nodes together",
        ),
        (
            "netdsl.semantics.resolve.networks.MOST_PREFIXES",
            "for i in 1..11 { network m-$i 172.16.$i.0/24 }\nhost a { interface on n }",
            "the prefixes of all networks are more than 10",
        ),
        (
            "netdsl.semantics.resolve.work.MOST_ADDRESSES",
            "for i in 1..4 { host a-$i { interface on n ; loopback 172.16.0.$i ; shared 192.0.2.1 } }",
            "the addresses of all nodes are more than 10",
        ),
        (
            "netdsl.semantics.resolve.interfaces.MOST_INTERFACES",
            "for i in 1..11 { host a-$i { interface on n } }",
            "the interfaces of all nodes are more than 10",
        ),
        (
            "netdsl.semantics.resolve.routes.MOST_COMPARED",
            "host a { interface on n ; for i in 1..11 { neighbour 10.0.0.$i 02:00:00:00:00:01 } }",
            "the neighbours of all nodes, once for each address of their node, are more than 10",
        ),
        (
            "netdsl.semantics.resolve.tunnels.MOST_BESIDE",
            "host a { interface on n }\nhost b { interface on n }\n"
            "for i in 1..6 { tunnel t-$i gre { between a and b ; key $i } }",
            "the pairs of tunnels that join the same two nodes are more than 10",
        ),
        (
            "netdsl.semantics.resolve.work.MOST_COMPARED",
            "for i in 1..4 { host a-$i { interface on n } }\n"
            "host b { interface on n ; firewall { policy drop ; for i in 1..4 { accept input from a*$i } } }",
            "the names that patterns are compared with, each pattern with all names, are more than 10",
        ),
        (
            "netdsl.semantics.resolve.work.MOST_INTERFACES",
            "for i in 1..4 { network m-$i 172.16.$i.0/24 }\nhost b { for i in 1..4 { interface i-$i on m-$i }\n"
            "  firewall { policy drop ; for i in 1..3 { accept input tcp/$i in i-* } } }",
            "the interfaces that patterns stand for, each use counted, are more than 10",
        ),
    ],
)
def test_what_is_too_much_all_together_is_refused(
    constant: str, source: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(source) == []
    monkeypatch.setattr(constant, 10)
    assert refused(source) == [message]


@pytest.mark.parametrize(
    ("constant", "counted_in", "source"),
    [
        (
            "netdsl.semantics.resolve.expectations.MOST_FLOWS",
            "netdsl.semantics.resolve.expectations._flows",
            "for i in 1..20 { host h-$i { interface on n } }\nexpect failure { for i in 1..20 { h-$i cannot reach n } }",
        ),
        (
            "netdsl.semantics.resolve.who.MOST_ADDRESSES",
            "netdsl.semantics.resolve.who._size",
            "host big { loopback 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4 ; interface on n }\n"
            "host f { interface on n ; firewall { for i in 1..20 { drop input from big } } }",
        ),
        (
            "netdsl.semantics.resolve.routes.MOST_ROUTES",
            "netdsl.semantics.resolve.routes._prefixes",
            "network m 192.0.2.0/28, 192.0.2.16/28, 192.0.2.32/28, 192.0.2.48/28, 192.0.2.64/28\n"
            "host b { interface on n }\nhost a { interface on n ; for i in 1..20 { route m via b } }",
        ),
    ],
)
def test_what_is_too_much_already_is_counted_no_further(
    constant: str, counted_in: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constant, 10)
    module, name = counted_in.rsplit(".", 1)
    made = counted(import_module(module), name, monkeypatch)
    assert [message for message in refused(source) if "more than 10" in message] != []
    assert made.calls <= 4


KEYS = """pki p { algorithm %s }
router gw { interface on n .0.0.1 }
for i in 1..%d { host c-$i { interface on n } }
ipsec t { gateway gw ; client c-* ; pool 172.16.0.0/24 ; auth certificate }
"""


def test_keys_of_rsa_are_counted_by_the_time_that_they_take_before_one_is_made() -> None:
    assert refused(KEYS % ("rsa-4096", 8)) == []
    assert refused(KEYS % ("rsa-4096", 9)) == ["the keys of RSA take as long as 168 of 2048 bits, and 160 are the most"]
    assert refused(KEYS % ("rsa-2048", 158)) == [
        "the keys of RSA take as long as 161 of 2048 bits, and 160 are the most"
    ]
    assert refused(KEYS % ("ed25519", 158)) == []


def test_certificates_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netdsl.semantics.rules.keys.MOST_CERTIFICATES", 10)
    hosts = "for i in 1..%d { host h-$i { interface on n ; serve https } }"
    assert refused(hosts % 10) == []
    assert refused(hosts % 11) == ["the lab has 11 certificates, and 10 are the most"]


def test_a_picture_of_too_many_tunnels_is_refused_before_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netdsl.graph.build.MOST_ENDS", 1)
    with pytest.raises(TooLarge, match="the lab has 120 ends of tunnels, and a picture has at most 1"):
        graph_of(lab(GATEWAY % ""))


def test_the_files_that_all_nodes_are_given_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netdsl.payload.render.MOST_BYTES", 100)
    with pytest.raises(TooLarge, match="the files in the lab's nodes are more than 0 MiB, all together"):
        keyless_payload(lab(HOSTS % 2))


def test_in_a_large_lab_no_changes_are_tried() -> None:
    small = lab(HOSTS % 4)
    assert tries_for(small) == 40
    assert tries_for(replace(small, nodes=small.nodes * 501)) == 0
    filtered = lab(PORTS % (2000, "a to b"))
    assert tries_for(filtered) == 12
    (router,) = (node for node in filtered.nodes if node.firewall is not None)
    assert tries_for(replace(filtered, nodes=(router,) * 9)) == 0


def test_of_many_rules_with_the_same_addresses_the_first_ones_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = counted(covering, "covers", monkeypatch)
    names = "for i in 1..200 { accept input tcp/80 in i-$i }"
    interfaces = "for i in 1..200 { network n-$i 172.16.$i.0/24\n host p-$i { interface on n-$i } }"
    own = "for i in 1..200 { interface i-$i on n-$i }"
    assert refused(f"host h {{ {own} ; firewall {{ policy drop ; {names} }} }}\n{interfaces}") == []
    assert compared.calls <= 200 * covering.MOST_ALIKE


def test_many_blocks_are_looked_up_by_their_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    covers = counted(Block, "covers", monkeypatch)
    outer = [Block(4, start, start + 255) for start in range(0, 256 * 1000, 256)]
    inner = [Block(4, start, start + 127) for start in range(0, 256 * 1000, 128)]
    assert all_covered(inner, outer)
    assert not all_covered([*inner, Block(4, 256_000, 256_000)], outer)
    assert covers.calls == 0


RADIUS = """lab x
network n 10.0.0.0/16
host server { interface on n ; serve radius }
router gw { interface on n .0.1 }
for i in 1..%d { host c-$i { interface on n } }
ipsec t { gateway gw ; client c-* ; pool 172.16.0.0/16 ; radius server
  auth certificate for gw
  auth eap-md5 for c-*
}
"""


def test_a_server_s_passwords_are_sorted_by_identity_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sorted_ = counted(radius, "_by_owner", monkeypatch)
    assert [one.message for one in checked(RADIUS % 20).diagnostics] == []
    clients = sorted_.calls
    assert [one.message for one in checked(RADIUS % 40).diagnostics] == []
    assert 20 <= sorted_.calls - clients <= 2 * clients


SPOKES = """lab x
network n 10.0.0.0/16
router hub { interface on n .0.1 }
for i in 1..%d { router s-$i { interface on n }
  ipsec t-$i { between hub and s-$i protecting ${subnet(172.16.0.0/16, 28, i)} ; auth psk } }
"""


def test_the_tunnels_of_a_hub_are_found_by_what_they_lead_to(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = counted(path_mtu, "_takes", monkeypatch)
    asked = counted(Policy, "takes_out", monkeypatch)
    monkeypatch.setattr(Policy, "takes_out", lambda self, packet: asked(self, packet))
    assert [one.message for one in checked(SPOKES % 40).diagnostics if one.is_error] == []
    assert taken.calls <= 40
    assert asked.calls <= 40 * 12


def test_lists_of_prefixes_are_found_by_an_address_they_hold() -> None:
    random = Random(3)
    lists = [
        [ipaddress.ip_network((random.getrandbits(length) << (32 - length), length)) for length in (4, 9, 32)]
        for _ in range(50)
    ]
    lists[7].append(ipaddress.ip_network("::/0"))
    index = PrefixIndex()
    for number, prefixes in enumerate(lists):
        index.put(number, prefixes)
    for address in (ipaddress.ip_address(random.getrandbits(32)) for _ in range(500)):
        assert index.holding(address) == [
            number for number, own in enumerate(lists) if any(address in one for one in own)
        ]
    assert index.holding(ipaddress.ip_address("fd00::1")) == [7]


def test_a_gateway_s_question_is_followed_once_for_all_its_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    followed = counted(asking, "_stopped", monkeypatch)
    assert world(RADIUS % 20).is_up(TunnelId("t"))
    clients = followed.calls
    assert world(RADIUS % 40).is_up(TunnelId("t"))
    assert followed.calls == 2 * clients


def test_a_name_is_looked_up_in_an_index_of_the_hosts_file() -> None:
    asked = world(HOSTS % 3)
    assert [str(one) for one in asked.named["h-2"]] == ["10.0.0.2"]
    assert asked.named is asked.named


PORTS = """lab x
network a 10.1.0.0/24
network b 10.2.0.0/24
router r { interface on a .1 ; interface on b .1
  firewall stateless {
    policy accept
    for i in 1..%d { let p = ${40000 + 2 * i}
      accept forward tcp/$p from %s }
  }
}
host h { interface on a .10 ; default via r }
host s { interface on b .10 ; default via r ; serve http }
"""


def test_where_lines_tell_many_ports_of_clients_apart_a_flow_cannot_be_known() -> None:
    assert ask(PORTS % (31, "b to a"), "h", "10.2.0.10", "tcp/80").outcome == "answered"
    assert ask(PORTS % (32, "b to a"), "h", "10.2.0.10", "tcp/80").outcome == "not-verified"


def test_lines_that_an_answer_does_not_fit_tell_no_ports_of_its_client_apart() -> None:
    assert ask(PORTS % (2000, "a to b"), "h", "10.2.0.10", "tcp/80").outcome == "answered"


ZONES = """lab x
network n 10.0.0.0/24
host ns { interface on n .1 ; serve dns { for i in 1..%d { zone z-$i.example { record w -> ns ; record v cname w } } } }
host c { interface on n ; resolver ns }
expect { for i in 1..%d { c resolves v.z-$i.example to ns } }
"""


def test_a_zone_is_found_by_the_parts_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = counted(dns, "is_within", monkeypatch)
    assert [one.message for one in checked(ZONES % (40, 1)).diagnostics] == []
    one = compared.calls
    assert [one.message for one in checked(ZONES % (40, 40)).diagnostics] == []
    assert compared.calls <= 2 * one + 80


def test_the_innermost_zone_has_a_name_and_of_two_the_first() -> None:
    zones = tuple(
        dns.Zone(name, servers=(server,)) for name, server in (("", "r"), ("b", "1"), ("a.b", "2"), ("b", "3"))
    )
    service = dns.NameService(dns.Role.SIMPLE, zones, (dns.Forwarder("b", ()), dns.Forwarder("", ())))
    names = ("x.a.b", "a.b", "xa.b", "b", "c", "")
    assert [zone.servers[0] for name in names if (zone := service.zone_of(name))] == ["2", "2", "1", "1", "r", "r"]
    assert [one.zone for name in names if (one := service.forwarder_of(name))] == ["b", "b", "b", "b", "", ""]
    assert replace(service, zones=()).zone_of("b") is None
