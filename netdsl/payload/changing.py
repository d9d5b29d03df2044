"""What of a running node its script can change without a start (`README.md` here, 'Changes'), by digests of its files."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from fnmatch import fnmatchcase
from hashlib import sha256
from ipaddress import ip_interface

from netdsl import index
from netdsl.dataclass import dataclass

HOSTS_PLACE, RESOLVERS_PLACE = "/etc/hosts", "/etc/resolv.conf"

_INSIDE = {
    "node/links.batch": "MTU",
    "node/addresses.batch": "addresses",
    "node/routes.batch": "routes",
    "node/devices/*": "devices of tunnels",
    "node/services.tsv": "services",
    "node/env": "environment",
    "node/files.tsv": "files",
    "node/tunnels.tsv": "tunnels",
    "node/resolv.conf": "resolvers",
    HOSTS_PLACE: "hosts file",
    RESOLVERS_PLACE: "resolvers",
}
_ANEW = {
    "node/parts": "its daemons",
    "node/interfaces.tsv": "its interfaces",
    "node/ports.tsv": "its ports",
    "node/sysctl.tsv": "its sysctls",
    "node/capabilities": "its rights",
    "node/env": "its environment",
    "node/files.tsv": "its files",
    "node/run/*": "its commands",
    "lab/*": "the scripts of all nodes",
    "credentials/*": "its credentials",
}
"""The first that fits is the one that is said. Of what is in neither table the file's name is."""

_OF_COMMANDS = ("node/env", "node/files.tsv")
"""What commands of the lab have read, or may have."""
_FREE = ("/home/", "/media/", "/mnt/", "/opt/", "/srv/", "/tmp/", "/var/tmp/", "/var/www/")  # noqa: S108 - of a node
"""Folders of which no daemon of a part, and no program of the script's, reads anything by itself."""

_MOST_LINES = 10_000
_SHARED = "lab/"
_NOT_COMPARED = "node/files/"  # `files.tsv` has their digests
_LAID = ("node/", "credentials/")
_LINE = "+ "
_ADDRESS, _ROUTE, _FILE = "address add ", "route replace ", "file\t"
_FIELDS = 5  # of a file: `file`, and those of files.tsv
_MTU = re.compile(r"link set dev (\S+) mtu (\d+)")
_OF_DEVICE = re.compile(r"link set dev (\S+) (?:up|addrgenmode none)")
_USUAL_MTU, _LOWEST_MTU = 1500, 1280
"""An interface of which nothing is said has the envelope's. Below that of IPv6 the kernel takes addresses of IPv6 away."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`inside`: what of it changes while it runs; `anew`: what only a start gives it, then it is started. Neither: it is as
    it should be."""

    inside: tuple[str, ...] = ()
    anew: str = ""

    @property
    def is_same(self) -> bool:
        return not self.inside and not self.anew


def judged(running: Mapping[str, str], wanted: Mapping[str, str], changeable: Mapping[str, str]) -> Verdict:
    """Of a node, from the digests of what it runs and of what it should run, by path: `lab/…`, `node/…`, `credentials/…`,
    and the two files in /etc. `changeable`: as `changes_of`."""
    paths = {path for path in running.keys() | wanted.keys() if _is_compared(path, running, wanted)}
    other = sorted(path for path in paths if running.get(path) != wanted.get(path))
    has_commands = any(path.startswith("node/run/") for path in wanted)
    kept = {path: word for path, word in _INSIDE.items() if not (has_commands and path in _OF_COMMANDS)}
    inside = {**kept, **changeable}
    words = {path: _word(path, inside) for path in other}
    stuck = [path for path in other if not words[path]]
    if not stuck:
        return Verdict(tuple(sorted(set(words.values()))))
    for pattern, word in _ANEW.items():
        if any(fnmatchcase(path, pattern) for path in stuck):
            return Verdict(anew=word)
    return Verdict(anew=stuck[0].partition("/")[2])


def needs_start(running: Iterable[str], wanted: Iterable[str]) -> str:
    """What of a node's links, addresses and routes only a start gives it, by the lines of both; nothing where all of it
    changes as it runs. As `change` of the script finds it: bridges, an MTU below 1280 bytes, a link-local address, a route
    for an IPv4 network of the node's own."""
    before, after = set(running), set(wanted)
    links = _needs_start_of_links(before, after)
    if links:
        return links
    other, addresses = sorted(before ^ after), [line for line in before | after if line.startswith(_ADDRESS)]
    networks = tuple(f"{_ROUTE}{network} " for network in _networks(addresses))
    if any(line.startswith(networks) for line in other):
        return "a route for a network of its own"
    for line in other:
        if line.startswith(f"{_ADDRESS}fe80:"):
            return f"a link-local address of `{line.partition(' dev ')[2].partition(' ')[0]}`"
    return ""


