"""A graph in words: for those who do not see it, and as what a pointer shows."""

from collections.abc import Iterable, Iterator
from typing import assert_never

from netdsl.diagnostics.wording import counted
from netdsl.graph.model import Device, Graph, Joint, Segment, State
from netdsl.graph.text import shown
from netdsl.ir.node import NodeKind

_MOST_TUNNELS = 12


def summary(graph: Graph) -> str:
    """What is there, then each tunnel."""
    counts = [
        *((sum(device.kind is kind for device in graph.devices), *_noun(kind)) for kind in NodeKind),
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
    """One sentence without full stop."""
    protects = "; ".join(f"{one} and {other}" for one, other in joint.protects)
    text = f"Tunnel {joint.tunnel} between {joint.one} and {joint.other}" + (
        f" protects {protects}" if protects else ""
    )
    match joint.state:
        case State.DOWN:
            return f"{text}, but does not come up: {joint.reason}"
        case State.BY_HAND:
            text += " (opened by hand)"
        case State.UP:
            pass
        case _:
            assert_never(joint.state)
    word = "encrypted" if joint.is_encrypted else f"{joint.kind}, not encrypted,"
    return f"{text}, {word} on {_listed(joint.crosses)}" if joint.crosses else text


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
