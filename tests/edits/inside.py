"""What a node is inside, read by its own tools in one command, as lines by subject.

What is of its nature another one each time is left out, and nothing else:

- numbers of interfaces and processes, handles, counters, lifetimes, SPIs, times, ports of peers: the kernel's and daemons'
  own, given in the order in which things happen;
- the key exchange of a child: its first keys are made without one, later ones, and those of a child that is added, with it;
- keys and certificates: each lab has its own store. Their files are compared by name and mode, and with the copies that
  daemons use;
- the engine's resolver (a table `ip nat` with random ports, sockets on 127.0.0.11), which the payload closes;
- where a node keeps the copy of its data, and what it has noted of changes: the copy itself is compared;
- the machine's memory and disks, and processes that ask and wait (`ready`, `status`, `sleep` of the main process);
- in machines the interface `mgmt`, what listens on it, and processes that are the distribution's.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

Record = Mapping[str, object]

_RESOLVER = "127.0.0.11"
_COUNTED = {"handle", "index", "packets", "bytes", "expires"}
_LINK_DATA = (
    "local", "remote", "ttl", "id", "port", "group", "link", "mode", "stp_state", "forward_delay", "hello_time",
    "max_age", "ageing_time", "priority", "type", "pi",
)  # fmt: skip
_ADDRESS = ("local", "prefixlen", "scope", "secondary", "nodad", "peer", "deprecated", "tentative", "dadfailed")
_ROUTE = (
    "type", "dst", "gateway", "dev", "table", "protocol", "scope", "prefsrc", "metric", "flags", "mtu", "nexthops",
)  # fmt: skip
_SCRIPT = {
    "links": "ip -j -d link show",
    "addresses": "ip -j address show",
    "routes": "ip -j -4 route show table all; ip -j -6 route show table all",
    "rules": "ip -4 rule; ip -6 rule",
    "neighbours": "ip -4 neigh show nud permanent; ip -6 neigh show nud permanent",
    "filter": "nft -j list ruleset",
    "sysctls": "grep -sH . /proc/sys/net/ipv[46]/conf/*/* /proc/sys/net/ipv4/* /proc/sys/net/ipv6/*",
    "sockets": "ss -Hltun; ss -Hlnw | sed 's/^/raw /'",
    "host name": "cat /proc/sys/kernel/hostname",
    "names": 'for f in /etc/hosts /etc/resolv.conf; do echo "$f"; cat $f; done',
    "payload": "find /netdsl/lab /netdsl/node -type f -exec sha256sum {} + | sort -k 2",
    "files": "find /srv /opt /etc/motd /tmp/said -type f -exec sha256sum {} + 2>/dev/null | sort -k 2;"
    " find /srv /opt /etc/motd -printf '%m %p\\n' 2>/dev/null | sort -k 2",
    "credentials": "cd / && find netdsl/credentials run/netdsl/credentials -printf '%y %m %p\\n' 2>/dev/null | sort -k 3;"
    ' find netdsl/credentials -type f 2>/dev/null | while read -r f; do cmp -s "$f" "run/$f" || echo "old: $f"; done;'
    " [ ! -e netdsl/node/swanctl.conf ] || cmp netdsl/node/swanctl.conf run/netdsl/credentials/swanctl.conf 2>&1",
    "state": "cd /run/netdsl && find . -path ./credentials -prune -o -path ./tunnel -prune -o -path './data/*' -prune -o"
    " -path './change/*' -prune -o -printf '%y %p\\n' | sort; find now/node -type f -exec sha256sum {} + | sort -k 2",
    "mounts": "cat /proc/self/mountinfo",
    "status": "sh /netdsl/lab/node.sh status",
    "wireguard": "[ ! -e /netdsl/node/wireguard.tsv ] || wg show all dump",
    **dict.fromkeys(("connections", "children", "traps", "certificates", "authorities"), ""),
    "processes": "tail -vn +1 /proc/[0-9]*/cmdline | tr '\\0' ' '; echo; grep -s CapEff /proc/[0-9]*/status;"
    " grep -saz . /proc/[0-9]*/environ | tr '\\0' '\\n';"
    " [ ! -d /run/systemd/system ] || grep -s netdsl.service /proc/[0-9]*/cgroup",
}
_SWANCTL = {
    "connections": "--list-conns",
    "children": "--list-sas",
    "traps": "--list-pols",
    "certificates": "--list-certs",
    "authorities": "--list-authorities",
}
SCRIPT = "".join(
    (
        *(f"echo '==== {subject}'; {command}\n" for subject, command in _SCRIPT.items() if command),
        "[ -e /netdsl/node/swanctl.conf ] || exit 0\n",
        *(f"echo '==== {subject}'; swanctl {word}\n" for subject, word in _SWANCTL.items()),
        "true\n",
    )
)
"""For `sh -c`, as root."""

_MANAGEMENT = "mgmt"
_PASSING_PROCESS = re.compile(
    r"sleep infinity$|sleep \d+\.\d$|sh -c echo '====|(tail -vn|tr|grep) |/bin/sh /netdsl/lab/node.sh (ready|status)"
)
_MAIN = re.compile(r"(/bin/)?sh /netdsl/lab/node.sh start ")  # it forks for what it does in the background
_OF_PROCESS = re.compile(r"/proc/(\d+)/(status|environ|cgroup):(.*)")
_OF_CALLERS = (
    "HOSTNAME=", "HOME=", "PWD=", "SHLVL=", "_=", "OLDPWD=", "NETDSL_INTERFACES=",
    "INVOCATION_ID=", "JOURNAL_STREAM=", "SYSTEMD_EXEC_PID=", "MEMORY_PRESSURE_",
)  # fmt: skip
"""Of a shell, an engine, and of systemd for each start of a unit (systemd.exec(5))."""
_EXCHANGE = re.compile(r"/(ECP|MODP|CURVE)_\w+$")
_PORT = re.compile(r"\[\d+\]")
_NUMBER = re.compile(r"\b\d{5,}\b")
_STATE_OF_TIMES = re.compile(r"\./(ended|pid|since|load\.log|.*\.lock|was-ready|.*\.batch|told|spanned)")


@dataclass(frozen=True, slots=True)
class Inside:
    """Lines by subject. Order matters where the subject's order does."""

    subjects: Mapping[str, tuple[str, ...]]

    def differences(self, fresh: "Inside") -> Iterator[str]:
        """`- LINE`: only this one has it; `+ LINE`: only the fresh one."""
        for subject in sorted({*self.subjects, *fresh.subjects}):
            one, two = self.subjects.get(subject, ()), fresh.subjects.get(subject, ())
            if one == two:
                continue
            yield from (f"{subject}: - {line}" for line in _less(one, two))
            yield from (f"{subject}: + {line}" for line in _less(two, one))
            if sorted(one) == sorted(two):
                yield f"{subject}: the same lines in another order"


