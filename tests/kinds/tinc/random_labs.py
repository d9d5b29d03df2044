"""tinc in random labs: between gateways, and a gateway with clients: hosts of the last site, maybe behind NAT."""

from collections.abc import Iterator
from random import Random

from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd
from tests.differential.draft import Draft, Tunnel
from tests.differential.tunnels import give_addresses, give_device, hub_and_hosts, outer_family

FEATURES = ("tinc",)
KERNEL_FEATURES: tuple[str, ...] = ()
OUTER = "accept forward tcp/655-669, udp/655-669"
IS_FIRST = False
SHARE = 0.25


def fits(draft: Draft) -> bool:
    return True


def give(rng: Random, draft: Draft, number: int) -> None:
    chosen = rng.random()
    if chosen < 0.4:
        give_device(rng, draft, "tinc", number)
    else:
        _give_many(rng, draft, number, is_mesh=chosen < 0.7)
    tunnel = draft.tunnels[-1]
    tunnel.statement = f"tinc {tunnel.name}"
    give_addresses(draft, tunnel, number)
    if rng.random() < 0.3:
        tunnel.lines.append(rng.choice(["mac 16", "cipher aes-128-cbc", "digest sha512"]))


def _give_many(rng: Random, draft: Draft, number: int, *, is_mesh: bool) -> None:
    gateway, *hosts = hub_and_hosts(draft)
    tunnel = Tunnel(f"tinc-{number}", "device", (gateway, *hosts), "tinc")
    others = ", ".join(box.name for box in hosts)
    if is_mesh:
        tunnel.lines = [f"between {gateway.name}.wan and {others}"]
    else:
        tunnel.lines = [f"gateway {gateway.name}.wan", f"client {others}"]
    tunnel.lines += outer_family(rng, draft)
    draft.tunnels.append(tunnel)


def nest(rng: Random, draft: Draft) -> None:
    """Nothing is put into tinc on purpose."""


def features(end: TunnelEnd, node: Node) -> Iterator[str]:
    yield "tinc"
