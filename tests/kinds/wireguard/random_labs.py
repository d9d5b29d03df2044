"""WireGuard in random labs: between gateways, and a gateway with clients: hosts of the last site, maybe behind NAT."""

from collections.abc import Iterator
from random import Random

from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd
from tests.differential.draft import Draft, Tunnel
from tests.differential.tunnels import give_addresses, give_device, hub_and_hosts, outer_family

FEATURES = ("wireguard",)
KERNEL_FEATURES: tuple[str, ...] = ()
OUTER = "accept forward udp/51820-51829"
IS_FIRST = False
SHARE = 0.25


def fits(draft: Draft) -> bool:
    return True


def give(rng: Random, draft: Draft, number: int) -> None:
    if rng.random() < 0.55:
        give_device(rng, draft, "wireguard", number)
    else:
        _give_hub(rng, draft, number)
    tunnel = draft.tunnels[-1]
    tunnel.statement = f"wireguard {tunnel.name}"
    give_addresses(draft, tunnel, number)
    if rng.random() < 0.3:
        tunnel.lines.append("psk yes")
    if Random(f"netdsl addresses of {tunnel.name} in {draft.name}").random() < 0.4:
        first = {4: ".1", 6: "::1"}  # which the first end has else
        given = ", ".join(first[family] for family in draft.families)
        tunnel.lines.append(f"addresses {given} for {tunnel.ends[1].name}")


def _give_hub(rng: Random, draft: Draft, number: int) -> None:
    gateway, *hosts = hub_and_hosts(draft)
    tunnel = Tunnel(f"wireguard-{number}", "device", (gateway, *hosts), "wireguard")
    tunnel.lines = [f"gateway {gateway.name}.wan", f"client {', '.join(box.name for box in hosts)} {{ keepalive 25s }}"]
    tunnel.lines += outer_family(rng, draft)
    if rng.random() < 0.7:
        tunnel.lines.append("relay yes")
    draft.tunnels.append(tunnel)


def nest(rng: Random, draft: Draft) -> None:
    """Nothing is put into WireGuard on purpose."""


def features(end: TunnelEnd, node: Node) -> Iterator[str]:
    yield "wireguard"
