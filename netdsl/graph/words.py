"""A graph in words: the description for screen readers, and the tooltips."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from netdsl.diagnostics.wording import counted
from netdsl.graph.model import Device, Graph, Joint, Segment, State
from netdsl.graph.text import shown
from netdsl.ir.node import NodeKind

_MOST_TUNNELS = 12


def summary(graph: Graph) -> str:
    """The numbers of elements, then a sentence for each tunnel."""
    counts = [
        *((sum(device.kind is kind for device in graph.devices), *_noun(kind)) for kind in NodeKind),
        (sum(not segment.is_link for segment in graph.segments), "network", ""),
        (sum(segment.is_link for segment in graph.segments), "link", ""),
        (len(graph.joints), "tunnel", ""),
    ]
    parts = [counted(number, noun, plural) for number, noun, plural in counts if number]
    sentences = [f"{_listed(parts)}." if parts else "Nothing is there."]
    sentences += [f"{tunnel(joint)}." for joint in graph.joints[:_MOST_TUNNELS]]
    if len(graph.joints) > _MOST_TUNNELS:
        sentences.append(f"And {len(graph.joints) - _MOST_TUNNELS} more tunnels.")
    return " ".join(sentences)


def _noun(kind: NodeKind) -> tuple[str, str]:
    """In the singular and, where that is irregular, in the plural."""
    match kind:
        case NodeKind.HOST | NodeKind.ROUTER:
            return str(kind), ""
        case NodeKind.SWITCH:
            return "switch", "switches"
        case _:
            assert_never(kind)


def tunnel(joint: Joint) -> str:
    """One sentence about a tunnel, without full stop."""
    ranges = "; ".join(f"{one} and {other}" for one, other in joint.protects)
    text = f"Tunnel {joint.tunnel} between {joint.one} and {joint.other}"
    if ranges:  # of a tunnel that encrypts nothing they may be addresses of its devices
        text += f" protects {ranges}" if joint.is_encrypted else f", inside {ranges}"
    match joint.state:
        case State.DOWN:
            return f"{text}, but does not come up: {joint.reason}"
        case State.UNKNOWN:
            return f"{text}, and whether it is up {joint.reason}"
        case State.BY_HAND:
            text += " (opened by hand)"
        case State.UP:
            pass
        case _:
            assert_never(joint.state)
    word = "encrypted" if joint.is_encrypted else f"{joint.header}, not encrypted,"
    return f"{text}, {word} on {_listed(joint.crosses)}" if joint.crosses else text


def device(shown_device: Device) -> str:
    """All texts of a device in one line."""
    return shown_lines(_device_lines(shown_device))


def _device_lines(device: Device) -> Iterator[str]:
    yield f"{device.kind} {device.id}"
    for port in device.ports:
        yield f"{port.interface} on {port.network}: {', '.join(port.addresses) or 'no address'}"
    if device.loopbacks:
        yield f"lo: {', '.join(device.loopbacks)}"
    if device.services:
        yield f"serves {', '.join(device.services)}"
    roles = [
        *(["filters packets"] if device.has_firewall else []),
        *device.nat,
        *(["has an uplink"] if device.has_uplink else []),
    ]
    if roles:
        yield ", ".join(roles)


def segment(network: Segment, carried: Iterable[str]) -> str:
    lines = [f"{'link' if network.is_link else 'network'} {network.id}", *network.prefixes, *network.notes]
    lines += [f"carries {packets}" for packets in carried]
    return shown_lines(lines)


def shown_lines(lines: Iterable[str]) -> str:
    return "; ".join(map(shown, lines))


def _listed(texts: Iterable[str]) -> str:
    words = list(texts)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
