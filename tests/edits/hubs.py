"""Edits of tunnels with several ends: of the hub and what its ends say. As `changes`; nothing for a lab without one."""

from random import Random

from tests.edits.changes import Edit
from tests.edits.source import Line, Source, network_of, port_name, ports, some_line

KINDS = ("wireguard",)
_OF_HUB = ("keepalive", "mtu", "listen", "psk", "relay", "memory")


def _hub(rng: Random, source: Source) -> Line | None:
    return some_line(rng, source.of(*KINDS))


def change_hub(rng: Random, source: Source) -> str:
    """A setting of all ends, another value of it, or none any more."""
    hub = _hub(rng, source)
    if hub is None or hub.body is None:
        return ""
    found = hub.of(*_OF_HUB)
    if found and rng.random() < 0.3:
        line = rng.choice(found)
        hub.body.remove(line)
        return f"{hub.name}: no more {line.text}"
    text = rng.choice(
        (
            f"keepalive {rng.randint(5, 60)}s", f"mtu {rng.randint(1290, 1400)}", f"listen udp/{rng.randint(5000, 6000)}",
            "psk yes", "relay no", "relay yes", f"memory {rng.choice((24, 32))}MiB",
        )
    )  # fmt: skip
    hub.body = [line for line in hub.body if line.word != text.split()[0]]
    hub.body.append(Line(text))
    return f"{hub.name}: {text}"


def renumber_hub(rng: Random, source: Source) -> str:
    hub = _hub(rng, source)
    if hub is None or not hub.of("addresses"):
        return ""
    line = hub.of("addresses")[0]
    line.text = f"addresses 10.{rng.choice((8, 9))}.{rng.randint(0, 200)}.0/24"
    return f"{hub.name}: {line.text}"


def add_client(rng: Random, source: Source) -> str:
    hub = _hub(rng, source)
    if hub is None or hub.body is None:
        return ""
    others = [node for node in source.of("host", "router") if not hub.mentions(node.name) and ports(node)]
    node = some_line(rng, others)
    if node is None:
        return ""
    own = [network_of(port) for port in ports(node) if port_name(port) == "lan"]
    line = Line(f"client {node.name}{f' protecting {rng.choice(own)}' if own else ''}")
    if rng.random() < 0.4:
        line.body = [Line(f"keepalive {rng.randint(5, 60)}s")]
    hub.body.insert(rng.randint(2, len(hub.body)), line)
    return f"{hub.name}: {line.text}"


def remove_client(rng: Random, source: Source) -> str:
    hub = _hub(rng, source)
    clients = [] if hub is None else hub.of("client")
    if hub is None or hub.body is None or len(clients) < 2:
        return ""
    line = rng.choice(clients)
    hub.body.remove(line)
    return f"{hub.name}: no more {line.text}"


def change_client(rng: Random, source: Source) -> str:
    """What it protects, or its keepalive."""
    hub = _hub(rng, source)
    line = some_line(rng, [] if hub is None else hub.of("client"))
    if hub is None or line is None:
        return ""
    if rng.random() < 0.5:
        line.body = [Line(f"keepalive {rng.randint(5, 60)}s")] if line.body is None or rng.random() < 0.6 else None
        return f"{hub.name}: another keepalive in {line.text}"
    head, _, _ = line.text.partition(" protecting ")
    node = next((one for one in source.nodes if one.name == head.split()[1]), None)
    own = [] if node is None else [network_of(port) for port in ports(node) if port_name(port) == "lan"]
    line.text = head if line.text != head or not own else f"{head} protecting {own[0]}"
    return f"{hub.name}: {line.text}"


def rename_hub(rng: Random, source: Source) -> str:
    hub = _hub(rng, source)
    if hub is None:
        return ""
    old, new = hub.name, source.new_name("wg")
    source.rename(old, new)
    return f"rename {old} to {new}"


def add_hub(rng: Random, source: Source) -> str:
    """A second tunnel, or none any more."""
    hubs = source.of(*KINDS)
    if len(hubs) > 1:
        source.lines.remove(hubs[-1])
        return f"no more {hubs[-1].text}"
    nodes = [node for network in source.networks for node in source.on(network) if node.word == "router"]
    if not hubs or len(nodes) < 2:
        return ""
    one, two = rng.sample(nodes, 2)
    body = [
        Line(f"between {one.name} and {two.name}"),
        Line("over ipv4"),
        Line(f"addresses 10.7.{rng.randint(0, 99)}.0/30"),
    ]
    source.insert(Line(f"{rng.choice(KINDS)} {source.new_name('two')}", body))
    return f"a tunnel between {one.name} and {two.name}"


def hub_ends(rng: Random, source: Source) -> str:
    """The address of an end moves: its peers are told the new place."""
    hub = _hub(rng, source)
    if hub is None:
        return ""
    nodes = [node for node in source.of("router") if hub.mentions(node.name)]
    outer = [port for node in nodes for port in ports(node) if port_name(port) == "wan"]
    port = some_line(rng, outer)
    if port is None:
        return ""
    port.text = f"interface wan on {network_of(port)} .{rng.randint(20, 250)}"
    return port.text


OF_HUBS: dict[Edit, int] = {
    change_hub: 40, renumber_hub: 10, add_client: 25, remove_client: 20, change_client: 25, rename_hub: 8, add_hub: 12,
    hub_ends: 12,
}  # fmt: skip
"""How often each is tried, in proportion."""
