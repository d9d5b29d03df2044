"""What a scenario of strongSwan's integration tests sets and asserts, taken from a copy of strongSwan's sources.

    python -m tests.strongswan.originals STRONGSWAN SCENARIO … > tests/strongswan/originals.yaml

The facts that come out stand in `originals.yaml`; nothing else of the sources is kept.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from netdsl.backends.strongswan import state as charon

Section = dict[str, "str | Section"]

# testing/hosts/default/etc/hosts
ADDRESSES = {
    "alice": "10.1.0.10", "venus": "10.1.0.20", "bob": "10.2.0.10", "moon": "192.168.0.1", "moon1": "10.1.0.1",
    "sun": "192.168.0.2", "sun1": "10.2.0.1", "carol": "192.168.0.100", "dave": "192.168.0.200",
    "winnetou": "192.168.0.150", "alice1": "192.168.0.50", "carol1": "10.3.0.1", "dave1": "10.3.0.2",
    "ip6-alice": "fec1::10", "ip6-venus": "fec1::20", "ip6-bob": "fec2::10", "ip6-moon": "fec0::1",
    "ip6-moon1": "fec1::1", "ip6-sun": "fec0::2", "ip6-sun1": "fec2::1", "ip6-carol": "fec0::10",
    "ip6-dave": "fec0::20", "ip6-carol1": "fec3::1", "ip6-dave1": "fec3::2",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ping:
    """An assertion: whether an echo request of `source` to `destination` (an address) is answered."""

    source: str
    destination: str
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Original:
    """`hosts`: of each host its connections, pools and authorities as swanctl.conf has them; key files and secrets are left
    out. `pings`: those before the first command that changes something. `states`: what a host's SAs are asserted to be,
    as lines of a lab say it, less the tunnel's name."""

    name: str
    hosts: dict[str, Section]
    pings: tuple[Ping, ...]
    states: tuple[str, ...]


def original(strongswan: Path, name: str) -> Original:
    """Raises OSError where the scenario is not there, ValueError where a file cannot be read."""
    folder = strongswan / "testing/tests" / name
    hosts: dict[str, Section] = {}
    for file in sorted(folder.glob("hosts/*/etc/swanctl/swanctl.conf")):
        tree = _parse(_included(file))
        host = file.relative_to(folder).parts[1]
        kept = {part: _without_keys(value) for part, value in tree.items() if part in ("connections", "pools")}
        hosts[host] = kept
    asserted = (folder / "evaltest.dat").read_text()
    return Original(name, hosts, tuple(_pings(asserted)), tuple(dict.fromkeys(_states(asserted))))


def _included(file: Path) -> str:
    """A file with those that stand beside it and that it includes."""
    lines = file.read_text().splitlines()
    others = {line: file.parent / line.split()[1] for line in lines if line.strip().startswith("include ")}
    return "\n".join(_included(others[line]) if line in others and others[line].is_file() else line for line in lines)


def _pings(text: str) -> Iterator[Ping]:
    form = re.compile(r"(\w+)\s*::\s*ping6? (?:-[cWi] [\d.]+ |-n )*(\S+?)::.*::(YES|NO)")
    for line in text.splitlines():
        words = line.split("::")
        if line.startswith("#") or not line.strip():
            continue
        match = form.fullmatch(line.strip())
        if match is not None:
            yield Ping(match[1], _address(match[2]), match[3] == "YES")
        elif not re.search(r"swanctl --list|tcpdump|cat /var/log|conntrack|xfrm state|ipsec pool|ssh|ping", words[1]):
            return


def _states(text: str) -> Iterator[str]:
    """From patterns for `swanctl --list-sas --raw`: `KEY=VALUE` of an IKE SA, then of its child."""
    for line in text.splitlines():
        host, _, rest = line.partition("::")
        pattern, _, is_wanted = rest.rpartition("::")
        if not re.match(r"\s*swanctl --list-sas", rest) or is_wanted.strip() != "YES" or line.startswith("#"):
            continue
        sa, _, child = re.sub(r"\bESP\.", "protocol=ESP ", pattern).partition("child-sas")
        if not child:  # only the child's own keys tell where it begins
            sa, _, child = pattern.partition("state=INSTALLED")
        name = host.strip()
        yield from (f"{name}: {fact}" for fact in (*_states_of_sa(name, _keys(sa)), *_states_of_child(_keys(child))))


