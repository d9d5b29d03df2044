"""IPsec in random labs: between sites, gateway to gateway, host to host, and a gateway with a client."""

from collections.abc import Iterator
from random import Random

from netdsl.ir.tunnel import Start, TunnelEnd
from netdsl.kinds.ipsec.ir import AuthMethod, end_inside
from tests.differential.draft import Box, Draft, Net, Tunnel

FEATURES = (
    *("tunnel", "psk", "certificate", "site to site", "host to host", "tunnel by hand", "only", "virtual addresses"),
)
OUTER = "accept forward ike, esp"
IS_FIRST = True


def fits(draft: Draft) -> bool:
    return True


def give(rng: Random, draft: Draft, number: int) -> None:
    """None, one or two."""
    if rng.random() > 0.86:
        return
    gateways = draft.of("gateway")
    if any(box.name == "out" for box in draft.boxes) and rng.random() < 0.56:
        _give(rng, draft, "vpn-1", "road", (gateways[0], gateways[1]))
        return
    pairs = [(a, b) for place, a in enumerate(gateways) for b in gateways[place + 1 :]]
    for number, pair in enumerate(rng.sample(pairs, min(len(pairs), rng.choice([1, 1, 2]))), 1):
        kind = rng.choices(["site", "gateways", "hosts"], [60, 22, 18])[0]
        _give(rng, draft, f"vpn-{number}", kind, pair)
    if rng.random() < 0.06 and draft.tunnels:
        tunnel = draft.tunnels[0]
        if "auth psk" in tunnel.lines:
            draft.unmet.append(f"{tunnel.name} is up")
            tunnel.lines.append(f'secret "another-secret-{draft.name}" for {tunnel.ends[0].name}')
            draft.faults.append(f"the ends of {tunnel.name} have different secrets")


def _give(rng: Random, draft: Draft, name: str, kind: str, pair: tuple[Box, Box]) -> None:
    start = rng.choices(["at boot", "on traffic", "by hand"], [42, 22, 36])[0]
    match kind:
        case "hosts" if not draft.is_overlapping:
            ends = (draft.box(f"pc-{pair[0].site}"), draft.box(f"pc-{pair[1].site}"))
            tunnel = _tunnel(name, "host", ends, start)
        case "road":
            tunnel = _tunnel(name, "road", (pair[0], draft.box("out")), "at boot")
        case "site":
            tunnel = _tunnel(name, "site", pair, start)
            tunnel.protected = (_protected(rng, draft, pair[0]), _protected(rng, draft, pair[1]))
            if draft.is_overlapping and {pair[0].site, pair[1].site} == {"a", "b"}:
                tunnel.kind, tunnel.protected = "host", ((), ())
        case _:
            tunnel = _tunnel(name, "host", pair, start)
    if _is_new(draft, tunnel):
        tunnel.lines = _lines(rng, draft, tunnel)
        draft.tunnels.append(tunnel)


def _tunnel(name: str, kind: str, ends: tuple[Box, ...], start: str) -> Tunnel:
    return Tunnel(name, kind, ends, "ipsec", f"ipsec {name}", start, has_policies=True)


def _is_new(draft: Draft, tunnel: Tunnel) -> bool:
    """No other protects the same: two policies for one packet have no order."""
    taken = {prefix for other in draft.tunnels for nets in other.protected for net in nets for prefix in net.prefixes}
    mine = {prefix for nets in tunnel.protected for net in nets for prefix in net.prefixes}
    return not (draft.is_overlapping and taken & mine)


def _protected(rng: Random, draft: Draft, gateway: Box) -> tuple[Net, ...]:
    nets = [port.net for port in gateway.inside]
    nets += [net for net in draft.nets if net.name == f"deep-{gateway.site}"]
    return tuple(net for place, net in enumerate(nets) if place == 0 or rng.random() < 0.7)


def _lines(rng: Random, draft: Draft, tunnel: Tunnel) -> list[str]:
    ends = [end.name if end.role == "host" else f"{end.name}.wan" for end in tunnel.ends]
    if tunnel.kind == "road":
        nets = ", ".join(port.net.name for port in tunnel.ends[0].inside)
        lines = [f"gateway {ends[0]} protecting {nets}", f"client {ends[1]}"]
        lines.append("pool " + ", ".join({4: "10.77.0.0/28", 6: "fc00:77::/120"}[family] for family in draft.families))
    elif tunnel.kind == "site" and rng.random() < 0.25:
        lines = [f"between {ends[0]} and {ends[1]}", *_children(tunnel)]
    else:
        parts = [
            end + (f" protecting {', '.join(net.name for net in nets)}" if nets else "")
            for end, nets in zip(ends, tunnel.protected, strict=True)
        ]
        lines = [f"between {parts[0]}", f"    and {parts[1]}"]
    if len(draft.families) == 2:
        lines.append(f"over {rng.choice(['ipv4', 'ipv6'])}")
    lines += [rng.choice(["auth psk", "auth certificate", "auth pubkey"]), f"start {tunnel.start}"]
    if tunnel.kind != "road" and rng.random() < 0.35:
        lines.append(f"only {rng.choice(['tcp/80', 'udp', 'icmp'])}")
    return lines


def _children(tunnel: Tunnel) -> list[str]:
    """One for each pair of networks."""
    pairs = [(a, b) for a in tunnel.protected[0] for b in tunnel.protected[1]]
    return [f"child c{place} {{ between {a.name} and {b.name} }}" for place, (a, b) in enumerate(pairs, 1)]


def features(end: TunnelEnd) -> Iterator[str]:
    yield "tunnel"
    methods = {auth.method for auth in end_inside(end).own_auth}
    yield from (name for method, name in _METHODS if method in methods)
    for child in end.children:
        protected = (*child.local, *child.remote)
        is_host = all(prefix.prefixlen == prefix.max_prefixlen for prefix in protected)
        yield "host to host" if is_host else "site to site"
        if child.start is Start.HAND:
            yield "tunnel by hand"
        if child.only_local or child.only_remote:
            yield "only"
    if end.pools or end.virtual:
        yield "virtual addresses"


_METHODS = ((AuthMethod.PSK, "psk"), (AuthMethod.CERTIFICATE, "certificate"))
