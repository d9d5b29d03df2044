"""IPsec in random labs: between sites, gateway to gateway, host to host, several between two gateways; a gateway with
clients, of a pool, behind one NAT."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from random import Random

from netdsl.ir.node import Node
from netdsl.ir.tunnel import Child, Mode, Start, TunnelEnd
from netdsl.kinds.ipsec.ir import AuthMethod, child_inside, end_inside, ends_of
from tests.differential.draft import Box, Draft, Net, Port, Tunnel
from tests.differential.shapes import equip, has_room

FEATURES = (
    *("tunnel", "psk", "certificate", "site to site", "host to host", "tunnel by hand", "only", "virtual addresses"),
    *("several clients", "clients behind NAT", "several between two nodes", "one identity in several"),
    *("reached elsewhere", "ESP in UDP", "ends that disagree", "bypass", "source ports", "farp"),
)
KERNEL_FEATURES = (
    "transport mode",
    "transport mode through NAT",
    "extended sequence numbers",
    "types of ICMP",
    "compression",
)
"""What ESP in user space has not."""
OUTER = "accept forward ike, esp"
IS_FIRST = True
SHARE = 0.0

Pair = tuple[Box, Box]


def fits(draft: Draft) -> bool:
    return True


def give(rng: Random, draft: Draft, number: int) -> None:
    """None, one, two or three."""
    if rng.random() > 0.92:
        return
    kind = rng.choices(["hidden", "outer", "pairs"], [70, 27, 3] if draft.has_kernel else [54, 24, 22])[0]
    nat = draft.of("gateway")[-1]
    is_apart = not draft.is_overlapping or nat.site == "c"
    has_two = has_room(draft, 1) or len(_hosts(draft, nat)) > 1
    if kind == "hidden" and is_apart and (has_two or draft.has_kernel):
        _give_hidden(rng, draft, nat, has_two=has_two)
        if draft.has_kernel and rng.random() < 0.5:
            _give_pairs(rng, draft)
    elif kind != "pairs" and any(box.name == "out" for box in draft.boxes):
        _give_outer(rng, draft)
        if rng.random() < (0.8 if draft.has_kernel else 0.6):
            _give_pairs(rng, draft)
    else:
        _give_pairs(rng, draft)
    _give_ends(Random(f"netdsl ends {draft.name}"), draft)
    _spoil(rng, draft)
    _vary(draft)
    _compress(draft)
    _limit(draft)
    _answer(draft)


def nest(rng: Random, draft: Draft) -> None:
    """A tunnel without keys between two gateways, in one between their outer addresses."""
    taken = [tunnel.ends for tunnel in draft.tunnels if tunnel.has_policies]
    carried = [tunnel for tunnel in draft.tunnels if not tunnel.has_policies and len(tunnel.ends) == 2]
    bare = [tunnel for tunnel in carried if tunnel.ends not in taken and tunnel.ends[::-1] not in taken]
    if bare and rng.random() < 0.2:
        ends = (bare[0].ends[0], bare[0].ends[1])
        tunnel = _tunnel("vpn-outer", "host", ends, rng.choice(["at boot", "on traffic"]))
        tunnel.lines = [f"between {ends[0].name}.wan and {ends[1].name}.wan", *_proof(rng), f"start {tunnel.start}"]
        tunnel.lines += [line for line in bare[0].lines if line.startswith("over ")]
        draft.tunnels.append(tunnel)


# --- a gateway and clients


def _hosts(draft: Draft, gateway: Box) -> list[Box]:
    return [box for box in draft.of("host") if box.site == gateway.site]


def _give_hidden(rng: Random, draft: Draft, nat: Box, *, has_two: bool) -> None:
    """Two hosts of the last site, whose gateway has one address for both, or one in transport mode."""
    gateway, hosts = draft.of("gateway")[0], _hosts(draft, nat)
    if len(hosts) < 2 and has_two:
        hosts.append(_another(rng, draft, f"two-{nat.site}", hosts[0], 4))
    nat.nat.append("masquerade out wan")
    if draft.has_kernel and (not has_two or rng.random() < 0.6):
        tunnel = _tunnel("vpn-1", "road", (gateway, hosts[0]), "at boot")
        tunnel.lines = [
            f"gateway {gateway.name}.wan",
            f"client {hosts[0].name}",
            *_family(rng, draft),
            "mode transport",
        ]
        tunnel.lines += _proof(rng)
    else:
        tunnel = _tunnel("vpn-1", "road", (gateway, *hosts[:2]), "at boot")
        tunnel.lines = _road(rng, draft, tunnel, has_pool=rng.random() < (0.4 if draft.has_kernel else 0.25))
    draft.tunnels.append(tunnel)


def _give_outer(rng: Random, draft: Draft) -> None:
    """Hosts on the outer segment, with virtual addresses."""
    gateway, out = draft.of("gateway")[0], draft.box("out")
    clients = [out]
    if has_room(draft, 1) and rng.random() < 0.6:
        clients.append(_another(rng, draft, "out-2", out, 67))
    tunnel = _tunnel("vpn-1", "road", (gateway, *clients), "at boot")
    tunnel.lines = _road(rng, draft, tunnel, has_pool=True)
    draft.tunnels.append(tunnel)


def _another(rng: Random, draft: Draft, name: str, like: Box, place: int) -> Box:
    """A host beside another one."""
    box = Box(name, "host", like.site, [Port("eth", like.ports[0].net, place)])
    draft.boxes.append(box)
    equip(rng, box)
    return box


def _road(rng: Random, draft: Draft, tunnel: Tunnel, *, has_pool: bool) -> list[str]:
    gateway, *clients = tunnel.ends
    nets = ", ".join(port.net.name for port in gateway.inside)
    lines = [f"gateway {gateway.name}.wan protecting {nets}", f"client {', '.join(box.name for box in clients)}"]
    if has_pool:
        pools = {4: "10.77.0.0/28", 6: "fc00:77::/120"}
        lines.append("pool " + ", ".join(pools[family] for family in draft.families))
    return [*lines, *_family(rng, draft), *_proof(rng), *_algorithms(rng, draft), f"start {tunnel.start}"]


# --- pairs


def _give_pairs(rng: Random, draft: Draft) -> None:
    """Of one pair often two: what one of them does not carry."""
    gateways = draft.of("gateway")
    pairs = [(a, b) for place, a in enumerate(gateways) for b in gateways[place + 1 :]]
    for pair in rng.sample(pairs, min(len(pairs), rng.choice([1, 1, 1, 2]))):
        kind = rng.choices(["site", "gateways", "hosts"], [62, 22, 16])[0]
        first = _give(rng, draft, kind, pair)
        if first is not None and kind != "hosts" and rng.random() < 0.75:
            _give_beside(rng, draft, first, pair)


def _give_beside(rng: Random, draft: Draft, first: Tunnel, pair: Pair) -> None:
    """A second tunnel between the same gateways, which proves itself as the first does or not."""
    second = _give(rng, draft, "gateways" if first.kind == "site" else "site", pair)
    if second is None or rng.random() < 0.4:
        return
    common = ("over ", "auth ")
    second.lines = [line for line in second.lines if not line.startswith(common)]
    second.lines += [line for line in first.lines if line.startswith(common)]
    backup = _name_of_backup(second)  # made of what the second said before
    draft.tunnels = [_backup(second) if tunnel.name == backup else tunnel for tunnel in draft.tunnels]
    if rng.random() < 0.15:
        second.lines.append("dpd 60s restart")
        draft.unmet.append(f"{second.name} is up")
        draft.faults.append(f"{second.name} differs from {first.name} in what the peer does not see")


def _give(rng: Random, draft: Draft, kind: str, pair: Pair) -> Tunnel | None:
    name, start = f"vpn-{len(draft.tunnels) + 1}", rng.choices(["at boot", "on traffic", "by hand"], [42, 22, 36])[0]
    match kind:
        case "hosts" if not draft.is_overlapping:
            ends = (draft.box(f"pc-{pair[0].site}"), draft.box(f"pc-{pair[1].site}"))
            tunnel = _tunnel(name, "host", ends, start)
        case "site":
            tunnel = _tunnel(name, "site", pair, start)
            tunnel.protected = (_protected(rng, draft, pair[0]), _protected(rng, draft, pair[1]))
            if draft.is_overlapping and {pair[0].site, pair[1].site} == {"a", "b"}:
                tunnel.kind, tunnel.protected = "host", ((), ())
        case _:
            tunnel = _tunnel(name, "host", pair, start)
    if not _is_new(draft, tunnel):
        return None
    tunnel.lines = _lines(rng, draft, tunnel)
    draft.tunnels.append(tunnel)
    if tunnel.kind == "site" and len(draft.families) == 2 and rng.random() < 0.4:
        draft.tunnels.append(_backup(tunnel))
    return tunnel


def _name_of_backup(first: Tunnel) -> str:
    return f"{first.name}-again"


def _backup(first: Tunnel) -> Tunnel:
    """The same over the other family, which waits for the first one."""
    families = {"over ipv4": "over ipv6", "over ipv6": "over ipv4"}
    name = _name_of_backup(first)
    second = replace(first, name=name, statement=f"ipsec {name}", start="at boot")
    second.lines = [families.get(line, line) for line in first.lines if not line.startswith("start ")]
    second.lines.append(f"backup of {first.name}")
    first.lines = ["start at boot" if line.startswith("start ") else line for line in first.lines]
    first.start = "at boot"
    return second


def _give_ends(rng: Random, draft: Draft) -> None:
    """What ends say for themselves: ESP in UDP, less networks than the other end, networks beside the tunnel; and a gateway
    that the core router translates. What a peer does not see before it chooses is alike in all tunnels of two nodes."""
    single = [tunnel for tunnel in draft.tunnels if sum(other.ends == tunnel.ends for other in draft.tunnels) == 1]
    for tunnel in draft.tunnels:
        one, other = rng.sample(tunnel.ends, 2)
        if tunnel in single and rng.random() < 0.6:
            tunnel.lines.append(rng.choice(["encap yes", f"encap yes for {one.name}", f"encap yes for {other.name}"]))
        if rng.random() < 0.5:
            said = [line.removeprefix("esp ") for line in tunnel.lines if line.startswith("esp ")]
            common = said[0] if said else "aes256gcm16-ecp384"
            tunnel.lines.append(f"esp aes192-sha256-ecp384, {common} for {one.name}")
        if all(end.role == "gateway" for end in tunnel.ends):
            _differ(rng, tunnel, one, other)
    pairs = [tunnel for tunnel in single if all(end.role == "gateway" for end in tunnel.ends)]
    if (
        pairs
        and draft.of("core")
        and not any(net.is_link and net.prefixes for net in draft.nets)
        and rng.random() < 0.9
    ):
        _translate(rng, draft.box("core"), rng.choice(pairs))


def _differ(rng: Random, tunnel: Tunnel, one: Box, other: Box) -> None:
    far = tunnel.protected[tunnel.ends.index(other)]
    if far and not any(line.startswith("child") for line in tunnel.lines) and rng.random() < 0.6:
        half = rng.choice([0, 0, 0, 1])
        parts = ", ".join(str([*prefix.subnets(1)][half]) for net in far for prefix in net.prefixes)
        tunnel.lines.append(f"protecting {parts} for {other.name}")
    if rng.random() < 0.6:
        beside = rng.choice([one, one, other]).inside
        tunnel.lines.append(f"bypass {', '.join(port.net.name for port in beside)} for {one.name}")


def _translate(rng: Random, core: Box, tunnel: Tunnel) -> None:
    """One end is behind the core's address, to the other one."""
    hidden, other = rng.sample(tunnel.ends, 2)
    towards = f"to-{other.site}"
    core.nat += [
        f"dnat ike to core.{towards} in {towards} -> {hidden.name}",
        f"masquerade from wan-{hidden.site} out {towards}",
    ]
    tunnel.lines.append(f"at core.{towards} for {hidden.name}")


