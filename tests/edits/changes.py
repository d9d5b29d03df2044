"""Edits of a source: of nodes, networks, addresses, routes. Each changes the source and says what it did, or returns an
empty text where the source has nothing for it. What does not compile afterwards is left out by the caller."""

from collections.abc import Callable
from random import Random

from tests.edits.source import Line, Source, network_of, port_name, ports, prefix_of, some_line, whole

Edit = Callable[[Random, Source], str]

_MOST_NODES, _FEWEST_NODES = 13, 4
_MOST_NETWORKS = 9


def add_host(rng: Random, source: Source) -> str:
    if len(source.nodes) >= _MOST_NODES or not source.networks:
        return ""
    network = rng.choice(source.networks)
    routers = source.routers_on(network)
    body = [Line("use common"), Line(f"interface on {network.name}")]
    if routers and rng.random() < 0.8:
        body.append(Line(f"default via {rng.choice(routers).name}"))
    if rng.random() < 0.3:
        body.append(Line("serve http"))
    host = Line(f"host {source.new_name('h')}", body)
    source.insert(host)
    return f"add host {host.name} on {network.name}"


def add_router(rng: Random, source: Source) -> str:
    """Between two networks that are there."""
    if len(source.nodes) >= _MOST_NODES or len(source.networks) < 2:
        return ""
    one, two = rng.sample(source.networks, 2)
    body = [Line("use common"), Line(f"interface a on {one.name}"), Line(f"interface b on {two.name}")]
    if rng.random() < 0.6:
        body.append(Line("routing auto"))
    router = Line(f"router {source.new_name('r')}", body)
    source.insert(router)
    return f"add router {router.name} between {one.name} and {two.name}"


def add_switch(rng: Random, source: Source) -> str:
    """A further segment of a network, behind a switch, with a host on it."""
    if len(source.nodes) + 2 > _MOST_NODES or not source.networks:
        return ""
    network = rng.choice(source.networks)
    segment = Line(network.text.replace(network.name, source.new_name("seg"), 1))
    source.insert(segment)
    switch = Line(f"switch {source.new_name('s')}", [Line("use common")])
    assert switch.body is not None
    switch.body += [Line(f"interface on {network.name}"), Line(f"interface on {segment.name}")]
    source.insert(switch)
    source.insert(Line(f"host {source.new_name('h')}", [Line("use common"), Line(f"interface on {segment.name}")]))
    return f"add switch {switch.name} on {network.name}"


def remove_node(rng: Random, source: Source) -> str:
    if len(source.nodes) <= _FEWEST_NODES:
        return ""
    plain = [node for node in source.nodes if not any(node.name in line.text for line in source.tunnels)]
    node = rng.choice(plain if plain and rng.random() < 0.7 else source.nodes)
    source.forget(node.name)
    return f"remove {node.text}"


def rename_node(rng: Random, source: Source) -> str:
    node = rng.choice(source.nodes)
    new = source.new_name(node.name.rstrip("0123456789").rstrip("-") + "-")
    text = f"rename {node.text} to {new}"
    source.rename(node.name, new)
    return text


def swap_names(rng: Random, source: Source) -> str:
    """Of two nodes of one kind: each is then what the other one was."""
    one, two = rng.sample(source.nodes, 2)
    if one.word != two.word:
        return ""
    text = f"exchange {one.name} and {two.name}"
    first, second = one.name, two.name
    aside = source.new_name("aside")
    for old, new in ((first, aside), (second, first), (aside, second)):
        source.rename(old, new)
    return text


def move_node(rng: Random, source: Source) -> str:
    """A host's interface to another network, its address allocated there, its default route by a router of it."""
    hosts = [node for node in source.of("host") if ports(node)]
    host = some_line(rng, hosts)
    if host is None or host.body is None:
        return ""
    port = rng.choice(ports(host))
    others = [one for one in source.networks if one.name != network_of(port)]
    if not others:
        return ""
    network = rng.choice(others)
    port.text = f"interface {port_name(port)} on {network.name}"
    port.body = None
    if len(ports(host)) == 1:
        host.body = [line for line in host.body if line.word not in ("default", "route")]
        routers = source.routers_on(network)
        if routers:
            host.body.append(Line(f"default via {rng.choice(routers).name}"))
    return f"move {host.name} to {network.name}"