def _less(one: tuple[str, ...], two: tuple[str, ...]) -> list[str]:
    """The lines of one, each as often as it has it more than the other."""
    left = list(two)
    found = []
    for line in one:
        if line in left:
            left.remove(line)
        else:
            found.append(line)
    return found


def inside_of(text: str) -> Inside:
    """From what `SCRIPT` says."""
    read: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("==== ") and line[5:] in _SCRIPT:
            read[line[5:]] = []
        elif read:
            read[next(reversed(read))].append(line)
    random = re.compile("|".join(map(re.escape, _random_addresses(read))) or "(?!)")
    found = {subject: [random.sub("fe80::random", line) for line in lines] for subject, lines in read.items()}
    return Inside({subject: tuple(_READERS.get(subject, _as_they_are)(lines)) for subject, lines in found.items()})


def _random_addresses(read: Mapping[str, list[str]]) -> Iterator[str]:
    """The link-local addresses that the kernel makes up for a device without a MAC address (addrconf.c,
    addrconf_dev_config): a TUN device, as tunnels in user space have it."""
    tuns = [link["ifname"] for link in _records(read.get("links", [])) if link.get("link_type") == "none"]
    for link in _records(read.get("addresses", [])):
        held = link["addr_info"]
        assert isinstance(held, list)
        for address in held if link["ifname"] in tuns else ():
            if str(address.get("local", "")).startswith("fe80:"):
                yield address["local"]


def _as_they_are(lines: list[str]) -> Iterable[str]:
    return lines


def _records(lines: list[str]) -> list[dict[str, object]]:
    """Of one JSON list after the other."""
    found: list[dict[str, object]] = []
    text, place, decoder = "".join(lines), 0, json.JSONDecoder()
    while place < len(text.rstrip()):
        part, place = decoder.raw_decode(text, place)
        found += [one for one in part if one and one.get("dev") != _MANAGEMENT and one.get("ifname") != _MANAGEMENT]
    return found


