"""Lines of other tools: commands of iproute2 and iptables, configuration of routers. What is written here instead."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from netdsl.dataclass import dataclass

_IPTABLES = re.compile(r"(?:(?:sudo[ \t]+)?ip6?tables[ \t]+)?(-[A-Za-z]\b.*)")
_MASKED = re.compile(r"ip[ \t]+route[ \t]+([\d.]+)[ \t]+(255[\d.]+)[ \t]+(\S+).*")
_CHAINS = {"INPUT": "input", "OUTPUT": "output", "FORWARD": "forward"}
_VERDICTS = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "reject"}
_CLAUSES = {"-i": "in", "-o": "out", "-s": "from", "-d": "to"}
_LONG = {
    "--append": "-A", "--insert": "-I", "--policy": "-P", "--jump": "-j", "--protocol": "-p", "--source": "-s",
    "--destination": "-d", "--in-interface": "-i", "--out-interface": "-o", "--match": "-m", "--table": "-t",
    "--destination-port": "--dport", "--destination-ports": "--dports", "--ctstate": "--state",
}  # fmt: skip
_ALWAYS = "answers are always accepted first: no line is needed for them"


@dataclass(frozen=True, slots=True)
class Shape:
    """Lines that the expression fits, whole; `instead` is filled with its groups.

    It is compiled when a line is asked about: a right source has none.
    """

    line: str
    instead: str

    def match(self, line: str) -> re.Match[str] | None:
        return re.fullmatch(self.line, line, re.IGNORECASE)


def _shape(line: str, instead: str) -> Shape:
    return Shape(line.replace(" ", r"[ \t]+"), instead)


_SUDO = r"(?:sudo )?ip(?: -[46s])?"
_INTERFACES = "`host NAME {{ interface NAME on NETWORK }}`: a node has its interfaces in its block"
_NO_TABLES = "a node has one routing table, and routes go by destination alone"
SHAPES: tuple[Shape, ...] = (
    # iproute2
    _shape(rf"{_SUDO} r(?:o|oute)? (?:add|replace) (?:default|0\.0\.0\.0/0|::/0) via (\S+).*", "`default via {0}`"),
    _shape(rf"{_SUDO} r(?:o|oute)? (?:add|replace) (\S+) via (\S+).*", "`route {0} via {1}`"),
    _shape(rf"{_SUDO} r(?:o|oute)? (?:add|replace) (\S+) dev (\S+).*", "`route {0} via NODE`: a route has a next hop"),
    _shape(rf"{_SUDO} a(?:ddr|ddress)? add ([\w.:]+)(?:/\d+)? .*dev (\S+).*", "`interface {1} on NETWORK {0}`"),
    _shape(rf"{_SUDO} rule .*", _NO_TABLES),
    _shape(rf"{_SUDO} (?:netns|l(?:i|ink)?) .*", _INTERFACES),
    _shape(rf"{_SUDO} n(?:ei|eigh)? (?:add|replace) (\S+) lladdr (\S+).*", "`neighbour {0} {1}`"),
    _shape(r"(?:sudo )?route add -net (\S+) gw (\S+).*", "`route {0} via {1}`"),
    _shape(r"(?:sudo )?route add default gw (\S+).*", "`default via {0}`"),
    _shape(r"(?:sudo )?ifconfig (\S+) ([\d.]+).*", "`interface {0} on NETWORK {1}`"),
    _shape(r"rule (?:from|to|fwmark|iif|table|pref) .*", _NO_TABLES),
    # routers
    _shape(r"network [\d.]+ [\d.]+(?: area .*)?", "`routing auto`, or `route PREFIX via NODE`"),
    _shape(r"(?:no )?ip route 0\.0\.0\.0 0\.0\.0\.0 (\S+).*", "`default via {0}`"),
    _shape(r"ip address ([\d.]+) [\d.]+.*", "`interface NAME on NETWORK {0}`"),
    _shape(r"ip address dhcp", "`interface NAME on NETWORK`: an address is allocated where none is said"),
    _shape(r"ip nat inside source .*", "`nat {{ masquerade out INTERFACE }}`"),
    _shape(r"ip nat (?:inside|outside)", "`nat {{ masquerade out INTERFACE }}`: the line says the interface"),
    _shape(r"ip default-gateway (\S+)", "`default via {0}`"),
    _shape(r"ip (?:access-group|access-list) .*", "`firewall {{ policy drop … }}` in the node"),
    _shape(r"router (?:ospf|bgp|rip|eigrp|isis)(?: .*)?", "`routing auto`, or `route PREFIX via NODE`"),
    _shape(r"interface (?:vlan|gigabitethernet|fastethernet|ethernet|tengigabitethernet|serial|gi|fa|te)\s*\d.*",
           "`interface NAME on NETWORK ADDRESS` in a node; a name has up to 15 letters, digits and `-`"),
    _shape(r"interface loopback\s*\d.*", "`loopback ADDRESS`"),
    _shape(r"(?:no )?shutdown", "every interface is up; `while A -- B down` in an expectation takes a link down"),
)  # fmt: skip
"""The first that fits counts."""


_NOT = r"(?:can not|can't|cannot|could not|does not|do not|doesn't|don't|should not|must not|may not|never|not)"
_CAN = r"(?:can |could |should |must |may |will )?"
_REACH = r"(?:reach|reaches|pings?|connects? to|talks? to|sees?|accesses|access)"
EXPECTATIONS: tuple[Shape, ...] = (
    _shape(rf"(\S+) {_NOT} {_REACH} (\S.*)", "`{0} cannot reach {1}`"),
    _shape(rf"(?:not|no) (\S+) {_REACH} (\S.*)", "`{0} cannot reach {1}`"),
    _shape(rf"(\S+) {_CAN}{_REACH} (\S.*)", "`{0} reaches {1}`"),
    _shape(r"(\S+) (?:->|=>|-->) (\S.*)", "`{0} reaches {1}`"),
    _shape(r"(?:ping|curl|nc|allow) (\S+) (?:-> |to )?(\S+)", "`{0} reaches {1}`"),
    _shape(r"(?:tunnel )?(\S+) (?:is )?(up|down)", "`{0} is {1}`"),
    _shape(rf"(\S+) {_NOT} (?:use|negotiate)s? (\S.*)", "`{0} uses not {1}`"),
    _shape(r"(\S+) negotiates? (\S.*)", "`{0} uses {1}`"),
    _shape(r"(\S+) (?:initiate|start|open|begin)s? (\S+)", "`{1} is begun by {0}`"),
    _shape(r"(\S+) (?:get|receive)s? (\S+) (?:from|by) (\S+)", "`{0} has {1} from {2}`"),
    _shape(r"(\S+) and (\S.*)", "`{0}, {1}`"),
)
"""Expectations as people write them at first; the first that fits counts."""


def expectation(line: str) -> str | None:
    """What a line of `expect` is written like, if it is one of these."""
    found = ((shape, shape.match(line.strip())) for shape in EXPECTATIONS)
    return next((shape.instead.format(*match.groups()) for shape, match in found if match is not None), None)


def instead_of(line: str) -> str | None:
    """What is written here for a line, if it is one of another tool."""
    if (found := _IPTABLES.fullmatch(line)) is not None:
        return _rule(found[1]) or "`firewall { policy drop … }` and `nat { … }` in the node"
    if (found := _MASKED.fullmatch(line)) is not None:
        return _with_mask(found[1], found[2], found[3])
    for shape in SHAPES:
        if (found := shape.match(line)) is not None:
            return shape.instead.format(*found.groups())
    return None


def _with_mask(address: str, mask: str, hop: str) -> str:
    try:
        return f"`route {IPv4Network((address, mask), strict=False)} via {hop}`"
    except ValueError:
        return "`route PREFIX via NODE`"


def _rule(arguments: str) -> str | None:
    """The line of `firewall` or `nat` that says the same as a rule of iptables; None where not all of it is known."""
    given = dict(_options(arguments.split()))
    if given.get("--state", "").upper().replace(",", " ").split() in (
        ["ESTABLISHED", "RELATED"],
        ["RELATED", "ESTABLISHED"],
    ):
        return _ALWAYS
    if (policy := given.get("-P", "").split())[1:] and policy[0] in _CHAINS:
        return f"`policy {_CHAINS[policy[0]]} {_VERDICTS.get(policy[1], 'drop')}`"
    chain, target = given.get("-A") or given.get("-I", ""), given.get("-j", "")
    clauses = "".join(f" {_CLAUSES[option]} {given[option]}" for option in ("-s", "-d", "-i", "-o") if option in given)
    service = _service(given)
    unknown = given.keys() - {"-A", "-I", "-j", "-t", "-m", "-p", "--dport", "--dports", "--to-destination", *_CLAUSES}
    if unknown or service is None:
        return None
    if chain in _CHAINS and target in _VERDICTS:
        return f"`{_VERDICTS[target]} {_CHAINS[chain]}{service}{clauses}`"
    if target == "MASQUERADE" and not service:
        return f"`masquerade{clauses}` in `nat {{ … }}`"
    if target == "DNAT" and "--to-destination" in given:
        address, _, port = given["--to-destination"].partition(":")
        goal = f"{address} {given['-p']}/{port}" if port else address
        return f"`dnat{service} to ADDRESS{clauses} -> {goal}` in `nat {{ … }}`"
    return None


def _service(given: dict[str, str]) -> str | None:
    """` tcp/22, tcp/80`: to be put behind the chain; None where it has no such form."""
    protocol = given.get("-p", "")
    ports = (given.get("--dports") or given.get("--dport", "")).replace(":", "-").split(",")
    if protocol in ("", "all"):
        return "" if ports == [""] else None
    if ports != [""]:
        return " " + ", ".join(f"{protocol}/{port}" for port in ports)
    return f" {protocol}"


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """The options, each with the words up to the next one."""
    name: str | None = None
    values: list[str] = []
    for word in [*words, "-"]:
        if word.startswith("-"):
            if name is not None:
                yield name, " ".join(values)
            name, values = _LONG.get(word, word), []
        else:
            values.append(word)