def add_interface(rng: Random, source: Source) -> str:
    node = some_line(rng, source.of("host", "router"))
    if node is None or node.body is None or len(ports(node)) > 3:
        return ""
    there = {network_of(port) for port in ports(node)}
    network = some_line(rng, [one for one in source.networks if one.name not in there])
    if network is None:
        return ""
    node.body.insert(1, Line(f"interface {source.new_name('x')} on {network.name}"))
    return f"add an interface of {node.name} on {network.name}"


def remove_interface(rng: Random, source: Source) -> str:
    node = some_line(rng, [node for node in source.nodes if len(ports(node)) > 1])
    if node is None or node.body is None:
        return ""
    port = rng.choice(ports(node))
    node.body.remove(port)
    name = port_name(port)
    for line in source.lines:  # what names it
        if line.word != "network" and line.body is not None:
            line.body = [one for one in line.body if not whole(f"{node.name}.{name}").search(one.text)]
    return f"remove the interface {name} of {node.name}"


def rename_interface(rng: Random, source: Source) -> str:
    node = rng.choice(source.nodes)
    named = [port for port in ports(node) if port.text.split()[1] != "on" and port_name(port) != network_of(port)]
    port = some_line(rng, named)
    if port is None:
        return ""
    old, new = port_name(port), source.new_name("if")
    for line in source.lines:
        for one in line.all_lines():
            one.text = whole(f"{node.name}.{old}").sub(f"{node.name}.{new}", one.text)
    for one in node.all_lines():
        one.text = whole(old).sub(new, one.text)
    return f"rename the interface {old} of {node.name}"


def add_address(rng: Random, source: Source) -> str:
    port = _addressed(rng, source)
    if port is None:
        return ""
    port.text += f", .{rng.randint(100, 250)}"
    return f"add an address: {port.text}"


def remove_address(rng: Random, source: Source) -> str:
    port = some_line(rng, [port for node in source.nodes for port in ports(node) if "," in port.text])
    if port is None:
        return ""
    head, *addresses = port.text.replace(", ", ",").split(" on ", 1)[1].split(",")
    before = port.text.split(" on ", 1)[0]
    words = head.split()
    given = [*words[1:], *addresses]
    given.remove(rng.choice(given))
    port.text = f"{before} on {words[0]} {', '.join(given)}"
    return f"remove an address: {port.text}"


def change_address(rng: Random, source: Source) -> str:
    port = _addressed(rng, source)
    if port is None:
        return ""
    first = next(word for word in port.text.replace(",", "").split() if word.startswith("."))
    port.text = port.text.replace(first, f".{rng.randint(2, 250)}", 1)
    return f"change an address: {port.text}"


def _addressed(rng: Random, source: Source) -> Line | None:
    found = [
        port
        for node in source.of("host", "router")
        for port in ports(node)
        if any(word.startswith(".") for word in port.text.split())
    ]
    return some_line(rng, found)


def mac_or_mtu(rng: Random, source: Source) -> str:
    port = some_line(rng, [port for node in source.of("host", "router") for port in ports(node)])
    if port is None:
        return ""
    if port.body:
        port.body = None
        return f"what is said of an interface is default again: {port.text}"
    number = rng.randint(0, 255)
    port.body = [Line(rng.choice((f"mac 02:00:5e:10:00:{number:02x}", f"mtu {rng.choice((1280, 1400, 1450))}")))]
    return f"{port.body[0].text} for {port.text}"


def add_network(rng: Random, source: Source) -> str:
    """With a host, and an interface of a router."""
    if len(source.networks) >= _MOST_NETWORKS or len(source.nodes) >= _MOST_NODES:
        return ""
    name = source.new_name("net")
    source.insert(Line(f"network {name} 10.{rng.randint(20, 200)}.{rng.randint(0, 200)}.0/24"))
    router = some_line(rng, source.of("router"))
    if router is not None and router.body is not None:
        router.body.insert(1, Line(f"interface {name} on {name} .1"))
    source.insert(Line(f"host {source.new_name('h')}", [Line("use common"), Line(f"interface on {name}")]))
    return f"add network {name}"


def remove_network(rng: Random, source: Source) -> str:
    network = some_line(rng, source.networks)
    if network is None:
        return ""
    nodes = source.on(network)
    source.forget(network.name)
    for node in nodes:  # what has no interface left has no use
        if not node.of("interface") and len(source.nodes) > _FEWEST_NODES:
            source.forget(node.name)
    return f"remove {network.text}"


