"""The labs that a story is told of, and what has to hold of each while it runs."""

from dataclasses import dataclass
from pathlib import Path

from tests.live.machine import ROOT


@dataclass(frozen=True, slots=True)
class Bare:
    """A command that lets traffic pass although its tunnel is down, in a node; `undo` takes it back."""

    node: str
    command: str
    undo: str = "true"


@dataclass(frozen=True, slots=True)
class Study:
    """`applications`: for every client the address that it knows from before the move, and who answers there."""

    name: str
    size: tuple[int, int]  # nodes, networks
    applications: tuple[tuple[str, str, str], ...]  # client, URL, answer
    neighbours: tuple[tuple[str, str], ...]  # a node inside of a site, an address that it reaches on its network
    elsewhere: tuple[tuple[str, str], ...]  # such a node, an address of the other site that it must not reach
    outside: tuple[str, ...]  # addresses of no lab, and of what lies between the sites
    gateways: tuple[str, str]  # A and S: both ends of `tunnel`
    tunnel: tuple[str, str]  # its name at A, at S
    wires: tuple[str, str]  # interfaces of the router `internet` towards A and S
    ends: tuple[str, str]  # the outer addresses of A and S
    bare: tuple[Bare, ...]
    mtu: tuple[str, str, int]  # a node, an address that is one hop away, and what passes there in one piece
    of_another_user: bool = False  # all files belong to one, when it is brought up
    lab: Path | None = None  # its source, where it is not examples/NAME/lab.net

    @property
    def source(self) -> Path:
        return self.lab or ROOT / "examples" / self.name / "lab.net"