def _tunnel(name: str, kind: str, ends: tuple[Box, ...], start: str) -> Tunnel:
    return Tunnel(name, kind, ends, "ipsec", f"ipsec {name}", start, has_policies=True)


def _is_new(draft: Draft, tunnel: Tunnel) -> bool:
    """No other protects the same: two policies for one packet have no order."""
    taken = {prefix for other in draft.tunnels for nets in other.protected for net in nets for prefix in net.prefixes}
    mine = {prefix for nets in tunnel.protected for net in nets for prefix in net.prefixes}
    is_alone = all(any(other.protected) or other.ends != tunnel.ends for other in draft.tunnels)
    return not (draft.is_overlapping and taken & mine) and (is_alone or any(tunnel.protected))


def _protected(rng: Random, draft: Draft, gateway: Box) -> tuple[Net, ...]:
    nets = [port.net for port in gateway.inside]
    nets += [net for net in draft.nets if net.name == f"deep-{gateway.site}"]
    return tuple(net for place, net in enumerate(nets) if place == 0 or rng.random() < 0.7)


def _lines(rng: Random, draft: Draft, tunnel: Tunnel) -> list[str]:
    ends = [end.name if end.role == "host" else f"{end.name}.wan" for end in tunnel.ends]
    if tunnel.kind == "site" and rng.random() < 0.25:
        lines = [f"between {ends[0]} and {ends[1]}", *_children(tunnel)]
    else:
        parts = [
            end + (f" protecting {', '.join(net.name for net in nets)}" if nets else "")
            for end, nets in zip(ends, tunnel.protected, strict=True)
        ]
        lines = [f"between {parts[0]}", f"    and {parts[1]}"]
    lines += [*_family(rng, draft), *_proof(rng), *_algorithms(rng, draft), f"start {tunnel.start}"]
    if rng.random() < 0.35:
        lines.append(f"only {rng.choice(['tcp/80', 'udp', 'icmp'])}")
    if draft.has_kernel and not any(tunnel.protected) and rng.random() < 0.6:
        lines.append("mode transport")
    return lines