def file_that_needs_start(
    running: Iterable[str], wanted: Iterable[str], parts: Collection[str], *, has_env: bool
) -> str:
    """Which file that is another one, or gone, daemons of the node may have read when they began; nothing where none is.
    The lines are as `lines_of`, `has_env`: whether the node has variables, which may name one (LD_PRELOAD)."""
    if set(parts) <= set(index.FILTERS):
        return ""
    before, after = (set(_files(lines)) for lines in (running, wanted))
    paths = sorted(path for _, path, _ in before ^ after)
    read = next((path for path in paths if has_env or not path.startswith(_FREE)), "")
    return f"the file {read}, which its daemons may read" if read else ""


def _needs_start_of_links(before: Set[str], after: Set[str]) -> str:
    links = (line for line in before ^ after if line.startswith("link "))
    if any(not _MTU.fullmatch(line) and not _OF_DEVICE.fullmatch(line) for line in links):
        return "its links"
    (old, of_old), (new, of_new) = (_mtus(before), _devices(before)), (_mtus(after), _devices(after))
    for device in sorted(old.keys() | new.keys()):
        if (device in of_old) != (device in of_new) or old.get(device) == new.get(device):
            continue  # of a tunnel that comes or goes, or the same
        usual = 0 if device in of_old else _USUAL_MTU
        if min(old.get(device, usual), new.get(device, usual)) < _LOWEST_MTU:
            return f"the MTU of `{device}`"
    return ""


def _mtus(lines: Iterable[str]) -> dict[str, int]:
    found = (_MTU.fullmatch(line) for line in lines)
    return {match[1]: int(match[2]) for match in found if match is not None}


def _devices(lines: Iterable[str]) -> frozenset[str]:
    """Of tunnels."""
    found = (_OF_DEVICE.fullmatch(line) for line in lines)
    return frozenset(match[1] for match in found if match is not None)


def laid_sum(wanted: Mapping[str, str]) -> str:
    """What `change` of the script is given: the digest of all that a node's folders should have, by `digests` of them."""
    paths = (path for path in wanted if path.startswith(_LAID) and not path.startswith(_NOT_COMPARED))
    return sha256("".join(sorted(f"{wanted[path]}  {path}\n" for path in paths)).encode()).hexdigest()


def changes_of(parts: Iterable[str]) -> dict[str, str]:
    """The files that these parts change in a running node, as patterns, and what they are called: `CHANGES` of their
    `changes.py`. An empty word: they do not, and no part after them does, nor do two parts that both read a file. Other
    names than the index's are left out."""
    here = set(parts)
    found: dict[str, str] = {}
    for module in index.of_parts("changes", (name for name in (*index.FILTERS, *index.PARTS) if name in here)):
        found |= {pattern: "" if pattern in found else word for pattern, word in module.CHANGES.items()}
    return found


def digests(lines: Iterable[str]) -> dict[str, str]:
    """What the script's `running` says: lines of `sha256sum`. Others are left out: a node may say anything."""
    return dict(_digests(lines))


def lines_of(lines: Iterable[str]) -> tuple[str, ...]:
    """Links, addresses, routes, files of what the script's `running` says: lines of `ip -batch`, and of files.tsv after the
    word `file` and a tab."""
    return tuple(line.removeprefix(_LINE) for line in lines if line.startswith(_LINE))


def _files(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Mode, path, digest of the lines that are of files."""
    for line in lines:
        fields = line.split("\t")
        if line.startswith(_FILE) and len(fields) == _FIELDS:
            yield fields[2], fields[3], fields[4]


def _networks(addresses: Iterable[str]) -> Iterator[str]:
    """IPv4 networks of lines that add addresses. One that is no such line has none."""
    for line in addresses:
        try:
            interface = ip_interface(line.removeprefix(_ADDRESS).partition(" ")[0])
        except ValueError:
            continue
        if interface.version == 4:
            yield str(interface.network)


def _digests(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines):
        digest, separator, path = line.partition("  ")
        if number < _MOST_LINES and separator and len(digest) == 64:
            yield path, digest


def _is_compared(path: str, running: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """A script of parts comes and goes with the first and the last node of a lab that has one: `node/parts` says whether
    this one has it."""
    if path.startswith(_SHARED):
        return path in running and path in wanted
    return not path.startswith(_NOT_COMPARED)


def _word(path: str, inside: Mapping[str, str]) -> str:
    return next((word for pattern, word in inside.items() if fnmatchcase(path, pattern)), "")
