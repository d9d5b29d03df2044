"""NAT of a lab's gateways: masquerade in its forms, snat, dnat, and what `while` makes of them."""

from random import Random

from tests.differential.draft import Box, Draft, Tunnel

MASQUERADES = (
    "masquerade out wan",
    "masquerade from {lan} out wan",
    "masquerade out wan except through {kind}",
    "masquerade out wan except through {tunnel}",
    "masquerade from {lan} out wan except through {kind}",
    "masquerade out wan except to {other}",
    "masquerade from {lan} out wan except to {other}",
    "masquerade to {other} out wan",
    "masquerade out wan except from {lan}",
    "masquerade out wan while {tunnel} down",
    "masquerade out wan while {tunnel} up",
)
SOURCES = (
    "snat from {lan} out wan -> {own}",
    "snat icmp from {lan} out wan -> {own}",
    "snat tcp/80, udp out wan -> {own}",
    "snat from {lan} to {other} out wan -> {own}",
    "snat tcp out wan -> {own} while {tunnel} up",
)
DESTINATIONS = (
    "dnat tcp/8080 to {name}.wan -> {near} tcp/80",
    "dnat tcp/8080 to {name}.wan in wan -> {near} tcp/80",
    "dnat tcp/8080 from {other} to {name}.wan -> {near} tcp/7",
    "dnat udp/514 to {name}.wan -> {near}",
    "dnat tcp/8080 to {name}.lan -> {far} tcp/80",
    "dnat icmp, tcp/80 to {name}.lan in lan -> {far}",
    "dnat tcp to {name}.lan -> {far}",
    "dnat tcp/8080 to {name}.lan -> {far} tcp/7 while {tunnel} up",
    "dnat tcp/8080 to {name}.wan -> {near} while {tunnel} down",
    "dnat tcp/8080 to {name}.wan except from {other} -> {near} tcp/80",
    "dnat icmp, tcp to {name}.lan except from {lan} -> {far}",
    "dnat tcp/80, udp/514 to {name}.wan except through {tunnel} -> {near}",
)


NETMAPS = ("netmap {lan} -> {prefix} out wan", "netmap {lan} -> {prefix} to {other} out wan")
MAPPED = {4: "10.{number}.0.0/24", 6: "fc00:{number}::/64"}


def give_nat(rng: Random, draft: Draft) -> None:
    """After the tunnels. A tunnel between hosts is not led through translation; what hides clients is left as it is."""
    if any(end.role == "host" for tunnel in draft.tunnels if tunnel.kind == "host" for end in tunnel.ends):
        return
    if rng.random() > 0.88:
        return
    for gateway in (gateway for gateway in draft.of("gateway") if not gateway.nat):
        words = _words(rng, draft, gateway)
        lacks_a_route = any(fault.startswith(f"{gateway.name} lacks") for fault in draft.faults)  # maybe to the target
        if rng.random() < 0.45 + 0.25 * draft.is_overlapping and not lacks_a_route:
            _line(rng, gateway, DESTINATIONS, words)
        if rng.random() < 0.25:
            _netmap(rng, draft, gateway, words)
        kind = rng.random()
        if kind < 0.45:
            _line(rng, gateway, MASQUERADES, words)
        elif kind < 0.72:
            _line(rng, gateway, SOURCES, words)
            if rng.random() < 0.4:
                _line(rng, gateway, MASQUERADES, words)
        _note_missing_exemption(draft, gateway)


def _netmap(rng: Random, draft: Draft, gateway: Box, words: dict[str, str]) -> None:
    """In each family, with routes to what the addresses become; before other lines, or the first of them wins."""
    number = 200 + draft.boxes.index(gateway)
    prefixes = [MAPPED[family].format(number=number) for family in draft.families]
    for prefix in prefixes:
        _line(rng, gateway, NETMAPS, words | {"prefix": prefix})
    for knower in draft.of("core") or [other for other in draft.of("gateway") if other is not gateway]:
        knower.routes += [f"route {prefix} via {gateway.name}.wan" for prefix in prefixes]


def _words(rng: Random, draft: Draft, gateway: Box) -> dict[str, str]:
    """What the forms' words stand for here; a word that has nothing to stand for is left out."""
    site = gateway.site
    wan = gateway.port("wan")
    words = {"name": gateway.name, "lan": rng.choice(gateway.inside).net.name, "own": rng.choice(wan.addresses)}
    if wan.net.is_link:
        words.pop("own")
    near = [box for box in draft.of("host") if box.site == site]
    words["near"] = rng.choice(near).name
    strangers = [gw for gw in draft.of("gateway") if gw is not gateway]
    if draft.is_overlapping:
        strangers = [gw for gw in strangers if "c" in (gw.site, site)]
        far = [f"{gw.name}.wan" for gw in draft.of("gateway") if gw is not gateway]
    else:
        far = [box.name for box in draft.of("host") if box.site not in (site, "")]
    if strangers:
        words["other"] = rng.choice(strangers).port("lan").net.name
    tunnels = _tunnels(draft, gateway)
    if tunnels:
        tunnel = rng.choice(tunnels)
        words |= {"tunnel": tunnel.name, "kind": tunnel.protocol}
    if far:
        words["far"] = rng.choice(far)
    return words


def _tunnels(draft: Draft, gateway: Box) -> list[Tunnel]:
    return [tunnel for tunnel in draft.tunnels_of(gateway) if tunnel.kind != "road"]


def _line(rng: Random, gateway: Box, forms: tuple[str, ...], words: dict[str, str]) -> None:
    fitting = [form for form in forms if _needs(form) <= set(words)]
    if "tunnel" in words and rng.random() < 0.4:
        fitting = [form for form in fitting if "{tunnel}" in form or "{kind}" in form] or fitting
    if fitting:
        gateway.nat.append(rng.choice(fitting).format_map(words))


def _needs(form: str) -> set[str]:
    return {part.split("}")[0] for part in form.split("{")[1:]}


def _note_missing_exemption(draft: Draft, gateway: Box) -> None:
    protects = any(tunnel.kind == "site" and tunnel.has_policies for tunnel in draft.tunnels_of(gateway))
    for line in gateway.nat:
        if protects and line.startswith("masquerade") and "except" not in line:
            draft.faults.append(f"{gateway.name} masquerades what its tunnel protects")