def _keys(pattern: str) -> dict[str, str]:
    """Members of a list with blanks between them."""
    lists = re.findall(r"([a-z-]+)=\\\[([^]]*)\]", pattern.replace(r"\:", ":"))
    found = dict(lists) | dict(re.findall(r"\b([a-z][a-z0-9-]+)=([\w.-]+)", pattern))
    for protocol in re.findall(r"\b(ESP|AH)\b", pattern):
        found["protocol"] = protocol
    if "cpi-in" in pattern:
        found["cpi-in"] = "yes"
    return {key: value.rstrip(".") for key, value in found.items()}


def _states_of_sa(host: str, keys: dict[str, str]) -> Iterator[str]:
    ike = charon.of_ike(keys)
    if ike.words:
        yield f"uses {ike.text}"
    if keys.get("initiator") == "yes":
        yield f"is begun by {host}"
    if keys.get("nat-local") == "yes":
        yield f"is behind nat at {host}"
    for address in keys.get("local-vips", "").split():
        yield f"{host} has {_address(address)} from"


def _states_of_child(keys: dict[str, str]) -> Iterator[str]:
    if "mode" in keys:
        yield f"is in {keys['mode'].lower()} mode"
    if "protocol" in keys:
        yield f"uses {charon.of_child(keys).text}"
    if keys.get("encap") == "yes":
        yield "is encapsulated in udp"
    if "cpi-in" in keys:
        yield "is compressed"


def _address(name: str) -> str:
    named = name.removeprefix("PH_IP_").removesuffix(".strongswan.org").lower().replace("ip6_", "ip6-")
    return ADDRESSES.get(named, name)


def _parse(text: str) -> Section:
    """swanctl.conf: a section may take over another one (`name : other`), dots lead to it (strongswan.conf(5))."""
    root: Section = {}
    opened: list[Section] = [root]
    taken: list[tuple[Section, str]] = []
    for line in _lines(text):
        if line == "}":
            opened.pop()
        elif line.endswith("{"):
            name, _, parents = line[:-1].partition(":")
            found = opened[-1].setdefault(name.strip(), {})
            assert isinstance(found, dict)
            taken += [(found, parent) for parent in map(str.strip, parents.split(",")) if parent]
            opened.append(found)
        elif not line.startswith("include"):
            key, equals, value = line.partition("=")
            if not equals:
                raise ValueError(f"neither a section nor a setting: {line}")
            opened[-1][key.strip()] = _with_addresses(key.strip(), value.strip().strip('"'))
    if opened != [root]:
        raise ValueError("a section is not closed")
    for child, parent in taken:
        _take(_at(root, parent), child)
    return root


def _with_addresses(key: str, value: str) -> str:
    """A value without the names of addresses, which the originals have from the hosts file."""
    if key.endswith("_addrs"):
        value = _address(value)
    return re.sub(r"PH_IP_\w+", lambda name: _address(name[0]), value)


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        bare = re.sub(r'^((?:[^"#]|"[^"]*")*)#.*$', r"\1", line).strip()
        for part in re.findall(r'[^{}="]+\{|\}|[^{}]+', bare):
            if part.strip():
                yield part.strip()


def _at(root: Section, path: str) -> Section:
    found = root
    for name in path.split("."):
        inner = found[name]
        assert isinstance(inner, dict)
        found = inner
    return found


def _take(parent: Section, child: Section) -> None:
    for name, value in parent.items():
        if isinstance(value, dict):
            inner = child.setdefault(name, {})
            assert isinstance(inner, dict)
            _take(value, inner)
        else:
            child.setdefault(name, value)


LEFT_OUT = {"updown", "certs", "cacerts", "pubkeys", "file", "hostaccess", "send_certreq", "send_cert", "version"}


def _without_keys(value: "str | Section") -> "str | Section":
    if isinstance(value, str):
        return value
    return {name: _without_keys(inner) for name, inner in value.items() if name not in LEFT_OUT}


def main(strongswan: str, *names: str) -> None:
    found = {name: asdict(original(Path(strongswan), name)) for name in sorted(names)}
    for facts in found.values():
        del facts["name"]
        facts["pings"] = [
            f"{p['source']} {p['destination']} {'yes' if p['is_answered'] else 'no'}" for p in facts["pings"]
        ]
    yaml.safe_dump(found, sys.stdout, sort_keys=False, width=120)


if __name__ == "__main__":
    main(*sys.argv[1:])
