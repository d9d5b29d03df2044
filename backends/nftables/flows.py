"""The flows to forget when a tunnel comes or goes: what rules that hold `while` it is up cover, for `conntrack -D`."""

from collections.abc import Iterator

from netdsl.ir.filter import Match
from netdsl.payload.quoting import tsv


def flows(match: Match, chain: str, has_dnat: bool) -> Iterator[str]:
    """What `conntrack -D` is told: the packet as it was before translation, as narrow as one line of it can be."""
    knows_destination = "_prerouting" in chain or "_dnat_output" in chain or not has_dnat
    source = match.sources[0] if len(match.sources) == 1 else None
    destination = match.destinations[0] if len(match.destinations) == 1 and knows_destination else None
    versions = {prefix.version for prefix in (*match.sources, *match.destinations)} or {4, 6}
    for version in sorted(versions):
        if any(prefix is not None and prefix.version != version for prefix in (source, destination)):
            continue
        for protocol, port in _ports(match, knows_destination):
            fields = (f"ipv{version}", protocol, _plain_prefix(source), _plain_prefix(destination), port)
            yield tsv(*fields)


def _ports(match: Match, knows_port: bool) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for service in match.services:
        single = service.first is not None and service.first == service.last and knows_port
        found[(str(service.protocol), str(service.first) if single else "")] = None
    return list(found) or [("", "")]


def _plain_prefix(prefix: object) -> str:
    return "" if prefix is None else str(prefix).removesuffix("/32").removesuffix("/128")
