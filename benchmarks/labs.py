"""The labs that the benchmark compiles: a ring of routers, each with a host on a network of its own."""

from ipaddress import IPv4Address

_LINKS = int(IPv4Address("10.0.0.0"))
_LANS = int(IPv4Address("10.64.0.0"))


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
