"""The three labs of the case study, and what has to hold of each while it runs."""

from dataclasses import dataclass


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
    applications: tuple[tuple[str, str, str], ...]  # client, URL, answer
    elsewhere: tuple[tuple[str, str], ...]  # client, an address of the other site that it must not reach
    outside: tuple[str, ...]  # addresses of no lab
    gateways: tuple[str, str]  # A and S: both ends of `tunnel`
    tunnel: tuple[str, str]  # its name at A, at S
    wires: tuple[str, str]  # interfaces of the router `internet` towards A and S
    ends: tuple[str, str]  # the outer addresses of A and S
    bare: tuple[Bare, ...]
    inside: tuple[str, str, str, str]  # the clients' own addresses, two of each site

    def neighbour_of(self, client: str) -> str:
        """The address of the other client of the same site."""
        place = [own for own, _, _ in self.applications].index(client)
        return self.inside[place ^ 1]


def _each(clients: tuple[str, ...], url: str, answer: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((client, url, answer) for client in clients)


_A, _B = ("a-client-1", "a-client-2"), ("b-client-1", "b-client-2")
_ACCEPT = Bare("a-gw", "nft insert rule inet netdsl forward accept")
_LOAD_RULES = "nft -f /netdsl/node/while/{}.up.nft"

STUDIES = (
    Study(
        "site-to-site",
        (*_each(_A, "http://10.1.0.99:8080/", "server.app"), *_each(_B, "http://10.2.0.99:8080/", "server.app")),
        (*((client, "10.2.0.3") for client in _A), *((client, "10.1.0.3") for client in _B)),
        ("198.51.100.1", "203.0.113.1"),
        ("a-gw", "gw-s"),
        ("a_to-cloud", "a_to-cloud"),
        ("to-a", "to-s"),
        ("172.26.26.26", "172.28.28.28"),
        (_ACCEPT, Bare("internet", "ip route add 10.3.0.0/16 via 172.28.28.28", "ip route del 10.3.0.0/16")),
        ("10.1.0.3", "10.1.0.4", "10.2.0.3", "10.2.0.4"),
    ),
    Study(
        "host-to-host",
        (*_each(_A, "http://10.1.0.99:8080/", "server.app-a"), *_each(_B, "http://10.1.0.99:8080/", "server.app-b")),
        (*((client, "172.18.18.18") for client in _A), *((client, "172.16.16.16") for client in _B)),
        ("198.51.100.1", "203.0.113.1"),
        ("a-gw", "gw-s"),
        ("a_to-cloud", "a_to-cloud"),
        ("to-a", "to-s"),
        ("172.16.16.16", "172.30.30.30"),
        (Bare("a-gw", _LOAD_RULES.format("a_to-cloud")), Bare("gw-s", _LOAD_RULES.format("a_to-cloud"))),
        ("10.1.0.2", "10.1.0.3", "10.1.0.2", "10.1.0.3"),
    ),
    Study(
        "site-to-site-v6",
        (
            *_each(("client-a1", "client-a2"), "http://[fc00:4300:a::99]:8080/", "server.http"),
            *_each(("client-b1", "client-b2"), "http://[fc00:4300:b::99]:8080/", "server.http"),
        ),
        (
            *((client, "fc00:4300:b::3") for client in ("client-a1", "client-a2")),
            *((client, "fc00:4300:a::3") for client in ("client-b1", "client-b2")),
        ),
        ("2001:db8::1", "2001:db8:1::1"),
        ("gw-a", "gw-s"),
        ("a-to-cloud", "a-to-cloud"),
        ("to-a", "to-s"),
        ("fc00:4300:aaea::aaea", "fc00:4300:aaec::aaec"),
        (
            Bare("gw-a", "nft insert rule inet netdsl forward accept"),
            Bare("internet", "ip route add fc00:4300:c::/64 via fc00:4300:aaec::aaec", "ip route del fc00:4300:c::/64"),
        ),
        ("fc00:4300:a::3", "fc00:4300:a::4", "fc00:4300:b::3", "fc00:4300:b::4"),
    ),
)
