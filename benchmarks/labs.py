"""The labs that the benchmark compiles: a ring of routers, each with a host on a network of its own."""

from collections.abc import Callable
from ipaddress import IPv4Address

_LINKS = int(IPv4Address("10.0.0.0"))
_LANS = int(IPv4Address("10.64.0.0"))
_LAN_RANGE = "10.64.0.0/10"


def explicit(nodes: int) -> str:
    """Every network, node and route as a statement of its own; default routes only."""
    return _ring(nodes, "default via r{next}")


def automatic(nodes: int) -> str:
    """The same ring, every router with `routing auto`."""
    return _ring(nodes, "routing auto")


def looped(nodes: int) -> str:
    """The ring of `explicit` in a dozen lines."""
    count = nodes // 2
    return f"""lab ring
let count = {count}
for i in 1..$count {{
  let next = ${{i % count + 1}}
  network lan-$i ${{subnet(10.64.0.0/10, 24, i - 1)}}
  link r$i.next -- r$next.prev ${{subnet(10.0.0.0/10, 31, i - 1)}}
  router r$i {{
    interface lan on lan-$i .1
    default via r$next
  }}
  host h$i {{
    interface on lan-$i .2
    default via r$i
  }}
}}
"""


def _ring(nodes: int, routing: str) -> str:
    count = nodes // 2
    lines = ["lab ring"]
    for number in range(1, count + 1):
        following = number % count + 1
        lan = IPv4Address(_LANS + (number - 1) * 256)
        wire = IPv4Address(_LINKS + (number - 1) * 2)
        lines += [
            f"network lan-{number} {lan}/24",
            f"link r{number}.next -- r{following}.prev {wire}/31",
            f"router r{number} {{",
            f"  interface lan on lan-{number} .1",
            f"  {routing.format(next=following)}",
            "}",
            f"host h{number} {{",
            f"  interface on lan-{number} .2",
            f"  default via r{number}",
            "}",
        ]
    return "\n".join(lines) + "\n"


FAMILIES = {"explicit": explicit, "loops": looped, "auto": automatic}


def hosts(nodes: int) -> str:
    """All hosts on three networks around one router."""
    count = (nodes - 1) // 3
    return f"""lab hosts
network n-1 10.1.0.0/16
network n-2 10.2.0.0/16
network n-3 10.3.0.0/16
router r {{ interface on n-1 .255.1 ; interface on n-2 .255.1 ; interface on n-3 .255.1 }}
for k in 1..3 {{ for i in 1..{count} {{ host h-$k-$i {{ interface on n-$k ; default via r }} }} }}
"""


def line(nodes: int) -> str:
    """At most sixty routers in a row (the time to live is 64), the hosts shared out behind them."""
    count = min(nodes // 2, 60)
    return _routers(count, count) + _more_hosts(nodes - 2 * count, count)


def mesh(nodes: int, more: Callable[[int], str] = lambda _: "") -> str:
    """A ring of routers with chords, each with a host on a network of its own. `more` of each router's block."""
    count = nodes // 2
    chords = [(i, (i + count // 2) % count + 1) for i in range(5, count + 1, 5)]
    return _routers(count, count + 1, chords, more)


def filters(nodes: int) -> str:
    """The mesh; every router filters: what is not taken falls, some sources fall, some are told."""
    count = nodes // 2
    return mesh(
        nodes,
        lambda i: (
            f"""
  firewall {{
    policy drop
    accept input icmp
    accept output
    drop forward from lan-{(i + 7) % count + 1}
    reject forward tcp/22
    accept forward icmp from {_LAN_RANGE}
    accept forward tcp/8080 from {_LAN_RANGE} to lan-{i}, lan-{i % count + 1}
    drop forward tcp/1-1023
    accept forward tcp from lan-{i} to {_LAN_RANGE}
    accept forward tcp/8080 to {_LAN_RANGE}
  }}
"""
        ),
    )


def reverse_paths(nodes: int) -> str:
    """The mesh; every router asks whether it would answer by the same way (rp_filter)."""
    return mesh(nodes, lambda _: "; sysctl net.ipv4.conf.all.rp_filter = 1")


def sites(nodes: int) -> str:
    """Sites of ten nodes around one router, each behind a firewall, with a tunnel to the first."""
    parts = ["lab sites", "network core 192.0.2.0/24", "network home 10.0.0.0/24", "host srv { interface on home .10"]
    parts += ["default via gw", "}", "router gw { interface on core .254 ; interface on home .1 }"]
    for i in range(1, max(nodes // 10, 1) + 1):
        parts.append(f"""
network lan-{i} 10.1.{i}.0/24
router gw-{i} {{ interface wan on core .{i} ; interface lan on lan-{i} .1
  firewall {{ policy drop ; accept tunnel vpn-{i} ; accept forward from lan-{i} to home through vpn-{i} }} }}
for k in 1..9 {{ host h-{i}-$k {{ interface on lan-{i} ; default via gw-{i} }} }}
ipsec vpn-{i} {{ between gw-{i} protecting lan-{i} and gw protecting home ; auth psk ; start on traffic }}""")
    return "\n".join(parts) + "\n"


def _routers(
    count: int, links: int, chords: list[tuple[int, int]] | None = None, more: Callable[[int], str] = lambda _: ""
) -> str:
    """A row of routers (`links` of at least their number close it to a ring), each with a host that serves tcp/8080."""
    lines = ["lab routers"]
    for i in range(1, count + 1):
        wire, lan = IPv4Address(_LINKS + i * 2), IPv4Address(_LANS + i * 256)
        if i < min(links, count) or links > count:
            lines.append(f"link r{i}.next -- r{i % count + 1}.prev {wire}/31")
        lines.append(f"network lan-{i} {lan}/24")
        lines.append(f"router r{i} {{ interface lan on lan-{i} .1 ; routing auto {more(i)} }}")
        lines.append(f"host h{i} {{ interface on lan-{i} .2 ; default via r{i} ; serve http app tcp/8080 }}")
    for number, (one, other) in enumerate(chords or ()):
        wire = IPv4Address(_LINKS + 2**16 + number * 2)
        lines.append(f"link r{one}.out{number} -- r{other}.in{number} {wire}/31")
    return "\n".join(lines) + "\n"


def _more_hosts(count: int, routers: int) -> str:
    return "".join(
        f"host m{i} {{ interface on lan-{i % routers + 1} ; default via r{i % routers + 1} }}\n" for i in range(count)
    )


SHAPES = {
    "hosts": hosts,
    "line": line,
    "mesh": mesh,
    "filters": filters,
    "rp-filter": reverse_paths,
    "sites": sites,
}
