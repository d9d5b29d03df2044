"""The outline of a lab: segments, nodes and where they touch, and what the hosts serve."""

from ipaddress import ip_network
from random import Random

from tests.differential.draft import Box, Draft, Net, Port, Prefix

MOST_NODES = 9
SERVICES = ("http tcp/80", "tcp echo tcp/7", "udp udp/514")
SITES = "abc"


def outline(rng: Random, name: str, *, has_kernel: bool = False) -> Draft:
    """Two or three sites, each a gateway with a host or more, joined by a core router, by links or by one segment."""
    draft = Draft(name, rng.choices([(4,), (6,), (4, 6)], [40, 22, 38])[0], has_kernel=has_kernel)
    draft.is_overlapping = rng.random() < 0.3
    sites = SITES[: rng.choice([2, 2, 2, 3])]
    joined = rng.choices(["router", "links", "segment"], [50, 20, 30])[0]
    if joined == "segment":
        inet = _net(draft, "inet", "192.0.2.0/24", "fc00:ff::/64")
    else:
        draft.boxes.append(Box("core", "core"))
    for number, site in enumerate(sites, 1):
        if joined == "segment":
            wan = inet
        elif joined == "router":
            wan = _net(draft, f"wan-{site}", f"172.16.{number}.0/24", f"fc00:fe:{number}::/64")
        else:
            wan = _net(draft, f"wan-{site}", f"172.16.{number}.0/31", f"fc00:fe:{number}::/127", is_link=True)
        _site(rng, draft, number, site, wan)
    _extend(rng, draft)
    _close_rings(Random(f"netdsl rings {name}"), draft)
    _change_interfaces(Random(f"netdsl interfaces {name}"), draft)
    for box in draft.boxes:
        equip(rng, box)
    _bare_links(Random(f"netdsl bare links {name}"), draft)
    return draft


def _net(draft: Draft, name: str, v4: str, v6: str, *, is_link: bool = False) -> Net:
    both: dict[int, Prefix] = {4: ip_network(v4), 6: ip_network(v6)}
    net = Net(name, tuple(both[family] for family in draft.families), is_link)
    draft.nets.append(net)
    return net


def _inside_net(draft: Draft, kind: str, number: int, site: str) -> Net:
    where = 1 if draft.is_overlapping and number < 3 else number
    third = {"lan": 0, "deep": 1, "dmz": 2}[kind]
    return _net(draft, f"{kind}-{site}", f"10.{where}.{third}.0/24", f"fc00:{where}:{third}::/64")


def _site(rng: Random, draft: Draft, number: int, site: str, wan: Net) -> None:
    gateway = Box(f"gw-{site}", "gateway", site)
    if wan.is_link:
        wan.ends = [f"core.to-{site}", f"gw-{site}.wan"]
        draft.box("core").ports.append(Port(f"to-{site}", wan, 0))
        gateway.ports.append(Port("wan", wan, 1))
    elif draft.of("core"):
        draft.box("core").ports.append(Port(f"to-{site}", wan, 1))
        gateway.ports.append(Port("wan", wan, 16, _more(rng)))
    else:
        gateway.ports.append(Port("wan", wan, number, (100 + number,) if rng.random() < 0.3 else ()))
    lan = _inside_net(draft, "lan", number, site)
    gateway.ports.append(Port("lan", lan, 1, (99,) if rng.random() < 0.4 else ()))
    host = Box(f"pc-{site}", "host", site, [Port("eth", lan, 2)])
    draft.boxes += [gateway, host]


def _more(rng: Random) -> tuple[int, ...]:
    return (200,) if rng.random() < 0.3 else ()


def _extend(rng: Random, draft: Draft) -> None:
    """Up to the most nodes: inner routers with a host behind, a second leg, a switch, a host among the gateways."""
    for number, gateway in enumerate(draft.of("gateway"), 1):
        site = gateway.site
        lan = gateway.port("lan").net
        match rng.choices(["nothing", "inner", "leg", "switch", "second"], [30, 22, 18, 12, 18])[0]:
            case "inner" if has_room(draft, 2):
                deep = _inside_net(draft, "deep", number, site)
                ports = [Port("up", lan, 3), Port("deep", deep, 1)]
                draft.boxes += [
                    Box(f"in-{site}", "inner", site, ports),
                    Box(f"end-{site}", "host", site, [Port("eth", deep, 2)]),
                ]
            case "leg" if has_room(draft, 1):
                dmz = _inside_net(draft, "dmz", number, site)
                gateway.ports.append(Port("dmz", dmz, 1))
                draft.boxes.append(Box(f"srv-{site}", "host", site, [Port("eth", dmz, 2)]))
            case "switch" if has_room(draft, 2):
                other = Net(f"far-{site}", lan.prefixes)
                draft.nets.append(other)
                draft.boxes += [
                    Box(f"sw-{site}", "switch", site, [Port("p1", lan, 0), Port("p2", other, 0)]),
                    Box(f"two-{site}", "host", site, [Port("eth", other, 4)]),
                ]
            case "second" if has_room(draft, 1):
                draft.boxes.append(Box(f"two-{site}", "host", site, [Port("eth", lan, 4)]))
    outer = [net for net in draft.nets if net.name in ("inet", "wan-a")]
    if rng.random() < 0.65 and has_room(draft, 1) and not outer[0].is_link:
        draft.boxes.append(Box("out", "host", "", [Port("eth", outer[0], 66)]))


