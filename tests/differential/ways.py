"""Routes of a lab: `routing auto` and lines by hand, and what of them is left out or leads the wrong way on purpose."""

from random import Random

from tests.differential.draft import Box, Draft, Net


def give_routes(rng: Random, draft: Draft) -> None:
    """After the tunnels: what they need to come up is left alone."""
    style = rng.choices(["auto", "hand", "mixed"], [40, 40, 20])[0]
    for place, box in enumerate(box for box in draft.boxes if box.forwards):
        _loopback(rng, draft, box, place)
        if style == "auto" or (style == "mixed" and rng.random() < 0.5):
            box.routes.append("routing auto")
        else:
            box.routes += by_hand(draft, box)
    ends = {end.name for tunnel in draft.tunnels for end in tunnel.ends}
    for box in draft.of("host"):
        is_auto = style == "auto" and rng.random() < 0.4
        # With too wide a netmask the gateway's own network may be all that it has a route to.
        is_cut_off = box.name in ends and any(port.shorter for port in box.ports)
        box.routes.append("routing auto" if is_auto and not is_cut_off else f"default via {_exit(draft, box)}")
    if rng.random() < 0.3:
        _leave_out(rng, draft)
    if rng.random() < 0.12:
        _mislead(rng, draft)


def _loopback(rng: Random, draft: Draft, box: Box, place: int) -> None:
    if rng.random() < 0.15:
        both = {4: f"10.255.0.{place + 1}/32", 6: f"fc00:255::{place + 1}/128"}
        box.lines.append("loopback " + ", ".join(both[family] for family in draft.families))


def _exit(draft: Draft, host: Box) -> str:
    """Who a host gives what it does not know: the nearest router of its site."""
    if not host.site:
        return "core" if draft.of("core") else "gw-a"
    return f"in-{host.site}" if host.name.startswith("end") else f"gw-{host.site}"


def by_hand(draft: Draft, box: Box) -> list[str]:
    match box.role:
        case "inner":
            return [f"default via gw-{box.site}"]
        case "gateway":
            return [*_inwards(draft, box), *_across(draft, box)]
        case _:
            return [line for gateway in draft.of("gateway") for line in _to_site(draft, gateway, box)]


def _inwards(draft: Draft, gateway: Box) -> list[str]:
    return [
        f"route {net.name} via in-{gateway.site}" for net in _nets(draft, gateway.site) if net.name.startswith("deep")
    ]


def _across(draft: Draft, gateway: Box) -> list[str]:
    if draft.of("core"):
        return ["default via core"]
    return [line for other in draft.of("gateway") if other is not gateway for line in _to_site(draft, other, gateway)]


def _to_site(draft: Draft, gateway: Box, knower: Box) -> list[str]:
    """Of two sites with the same range, the first one's; a node's own range needs none."""
    known = {prefix for port in knower.ports for prefix in port.net.prefixes}
    known |= {prefix for net in _nets(draft, knower.site) for prefix in net.prefixes}
    first = {prefix: net for net in reversed(draft.nets) for prefix in net.prefixes}
    nets = [net for net in _nets(draft, gateway.site) if not known & set(net.prefixes)]
    nets = [net for net in nets if all(first[prefix] is net for prefix in net.prefixes)]
    return [f"route {net.name} via {gateway.name}.wan" for net in nets]


def _nets(draft: Draft, site: str) -> list[Net]:
    if not site:
        return []
    return [net for net in draft.nets if net.name in (f"lan-{site}", f"deep-{site}", f"dmz-{site}")]


def _leave_out(rng: Random, draft: Draft) -> None:
    """A line to a site, or the default of a node that no tunnel needs."""
    busy = {box.name for tunnel in draft.tunnels for box in tunnel.ends}
    busy |= {f"gw-{box.site}" for tunnel in draft.tunnels for box in tunnel.ends}
    busy |= {f"in-{box.site}" for tunnel in draft.tunnels for box in tunnel.ends}
    lines = [
        (box, line)
        for box in draft.boxes
        for line in box.routes
        if line.startswith(("route", "default"))
        and box.name not in busy
        and not (draft.tunnels and any(tunnel.ends[0].role == "host" for tunnel in draft.tunnels))
    ]
    if lines:
        box, line = rng.choice(lines)
        box.routes.remove(line)
        draft.faults.append(f"{box.name} lacks `{line}`")


def _mislead(rng: Random, draft: Draft) -> None:
    """A site's range at the core goes to another gateway: it comes back, round and round."""
    gateways = draft.of("gateway")
    if any(tunnel.ends[0].role == "host" for tunnel in draft.tunnels):
        return
    for box in draft.of("core"):
        lines = [line for line in box.routes if line.startswith("route ")]
        if lines:
            line = rng.choice(lines)
            wrong = rng.choice([gateway for gateway in gateways if not line.endswith(f"{gateway.name}.wan")])
            box.routes[box.routes.index(line)] = f"{line.rsplit(' ', 1)[0]} {wrong.name}.wan"
            draft.faults.append(f"core has `{line}` by {wrong.name}")
