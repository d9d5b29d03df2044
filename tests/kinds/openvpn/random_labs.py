"""OpenVPN in random labs: between gateways, and a gateway with clients: hosts of the last site, maybe behind NAT."""

from collections.abc import Iterator
from copy import copy
from random import Random

from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.openvpn.ir import CIPHERS, is_tcp
from tests.differential.draft import Draft, Tunnel
from tests.differential.tunnels import give_addresses, give_device, hub_and_hosts, outer_family

FEATURES = ("openvpn", "openvpn over tcp")
KERNEL_FEATURES: tuple[str, ...] = ()
OUTER = "accept forward udp/1194-1199, tcp/1194-1210"
IS_FIRST = False
SHARE = 0.4
_OVER_TCP = 0.5


def fits(draft: Draft) -> bool:
    return True


def give(rng: Random, draft: Draft, number: int) -> None:
    if rng.random() < 0.55:
        give_device(rng, draft, "openvpn", number)
    else:
        _give_hub(rng, draft, number)
    tunnel = draft.tunnels[-1]
    tunnel.statement = f"openvpn {tunnel.name}"
    if copy(rng).random() < _OVER_TCP:  # of a copy: the rest of a lab stays as it was
        tunnel.lines.append(f"listen tcp/{1194 + number}")
    give_addresses(draft, tunnel, number)
    if rng.random() < 0.5:
        tunnel.lines.append(f"cipher {rng.choice(list(CIPHERS))}")


def _give_hub(rng: Random, draft: Draft, number: int) -> None:
    gateway, *hosts = hub_and_hosts(draft)
    tunnel = Tunnel(f"openvpn-{number}", "device", (gateway, *hosts), "openvpn")
    tunnel.lines = [f"gateway {gateway.name}.wan", f"client {', '.join(box.name for box in hosts)}"]
    tunnel.lines += outer_family(rng, draft)
    if rng.random() < 0.7:
        tunnel.lines.append("relay yes")
    draft.tunnels.append(tunnel)


def nest(rng: Random, draft: Draft) -> None:
    """Nothing is put into OpenVPN on purpose."""


def features(end: TunnelEnd, node: Node) -> Iterator[str]:
    yield "openvpn"
    if is_tcp(end):
        yield "openvpn over tcp"
