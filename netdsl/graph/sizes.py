"""The size of each element by its texts, in pixels, and the texts themselves (`*_lines`): layout and renderers share
them."""

from collections.abc import Iterable

from netdsl.graph.model import Device, Joint, Port, Segment
from netdsl.graph.text import mono_width, shown, width

NAME, SMALL, ADDRESS = 13.0, 10.5, 11.0  # sizes of the fonts
LINE, NAME_LINE = 14.0, 18.0
ICON = 20.0
PAD = 8.0
TUNNEL_PORT = 16.0  # width at a box's lower edge for each tunnel
UPLINK_ROOM = 62.0  # beside a box with an uplink
_MOST_ADDRESSES = 4
_MOST_SERVICES = 4

Size = tuple[float, float]


def limited(lines: Iterable[str], most: int) -> tuple[str, ...]:
    """At most `most` lines; if some are left out, the last line says how many."""
    texts = tuple(map(shown, lines))
    return texts if len(texts) <= most else (*texts[: most - 1], f"+{len(texts) - most + 1} more")


def address_lines(port: Port) -> tuple[str, ...]:
    return limited(port.addresses, _MOST_ADDRESSES)


def service_lines(device: Device) -> tuple[str, ...]:
    return limited(device.services, _MOST_SERVICES)


def badges(device: Device) -> tuple[str, ...]:
    """The words for a device's packet processing: `firewall`, `dnat`, `snat`."""
    words = ["firewall"] if device.has_firewall else []
    return (*words, *device.nat)


def badge_width(word: str) -> float:
    return width(word, SMALL) + 10 + (14 if word == "firewall" else 0)


def badges_width(device: Device) -> float:
    words = badges(device)
    return sum(map(badge_width, words)) + 5 * max(len(words) - 1, 0)


# --- a node within its network


def chip_lines(device: Device) -> tuple[str, ...]:
    """Addresses, and before the first the interface's name unless it is the network's."""
    port = device.ports[0]
    prefix = "" if port.interface == str(port.network).rpartition(".")[2] else f"{shown(port.interface)} "
    lines = address_lines(port)
    return (f"{prefix}{lines[0]}", *lines[1:]) if lines else (prefix.rstrip() or "no address",)


def chip_size(device: Device) -> Size:
    wide = max(
        ICON + 4 + width(shown(device.id), NAME, bold=True),
        max(mono_width(line, ADDRESS) for line in (*chip_lines(device), *loopback_lines(device))),
        max((width(line, SMALL) for line in service_lines(device)), default=0),
        badges_width(device),
    )
    lines = len(chip_lines(device)) + len(service_lines(device)) + len(loopback_lines(device))
    high = 24 + LINE * lines + (18 if badges(device) else 0) + 5
    return wide + 2 * PAD, high


def loopback_lines(device: Device) -> tuple[str, ...]:
    return limited((f"lo {address}" for address in device.loopbacks), 2)


# --- a network


def prefix_lines(segment: Segment) -> tuple[str, ...]:
    return limited((*segment.prefixes, *segment.notes), 4)


def header_size(segment: Segment, *, is_encrypted: bool) -> Size:
    lock = 18.0 if is_encrypted else 0.0
    texts = prefix_lines(segment)
    if segment.is_link:
        return max((mono_width(line, ADDRESS) for line in texts), default=16) + 2 * PAD + lock, LINE * max(
            len(texts), 1
        ) + 8
    first = width(shown(segment.label), NAME, bold=True) + (mono_width(texts[0], ADDRESS) + 10 if texts else 0)
    further = max((mono_width(line, ADDRESS) for line in texts[1:]), default=0.0)
    return max(first, further) + 2 * PAD + lock + 4, 26 + LINE * max(len(texts) - 1, 0)


# --- a node with a box of its own


def cell_size(port: Port) -> Size:
    lines = address_lines(port)
    wide = max(
        width(shown(port.interface), SMALL, bold=True), max((mono_width(line, ADDRESS) for line in lines), default=0)
    )
    return wide + 14, 18 + LINE * len(lines)


def centre_size(device: Device) -> Size:
    wide = max(
        ICON + 6 + width(shown(device.id), NAME, bold=True),
        badges_width(device),
        max((width(line, SMALL) for line in service_lines(device)), default=0),
        max((mono_width(line, ADDRESS) for line in loopback_lines(device)), default=0),
    )
    lines = len(service_lines(device)) + len(loopback_lines(device))
    high = 32 + LINE * lines + (19 if badges(device) else 0) + (3 if lines else 0)
    return max(wide + 2 * PAD, 44 if device.kind.bridges else 84), high


# --- a tunnel's name


def label_texts(joint: Joint) -> tuple[str, str]:
    """The tunnel's name with its state, and what it protects."""
    name = shown(joint.tunnel) + joint.state.note
    return name + ("" if joint.is_encrypted else f" ({joint.header}, not encrypted)"), shown(joint.ranges)


def label_size(joint: Joint, *, is_long: bool) -> Size:
    """The size of a label with both texts in one line (`is_long`) or in two."""
    name, ranges = label_texts(joint)
    first = width(name, ADDRESS, bold=True) + 16
    second = mono_width(ranges, SMALL)
    if is_long:
        return first + (second + 8 if ranges else 0) + 12, 19.0
    return max(first, second) + 12, 19.0 + (13.0 if ranges else 0.0)
