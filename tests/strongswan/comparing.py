"""The settings of a lab's nodes beside those of the scenario that it says again, point by point.

A point is one setting of one connection or child, with strongSwan's default where a file does not set it (swanctl.conf(5)).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.outputs import Tree
from tests.strongswan.originals import Section

CONNECTION = {
    "local_addrs": "%any", "remote_addrs": "%any", "proposals": "default", "mobike": "yes", "encap": "no",
    "dpd_delay": "0s", "rekey_time": "4h", "reauth_time": "0s", "vips": "", "pools": "", "unique": "no",
    "childless": "allow",
}  # fmt: skip
ROUND = {"auth": "pubkey", "id": "%any", "eap_id": "", "revocation": "relaxed", "groups": "", "cert_policy": ""}
CHILD = {
    "mode": "tunnel", "local_ts": "dynamic", "remote_ts": "dynamic", "esp_proposals": "", "ah_proposals": "",
    "start_action": "none", "dpd_action": "clear", "rekey_time": "1h", "rekey_bytes": "0", "ipcomp": "no",
    "inactivity": "0s", "mark_in": "", "mark_out": "", "if_id_in": "", "if_id_out": "", "copy_dscp": "out",
    "per_cpu_sas": "no", "label": "", "priority": "0",
}  # fmt: skip
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ALIASES = {"curve25519": "x25519", "gcm128": "gcm16", "ccm128": "ccm16"}
_NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17", "ipv6-icmp": "58"}
_PORTS = {"ssh": "22", "http": "80"}


@dataclass(frozen=True, slots=True)
class Point:
    """`place`: `HOST CONNECTION` or `HOST CONNECTION CHILD`, by the original's names."""

    place: str
    setting: str
    original: str
    ours: str

    @property
    def is_equal(self) -> bool:
        return self.original == self.ours


def points(host: str, original: Section, ours: Tree) -> Iterator[Point]:
    """Each connection of ours beside that of the original which is most like it. Raises AssertionError where a connection
    of the original is like none of ours."""
    connections = _sections(original, "connections")
    used: set[str] = set()
    for _, own in _sections(ours, "connections").items():
        candidates = {
            name: list(_connection(f"{host} {name}", one, own, original, ours)) for name, one in connections.items()
        }
        best = max(candidates, key=lambda name: (*_likeness(candidates[name]), name not in used))
        used.add(best)
        yield from candidates[best]
    assert used == set(connections), f"{host}: the lab has no connection like {set(connections) - used}"


def _likeness(found: list[Point]) -> tuple[bool, int]:
    """Children of one mode come first, then how many points are equal."""
    return all(point.is_equal for point in found if point.setting == "mode"), sum(point.is_equal for point in found)


def _connection(place: str, original: Section, own: Tree, root: Section, own_root: Tree) -> Iterator[Point]:
    for setting, default in CONNECTION.items():
        yield Point(place, setting, _value(setting, original, default, root), _value(setting, own, default, own_root))
    for side in ("local", "remote"):
        rounds, own_rounds = _rounds(original, side), _rounds(own, side)
        for number in range(max(len(rounds), len(own_rounds))):
            pair = [given[number] if number < len(given) else {} for given in (rounds, own_rounds)]
            for setting, default in ROUND.items():
                values = [_value(setting, given, default, root) for given in pair]
                yield Point(place, f"{side} {setting}", *values)
    children, own_children = _sections(original, "children"), _sections(own, "children")
    for _, own_child in own_children.items():
        candidates = {
            name: list(_child(f"{place} {name}", one, own_child, original, own)) for name, one in children.items()
        }
        if candidates:
            yield from max(candidates.values(), key=lambda found: sum(p.is_equal for p in found))
    if len(own_children) < len(children):
        yield Point(place, "children", str(len(children)), str(len(own_children)))


def _child(place: str, original: Section, own: Tree, connection: Section, own_connection: Tree) -> Iterator[Point]:
    for setting, default in CHILD.items():
        values = [_value(setting, given, default, given) for given in (original, own)]
        if setting == "local_ts":
            values = [_dynamic(value, given) for value, given in zip(values, (connection, own_connection), strict=True)]
        yield Point(place, setting, *values)


def _dynamic(value: str, connection: Mapping[str, object]) -> str:
    """`dynamic` is the end's own address where there is no virtual one."""
    address = connection.get("local_addrs")
    if connection.get("vips") or not isinstance(address, str) or "%" in address:
        return value
    return value.replace("dynamic", f"{address}/{128 if ':' in address else 32}")


def _rounds(connection: Mapping[str, object], side: str) -> list[Section]:
    found = [value for name, value in connection.items() if re.fullmatch(rf"{side}(-.*)?", name)]
    return [value for value in found if isinstance(value, dict)]


def _sections(tree: Mapping[str, object], name: str) -> dict[str, Section]:
    inner = tree.get(name, {})
    assert isinstance(inner, dict)
    return {key: value for key, value in inner.items() if isinstance(value, dict)}


def _value(setting: str, section: Mapping[str, object], default: str, root: Mapping[str, object]) -> str:
    found = section.get(setting, default)
    assert isinstance(found, str)
    if setting == "pools":
        pools = _sections(root, "pools")
        return ", ".join(
            str(pools[name]["addrs"]) if name in pools else name for name in re.split(r",\s*", found) if name
        )
    if setting.endswith(("_time", "_delay", "inactivity")):
        return _seconds(found)
    if setting in ("proposals", "esp_proposals", "ah_proposals"):
        for alias, name in _ALIASES.items():
            found = found.replace(alias, name)
        return ", ".join(re.split(r",\s*", found))
    if setting in ("local_ts", "remote_ts"):
        return ", ".join(_selector(one) for one in re.split(r",\s*", found))
    if setting in ("vips",):
        return ", ".join(sorted(one.replace("0::0", "::") for one in re.split(r",\s*", found) if one))
    return found


def _selector(text: str) -> str:
    match = re.fullmatch(r"([^\[/]+)(/\d+)?(?:\[([^/\]]+)(?:/([^\]]+))?\])?", text.strip())
    assert match is not None, text
    address, length, protocol, port = match.groups()
    if length is None and address != "dynamic" and "%" not in address:
        length = "/128" if ":" in address else "/32"
    rest = ""
    if protocol is not None:
        rest = f"[{_NUMBERS.get(protocol, protocol)}" + (f"/{_PORTS.get(port, port)}" if port else "") + "]"
    return f"{re.sub('::0$', '::', address)}{length or ''}{rest}"


def _seconds(text: str) -> str:
    match = re.fullmatch(r"(\d+)([smhd]?)", text)
    assert match is not None, text
    return f"{int(match[1]) * _SECONDS[match[2] or 's']}s"