def _children(tunnel: Tunnel) -> list[str]:
    """One for each pair of networks."""
    pairs = [(a, b) for a in tunnel.protected[0] for b in tunnel.protected[1]]
    return [f"child c{place} {{ between {a.name} and {b.name} }}" for place, (a, b) in enumerate(pairs, 1)]


# --- lines of all


def _family(rng: Random, draft: Draft) -> list[str]:
    return [f"over {rng.choice(['ipv4', 'ipv6'])}"] if len(draft.families) == 2 else []


def _proof(rng: Random) -> list[str]:
    return [rng.choice(["auth psk", "auth certificate"])]


def _algorithms(rng: Random, draft: Draft) -> list[str]:
    """Now and then others than the default."""
    if draft.has_kernel and rng.random() < 0.45:
        return ["esp aes256gcm16-ecp384-esn"]
    return [f"esp {rng.choice(['chacha20poly1305-x25519', 'aes128-sha256-ecp256'])}"] if rng.random() < 0.25 else []


def _spoil(rng: Random, draft: Draft) -> None:
    """Now and then two peers have different secrets, of which there are no others between them. (A gateway takes those of
    its clients.)"""
    if rng.random() > 0.06 or not draft.tunnels:
        return
    tunnel = draft.tunnels[0]
    if (
        tunnel.kind != "road"
        and "auth psk" in tunnel.lines
        and sum(other.ends == tunnel.ends for other in draft.tunnels) == 1
    ):
        draft.unmet.append(f"{tunnel.name} is up")
        tunnel.lines.append(f'secret "another-secret-{draft.name}" for {tunnel.ends[0].name}')
        draft.faults.append(f"the ends of {tunnel.name} have different secrets")