def _close_rings(rng: Random, draft: Draft) -> None:
    """A second switch beside a first one, with spanning trees; where there is none, two switches in one site."""
    if not draft.of("switch") and rng.random() < 0.5 and has_room(draft, 2):
        lan = draft.box("gw-a").port("lan").net
        other = Net("far-a", lan.prefixes)
        draft.nets.append(other)
        draft.boxes.append(Box("sw-a", "switch", "a", [Port("p1", lan, 0), Port("p2", other, 0)]))
    for first in draft.of("switch"):
        if has_room(draft, 1) and rng.random() < 0.9:
            lan, far = (port.net for port in first.ports)
            second = Box(f"sx-{first.site}", "switch", first.site, [Port("p1", far, 0), Port("p2", lan, 0)])
            draft.boxes.append(second)
            for box in rng.choice([(first,), (second,), (first, second)]):
                box.lines.append("stp yes")


def _bare_links(rng: Random, draft: Draft) -> None:
    """Inner routers on links without prefixes; in a lab without an inner router one more."""
    if not draft.of("inner") and rng.random() < 0.75 and has_room(draft, 2):
        deep = _inside_net(draft, "deep", 1, "a")
        inner = Box("in-a", "inner", "a", [Port("up", deep, -1), Port("deep", deep, 1)])
        draft.boxes += [inner, Box("end-a", "host", "a", [Port("eth", deep, 2)])]
        for box in draft.boxes[-2:]:
            equip(rng, box)
        _bare_link(rng, draft, inner)
        return
    for inner in draft.of("inner"):
        if rng.random() < 0.8:
            _bare_link(rng, draft, inner)


def _bare_link(rng: Random, draft: Draft, inner: Box) -> None:
    gateway = draft.box(f"gw-{inner.site}")
    link = Net(f"low-{inner.site}", (), True, [f"{gateway.name}.low", f"{inner.name}.up"])
    draft.nets.append(link)
    low, up = Port("low", link, -1), Port("up", link, -1)
    gateway.ports.append(low)
    inner.ports[0] = up
    if rng.random() < 0.4:
        low.lender, up.lender = "lan", "deep"
    else:  # by themselves, of their loopbacks
        number = SITES.index(inner.site) + 1
        for last, box in enumerate((gateway, inner), 1):
            both = {4: f"10.253.{number}.{last}", 6: f"fc00:253:{number}::{last}"}
            box.lines.append("loopback " + ", ".join(both[family] for family in draft.families))
    if 6 in draft.families and rng.random() < 0.5:
        low.link_local, up.link_local = "fe80::1", "fe80::2"
        low.lender, up.lender = (low.lender or "lo", up.lender or "lo") if draft.families != (6,) else ("", "")


def _change_interfaces(rng: Random, draft: Draft) -> None:
    """A host with a netmask that is too short; one with a second interface that has no address; gateways with one address
    in common."""
    hosts = [box for box in draft.of("host") if box.site]
    if rng.random() < 0.35:
        rng.choice(hosts).ports[0].shorter = 8
    if rng.random() < 0.35:
        both = {4: "10.254.0.9", 6: "fc00:254::9"}
        for box in draft.of("gateway"):
            box.lines.append("shared " + ", ".join(both[family] for family in draft.families))
    if rng.random() < 0.35:
        box = rng.choice(hosts)
        others = [net for net in draft.nets if not net.is_link and all(net is not port.net for port in box.ports)]
        box.ports += [Port("tap", rng.choice(others), -1)] if others else []


def has_room(draft: Draft, boxes: int) -> bool:
    return len(draft.boxes) + boxes <= MOST_NODES


def equip(rng: Random, box: Box) -> None:
    if box.role == "switch":
        return
    chance = 0.85 if box.role == "host" else 0.35
    for service in SERVICES:
        if rng.random() < chance:
            box.lines.append(f"serve {service}")
            box.served.append(service.split()[-1])
    if box.forwards and rng.random() < 0.15:
        box.lines.append("sysctl net.ipv4.conf.all.rp_filter = 1")
