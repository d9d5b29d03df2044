"""What short sources that ask for much cost: each verb within 10 s of CPU and 1 GiB, or refused.

usage: benchmarks/bounds.py [NAME …]

Every source has under 10 kB. Each runs in a process of its own, with a limit of 60 s and 3 GiB. `status` 1 and 2 are
refusals, which say the number. CPU of the whole process, its start included; run it alone.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECONDS, GIBIBYTES = 10, 1
_NETDSL = (sys.executable, "-m", "netdsl.cli.main")


_NO_NEWS = ("-o", "out", "lab.svg", "--credentials", "keys")


def _listed(shape: str, numbers: range) -> str:
    return ", ".join(shape.format(number) for number in numbers)


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    verbs: tuple[tuple[str, ...], ...]
    source: str


CHECK, COMPILE, GRAPH = ("check",), ("compile", "-o", "out", "--credentials", "keys"), ("graph", "-o", "lab.svg")
VAGRANT, FIX = (*COMPILE, "--target", "vagrant"), ("check", "--fix")
JSON, SARIF = ("check", "--format", "json"), ("check", "--format", "sarif")
DRAWINGS = tuple(("graph", "-o", f"lab.{ending}") for ending in ("mmd", "dot", "drawio"))
PAPER, HANDOUT = ("compare",), ("handout", "-o", "out")

_OF_INTERFACES = (
    "accept_local",
    "arp_accept",
    "arp_announce",
    "arp_filter",
    "arp_ignore",
    "arp_notify",
    "log_martians",
    "proxy_arp",
    "promote_secondaries",
    "route_localnet",
    "secure_redirects",
    "send_redirects",
    "shared_media",
    "medium_id",
    "tag",
)


def _long(name: str, members: str) -> str:
    """A list of 10,000 members: a hundred times those that stand there, which are a hundred."""
    return f"let ten = {members}\nlet {name} = {', '.join(['$ten'] * 100)}\n"


CASES = (
    Case(
        "9,000 filter lines, 20,100 expectations",
        (CHECK, COMPILE, GRAPH),
        "lab b\nnetwork out 10.0.0.0/16\nnetwork in 10.1.0.0/24\nrouter gw { interface on out ; interface on in\n"
        "  firewall { policy drop ; for i in 1..9000 { accept forward tcp/$i from out to in } } }\n"
        "for i in 1..100 { host c-$i { interface on out ; default via gw } }\n"
        "for i in 1..200 { host s-$i { interface on in ; default via gw ; serve http tcp/80 } }\n"
        "expect {\n  c-* reach s-* tcp/80\n  c-* reach s-1 tcp/80\n}\n",
    ),
    Case(
        "500 hosts that each filter all of them",
        (CHECK, COMPILE),
        "lab b\nnetwork a 10.0.0.0/16\nnetwork b 10.1.0.0/16\nfor i in 1..500 {\n"
        "  host h-$i { interface on a ; interface on b\n"
        "    firewall { policy drop ; accept input tcp/80 from h-* to h-* } }\n}\n",
    ),
    Case(
        "1,000 hosts",
        (CHECK, ("matrix", "--format", "json"), GRAPH),
        "lab b\nnetwork a 10.0.0.0/16\nfor i in 1..1000 { host h-$i { interface on a } }\n",
    ),
    Case(
        "300 routers on 200 prefixes",
        (CHECK, COMPILE, GRAPH),
        f"lab b\nnetwork n {_listed('10.{}.0.0/16', range(200))}\n"
        "for i in 1..300 { router r-$i { interface on n ; routing auto } }\n",
    ),
    Case(
        "800 networks of 200 prefixes",
        (CHECK, COMPILE, GRAPH),
        f"lab b\nfor i in 1..800 {{ network n-$i {_listed('10.{}.0.0/16', range(200))} }}\n"
        "host a { interface on n-1 }\nhost b { interface on n-1 }\n",
    ),
    Case(
        "200 routers of 400 loopbacks",
        (CHECK, COMPILE, GRAPH),
        "lab b\nnetwork n 10.0.0.0/16\nfor i in 1..200 { router r-$i { interface on n ; routing auto\n"
        f"  loopback {_listed('172.16.$i.{}', range(200))}, {_listed('172.17.$i.{}', range(200))} }} }}\n",
    ),
    Case(
        "2,000 clients of a gateway",
        (CHECK, COMPILE, GRAPH),
        "lab b\nnetwork n 10.0.0.0/16\nrouter gw { interface on n .0.1 }\n"
        "for i in 1..2000 { host c-$i { interface on n } }\n"
        "ipsec t { gateway gw ; client c-* ; pool 172.16.0.0/16 ; auth psk }\n",
    ),
    Case(
        "90,000 commands of 16 kB",
        (CHECK, COMPILE),
        f'lab b\nnetwork n 10.0.0.0/16\nlet a = "{"x" * 1000}"\nlet b = "{"$a" * 16}"\nhost h {{ interface on n\n'
        '  for i in 1..9000 { for j in 1..10 { run "$b" } } }\n',
    ),
    Case(
        "20 uses of a file of 16 MiB",
        (CHECK, COMPILE),
        'lab b\nnetwork n 10.0.0.0/16\nfor i in 1..20 { host h-$i { interface on n ; file /root/x from "big" } }\n',
    ),
    Case(
        "9,000 pkis",
        (CHECK, COMPILE),
        "lab b\nnetwork n 10.0.0.0/16\nhost a { interface on n }\nfor i in 1..9000 { pki p-$i { algorithm rsa-4096 } }\n",
    ),
    Case(
        "60,000 hosts",
        (CHECK, COMPILE, GRAPH),
        "lab b\nnetwork n 10.0.0.0/8\nfor i in 1..6000 { for j in 1..10 { host h-$i-$j { interface on n } } }\n",
    ),
    Case(
        "10,000 hosts",
        (CHECK, GRAPH),
        "lab b\nnetwork n 10.0.0.0/8\nfor i in 1..10000 { host h-$i { interface on n } }\n",
    ),
    Case(
        "18,000 stateless lines",
        (CHECK, COMPILE),
        "lab b\nnetwork out 10.0.0.0/16\nnetwork in 10.1.0.0/24\nrouter gw { interface on out ; interface on in\n"
        "  firewall stateless { policy drop ; for i in 1..9000 { let p = ${32768+i}\n"
        "    accept forward tcp/$p from out to in\n    accept forward tcp/80 from in to out } } }\n"
        "for i in 1..20 { host c-$i { interface on out ; default via gw } }\n"
        "for i in 1..20 { host s-$i { interface on in ; default via gw ; serve http } }\n"
        "expect { c-* reach s-* tcp/80 }\n",
    ),
    Case(
        "18,000 lines that let nothing pass",
        (CHECK,),
        "lab b\nnetwork out 10.0.0.0/16\nnetwork in 10.1.0.0/24\nrouter gw { interface on out ; interface on in\n"
        "  firewall { policy drop ; for i in 1..9000 { let p = ${32768+i}\n"
        "    accept forward tcp/$p from out to in\n    accept forward tcp/81 from in to out } } }\n"
        "for i in 1..20 { host c-$i { interface on out ; default via gw } }\n"
        "for i in 1..20 { host s-$i { interface on in ; default via gw ; serve http } }\n"
        "expect { c-* reach s-* tcp/80 }\n",
    ),
    Case(
        "9,000 lines of snat, 40,000 pings",
        (CHECK,),
        "lab b\nnetwork n 10.0.0.0/16\nnetwork m 172.16.0.0/16\nrouter r { interface on n ; interface on m\n"
        "  nat { for i in 1..9000 { snat tcp/$i out m -> 172.16.0.9 } } }\n"
        "for i in 1..200 { host c-$i { interface on n ; default via r }\n host s-$i { interface on m } }\n"
        "expect { c-* reach s-* }\n",
    ),
    Case(
        "a chain of 3,000 CNAMEs",
        (CHECK,),
        "lab b\nnetwork n 10.0.0.0/16\nhost ns { interface on n ; serve dns { zone z { record w-3001 -> ns\n"
        "  for i in 1..3000 { let j = ${i+1}\n record w-$i cname w-$j } } } }\nhost c { interface on n ; resolver ns }\n"
        "expect { for i in 1..3000 { c resolves w-$i.z to ns } }\n",
    ),
    Case(
        "3,000 lines by interface",
        (CHECK, COMPILE),
        "lab b\nfor i in 1..3000 { network n-$i ${subnet(10.0.0.0/8,24,i)} }\n"
        "host h { for i in 1..3000 { interface i-$i on n-$i }\n"
        "  firewall { policy drop ; for i in 1..3000 { accept input tcp/80 in i-$i } } }\nhost k { interface on n-1 }\n",
    ),
    Case(
        "70 lines from 70 networks of 200 prefixes",
        (CHECK, COMPILE),
        f"lab b\nfor i in 1..70 {{ network n-$i {_listed('10.{}.0.0/16', range(200))} }}\nhost a {{ interface on n-1 }}\n"
        "host b { interface on n-1 ; firewall { policy drop ; for i in 1..70 { accept input from n-* } } }\n",
    ),
    Case(
        "3,000 routers in a line, prefixes strewn",
        (CHECK,),
        "lab b\nfor i in 1..3000 { let j = ${i+1}\n  let k = ${(i*7919)%30011}\n"
        "  link r-$i.a -- r-$j.b ${subnet(10.0.0.0/8,30,k)} }\nfor i in 1..3001 { router r-$i { routing auto } }\n",
    ),
    Case(
        "3,000 routers on one network, prefixes strewn",
        (CHECK,),
        "lab b\nnetwork n 10.0.0.0/8\nfor i in 1..3000 { network l-$i ${subnet(172.16.0.0/12,26,(i*7919)%10007)}\n"
        "  router a-$i { interface on n ; interface on l-$i ; routing auto } }\n",
    ),
    Case(
        "3,000 states",
        (CHECK,),
        "lab b\nnetwork n 10.0.0.0/16\nhost a { interface on n }\nhost b { interface on n }\nfor i in 1..1900 {\n"
        "  tunnel t-$i gre { between a and b ; key $i ; addresses ${subnet(172.16.0.0/12,30,i)} }\n"
        "  expect while t-$i down { a reaches b } }\n",
    ),
    Case(
        "2,000 switches in a ring",
        (CHECK,),
        "lab b\nfor i in 1..2000 { let j = ${i % 2000 + 1}\n  link s-$i.a -- s-$j.b\n  switch s-$i { stp yes } }\n"
        "link s-1.p -- h.p 10.0.0.0/16\nlink s-2.p -- k.p 10.0.0.0/16\n"
        "host h { interface p .0.1 }\nhost k { interface p .0.2 }\n"
        "expect { h reaches k }\n",
    ),
    Case(
        "300 hosts of 30 services that cannot reach one another",
        (CHECK,),
        "lab b\nnetwork n 10.0.0.0/16\n"
        "for i in 1..300 { host h-$i { interface on n ; for p in 1..30 { serve tcp s-$p tcp/$p } } }\n"
        "expect { h-* cannot reach h-* }\n",
    ),
    Case(
        "9,000 lines for a network of 9,000 hosts",
        (CHECK,),
        "lab b\nnetwork n 10.0.0.0/8\nfor i in 1..9000 { host h-$i { interface on n } }\n"
        "expect { for i in 1..9000 { h-$i reaches n } }\n",
    ),
    Case(
        "81,000 lines from a host on 3,000 networks",
        (CHECK,),
        "lab b\nfor i in 1..3000 { network n-$i ${subnet(10.0.0.0/8,24,i)} }\n"
        "host a { for i in 1..3000 { interface i-$i on n-$i } }\nhost b { interface on n-1\n"
        "  firewall { policy drop ; for i in 1..9000 { for j in 1..9 { accept input from a } } } }\n",
    ),
    Case(
        "81,000 routes to 450 prefixes",
        (CHECK,),
        f"lab b\nnetwork n {_listed('10.{}.0.0/16', range(200))}, {_listed('172.16.{}.0/24', range(250))}\n"
        "network m 192.168.0.0/16\nhost a { interface on m ; for i in 1..9000 { for j in 1..9 { route n via b } } }\n"
        "host b { interface on m }\n",
    ),
    Case(
        "36,100 lines that fail",
        (CHECK,),
        "lab b\nnetwork a 10.0.0.0/16\nnetwork b 10.1.0.0/16\n"
        "router r { interface on a ; interface on b ; firewall { policy drop } }\nfor i in 1..190 {\n"
        "  host h-$i { interface on a ; default via r }\n  host k-$i { interface on b ; default via r ; serve http } }\n"
        "expect { h-* reach k-* }\n",
    ),
    Case(
        "1,900 tunnels",
        (CHECK, COMPILE, GRAPH),
        "lab b\nnetwork n 10.0.0.0/8\nfor i in 1..1900 { host a-$i { interface on n }\n  host b-$i { interface on n }\n"
        "  ipsec t-$i { between a-$i and b-$i ; auth psk } }\n",
    ),
    Case(
        "a mesh of 200",
        (CHECK,),
        "lab b\nnetwork n 10.0.0.0/8\nfor i in 1..200 { host a-$i { interface on n } }\n"
        "for i in 1..200 { for j in 1..200 { if $i < $j { ipsec t-$i-$j { between a-$i and a-$j ; auth psk } } } }\n",
    ),
    Case(
        "500 children",
        (CHECK, COMPILE),
        "lab b\nnetwork n 10.0.0.0/16\nnetwork l 10.1.0.0/16\nnetwork r 10.2.0.0/16\n"
        "router a { interface on n ; interface on l }\nrouter b { interface on n ; interface on r }\n"
        "ipsec t { between a and b ; auth psk\n  for i in 1..500 {\n"
        "    child c-$i { between ${subnet(10.1.0.0/16,30,i)} and ${subnet(10.2.0.0/16,30,i)} } } }\n",
    ),
    Case(
        "1,900 tunnels between two",
        (CHECK, COMPILE),
        "lab b\nnetwork n 10.0.0.0/16\nnetwork x 10.1.0.0/16\nnetwork y 10.2.0.0/16\n"
        "router a { interface on n ; interface on x }\nrouter b { interface on n ; interface on y }\n"
        "for i in 1..1900 { ipsec t-$i { auth psk ; between a protecting ${subnet(10.1.0.0/16,28,i)}\n"
        "  and b protecting ${subnet(10.2.0.0/16,28,i)} } }\n",
    ),
    Case(
        "2,000 clients that a server of RADIUS knows",
        (CHECK, COMPILE),
        "lab b\nnetwork n 10.0.0.0/16\nhost ra { interface on n ; serve radius }\nrouter gw { interface on n .0.1 }\n"
        "for i in 1..2000 { host c-$i { interface on n } }\n"
        "ipsec t { gateway gw ; client c-* ; pool 172.16.0.0/16 ; radius ra\n"
        "  auth certificate for gw ; auth eap-md5 for c-* }\n",
    ),
    Case(
        "20,000 names that clients ask for",
        (CHECK, COMPILE),
        "lab b\nnetwork n 10.0.0.0/16\nhost ns { interface on n .0.1 ; serve dns {\n"
        "  for i in 1..2000 { zone z-$i.example { for j in 1..10 { record w-$j -> ns } } } } }\n"
        "for i in 1..2000 { host c-$i { interface on n ; resolver ns } }\n"
        "expect { for i in 1..10 { c-* resolves w-1.z-$i.example to ns } }\n",
    ),
    Case(
        "2,000 clients with keys of RSA",
        (CHECK, COMPILE),
        "lab b\nnetwork n 10.0.0.0/16\npki p { algorithm rsa-4096 }\nrouter gw { interface on n .0.1 }\n"
        "for i in 1..2000 { host c-$i { interface on n } }\n"
        "ipsec t { gateway gw ; client c-* ; pool 172.16.0.0/16 ; auth certificate }\n",
    ),
    Case(
        "160 clients with keys of RSA",
        (COMPILE,),
        "lab b\nnetwork n 10.0.0.0/16\npki p { algorithm rsa-2048 }\nrouter gw { interface on n .0.1 }\n"
        "for i in 1..157 { host c-$i { interface on n } }\n"
        "ipsec t { gateway gw ; client c-* ; pool 172.16.0.0/16 ; auth certificate }\n",
    ),
    Case(
        "2,000 servers with certificates",
        (CHECK, COMPILE),
        "lab b\nnetwork n 10.0.0.0/16\nfor i in 1..2000 { host h-$i { interface on n ; serve https } }\n",
    ),
    Case(
        "2,000 texts of signs outside of the basic plane",
        (CHECK, COMPILE),
        f'lab b\nnetwork n 10.0.0.0/16\nlet a = "{"é😀" * 500}"\nlet b = "{"$a" * 16}"\nhost h {{ interface on n\n'
        '  for i in 1..2000 { run "$b" } }\n',
    ),
    Case(
        "lists of 10,000 addresses in 5,000 lines",
        (CHECK,),
        f"lab b\nnetwork n 10.0.0.0/8\n{_long('m', _listed('10.0.0.{}', range(1, 101)))}"
        "for i in 1..5000 { host h-$i { interface on n $m } }\n",
    ),
    Case(
        "lists of 10,000 next hops in 5,000 lines",
        (CHECK,),
        f"lab b\nnetwork n 10.0.0.0/8\nhost a {{ interface on n }}\n{_long('m', _listed('a', range(100)))}"
        "for i in 1..5000 { host h-$i { interface on n ; default via $m } }\n",
    ),
    Case(
        "5,000 networks of 10,000 prefixes",
        (CHECK,),
        f"lab b\n{_long('m', _listed('172.16.{}.0/24', range(100)))}for i in 1..5000 {{ network m-$i $m }}\n",
    ),
    Case(
        "a list of 2,400 members made 9,000 times",
        (CHECK,),
        f"lab b\nnetwork n 10.0.0.0/8\nfor i in 1..9000 {{ let q = [{_listed('$i', range(2400))}]\n"
        '  host h-$i { interface on n ; env A = "${len(q)}" } }\n',
    ),
    Case(
        "10,000 members looked at 135,000 times",
        (CHECK,),
        f"lab b\nnetwork n 10.0.0.0/8\nhost a {{ interface on n }}\n{_long('m', _listed('10.0.0.1', range(100)))}"
        "for i in 1..9000 { for j in 1..15 { if hash($m) == 1 { let x = 1 } } }\n",
    ),
    Case(
        "9,000 patterns for 5,000 names",
        (CHECK,),
        "lab b\nnetwork n 10.0.0.0/8\nfor i in 1..5000 { host h-$i { interface on n } }\n"
        "host f { interface on n ; firewall { policy drop ; for i in 1..9000 { accept input tcp/$i from h-1*$i } } }\n",
    ),
    Case(
        "9,000 patterns for names in 100 scopes",
        (CHECK,),
        "lab b\nnetwork n 10.0.0.0/8\ntemplate t { for i in 1..30 { host h-$i { interface on n } } }\n"
        "for i in 1..100 { use t as s-$i }\n"
        "host f { interface on n ; firewall { policy drop ; for i in 1..9000 { accept input from s-*.h-$i* } } }\n",
    ),
    Case(
        "9,000 errors behind 70 uses",
        (CHECK, JSON, SARIF, FIX),
        "lab b\nnetwork n 10.0.0.0/8\ntemplate t0 { for i in 1..9000 { host h-$i { interface on nope } } }\n"
        + "".join(f"template t{number} {{ use t{number - 1} }}\n" for number in range(1, 70))
        + "use t69\n",
    ),
    Case(
        "9,000 errors in 1,700 scopes",
        (CHECK, JSON, SARIF, FIX),
        "lab b\nnetwork n 10.0.0.0/8\ntemplate t0 { for i in 1..100 { host h-$i { interface on nope-$i } } }\n"
        + "".join(f"template t{number} {{ use t{number - 1} as q }}\n" for number in range(1, 20))
        + "for i in 1..90 { use t19 as s-$i }\n",
    ),
    Case(
        "300 lines with a remedy each",
        (FIX, ("check", "--fix", "--diff"), ("fmt", "--diff")),
        "lab b\n" + "".join(f"network m{number} 10.{number % 250}.0.1/16\n" for number in range(300)),
    ),
    Case(
        "5,000 nodes of an image of 2,000 commands",
        (COMPILE, VAGRANT),
        f'lab b\nnetwork n 10.0.0.0/16\nlet a = "{"x" * 1000}"\nlet b = "{"$a" * 16}"\n'
        "image m { for i in 1..2000 { run $b } }\nfor i in 1..5000 { host h-$i { interface on n ; image m } }\n",
    ),
    Case(
        "an image of 1,800 commands for several daemons",
        (COMPILE, VAGRANT, PAPER),
        f'lab b\nnetwork n 10.0.0.0/16\nlet a = "{"x" * 1000}"\nlet b = "{"$a" * 16}"\n'
        "image m { for i in 1..1800 { run $b } }\n"
        "host a { interface on n ; image m }\nhost b { interface on n ; image m ; serve dns }\n"
        "host c { interface on n ; image m ; serve radius }\nhost d { interface on n ; image m ; serve https }\n",
    ),
    Case(
        "10 hosts on 9,000 networks",
        (CHECK,),
        "lab b\nfor i in 1..9000 { network n-$i ${subnet(10.0.0.0/8,24,i)} }\n"
        "for k in 1..10 { host h-$k { for i in 1..9000 { interface i-$i on n-$i } } }\n",
    ),
    Case(
        "90,000 services of 10 hosts",
        (CHECK, COMPILE),
        "lab b\nnetwork n 10.0.0.0/8\n"
        "for i in 1..10 { host h-$i { interface on n ; for p in 1..9000 { serve udp s-$p udp/$p } } }\n"
        "expect { h-1 reaches h-2 udp/5 }\n",
    ),
    Case(
        "15 sysctls for 60,000 interfaces",
        (COMPILE, VAGRANT, PAPER),
        "lab b\nfor i in 1..3000 { network n-$i ${subnet(10.0.0.0/8,24,i)} }\n"
        "for k in 1..20 { host h-$k { for i in 1..3000 { interface i-$i on n-$i }\n"
        + "".join(f"  sysctl net.ipv4.conf.all.{name} = 1\n" for name in _OF_INTERFACES)
        + "} }\n",
    ),
    Case(
        "8,000 routers on an unnumbered link",
        (CHECK,),
        "lab b\nnetwork n\nfor i in 1..8000 { router r-$i { interface on n ; loopback ${host(10.0.0.0/8, i)} } }\n",
    ),
    Case(
        "10,000 hosts with long names",
        (VAGRANT, PAPER, HANDOUT, *DRAWINGS),
        f"lab b\nnetwork n 10.0.0.0/8\nfor i in 1..10000 {{ host {'a' * 57}-$i {{ interface on n ; serve http }} }}\n",
    ),
    Case(
        "1,900 tunnels of a hub",
        (CHECK, VAGRANT, PAPER, HANDOUT),
        "lab b\nnetwork n 10.0.0.0/8\nrouter hub { interface on n }\nfor i in 1..1900 { router s-$i { interface on n }\n"
        "  ipsec t-$i { auth psk ; between hub and s-$i protecting ${subnet(172.16.0.0/12,28,i)} } }\n",
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="Cases whose name holds one of these [all].")
    asked = parser.parse_args().names
    print(f"{'':54} {'verb':22} {'status':>6} {'CPU s':>6} {'MiB':>6}")
    for case in CASES:
        if not asked or any(name in case.name for name in asked):
            for line in _measured(case):
                print(line, flush=True)


def _measured(case: Case) -> Iterator[str]:
    assert len(case.source) < 10_000, case.name
    for verb, *words in case.verbs:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "lab.net").write_text(case.source)
            (Path(folder) / "big").write_bytes(b"x" * 2**24)
            status, seconds, mebibytes = _run(folder, verb, *words)
        is_over = seconds > SECONDS or mebibytes > GIBIBYTES * 1024
        shown = " ".join((verb, *(word for word in words if word not in _NO_NEWS)))
        yield f"{case.name:54} {shown:22} {status:6} {seconds:6.1f} {mebibytes:6.0f}{'  OVER' if is_over else ''}"


def _run(folder: str, verb: str, *words: str) -> tuple[int, float, float]:
    """Exit status, CPU seconds and peak memory (MiB) of a call, measured by a process around it."""
    program = (
        "import json, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))\n"
    )
    command = [sys.executable, "-c", program, *_NETDSL, verb, "lab.net", *words]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True, preexec_fn=_limit)
    status, seconds, mebibytes = done.stdout.strip("[]\n").split(",")
    return int(status), float(seconds), float(mebibytes)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))


if __name__ == "__main__":
    main()
