"""Commands that change the network of a node: what they may have changed cannot be known, and all else is as predicted."""

from collections.abc import Iterator
from random import Random

from tests.differential.draft import Box, Draft, Port

SHARE = 0.25
VACANT = 244
"""The place of the address that all nodes ask for although no line gives it to a node."""


def give_commands(rng: Random, draft: Draft) -> None:
    if rng.random() >= SHARE:
        return
    roomy = [net for net in draft.nets if any(prefix.num_addresses > 250 for prefix in net.prefixes)]
    there = [(box, port) for box in draft.boxes for port in box.ports if port.net is roomy[-1] and box.role != "switch"]
    hosts = [one for one in there if one[0].role == "host"]
    if there:
        box, port = rng.choice(hosts or there)
        box.lines += ["capability NET_ADMIN"]
        box.lines += [f'run "{command}"' for command in rng.choice([_an_address, _no_way])(box, port)]


def _an_address(_: Box, port: Port) -> Iterator[str]:
    for prefix in port.net.prefixes:
        nodad = " nodad" if prefix.version == 6 else ""
        yield f"ip address add {prefix[VACANT]}/{prefix.prefixlen} dev {port.name}{nodad}"


def _no_way(box: Box, port: Port) -> Iterator[str]:
    """It answers nobody off its network, or as a router no longer passes packets on to it."""
    for prefix in port.net.prefixes:
        goal = "default" if box.role == "host" else str(prefix)
        yield (
            f"ip -6 route add blackhole {goal} metric 1"
            if prefix.version == 6
            else f"ip route replace blackhole {goal}"
        )