def _vary(draft: Draft) -> None:
    """Other proofs in half of the tunnels, the same in all between the same ends: raw keys; of clients rounds and EAP."""
    for tunnel in draft.tunnels:
        proofs = [line for line in tunnel.lines if line.startswith("auth ")]
        if any(line.startswith("secret ") for line in tunnel.lines) or len(proofs) != 1:
            continue
        own = Random(" ".join((draft.name, *(end.name for end in tunnel.ends))))
        gateway, *clients = (end.name for end in tunnel.ends)
        for_clients = f"for {', '.join(clients)}"
        ways = [["auth pubkey"]]
        if tunnel.kind == "road":
            others = ("eap-md5", "eap-ttls", "certificate and eap-mschapv2", "psk and eap-md5", "pubkey")
            ways += [[f"auth certificate for {gateway}", f"auth {proof} {for_clients}"] for proof in others]
        if own.random() < 0.5:
            place = tunnel.lines.index(proofs[0])
            tunnel.lines[place : place + 1] = own.choice(ways)


def _compress(draft: Draft) -> None:
    """Every third tunnel, where the kernel has all of ESP."""
    for tunnel in draft.tunnels if draft.has_kernel else ():
        if tunnel.lines and Random(f"ipcomp {draft.name} {tunnel.name}").random() < 0.35:
            tunnel.lines.append("ipcomp yes")