def _each(clients: tuple[str, ...], url: str, answer: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((client, url, answer) for client in clients)


_A, _B = ("a-client-1", "a-client-2"), ("b-client-1", "b-client-2")
_ACCEPT = Bare("a-gw", "nft insert rule inet netdsl forward accept")
_LOAD_RULES = "nft -f /netdsl/node/while/{}.up.nft"
_TWO_SITES = ROOT / "tests/labs/two-sites.net"

CASE_STUDIES = (
    Study(
        name="site-to-site",
        size=(9, 6),
        applications=(
            *_each(_A, "http://10.1.0.99:8080/", "server.app"),
            *_each(_B, "http://10.2.0.99:8080/", "server.app"),
        ),
        neighbours=(
            *(("a-client-1", "10.1.0.4"), ("a-client-2", "10.1.0.3")),
            *(("b-client-1", "10.2.0.4"), ("b-client-2", "10.2.0.3")),
        ),
        elsewhere=(*((client, "10.2.0.3") for client in _A), *((client, "10.1.0.3") for client in _B)),
        outside=("198.51.100.1", "203.0.113.1"),
        gateways=("a-gw", "gw-s"),
        tunnel=("a_to-cloud", "a_to-cloud"),
        wires=("to-a", "to-s"),
        ends=("172.26.26.26", "172.28.28.28"),
        bare=(_ACCEPT, Bare("internet", "ip route add 10.3.0.0/16 via 172.28.28.28", "ip route del 10.3.0.0/16")),
        mtu=("a-client-1", "10.1.0.4", 1500),
    ),
    Study(
        name="host-to-host",
        size=(9, 6),
        applications=(
            *_each(_A, "http://10.1.0.99:8080/", "server.app-a"),
            *_each(_B, "http://10.1.0.99:8080/", "server.app-b"),
        ),
        neighbours=tuple(
            (client, address)
            for client_1, client_2 in (_A, _B)
            for client, address in ((client_1, "10.1.0.3"), (client_2, "10.1.0.2"))
        ),
        elsewhere=(*((client, "172.18.18.18") for client in _A), *((client, "172.16.16.16") for client in _B)),
        outside=("198.51.100.1", "203.0.113.1"),
        gateways=("a-gw", "gw-s"),
        tunnel=("a_to-cloud", "a_to-cloud"),
        wires=("to-a", "to-s"),
        ends=("172.16.16.16", "172.30.30.30"),
        bare=(Bare("a-gw", _LOAD_RULES.format("a_to-cloud")), Bare("gw-s", _LOAD_RULES.format("a_to-cloud"))),
        mtu=("a-client-1", "10.1.0.3", 1500),
        of_another_user=True,
    ),
    Study(
        name="site-to-site-v6",
        size=(9, 6),
        applications=(
            *_each(("client-a1", "client-a2"), "http://[fc00:4300:a::99]:8080/", "server.http"),
            *_each(("client-b1", "client-b2"), "http://[fc00:4300:b::99]:8080/", "server.http"),
        ),
        neighbours=(
            *(("client-a1", "fc00:4300:a::4"), ("client-a2", "fc00:4300:a::3")),
            *(("client-b1", "fc00:4300:b::4"), ("client-b2", "fc00:4300:b::3")),
        ),
        elsewhere=(
            *((client, "fc00:4300:b::3") for client in ("client-a1", "client-a2")),
            *((client, "fc00:4300:a::3") for client in ("client-b1", "client-b2")),
        ),
        outside=("2001:db8::1", "2001:db8:1::1"),
        gateways=("gw-a", "gw-s"),
        tunnel=("a-to-cloud", "a-to-cloud"),
        wires=("to-a", "to-s"),
        ends=("fc00:4300:aaea::aaea", "fc00:4300:aaec::aaec"),
        bare=(
            Bare("gw-a", "nft insert rule inet netdsl forward accept"),
            Bare("internet", "ip route add fc00:4300:c::/64 via fc00:4300:aaec::aaec", "ip route del fc00:4300:c::/64"),
        ),
        mtu=("client-a1", "fc00:4300:a::4", 1500),
    ),
)

# One lab: each of its families has a tunnel of its own.
SMALL_STUDIES = (
    Study(
        name="two-sites",
        size=(5, 4),
        applications=(("client", "http://10.1.0.99:8080/", "server.app"),),
        neighbours=(("client", "10.1.0.1"), ("server", "10.1.0.1")),
        elsewhere=(("client", "172.30.30.30"), ("server", "172.16.16.2")),
        outside=("198.51.100.1", "203.0.113.1", "198.18.0.1"),
        gateways=("a-gw", "b-gw"),
        tunnel=("to-b", "to-b"),
        wires=("to-a", "to-b"),
        ends=("172.16.16.2", "172.30.30.30"),
        bare=(Bare("a-gw", _LOAD_RULES.format("to-b")), Bare("b-gw", _LOAD_RULES.format("to-b"))),
        mtu=("server", "10.1.0.1", 1400),
        of_another_user=True,
        lab=_TWO_SITES,
    ),
    Study(
        name="two-sites-v6",
        size=(5, 4),
        applications=(("client", "http://[fc00:4300:a::99]:8080/", "server.http"),),
        neighbours=(("client", "fc00:4300:a::1"), ("server", "fc00:4300:b::1")),
        elsewhere=(("client", "fc00:4300:aaeb::b"), ("server", "fc00:4300:a::2")),
        outside=("2001:db8::1", "fc00:4300:aaea::1"),
        gateways=("a-gw", "b-gw"),
        tunnel=("to-b-v6", "to-b-v6"),
        wires=("to-a", "to-b"),
        ends=("fc00:4300:aaea::a", "fc00:4300:aaeb::b"),
        bare=(
            _ACCEPT,
            Bare("b-gw", "nft insert rule inet netdsl forward accept"),
            Bare("internet", "ip route add fc00:4300:b::/64 via fc00:4300:aaeb::b", "ip route del fc00:4300:b::/64"),
        ),
        mtu=("internet", "fc00:4300:aaeb::b", 1420),
        lab=_TWO_SITES,
    ),
)