def _fields(record: Record, names: Iterable[str]) -> str:
    return " ".join(f"{name} {record[name]}" for name in names if record.get(name) not in (None, [], ""))


def _links(lines: list[str]) -> list[str]:
    found = []
    for link in _records(lines):
        flags, kind = link["flags"], link.get("linkinfo", {})
        assert isinstance(flags, list)
        assert isinstance(kind, dict)
        data = kind.get("info_data", {})
        is_up = "up" if "UP" in flags else "down"
        found.append(
            f"{link['ifname']} {is_up} mtu {link['mtu']} {link.get('address')} master {link.get('master')}"
            f" {kind.get('info_kind')} {'' if kind.get('info_kind') in _ENVELOPES else _fields(data, _LINK_DATA)}"
            f" addrgenmode {link.get('inet6_addr_gen_mode')}"
        )
    return sorted(found)


_ENVELOPES = ("veth", "macvlan", "ipvlan")


def _addresses(lines: list[str]) -> list[str]:
    """By interface: an engine gives these their numbers; the first address of a prefix is the one that is sent from."""
    found = []
    for link in sorted(_records(lines), key=lambda link: str(link["ifname"])):
        held = link["addr_info"]
        assert isinstance(held, list)
        found += [f"{link['ifname']} {_fields(address, _ADDRESS)}" for address in held if address]
    return found


def _routes(lines: list[str]) -> list[str]:
    return sorted(_fields(route, _ROUTE) for route in _records(lines))


def _filter(lines: list[str]) -> list[str]:
    """Tables and chains by name, the rules of each chain in their order."""
    objects = [one for entry in json.loads("".join(lines) or '{"nftables": []}')["nftables"] for one in entry.items()]
    ours = [(kind, value) for kind, value in objects if kind != "metainfo"]
    engines = {_table(kind, value) for kind, value in ours if value.get("name") == "DOCKER_OUTPUT"}
    engines |= {(family, name) for family, name in (_table(*one) for one in ours) if name == "netdsl_mgmt"}
    found: dict[str, list[str]] = {}
    for kind, value in ours:
        if _table(kind, value) not in engines:
            place = " ".join(map(str, (*_table(kind, value), value.get("chain", value.get("name", "")))))
            found.setdefault(place, []).append(f"{place}: {kind} {json.dumps(_lasting(value), sort_keys=True)}")
    return [line for place in sorted(found) for line in found[place]]


def _table(kind: str, value: Record) -> tuple[object, object]:
    return value["family"], value["name" if kind == "table" else "table"]


def _lasting(value: object) -> object:
    """Without what is counted."""
    if isinstance(value, dict):
        return {key: _lasting(one) for key, one in value.items() if key not in _COUNTED}
    if isinstance(value, list):
        return [_lasting(one) for one in value]
    return value


def _sysctls(lines: list[str]) -> list[str]:
    """All of the namespace: what a fresh node has not been given is the kernel's default there."""
    own = (line for line in lines if f"/{_MANAGEMENT}/" not in line)
    return sorted(
        line.removeprefix("/proc/sys/") for line in own if not re.search("stable_secret|tcp_fastopen_key", line)
    )


def _sockets(lines: list[str]) -> list[str]:
    """Protocol and local address. Ports above 32767 are asked with, not served."""
    found = set()
    for line in lines:
        words = line.split()
        if words[0] == "raw":
            words = ["raw", *words[2:]]
        local = words[4] if words[0] != "raw" else words[3]
        place, _, port = local.rpartition(":")
        is_asking = port.isdecimal() and int(port) > 32767
        if not place.startswith(_RESOLVER) and not is_asking and f"%{_MANAGEMENT}" not in place:
            found.add(f"{words[0]} {local}")
    return sorted(found)


def _mounts(lines: list[str]) -> list[str]:
    """Place, whether it can be written to, kind of file system, what bounds it."""
    found = []
    for line in lines:
        before, _, after = line.partition(" - ")
        place, options = before.split()[4:6]
        kind, _, given = after.split()[:3]
        size = re.search(r"size=\w+", given)
        if not place.startswith(("/proc", "/sys", "/dev")):
            found.append(
                f"{place} {options.split(',')[0]} {kind} {size[0] if size and kind == 'tmpfs' else ''}".rstrip()
            )
    return sorted(found)


