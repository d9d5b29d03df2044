"""Zone files (RFC 1035 section 5): the one format of names and texts that servers of names read."""

from collections.abc import Iterator

from netdsl.ir.dns import AddressRecord, Zone, joined

TTL = 0
"""Seconds that an answer may be kept: none, so that a change in the lab shows at once."""

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_LONGEST_STRING = 255  # RFC 1035 section 3.3


def zone_file(zone: Zone) -> str:
    """Every record on a line of its own, every name whole."""
    return "".join(f"{line}\n" for line in dict.fromkeys(_lines(zone)))


def hints_file(roots: tuple[AddressRecord, ...]) -> str:
    """Where a server that asks others begins."""
    lines = (line for root in roots for line in (_record("", "NS", name(root.name)), *_addresses(root)))
    return "".join(f"{line}\n" for line in lines)


def name(text: str) -> str:
    """A domain name with its last dot; whatever is no letter, digit, `-` or `_` of a label by its number."""
    return "".join(f"{_escaped(label)}." for label in text.split(".")) if text else "."


def string(text: str) -> str:
    """Texts in quotes, each of 255 bytes at most; what is not printable, quotes and backslashes by their numbers."""
    data = text.encode()
    pieces = [data[at : at + _LONGEST_STRING] for at in range(0, len(data), _LONGEST_STRING)] or [b""]
    return " ".join('"' + "".join(map(_character, piece)) + '"' for piece in pieces)


def _escaped(label: str) -> str:
    return "".join(chr(byte) if chr(byte) in _PLAIN else f"\\{byte:03d}" for byte in label.encode())


def _character(byte: int) -> str:
    return chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03d}"


def _record(owner: str, type_: str, data: str) -> str:
    return f"{name(owner)} {TTL} IN {type_} {data}"


def _addresses(record: AddressRecord) -> Iterator[str]:
    for address in record.addresses:
        yield _record(record.name, "A" if address.version == 4 else "AAAA", str(address))


def _lines(zone: Zone) -> Iterator[str]:
    first = zone.servers[0]
    times = f"1 3600 600 86400 {TTL}"  # serial, refresh, retry, expire, minimum: nobody copies the zone
    yield _record(zone.name, "SOA", f"{name(first)} {name(joined('hostmaster', zone.name))} {times}")
    yield from (_record(zone.name, "NS", name(server)) for server in zone.servers)
    for delegation in zone.delegations:
        yield from (_record(delegation.name, "NS", name(server)) for server in delegation.servers)
    for record in zone.addresses:
        yield from _addresses(record)
    yield from (_record(one.name, "CNAME", name(one.target)) for one in zone.aliases)
    yield from (_record(one.name, "MX", f"{one.preference} {name(one.exchange)}") for one in zone.mails)
    yield from (_record(one.name, "PTR", name(one.target)) for one in zone.pointers)
    yield from (_record(one.name, "TXT", string(one.text)) for one in zone.texts)