def _answer(draft: Draft) -> None:
    """Ends that answer ARP: of clients, with addresses of the gateway's own network, and of sites, whose hosts ask for what
    is elsewhere where their netmask is too wide."""
    for tunnel in draft.tunnels:
        own = Random(f"netdsl farp {draft.name} {tunnel.statement}")
        pools = [line for line in tunnel.lines if line.startswith("pool ")]
        if pools and 4 in draft.families and not draft.is_overlapping:
            _give_of_the_network(own, draft, tunnel, pools[0])
        nets = [net for nets in tunnel.protected for net in nets]
        has_v4 = any(prefix.version == 4 for net in nets for prefix in net.prefixes)
        if all(tunnel.protected) and tunnel.protected and has_v4 and own.random() < 0.8:
            tunnel.lines.append(
                own.choice(["farp yes", "farp yes", *(f"farp yes for {end.name}" for end in tunnel.ends)])
            )


def _give_of_the_network(own: Random, draft: Draft, tunnel: Tunnel, pool: str) -> None:
    if own.random() > 0.7:
        return
    ranges = [prefix for prefix in tunnel.ends[0].inside[0].net.prefixes if prefix.version == 4]
    if ranges and ranges[0].prefixlen <= 24:
        part = list(ranges[0].subnets(new_prefix=28))[-2]
        tunnel.lines[tunnel.lines.index(pool)] = pool.replace("10.77.0.0/28", str(part))
        tunnel.lines.append("farp yes")
        _give_from_server(draft, tunnel, str(part))


def _give_from_server(draft: Draft, tunnel: Tunnel, pool: str) -> None:
    """The addresses of clients by a DHCP server, now and then one that drops the questions."""
    gateway, own = tunnel.ends[0], Random(f"netdsl leases {draft.name} {tunnel.statement}")
    net = gateway.inside[0].net
    beside = [box for box in draft.of("host") if any(_is_plain(port, net) for port in box.ports)]
    servers = [box for box in beside if box not in tunnel.ends]
    if own.random() > 0.8 or not (servers or has_room(draft, 1)):
        return
    server = own.choice(servers) if servers else _beside(own, draft, gateway)
    line = next(one for one in tunnel.lines if one.startswith("pool "))
    others = [prefix for prefix in line.removeprefix("pool ").split(", ") if prefix != pool]
    lines = [f"pool {pool} from {server.name}", *(f"pool {prefix}" for prefix in others)]
    tunnel.lines[tunnel.lines.index(line) : tunnel.lines.index(line) + 1] = lines
    server.lines.append("serve dhcp")
    draft.packages.add("dnsmasq-base")
    gateway.asked.append("accept output udp/67")
    server.asked += ["accept input udp/67", "accept output udp/67"]
    if own.random() < 0.3:
        server.asked[:] = ["drop input udp/67"]
        draft.unmet.append(f"{tunnel.name} is up")
        draft.faults.append(f"{server.name} drops what {gateway.name} asks for the clients of {tunnel.name}")


def _beside(own: Random, draft: Draft, gateway: Box) -> Box:
    box = Box("giver", "host", gateway.site, [Port("eth", gateway.inside[0].net, 70)])
    draft.boxes.append(box)
    equip(own, box)
    return box


