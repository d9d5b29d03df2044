"""A graph in words: for those who do not see it, and as what a pointer shows."""

from collections.abc import Iterable, Iterator

from netdsl.diagnostics.wording import counted
from netdsl.graph.model import Device, Graph, Joint, Segment, State
from netdsl.graph.text import shown
from netdsl.ir.node import NodeKind

_MOST_TUNNELS = 12


def summary(graph: Graph) -> str:
    """What is there, then each tunnel."""
    counts = [
        (sum(device.kind is NodeKind.HOST for device in graph.devices), "host", ""),
        (sum(device.kind is NodeKind.ROUTER for device in graph.devices), "router", ""),
        (sum(device.kind is NodeKind.SWITCH for device in graph.devices), "switch", "switches"),
        (sum(not each.is_link for each in graph.segments), "network", ""),
        (sum(each.is_link for each in graph.segments), "link", ""),
        (len(graph.joints), "tunnel", ""),
    ]
    there = [counted(number, noun, plural) for number, noun, plural in counts if number]
    sentences = [f"{_listed(there)}." if there else "Nothing is there."]
    sentences += [f"{tunnel(joint)}." for joint in graph.joints[:_MOST_TUNNELS]]
    if len(graph.joints) > _MOST_TUNNELS:
        sentences.append(f"And {len(graph.joints) - _MOST_TUNNELS} more tunnels.")
    return " ".join(sentences)


def tunnel(joint: Joint) -> str:
    """One sentence without full stop."""
    protects = "; ".join(f"{one} and {other}" for one, other in joint.protects)
    text = f"Tunnel {joint.tunnel} between {joint.one} and {joint.other}" + (
        f" protects {protects}" if protects else ""
    )
    if joint.state is State.DOWN:
        return f"{text}, but does not come up: {joint.reason}"
    word = "encrypted" if joint.is_encrypted else "authenticated, not encrypted,"
    by_hand = " (opened by hand)" if joint.state is State.BY_HAND else ""
    return f"{text}{by_hand}, {word} on {_listed(joint.crosses)}" if joint.crosses else f"{text}{by_hand}"


def device(each: Device) -> str:
    """All of it, in lines."""
    return shown_lines(_device_lines(each))


def _device_lines(each: Device) -> Iterator[str]:
    yield f"{each.kind} {each.id}"
    for port in each.ports:
        yield f"{port.interface} on {port.network}: {', '.join(port.addresses) or 'no address'}"
    if each.loopbacks:
        yield f"lo: {', '.join(each.loopbacks)}"
    if each.services:
        yield f"serves {', '.join(each.services)}"
    does = [
        *(["filters packets"] if each.has_firewall else []),
        *each.nat,
        *(["has an uplink"] if each.has_uplink else []),
    ]
    if does:
        yield ", ".join(does)


def segment(each: Segment, carried: Iterable[str]) -> str:
    lines = [f"{'link' if each.is_link else 'network'} {each.id}", *each.prefixes, *each.notes]
    lines += [f"carries ESP of {tunnel}" for tunnel in carried]
    return shown_lines(lines)


def shown_lines(lines: Iterable[str]) -> str:
    return "; ".join(map(shown, lines))


def _listed(texts: Iterable[str]) -> str:
    every = list(texts)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}"
