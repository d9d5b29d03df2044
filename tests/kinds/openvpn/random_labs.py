"""OpenVPN in random labs: between gateways, and a gateway with clients: hosts of the last site, maybe behind NAT."""

from collections.abc import Iterator
from random import Random

from netdsl.ir.node import Node
from netdsl.ir.tunnel import TunnelEnd
from netdsl.kinds.openvpn.ir import CIPHERS
from tests.differential.draft import Draft, Tunnel
from tests.differential.tunnels import give_device, outer_family

FEATURES = ("openvpn",)
KERNEL_FEATURES: tuple[str, ...] = ()
OUTER = "accept forward udp/1194-1199"
IS_FIRST = False
SHARE = 0.25


def fits(draft: Draft) -> bool:
    return True


def give(rng: Random, draft: Draft, number: int) -> None:
    if rng.random() < 0.55:
        give_device(rng, draft, "openvpn", number)
    else:
        _give_hub(rng, draft, number)
    tunnel = draft.tunnels[-1]
    tunnel.statement = f"openvpn {tunnel.name}"
    if not any(line.startswith("addresses ") for line in tunnel.lines):
        inside = {4: f"10.99.{number}.0/28", 6: f"fc00:99:{number}::/124"}
        tunnel.lines.append("addresses " + ", ".join(inside[family] for family in draft.families))
    if rng.random() < 0.5:
        tunnel.lines.append(f"cipher {rng.choice(list(CIPHERS))}")


def _give_hub(rng: Random, draft: Draft, number: int) -> None:
    gateway, last = draft.of("gateway")[0], draft.of("gateway")[-1]
    hosts = [box for box in draft.of("host") if box.site == last.site][:2]
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