def _is_plain(port: Port, net: Net) -> bool:
    return port.net is net and bool(port.addresses) and not port.shorter


def _limit(draft: Draft) -> None:
    """Ports of the other end, and types of ICMP, in tunnels that carry only some services or are between two gateways."""
    for tunnel in draft.tunnels:
        own = Random(f"netdsl only {draft.name} {tunnel.statement}")
        said = [line for line in tunnel.lines if line.startswith("only ")]
        is_pair = all(end.role == "gateway" for end in tunnel.ends) and not tunnel.name.endswith("-again")
        if not (said or is_pair) or own.random() > (0.8 if said else 0.45):
            continue
        ways = [*_FROM_PORTS, *(_OF_TYPES * 2 if draft.has_kernel else ())]
        chosen = own.choice(ways)
        tunnel.lines = [*(line for line in tunnel.lines if line not in said), chosen]


_FROM_PORTS = (
    "only tcp/80, icmp from tcp/32768-65535",
    "only udp, tcp from udp/1024-65535",
    "only tcp/80, udp from tcp/32768-60999, udp/1-1023",
    "only tcp, icmp from tcp/1-1023",
)
_OF_TYPES = (
    "only icmp/echo-request, icmp/echo-reply",
    "only icmp/echo-request, tcp/80",
    "only udp, icmp/destination-unreachable, icmp/echo-reply",
)


# --- what a compiled lab has


def features(end: TunnelEnd, node: Node) -> Iterator[str]:
    yield "tunnel"
    methods = {auth.method for auth in end_inside(end).own_auth}
    yield from (name for method, name in _METHODS if method in methods)
    for child in end.children:
        protected = (*child.local, *child.remote)
        is_host = all(prefix.prefixlen == prefix.max_prefixlen for prefix in protected)
        yield "host to host" if is_host else "site to site"
        if child.start is Start.HAND:
            yield "tunnel by hand"
        yield from _of_services(child)
        if child.mode is Mode.TRANSPORT:
            yield "transport mode" if child.local and child.remote else "transport mode through NAT"
        if not child.keeps_lengths:
            yield "compression"
        if any("-esn" in proposal for proposal in child_inside(child).proposals):
            yield "extended sequence numbers"
        if len(child_inside(child).proposals) > 1 or any(prefix.prefixlen in _HALVES for prefix in protected):
            yield "ends that disagree"
    if end.pools or end.virtual:
        yield "virtual addresses"
    if end.backup_of:
        yield "backup"
    if end.answers_arp:
        yield "farp"
    yield from _of_single_ends(end)
    yield from _of_several(end, node)


def _of_services(child: Child) -> Iterator[str]:
    if child.only_local or child.only_remote:
        yield "only"
    if child.only_local and child.only_remote:
        yield "source ports"
    if any(one.icmp_type for one in (*child.only_local, *child.only_remote)):
        yield "types of ICMP"


def _of_single_ends(end: TunnelEnd) -> Iterator[str]:
    if end_inside(end).encap:
        yield "ESP in UDP"
    if end_inside(end).bypass:
        yield "bypass"
    if end.reservations:
        yield "leases"
    if any(address in wan and int(address) % 256 == 1 for address in end.peer_addresses for wan in _WANS):
        yield "reached elsewhere"


def _of_several(end: TunnelEnd, node: Node) -> Iterator[str]:
    others = [other for other in ends_of(node.tunnels) if other is not end]
    if any(other.tunnel == end.tunnel for other in others):
        yield "several clients"
        if not end.peer_addresses and not end.pools:
            yield "clients behind NAT"
    if any(other.peer == end.peer for other in others):
        yield "several between two nodes"
    identities = Counter(auth.identity for other in ends_of(node.tunnels) for auth in end_inside(other).own_auth)
    if max(identities.values()) > 1:
        yield "one identity in several"


_HALVES = (25, 65)  # the networks of sites have /24 and /64
_WANS = (ip_network("172.16.0.0/16"), ip_network("fc00:fe::/32"))  # where the core router is the first address
_METHODS = ((AuthMethod.PSK, "psk"), (AuthMethod.CERTIFICATE, "certificate"))