def _status(lines: list[str]) -> list[str]:
    own = (line for line in lines if not line.startswith(("memory\t", "disk\t", "interface\tmgmt")))
    return sorted("\t".join(line.split("\t")[:2]) if line.startswith("wireguard\t") else line for line in own)


def _wireguard(lines: list[str]) -> list[str]:
    """Devices with their ports; peers with the host of their place, prefixes, keepalive, whether there was a handshake."""
    found = set()
    for fields in (line.split("\t") for line in lines):
        if len(fields) == 5:
            found.add(f"{fields[0]} port {fields[3]}")
            continue
        device, _, psk, place, prefixes, handshake, _, _, keepalive = fields
        words = "with a shared key" if psk != "(none)" else "without"
        is_up = "up" if handshake != "0" else "down"
        found.add(f"{device} {place.rpartition(':')[0]} {prefixes} {keepalive} {words} {is_up}")
    return sorted(found)


def _state(lines: list[str]) -> list[str]:
    return [_NUMBER.sub("N", line) for line in lines if not _STATE_OF_TIMES.search(line)]


def _connections(lines: list[str]) -> list[str]:
    """The daemon lists them in the order in which they were loaded, its blocks are compared as wholes."""
    blocks: list[str] = []
    for line in lines:
        if line.startswith(" ") and blocks:
            blocks[-1] += f" / {' '.join(line.split())}"
        else:
            blocks.append(line)
    return sorted(blocks)


def _children(lines: list[str]) -> list[str]:
    """Which connections and children there are, in which state, with which addresses, algorithms and traffic selectors. One
    that is being deleted is on its way out: where both ends have begun at once, one connection of the two goes."""
    found: set[str] = set()
    above, is_going = "", False
    for line in lines:
        if not line.startswith(" "):
            is_going = ", DELETING," in line
        if is_going:
            continue
        text = " ".join(line.split())
        head, _, rest = text.partition(": ")
        if not line.startswith(" "):
            above = f"{head}: {rest.split(',')[1].strip() if ',' in rest else rest}"
            found.add(above)
        elif re.match(r"#\d+,", rest):
            text = ", ".join(rest.split(", ")[2:])
            above = f"{above.split(' / ')[0]} / {head}: {_EXCHANGE.sub('', text)}"
            found.add(above)
        elif text.startswith(("local ", "remote ")) and "[" in text:
            found.add(f"{above}: {_PORT.sub('', text)}")
        elif text.startswith(("local ", "remote ")) or re.match(r"(AES|CHACHA|NULL|3DES)", text):
            found.add(f"{above}: {text}")
    return sorted(found)


def _certificates(lines: list[str]) -> list[str]:
    kept = (" ".join(line.split()) for line in lines)
    return sorted(line for line in kept if line.startswith(("subject:", "issuer:", "flags:", "altNames:")))


def _processes(lines: list[str]) -> list[str]:
    """What each was called with, its rights, its environment; in machines those of the node's script alone."""
    called: dict[str, str] = {}
    more: dict[tuple[str, str], list[str]] = {}
    above = ""
    for line in lines:
        found = _OF_PROCESS.fullmatch(line)
        if found:
            more.setdefault((found[1], found[2]), []).append(found[3])
        elif line.startswith("==> /proc/"):
            above = line.split("/")[2]
        elif line.strip() and above not in called:
            called[above] = " ".join(line.split())
    is_machine = any(kind == "cgroup" for _, kind in more)
    told = []
    for number, words in called.items():
        if _PASSING_PROCESS.match(words) or (is_machine and (number, "cgroup") not in more):
            continue
        rights = "".join(more.get((number, "status"), ())).split()
        given = sorted(one for one in more.get((number, "environ"), ()) if not one.startswith(_OF_CALLERS))
        told.append(f"{_NUMBER.sub('N', words)} | {''.join(rights[-1:])} | {' '.join(given)}")
    return sorted(line for number, line in enumerate(told) if line not in told[:number] or not _MAIN.match(line))


_READERS: dict[str, Callable[[list[str]], Iterable[str]]] = {
    "links": _links,
    "addresses": _addresses,
    "routes": _routes,
    "neighbours": sorted,
    "filter": _filter,
    "sysctls": _sysctls,
    "sockets": _sockets,
    "mounts": _mounts,
    "status": _status,
    "wireguard": _wireguard,
    "state": _state,
    "connections": _connections,
    "children": _children,
    "traps": _connections,
    "certificates": _certificates,
    "authorities": _connections,
    "processes": _processes,
}