def rename_network(rng: Random, source: Source) -> str:
    network = some_line(rng, source.networks)
    if network is None:
        return ""
    new = source.new_name(network.name.rstrip("0123456789"))
    text = f"rename {network.name} to {new}"
    source.rename(network.name, new)
    return text


def renumber(rng: Random, source: Source) -> str:
    """Another prefix: nodes and lines name the network or give places in it."""
    network = some_line(rng, source.networks)
    if network is None:
        return ""
    old, new = prefix_of(network), f"10.{rng.randint(20, 200)}.{rng.randint(0, 200)}.0/24"
    text = f"renumber {network.name}: {new} for {old}"
    for one in source.networks:
        one.text = one.text.replace(old, new)
    return text


def change_network(rng: Random, source: Source) -> str:
    """What its block says: the MTU, the driver; or the block goes."""
    network = some_line(rng, source.networks)
    if network is None:
        return ""
    if network.body and rng.random() < 0.6:
        network.body = None
        return f"{network.name}: nothing is said but its prefix"
    network.body = [Line(rng.choice(("mtu 1400", "mtu 1300", "driver bridge", "driver macvlan")))]
    return f"{network.name}: {network.body[0].text}"


def second_family(rng: Random, source: Source) -> str:
    """A prefix of IPv6 for a network that has none; its nodes are given addresses, where they say none."""
    network = some_line(rng, [one for one in source.networks if "::" not in one.text])
    if network is None:
        return ""
    network.text += f", fd00:{rng.randint(0x100, 0xFFF):x}::/64"
    return f"a second family: {network.text}"


def add_route(rng: Random, source: Source) -> str:
    node = some_line(rng, source.of("host", "router"))
    if node is None or node.body is None:
        return ""
    near = [one for one in source.networks if one.name in {network_of(port) for port in ports(node)}]
    hops = [f"{other.name}" for network in near for other in source.on(network) if other is not node]
    hops = [hop for hop in hops if not any(hop == line.name for line in source.of("switch"))]
    if not hops or not source.networks:
        return ""
    far = rng.choice([*(one.name for one in source.networks), f"10.{rng.randint(200, 250)}.0.0/16"])
    node.body.append(Line(f"route {far} via {rng.choice(hops)}"))
    return f"{node.name}: {node.body[-1].text}"


def remove_route(rng: Random, source: Source) -> str:
    routed = [node for node in source.nodes if node.of("route", "default", "loopback")]
    node = some_line(rng, routed)
    if node is None or node.body is None:
        return ""
    line = rng.choice(node.of("route", "default", "loopback"))
    node.body.remove(line)
    return f"{node.name}: no more {line.text}"


def toggle_auto(rng: Random, source: Source) -> str:
    router = some_line(rng, source.of("router"))
    if router is None or router.body is None:
        return ""
    found = router.of("routing")
    if found:
        router.body.remove(found[0])
        return f"{router.name}: no more routing auto"
    router.body.append(Line("routing auto"))
    return f"{router.name}: routing auto"


def give_loopback(rng: Random, source: Source) -> str:
    node = some_line(rng, source.of("host", "router"))
    if node is None or node.body is None:
        return ""
    address = f"10.9.{rng.randint(1, 9)}.{rng.randint(1, 250)}"
    line = rng.choice((f"loopback {address}", f"shared {address}, fd00:9::{rng.randint(1, 99)}"))
    node.body.append(Line(line))
    return f"{node.name}: {line}"


def reorder(rng: Random, source: Source) -> str:
    """Two nodes, or networks, change places in the source: what is allocated in its order may change hands."""
    first, second = rng.sample(range(len(source.lines)), 2)
    one, two = source.lines[first], source.lines[second]
    if one.word in ("lab", "param", "import") or two.word in ("lab", "param", "import"):
        return ""
    source.lines[first], source.lines[second] = two, one
    return f"{one.text} and {two.text} change places"


OF_NETWORKS: dict[Edit, int] = {
    add_host: 8, add_router: 3, add_switch: 1, remove_node: 8, rename_node: 6, swap_names: 3, move_node: 6,
    add_interface: 4, remove_interface: 4, rename_interface: 3, add_address: 6, remove_address: 5, change_address: 5,
    mac_or_mtu: 4, add_network: 4, remove_network: 3, rename_network: 4, renumber: 4, change_network: 5, second_family: 2,
    add_route: 6, remove_route: 4, toggle_auto: 4, give_loopback: 3, reorder: 3,
}  # fmt: skip
"""How often each is tried, in proportion."""
