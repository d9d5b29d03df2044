"""Tunnels without keys: GRE and IPIP between two gateways, a VXLAN segment that two or three of them are on."""

from ipaddress import ip_network
from random import Random

from tests.differential.draft import Box, Draft, Net, Port, Tunnel

KINDS = ("gre", "ipip", "vxlan")


def give_keyless_tunnels(rng: Random, draft: Draft) -> None:
    """None, one or two; after IPsec, in which they may lie, and before routes, NAT and filters."""
    if rng.random() > 0.76:
        return
    kinds = [
        kind for kind in KINDS if kind != "ipip" or len(draft.families) == 1
    ]  # in user space it carries one family
    for number, kind in enumerate(rng.sample(kinds, rng.choice([1, 1, 2])), 1):
        if kind == "vxlan":
            _give_segment(rng, draft)
        else:
            _give_device(rng, draft, kind, number)


def _give_device(rng: Random, draft: Draft, kind: str, number: int) -> None:
    """Between gateways. What it protects is mostly what no IPsec protects: then it carries what goes there."""
    ends = tuple(rng.sample(draft.of("gateway"), 2))
    tunnel = Tunnel(f"{kind}-{number}", "device", (ends[0], ends[1]), "at boot", protocol=kind)
    is_taken = any(all(end in other.ends for end in ends) and any(other.protected) for other in draft.tunnels)
    is_same_range = draft.is_overlapping and {end.site for end in ends} == {"a", "b"}
    if not is_same_range and (not is_taken or rng.random() < 0.2):
        tunnel.kind = "site"
        tunnel.protected = (_protected(rng, draft, ends[0]), _protected(rng, draft, ends[1]))
    tunnel.lines = [
        "between "
        + "\n      and ".join(
            f"{end.name}.wan" + (f" protecting {', '.join(net.name for net in nets)}" if nets else "")
            for end, nets in zip(ends, tunnel.protected, strict=True)
        )
    ]
    tunnel.lines += _outer(rng, draft)
    if tunnel.kind == "device" or rng.random() < 0.5:
        both = {4: f"10.99.{number}.0/30", 6: f"fc00:99:{number}::/126"}
        tunnel.lines.append("addresses " + ", ".join(both[family] for family in draft.families))
    draft.tunnels.append(tunnel)


def _protected(rng: Random, draft: Draft, gateway: Box) -> tuple[Net, ...]:
    nets = [port.net for port in gateway.inside if port.name != "office"]
    nets += [net for net in draft.nets if net.name == f"deep-{gateway.site}"]
    return tuple(net for place, net in enumerate(nets) if place == 0 or rng.random() < 0.7)


def _give_segment(rng: Random, draft: Draft) -> None:
    gateways = draft.of("gateway")
    ends = tuple(rng.sample(gateways, rng.choice([2, len(gateways)])))
    both = {4: ip_network("10.88.0.0/24"), 6: ip_network("fc00:88::/64")}
    office = Net("office", tuple(both[family] for family in draft.families))
    draft.nets.append(office)
    for place, end in enumerate(ends, 1):
        end.ports.append(Port("office", office, place))
    names = [f"{end.name}.wan" for end in ends]
    tunnel = Tunnel("segment", "segment", ends, "at boot", protocol="vxlan")
    tunnel.lines = [f"between {', '.join(names[:-1])} and {names[-1]}", "carries office", *_outer(rng, draft)]
    draft.tunnels.append(tunnel)


def _outer(rng: Random, draft: Draft) -> list[str]:
    return [f"over {rng.choice(['ipv4', 'ipv6'])}"] if len(draft.families) == 2 else []
