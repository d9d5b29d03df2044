"""ICMP messages by the names that filters use: RFC 792 and RFC 1812 for IPv4, RFC 4443 for IPv6."""

from netdsl.dataclass import dataclass

Form = tuple[str, int | None]
"""The type as nft calls it, and the code; None: any."""


@dataclass(frozen=True, slots=True)
class Message:
    """How a message looks in each family; None: it has none. `type`: where it is one code of a type, the name of all
    messages of that type."""

    v4: Form | None
    v6: Form | None
    type: str | None = None

    def form(self, version: int) -> Form | None:
        return self.v4 if version == 4 else self.v6


def _of_type(name: str, *, is_v4: bool = True) -> Message:
    return Message((name, None) if is_v4 else None, (name, None))


_UNREACHABLE = "destination-unreachable"

MESSAGES = {
    "echo-request": _of_type("echo-request"),
    "echo-reply": _of_type("echo-reply"),
    _UNREACHABLE: _of_type(_UNREACHABLE),
    "time-exceeded": _of_type("time-exceeded"),
    "parameter-problem": _of_type("parameter-problem"),
    "packet-too-big": _of_type("packet-too-big", is_v4=False),
    "network-unreachable": Message((_UNREACHABLE, 0), (_UNREACHABLE, 0), _UNREACHABLE),
    "host-unreachable": Message((_UNREACHABLE, 1), (_UNREACHABLE, 3), _UNREACHABLE),
    "port-unreachable": Message((_UNREACHABLE, 3), (_UNREACHABLE, 4), _UNREACHABLE),
    "fragmentation-needed": Message((_UNREACHABLE, 4), None, _UNREACHABLE),
    "admin-prohibited": Message((_UNREACHABLE, 13), (_UNREACHABLE, 1), _UNREACHABLE),
}

TYPES = {
    4: {"echo-reply": 0, _UNREACHABLE: 3, "echo-request": 8, "time-exceeded": 11, "parameter-problem": 12},
    6: {
        _UNREACHABLE: 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4, "echo-request": 128,
        "echo-reply": 129,
    },
}  # fmt: skip
"""The numbers of types, by IP version (IANA's ICMP and ICMPv6 parameters)."""


def is_kind_of(name: str | None, wanted: str | None) -> bool:
    """Whether every message of the one name is one of the other; None: any message."""
    if wanted is None or name == wanted:
        return True
    return name is not None and MESSAGES[name].type == wanted
