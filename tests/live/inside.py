"""What a node is inside, whatever runtime it is in: read by its own tools, and without what belongs to the runtime.

What is left out, and nothing else (`Inside.differences` compares the rest line by line):

- the interface `mgmt` with its addresses, routes and neighbours, the tables `netdsl_mgmt`, and what listens for the sake of
  it (sshd, the DHCP client): Vagrant's way in;
- the engine's resolver: the table `ip nat` that rewrites 127.0.0.11, and the sockets there. The payload closes it
  (test_closed);
- what user-space ESP has and the kernel's has not: the interface `ipsec0`, the routing tables 219 and 220;
- handles, counters, indexes and lifetimes; a kernel's own keys: settings that only one of the two kernels has.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.live.lab import Lab

Record = Mapping[str, object]

_DEVICES = {"mgmt", "ipsec0"}
_TABLES = ("219", "220")
_ENGINES_RESOLVER = "127.0.0.11"
_SSHD = ("tcp", "22")
_PASSING = {"handle", "index", "packets", "bytes"}
_ADDRESS = ("local", "prefixlen", "scope", "secondary", "nodad", "peer")
_ROUTE = ("type", "dst", "gateway", "dev", "table", "protocol", "scope", "prefsrc", "metric")
_READ = {
    "addresses": "ip -j address show",
    "routes": "ip -j -4 route show table all",
    "routes of IPv6": "ip -j -6 route show table all",
    "rules": "ip -4 rule",
    "rules of IPv6": "ip -6 rule",
    "neighbours": "ip -4 neigh show nud permanent; ip -6 neigh show nud permanent",
    "filter": "nft -j list ruleset",
    "connections": "swanctl --list-conns 2>/dev/null || true",
    "sysctls": "grep -sH . /proc/sys/net/ipv[46]/conf/*/* /proc/sys/net/ipv4/* /proc/sys/net/ipv6/* || true",
    "asked sysctls": "cat /netdsl/node/sysctl.tsv",
    "hosts": "cat /etc/hosts",
    "resolv.conf": "cat /etc/resolv.conf",
    "host name": "cat /proc/sys/kernel/hostname",
    "sockets": "ss -Hltun",
}


@dataclass(frozen=True, slots=True)
class Inside:
    """Lines by subject."""

    subjects: Mapping[str, tuple[str, ...]]

    def differences(self, other: "Inside") -> list[str]:
        """`- LINE` where only this one has it, `+ LINE` where only the other has. Order matters in the filter alone."""
        found = []
        for subject in sorted({*self.subjects, *other.subjects}):
            one, two = self.subjects.get(subject, ()), other.subjects.get(subject, ())
            found += [f"{subject}: - {line}" for line in one if line not in two]
            found += [f"{subject}: + {line}" for line in two if line not in one]
            if subject == "filter" and one != two and sorted(one) == sorted(two):
                found.append(f"{subject}: the same rules in another order")
        return found


def read_inside(lab: Lab, node: str, packages: Iterable[str]) -> Inside:
    """One command in the node. `packages`: those whose versions are read."""
    parts = [f"echo '==== {subject}'; {command}" for subject, command in _READ.items()]
    parts.append("echo '==== packages'; dpkg-query -W -f '${Package} ${Version}\\n' \"$@\"")
    return inside_of(lab.say(node, "sh", "-c", "\n".join(parts), "sh", *packages, timeout=60))


def inside_of(text: str) -> Inside:
    """From what the command says."""
    read: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("==== "):
            read[line[5:]] = []
        else:
            read[next(reversed(read))].append(line)
    asked = [line.split("\t")[0] for line in read.pop("asked sysctls")]
    known: dict[str, Callable[[list[str]], Iterable[str]]] = {
        "addresses": _addresses,
        "routes": _routes,
        "routes of IPv6": _routes,
        "rules": _rules,
        "rules of IPv6": _rules,
        "neighbours": lambda lines: (line for line in lines if not _DEVICES & {*line.split()}),
        "filter": _filter,
        "sysctls": lambda lines: _sysctls(lines, asked, _lab_interfaces(read["addresses"])),
        "sockets": _sockets,
    }
    return Inside({subject: tuple(known.get(subject, tuple)(lines)) for subject, lines in read.items()})


def same_keys(one: Inside, two: Inside) -> tuple[Inside, Inside]:
    """Both without the sysctls that one of the two kernels does not have."""
    keys = [{line.split(" = ")[0] for line in inside.subjects["sysctls"]} for inside in (one, two)]
    both = keys[0] & keys[1]

    def narrowed(inside: Inside) -> Inside:
        lines = tuple(line for line in inside.subjects["sysctls"] if line.split(" = ")[0] in both)
        return Inside({**inside.subjects, "sysctls": lines})

    return narrowed(one), narrowed(two)


def _records(lines: list[str]) -> list[dict[str, object]]:
    found = json.loads("".join(lines) or "[]")
    assert isinstance(found, list)
    return found


def _lab_interfaces(lines: list[str]) -> list[str]:
    return [str(link["ifname"]) for link in _records(lines) if link["ifname"] not in {*_DEVICES, "lo"}]


def _fields(record: Record, names: Iterable[str]) -> str:
    return " ".join(f"{name} {record[name]}" for name in names if name in record)


def _addresses(lines: list[str]) -> Iterator[str]:
    for link in _records(lines):
        name, flags, held = link["ifname"], link["flags"], link["addr_info"]
        assert isinstance(flags, list)
        assert isinstance(held, list)
        if name in _DEVICES:
            continue
        state = "up" if "UP" in flags else "down"
        yield f"{name} {state} mtu {link['mtu']} {link.get('address')}"
        yield from (f"{name} {_fields(address, _ADDRESS)}" for address in held if address)


def _routes(lines: list[str]) -> list[str]:
    return sorted(
        _fields(route, _ROUTE)
        for route in _records(lines)
        if route.get("dev") not in _DEVICES and str(route.get("table")) not in _TABLES
    )


def _rules(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.endswith(tuple(f"lookup {table}" for table in _TABLES))]


def _filter(lines: list[str]) -> Iterator[str]:
    objects = [one for entry in json.loads("".join(lines))["nftables"] for one in entry.items() if one[0] != "metainfo"]
    ours = [(kind, value) for kind, value in objects if _table(kind, value)[1] != "netdsl_mgmt"]
    engines = {_table(kind, value) for kind, value in ours if value.get("name") == "DOCKER_OUTPUT"}
    for kind, value in ours:
        if _table(kind, value) not in engines:
            yield f"{kind} {json.dumps(_lasting(value), sort_keys=True)}"


def _table(kind: str, value: Record) -> tuple[object, object]:
    return value["family"], value["name" if kind == "table" else "table"]


def _lasting(value: object) -> object:
    """Without what changes by itself."""
    if isinstance(value, dict):
        return {key: _lasting(one) for key, one in value.items() if key not in _PASSING}
    if isinstance(value, list):
        return [_lasting(one) for one in value]
    return value


def _sysctls(lines: list[str], asked: list[str], interfaces: list[str]) -> Iterator[str]:
    """Those that the lab asks for, and all that its interfaces have."""
    for line in lines:
        path, _, value = line.partition(":")
        words = path.removeprefix("/proc/sys/").split("/")
        key = ".".join(words)
        if key in asked or (words[2] == "conf" and words[3] in interfaces):
            yield f"{key} = {' '.join(value.split())}"


def _sockets(lines: list[str]) -> list[str]:
    """Protocol and local address."""
    found = []
    for line in lines:
        protocol, _, _, _, local, *_ = line.split()
        place, _, port = local.rpartition(":")
        is_of_management = "%mgmt" in place or (protocol, port) == _SSHD
        if place != _ENGINES_RESOLVER and not is_of_management:
            found.append(f"{protocol} {local}")
    return sorted(found)
